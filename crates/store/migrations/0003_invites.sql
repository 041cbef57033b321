-- Codes with which people may sign up.

create table invites (
    id integer primary key autoincrement,
    -- SHA-256 of the code: who reads the database cannot use it.
    code_hash blob not null unique,
    -- How many accounts it was made for, and how many it is still good for.
    uses bigint not null,
    uses_left bigint not null,
    -- Unix time in seconds; one without an end is good until it is used up.
    created_at bigint not null,
    expires_at bigint,
    -- The operator's own words.
    note text not null
);
