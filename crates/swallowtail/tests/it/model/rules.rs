//! The rules of docs/protocol/ns.md sections 1, 2 and 7 to 10 as a short model. The model contains
//! the state of every account, the effect of every operation, and which users can see each other.
//! The model shares no code with the server.
//!
//! For two users U and W, the state of both decides what W sees of U ([`World::seen`]). So the
//! model does not have to record presence events. The state also decides every list. Only three
//! things depend on what the server has sent before: the telephone numbers that a client knows of
//! its contacts, the list version, and the time stamps.

use std::collections::{BTreeMap, BTreeSet};

use super::operation::{GroupRef, Operation};

pub(crate) const FL: u8 = 1;
pub(crate) const AL: u8 = 2;
pub(crate) const BL: u8 = 4;
pub(crate) const RL: u8 = 8;
pub(crate) const PL: u8 = 16;

/// Identifies a contact on FL or a group. The id is valid as long as the contact or group exists.
/// On the wire, it is a GUID.
pub(crate) type Id = u32;

/// The telephone numbers PHH, PHW and PHM.
pub(crate) type Phones = [Option<String>; 3];

/// The telephone numbers that a client knows, by contact.
pub(crate) type Numbers = BTreeMap<String, Phones>;

/// All accounts, by address.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) people: BTreeMap<String, Account>,
    last_id: Id,
}

/// An account (section 1.1).
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) prompt: &'static str,
    pub(crate) privacy: &'static str,
    pub(crate) phones: Phones,
    pub(crate) paging: bool,
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) groups: BTreeMap<Id, Group>,
    /// The name of group 0 in the dialects before MSNP10.
    pub(crate) group_zero: String,
    /// The number of changes to the lists. It stands for the time stamp of the lists. The sum of
    /// `list_changes` and `setting_changes` stands for the list version.
    pub(crate) list_changes: u32,
    /// The number of changes to the settings. It stands for the time stamp of the settings.
    pub(crate) setting_changes: u32,
    pub(crate) session: Option<Session>,
    /// The telephone numbers that the client programs of this account know. In the model, each
    /// dialect is a separate client program.
    copies: BTreeMap<u32, Numbers>,
}

/// The data that an account has about one address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) lists: u8,
    pub(crate) nick: String,
    /// The id of the contact, while the address is on FL.
    pub(crate) contact: Option<Id>,
    pub(crate) groups: BTreeSet<Id>,
    /// True if a client with a dialect before MSNP10 has added the contact to group 0.
    pub(crate) in_zero: bool,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// The number of the group in the dialects before MSNP10.
    pub(crate) number: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) dialect: u32,
    /// True if SYN was answered.
    pub(crate) synced: bool,
    /// The values of the last CHG, or `None` if the client has not sent a CHG yet.
    pub(crate) status: Option<Status>,
    pub(crate) message: Option<&'static str>,
    pub(crate) numbers: Numbers,
}

/// The values of the last CHG.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) status: &'static str,
    pub(crate) capabilities: u32,
    pub(crate) object: Option<&'static str>,
}

/// The answer to an operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    /// The server refuses the operation with one of these error codes. If two things are wrong, the
    /// reference does not say which error the server reports.
    Refused(Vec<u16>),
    Closes,
}

impl Account {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            prompt: "A",
            privacy: "AL",
            phones: Phones::default(),
            paging: false,
            entries: BTreeMap::new(),
            groups: BTreeMap::new(),
            group_zero: "Other Contacts".to_owned(),
            list_changes: 0,
            setting_changes: 0,
            session: None,
            copies: BTreeMap::new(),
        }
    }

    pub(crate) fn is_on(&self, lists: u8, who: &str) -> bool {
        self.entries.get(who).is_some_and(|entry| entry.lists & lists != 0)
    }

    /// Returns whether this account allows `who` to see and call it (section 2).
    pub(crate) fn allows(&self, who: &str) -> bool {
        !self.is_on(BL, who) && (self.is_on(AL, who) || self.privacy == "AL")
    }

    /// Returns the groups in which a client with a dialect before MSNP10 sees a contact. If the
    /// contact is in no visible group, it counts as a member of group 0.
    pub(crate) fn numbers_of(&self, entry: &Entry) -> BTreeSet<u32> {
        let mut numbers: BTreeSet<u32> = entry.groups.iter().filter_map(|group| self.groups[group].number).collect();
        if entry.in_zero || numbers.is_empty() {
            numbers.insert(0);
        }
        numbers
    }

    pub(crate) fn lowest_free_number(&self) -> Option<u32> {
        (1..30).find(|number| self.groups.values().all(|group| group.number != Some(*number)))
    }

    pub(crate) fn version(&self) -> u32 {
        self.list_changes + self.setting_changes
    }

    fn dialect(&self) -> u32 {
        self.session.as_ref().map_or(0, |session| session.dialect)
    }

    fn is_present(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.status.is_some())
    }

    /// Returns the numbers that the client knows, or `None` before SYN is answered.
    fn known_numbers(&mut self) -> Option<&mut Numbers> {
        self.session.as_mut().filter(|session| session.synced).map(|session| &mut session.numbers)
    }

    /// If the address `who` is not on FL, removes it from all groups. If `who` is on no list at
    /// all, removes the entry of `who` (rule 7).
    fn tidy(&mut self, who: &str) {
        let Some(entry) = self.entries.get_mut(who) else { return };
        if entry.lists & FL == 0 {
            entry.contact = None;
            entry.groups.clear();
            entry.in_zero = false;
        }
        if entry.lists == 0 {
            self.entries.remove(who);
        }
    }

    /// Moves an address from PL to RL (rules 5 and 6). Returns whether anything changed.
    fn settle(&mut self, who: &str) -> bool {
        let Some(entry) = self.entries.get_mut(who).filter(|entry| entry.lists & PL != 0) else { return false };
        entry.lists ^= PL | RL;
        true
    }

    /// Creates, renames or removes a group (section 9).
    fn change_groups(&mut self, operation: &Operation, fresh: Id) {
        match operation {
            Operation::NewGroup(name) => {
                let number = self.lowest_free_number();
                self.groups.insert(fresh, Group { name: name.text.clone(), number });
            }
            Operation::RenameGroup(group, name) => {
                let old = match group {
                    GroupRef::Known(id) => &mut self.groups.get_mut(id).unwrap().name,
                    GroupRef::Zero | GroupRef::Unknown => &mut self.group_zero,
                };
                if *old == name.text {
                    return;
                }
                old.clone_from(&name.text);
            }
            Operation::RemoveGroup(GroupRef::Known(id)) => {
                // The contacts of the group stay on FL.
                self.groups.remove(id);
                self.entries.values_mut().for_each(|entry| _ = entry.groups.remove(id));
            }
            other => unreachable!("{other:?} changes no groups"),
        }
        self.list_changes += 1;
    }

    /// Changes a setting, a nickname, or the state of a session (sections 7 and 10). Setting the same value again is
    /// not a change.
    fn change_settings(&mut self, operation: &Operation) {
        match operation {
            Operation::Prompt(value) => {
                self.setting_changes += u32::from(self.prompt != *value);
                self.prompt = value;
            }
            Operation::Privacy(value) => {
                self.setting_changes += u32::from(self.privacy != *value);
                self.privacy = value;
            }
            Operation::Name(name) => {
                self.setting_changes += u32::from(self.name != name.text);
                self.name.clone_from(&name.text);
            }
            Operation::Nickname(whom, nick) => {
                // If the operation has no nickname, the contact's address becomes the nickname.
                let nick = nick.as_ref().map_or(whom, |nick| &nick.text);
                let entry = self.entries.get_mut(whom).unwrap();
                self.list_changes += u32::from(entry.nick != *nick);
                entry.nick.clone_from(nick);
            }
            Operation::Status { status, capabilities, object } => {
                let capabilities = capabilities.unwrap_or(0);
                let object = object.filter(|object| *object != "0");
                self.session.as_mut().unwrap().status = Some(Status { status, capabilities, object });
            }
            Operation::Message(message) => {
                self.session.as_mut().unwrap().message = Some(*message).filter(|message| !message.is_empty());
            }
            Operation::Call => {}
            other => unreachable!("{other:?} is not answered in one line"),
        }
    }

    fn has_group_named(&self, name: &str) -> bool {
        self.groups.values().any(|group| group.name == name)
    }

    fn knows_group(&self, group: GroupRef) -> bool {
        match group {
            GroupRef::Zero => true,
            GroupRef::Known(id) => self.groups.contains_key(&id),
            GroupRef::Unknown => false,
        }
    }

    fn is_in_group(&self, who: &str, group: GroupRef) -> bool {
        let Some(entry) = self.entries.get(who) else { return false };
        match group {
            GroupRef::Zero => self.numbers_of(entry).contains(&0),
            GroupRef::Known(id) => entry.groups.contains(&id),
            GroupRef::Unknown => false,
        }
    }
}

/// Returns whether an address is a telephone number: a contact without an account.
pub(crate) fn is_telephone(who: &str) -> bool {
    who.starts_with("tel:")
}

impl World {
    pub(crate) fn add_person(&mut self, handle: &str, name: &str) {
        self.people.insert(handle.to_owned(), Account::new(name));
    }

    fn account(&mut self, who: &str) -> &mut Account {
        self.people.get_mut(who).unwrap()
    }

    fn fresh_id(&mut self) -> Id {
        self.last_id += 1;
        self.last_id
    }

    /// Returns the session and the last CHG of U if W sees U. In section 2, this is shown(U, W).
    pub(crate) fn seen(&self, u: &str, w: &str) -> Option<(&Session, &Status)> {
        let (account, watcher) = (self.people.get(u)?, self.people.get(w)?);
        let session = account.session.as_ref()?;
        let status = session.status.as_ref().filter(|status| status.status != "HDN")?;
        let is_shown = watcher.is_present() && watcher.is_on(FL, u) && account.allows(w);
        is_shown.then_some((session, status))
    }

    /// Carries out an operation of a signed-in account.
    pub(crate) fn perform(&mut self, who: &str, operation: &Operation) -> Verdict {
        let faults = self.faults(who, operation);
        if !faults.is_empty() {
            return Verdict::Refused(faults);
        }
        match operation {
            Operation::Misfit => {
                self.sign_out(who);
                return Verdict::Closes;
            }
            Operation::Add { list, whom, nick, group } => {
                let nick = nick.as_ref().map(|nick| nick.text.as_str());
                match group {
                    // Before MSNP10, the command that adds an address to FL also puts an address
                    // that is already on FL into one more group.
                    Some(group) if *list == FL && self.people[who].is_on(FL, whom) => {
                        self.put_in_group(who, whom, *group);
                    }
                    _ if *list == FL => self.add_contact(who, whom, nick, *group),
                    _ => self.add_to_list(who, *list, whom, nick),
                }
            }
            Operation::PutInGroup { whom, group } => self.put_in_group(who, whom, *group),
            Operation::Remove { list: FL, whom } => self.remove_contact(who, whom),
            Operation::Remove { list, whom } => self.remove_from_list(who, *list, whom),
            Operation::TakeOutOfGroup { whom, group } => self.take_out_of_group(who, whom, *group),
            Operation::NewGroup(_) | Operation::RenameGroup(..) | Operation::RemoveGroup(_) => {
                let id = self.fresh_id();
                self.account(who).change_groups(operation, id);
            }
            Operation::Number(place, number) => {
                let number = number.as_ref().map(|number| number.text.clone());
                if self.people[who].phones[*place] != number {
                    self.account(who).phones[*place].clone_from(&number);
                    self.number_changed(who, *place, &number);
                }
            }
            Operation::Paging(on) => {
                if self.people[who].paging != *on {
                    let account = self.account(who);
                    account.paging = *on;
                    // There is no mobile service, so the server stores the value of MOB but does
                    // not send the value to other users. So the list stamps of other users do not
                    // change (section 1.4).
                    account.setting_changes += 1;
                }
            }
            _ => self.account(who).change_settings(operation),
        }
        Verdict::Done
    }

    /// Returns everything that is wrong with an operation. A refused operation has no effect.
    fn faults(&self, who: &str, operation: &Operation) -> Vec<u16> {
        let account = &self.people[who];
        let old = account.dialect() < 10;
        let mut faults = Vec::new();
        let mut when = |wrong: bool, code| faults.extend(wrong.then_some(code));
        match operation {
            Operation::Add { list, whom, group, .. } => {
                let exists = self.people.contains_key(whom) || is_telephone(whom);
                when(whom == who, 201);
                // Contacts that are telephone numbers exist from MSNP11 on.
                when(is_telephone(whom) && account.dialect() < 11, 201);
                when(!exists, if old { 205 } else { 208 });
                match *list {
                    AL => when(account.is_on(BL, whom), 219),
                    BL => when(account.is_on(AL, whom), 219),
                    RL => when(!account.is_on(RL | PL, whom), 216),
                    _ => {}
                }
                let group_form = old && *list == FL && account.is_on(FL, whom) && group.is_some();
                if let Some(group) = group {
                    when(!account.knows_group(*group), 224);
                    when(group_form && account.is_in_group(whom, *group), 215);
                }
                when(*list != RL && !group_form && account.is_on(*list, whom), 215);
            }
            Operation::PutInGroup { whom, group } => {
                when(!account.is_on(FL, whom), 208);
                when(!account.knows_group(*group), 224);
                when(account.is_in_group(whom, *group), 215);
            }
            Operation::Remove { list: PL, whom } => when(!account.is_on(RL | PL, whom), 216),
            Operation::Remove { list, whom } => when(!account.is_on(*list, whom), 216),
            Operation::TakeOutOfGroup { whom, group } => {
                let known = account.knows_group(*group);
                when(!account.is_on(FL, whom), 216);
                when(!known, 224);
                when(known && account.is_on(FL, whom) && !account.is_in_group(whom, *group), 225);
            }
            Operation::NewGroup(name) => {
                when(name.sent.len() > 61, 229);
                when(account.has_group_named(&name.text), 228);
                when(account.groups.len() == 30 || (old && account.lowest_free_number().is_none()), 223);
            }
            Operation::RenameGroup(group, name) => {
                when(name.sent.len() > 61, 229);
                when(!account.knows_group(*group), 224);
                // Group 0 does not exist from MSNP10 on, so its name may be the same as the name of
                // another group.
                let taken = |(id, other): (&Id, &Group)| other.name == name.text && *group != GroupRef::Known(*id);
                when(*group != GroupRef::Zero && account.groups.iter().any(taken), 228);
            }
            Operation::RemoveGroup(group) => {
                when(*group == GroupRef::Zero, 230);
                when(!account.knows_group(*group), 224);
            }
            Operation::Name(name) => when(name.sent.is_empty() || name.sent == "%FF", 209),
            Operation::Nickname(whom, _) => when(!account.is_on(FL, whom), if old { 216 } else { 208 }),
            Operation::Status { status, .. } => when(*status == "FLN", 201),
            Operation::Call => {
                let status = account.session.as_ref().and_then(|session| session.status.as_ref());
                when(status.is_none_or(|status| status.status == "HDN"), 913);
            }
            _ => {}
        }
        faults
    }

    /// Adds a contact to FL (section 8, and rule 2 of section 1.2).
    fn add_contact(&mut self, who: &str, whom: &str, nick: Option<&str>, group: Option<GroupRef>) {
        let id = self.fresh_id();
        let account = self.account(who);
        let entry = account.entries.entry(whom.to_owned()).or_default();
        entry.lists |= FL;
        nick.unwrap_or(whom).clone_into(&mut entry.nick);
        entry.contact = Some(id);
        match group {
            Some(GroupRef::Known(group)) => _ = entry.groups.insert(group),
            Some(_) => entry.in_zero = true,
            None => {}
        }
        account.list_changes += 1;
        let name = account.name.clone();
        if let Some(other) = self.people.get_mut(whom) {
            let entry = other.entries.entry(who.to_owned()).or_insert_with(|| Entry { nick: name, ..Entry::default() });
            entry.lists |= if entry.lists & (AL | BL) == 0 { PL } else { RL };
            other.list_changes += 1;
        }
        let shown = self.seen(whom, who).is_some();
        let sent = shown.then(|| self.people[whom].phones.clone());
        if let (Some(numbers), Some(sent)) = (self.account(who).known_numbers(), sent) {
            numbers.insert(whom.to_owned(), sent);
        }
    }

    fn remove_contact(&mut self, who: &str, whom: &str) {
        let account = self.account(who);
        account.entries.get_mut(whom).unwrap().lists &= !FL;
        account.tidy(whom);
        account.list_changes += 1;
        if let Some(numbers) = account.known_numbers() {
            numbers.remove(whom);
        }
        // The user is no longer on RL or PL of the contact (rule 3).
        if let Some(other) = self.people.get_mut(whom) {
            other.entries.get_mut(who).unwrap().lists &= !(RL | PL);
            other.tidy(who);
            other.list_changes += 1;
        }
    }

    /// Adds an address to AL or BL, which also moves the address from PL to RL (rule 6). If the
    /// list is RL, only moves the address from PL to RL (rule 5).
    fn add_to_list(&mut self, who: &str, list: u8, whom: &str, nick: Option<&str>) {
        let account = self.account(who);
        let old = account.dialect() < 10;
        let settled = account.settle(whom);
        if list == RL {
            account.list_changes += u32::from(settled);
            return;
        }
        // For AL and BL, ADC contains no nickname. ADD contains a nickname, but the server stores
        // it only if it creates a new entry for the address.
        let nick = nick.filter(|_| old).unwrap_or(whom).to_owned();
        let entry = account.entries.entry(whom.to_owned()).or_insert_with(|| Entry { nick, ..Entry::default() });
        entry.lists |= list;
        account.list_changes += 1;
    }

    fn remove_from_list(&mut self, who: &str, list: u8, whom: &str) {
        let account = self.account(who);
        if list == PL {
            let settled = account.settle(whom);
            account.list_changes += u32::from(settled);
            return;
        }
        account.entries.get_mut(whom).unwrap().lists &= !list;
        account.tidy(whom);
        account.list_changes += 1;
    }

    /// Adds a contact to a group (sections 1.3 and 8).
    fn put_in_group(&mut self, who: &str, whom: &str, group: GroupRef) {
        let account = self.account(who);
        let old = account.dialect() < 10;
        let counts_as_in_zero = account.is_in_group(whom, GroupRef::Zero);
        let entry = account.entries.get_mut(whom).unwrap();
        match group {
            GroupRef::Known(id) => {
                // If a client with a dialect before MSNP10 sees the contact in group 0, the contact
                // stays in group 0 until a client removes it from that group.
                entry.in_zero |= old && counts_as_in_zero;
                entry.groups.insert(id);
            }
            GroupRef::Zero | GroupRef::Unknown => entry.in_zero = true,
        }
        account.list_changes += 1;
    }

    /// Removes a contact from a group. If a client with a dialect before MSNP10 removes a contact
    /// from its last visible group, the contact is also removed from FL. In later dialects, the
    /// contact stays on FL and is in no group.
    fn take_out_of_group(&mut self, who: &str, whom: &str, group: GroupRef) {
        let account = self.account(who);
        let entry = &account.entries[whom];
        let number = match group {
            GroupRef::Known(id) => account.groups[&id].number,
            GroupRef::Zero | GroupRef::Unknown => Some(0),
        };
        let last = account.numbers_of(entry).into_iter().eq(number);
        if account.dialect() < 10 && last {
            return self.remove_contact(who, whom);
        }
        let entry = account.entries.get_mut(whom).unwrap();
        match group {
            GroupRef::Known(id) => _ = entry.groups.remove(&id),
            GroupRef::Zero | GroupRef::Unknown => entry.in_zero = false,
        }
        account.list_changes += 1;
    }

    /// Changes a telephone number of U. That is a list change for all accounts with U on FL
    /// (section 1.4). The server notifies the accounts that see U (section 2).
    fn number_changed(&mut self, u: &str, place: usize, number: &Option<String>) {
        self.account(u).setting_changes += 1;
        let watchers: Vec<String> =
            self.people.iter().filter(|(_, account)| account.is_on(FL, u)).map(|(w, _)| w.clone()).collect();
        for w in watchers {
            let shown = self.seen(u, &w).is_some();
            let account = self.account(&w);
            account.list_changes += 1;
            if let (true, Some(numbers)) = (shown, account.known_numbers()) {
                numbers.entry(u.to_owned()).or_default()[place].clone_from(number);
            }
        }
    }

    /// Signs the account `who` in. If the account is already signed in, this sign-in ends the older
    /// session.
    pub(crate) fn sign_in(&mut self, who: &str, dialect: u32) {
        self.sign_out(who);
        let account = self.account(who);
        let numbers = account.copies.get(&dialect).cloned().unwrap_or_default();
        account.session = Some(Session { dialect, synced: false, status: None, message: None, numbers });
    }

    /// Signs the account `who` out. OUT, a lost connection and a second sign-in have the same
    /// effect. The client keeps its copy of the lists.
    pub(crate) fn sign_out(&mut self, who: &str) {
        let account = self.account(who);
        if let Some(session) = account.session.take() {
            account.copies.insert(session.dialect, session.numbers);
        }
    }

    /// Answers SYN. If the client's copy of the lists is current, the client keeps the copy.
    /// Otherwise the client receives all lists.
    pub(crate) fn synchronize(&mut self, who: &str, current: bool) {
        let account = &self.people[who];
        let allowing = |contact: &&String| {
            account.is_on(FL, contact) && self.people.get(*contact).is_some_and(|contact| contact.allows(who))
        };
        let contacts = account.entries.keys().filter(allowing);
        let numbers = contacts.map(|contact| (contact.clone(), self.people[contact].phones.clone())).collect();
        let session = self.account(who).session.as_mut().unwrap();
        session.synced = true;
        if !current {
            session.numbers = numbers;
        }
    }
}
