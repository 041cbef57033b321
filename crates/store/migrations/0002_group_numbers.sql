-- Groups in the dialects before MSNP10. They use numbers instead of GUIDs, and have the built-in
-- group 0 (docs/protocol/ns.md section 1.3).

-- 1 to 29. Clients with these dialects do not see a group without a number.
alter table contact_groups add column number bigint;
-- 1 if a client added the contact to group 0. A contact without a group is also in group 0.
alter table entries add column in_other_contacts bigint not null default 0;
-- The name of group 0, if it was renamed.
alter table accounts add column other_contacts_name text;

update contact_groups set number = (
    select count(*) from contact_groups other where other.owner = contact_groups.owner and other.guid <= contact_groups.guid
);
update contact_groups set number = null where number > 29;
