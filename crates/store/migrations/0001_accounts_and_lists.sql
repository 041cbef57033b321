-- Accounts, their settings, and the lists of each account (docs/protocol/ns.md section 1).

create table accounts (
    id integer primary key autoincrement,
    -- The address, in lower case.
    handle text not null unique,
    display_name text not null,
    -- A PHC string, $argon2id$...
    password_hash text not null,
    -- Each change of the password raises this number. Tickets with an older number are invalid.
    password_version bigint not null default 1,
    -- Unix time in seconds.
    created_at bigint not null,
    -- GTC and BLP.
    add_prompt text not null default 'A',
    privacy text not null default 'AL',
    -- PHH, PHW, PHM, MOB.
    phone_home text,
    phone_work text,
    phone_mobile text,
    paging bigint not null default 0,
    -- The stamps of SYN, in steps of 100 ns since 1970, and the list version of the dialects
    -- before MSNP10.
    list_stamp bigint not null,
    settings_stamp bigint not null,
    list_version bigint not null default 1
);

-- One row for each address that an account has on any list. The address need not have an account.
create table entries (
    owner bigint not null references accounts (id) on delete cascade,
    handle text not null,
    -- The bits of FL AL BL RL PL.
    lists bigint not null,
    nickname text,
    -- The contact's GUID while the address is on FL.
    contact text,
    primary key (owner, handle)
);

create index entries_by_handle on entries (handle);

create table contact_groups (
    owner bigint not null references accounts (id) on delete cascade,
    guid text not null,
    name text not null,
    primary key (owner, guid)
);

create table contact_group_members (
    owner bigint not null,
    handle text not null,
    guid text not null,
    primary key (owner, handle, guid),
    foreign key (owner, handle) references entries (owner, handle) on delete cascade,
    foreign key (owner, guid) references contact_groups (owner, guid) on delete cascade
);

-- Secret keys of this server, by purpose and number. The server signs with the newest key of a
-- purpose, and accepts signatures of all keys of that purpose.
create table server_keys (
    purpose text not null,
    id bigint not null,
    secret blob not null,
    created_at bigint not null,
    primary key (purpose, id)
);
