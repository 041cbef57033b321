-- What the dialects below MSNP10 see of groups: numbers beside GUIDs, and the built-in group 0 (docs/protocol/ns.md section 1.3).

-- 1 to 29; none for a group that they do not see.
alter table contact_groups add column number bigint;
-- Whether the contact was put into group 0. One in no group counts as in it, too.
alter table entries add column in_other_contacts bigint not null default 0;
-- What group 0 is called, if it was renamed.
alter table accounts add column other_contacts_name text;

update contact_groups set number = (
    select count(*) from contact_groups other where other.owner = contact_groups.owner and other.guid <= contact_groups.guid
);
update contact_groups set number = null where number > 29;
