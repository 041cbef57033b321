-- Invite codes, with which people can create an account.

create table invites (
    id integer primary key autoincrement,
    -- SHA-256 of the code. Anyone who can read the database still cannot use the code.
    code_hash blob not null unique,
    -- The number of accounts that the new code could create, and the number that it can still
    -- create.
    uses bigint not null,
    uses_left bigint not null,
    -- Unix time in seconds. A code without `expires_at` never expires.
    created_at bigint not null,
    expires_at bigint,
    -- The operator's note.
    note text not null
);
