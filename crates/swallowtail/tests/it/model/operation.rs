//! The operations of the users. A seed decides which operations are chosen.

use super::rules::{AL, Account, BL, FL, Id, PL, RL, World, is_telephone};

/// The texts that operations use as display names and nicknames.
const NAMES: [&str; 8] = ["Ann", "Bob B", "100% me", "Zoë", "日本 語", "a+b=c", "%41", "~"];
const NUMBERS: [&str; 3] = ["1", "123 (4567)", "+31 20 100%"];
const STATUSES: [&str; 8] = ["NLN", "BSY", "IDL", "BRB", "AWY", "PHN", "LUN", "HDN"];
const CAPABILITIES: [Option<u32>; 4] = [None, Some(0), Some(1_342_554_172), Some(u32::MAX)];
const OBJECTS: [&str; 3] = ["0", "%3Cmsnobj%20Creator%3D%22a%22%2F%3E", "%3cmsnobj%20Size%3D%221%22%2F%3E"];
const MESSAGES: [&str; 4] = [
    "",
    "<Data><PSM>at work</PSM><CurrentMedia></CurrentMedia></Data>",
    " <Data><PSM>été &amp; 日本</PSM></Data>",
    "<Data><PSM/><CurrentMedia /></Data>",
];
/// An address without an account.
pub(crate) const GHOST: &str = "nobody@example.com";
const TELEPHONE: &str = "tel:+31201234567";

/// One operation of a user.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// Adds an address to FL, AL, BL or RL (ADC, ADD).
    Add {
        list: u8,
        whom: String,
        nick: Option<Word>,
        group: Option<GroupRef>,
    },
    /// Adds a contact to a group (`ADC FL C=`).
    PutInGroup {
        whom: String,
        group: GroupRef,
    },
    /// Removes an address from FL, AL, BL or PL (REM).
    Remove {
        list: u8,
        whom: String,
    },
    TakeOutOfGroup {
        whom: String,
        group: GroupRef,
    },
    NewGroup(Word),
    RenameGroup(GroupRef, Word),
    RemoveGroup(GroupRef),
    /// Changes the GTC setting.
    Prompt(&'static str),
    /// Changes the BLP setting.
    Privacy(&'static str),
    /// Changes the user's own name (PRP MFN, or REA with the user's own address).
    Name(Word),
    /// Changes the nickname of a contact (SBP MFN, REA).
    Nickname(String, Option<Word>),
    /// Changes a telephone number (PHH, PHW or PHM).
    Number(usize, Option<Word>),
    /// Changes the setting MOB.
    Paging(bool),
    Status {
        status: &'static str,
        capabilities: Option<u32>,
        object: Option<&'static str>,
    },
    /// Changes the personal message (UUX).
    Message(&'static str),
    /// Asks for a switchboard (XFR SB).
    Call,
    /// Sends a command that the dialect does not have.
    Misfit,
    Synchronize(Copy),
    /// Signs in with a dialect. If the account has an older session, that session ends.
    SignIn(u32),
    SignOut,
    /// The connection is lost.
    Reset,
    /// The server stops and starts.
    Restart,
}

/// A text, and the word that encodes it.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) sent: String,
}

impl Word {
    /// Returns the word of a text that needs no encoding.
    pub(crate) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), sent: text.to_owned() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupRef {
    /// Group 0 of the dialects before MSNP10.
    Zero,
    Known(Id),
    Unknown,
}

/// The state that a client sends in SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copy {
    /// The state of the copy of the lists that the client has.
    Own,
    /// No state: `0`.
    Nothing,
    /// One of the two time stamps of the client's state, and `0` in place of the other time stamp.
    /// Dialects before MSNP10 have no time stamps.
    Half,
}

/// Pseudo-random numbers from a seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    pub(crate) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    pub(crate) fn dialect(&mut self) -> u32 {
        8 + self.below(5) as u32
    }

    /// Encodes a text as clients do. Some clients escape only the necessary characters, and others
    /// escape many more.
    fn word(&mut self, text: &str) -> Word {
        let full = self.percent(50);
        let plain = |byte: u8| if full { byte.is_ascii_alphanumeric() } else { byte > b' ' && byte != b'%' };
        let mut sent = Vec::new();
        for byte in text.bytes() {
            if plain(byte) { sent.push(byte) } else { sent.extend(format!("%{byte:02X}").bytes()) }
        }
        Word { text: text.to_owned(), sent: String::from_utf8(sent).unwrap() }
    }

    fn name(&mut self) -> Word {
        let text = self.pick(&NAMES);
        self.word(text)
    }

    fn group_name(&mut self) -> Word {
        let text = match self.below(60) {
            0 => "x".repeat(62),
            1 => "Other Contacts".to_owned(),
            2 => "été".to_owned(),
            _ => format!("Group {}", self.below(60)),
        };
        self.word(&text)
    }

    /// Chooses a nickname. Official clients use the address of a new contact as its nickname.
    fn nickname(&mut self, whom: &str) -> Word {
        if self.percent(30) { self.word(whom) } else { self.name() }
    }
}

/// Chooses the next operation of `who`.
pub(crate) fn choose(random: &mut Random, world: &World, who: &str) -> Operation {
    let account = &world.people[who];
    let Some(session) = &account.session else { return Operation::SignIn(random.dialect()) };
    if !session.synced && random.percent(70) {
        return Operation::Synchronize(copy(random, session.dialect));
    }
    if session.status.is_none() && random.percent(60) {
        return status(random, session.dialect);
    }
    choose_signed_in(random, world, who, account, session.dialect)
}

/// Chooses an operation of a signed-in user. The numbers in the code are the shares of the kinds of
/// operations, in percent.
fn choose_signed_in(random: &mut Random, world: &World, who: &str, account: &Account, dialect: u32) -> Operation {
    match random.below(100) {
        0..10 => status(random, dialect),
        10..16 if dialect > 10 => Operation::Message(random.pick(&MESSAGES)),
        10..62 => choose_lists(random, world, who, account, dialect),
        62..83 => choose_groups(random, world, who, account, dialect),
        83..94 => choose_settings(random, world, who, dialect),
        94 => Operation::Call,
        95..97 => Operation::Synchronize(copy(random, dialect)),
        _ => match random.below(30) {
            0..6 => Operation::SignIn(random.dialect()),
            6..18 => Operation::SignOut,
            18..27 => Operation::Reset,
            27..29 => Operation::Misfit,
            _ if random.percent(25) => Operation::Restart,
            _ => Operation::Reset,
        },
    }
}

fn choose_lists(random: &mut Random, world: &World, who: &str, account: &Account, dialect: u32) -> Operation {
    match random.below(46) {
        0..14 => {
            let whom = stranger(random, world, who, FL);
            let nick = (dialect < 10 || random.percent(70)).then(|| random.nickname(&whom));
            let group = random.percent(40).then(|| group(random, account, dialect));
            Operation::Add { list: FL, whom, nick, group }
        }
        14..28 => {
            let whom = stranger(random, world, who, AL | BL);
            // Telephone numbers cannot be blocked.
            let list = if is_telephone(&whom) { AL } else { random.pick(&[AL, BL]) };
            let nick = (dialect < 10).then(|| random.name());
            Operation::Add { list, whom, nick, group: None }
        }
        28..33 if dialect > 9 => {
            let whom = on_list(random, world, who, RL | PL);
            match random.below(2) {
                0 => Operation::Add { list: RL, whom, nick: None, group: None },
                _ => Operation::Remove { list: PL, whom },
            }
        }
        28..37 => Operation::Remove { list: FL, whom: on_list(random, world, who, FL) },
        _ => {
            let list = random.pick(&[AL, BL]);
            Operation::Remove { list, whom: on_list(random, world, who, list) }
        }
    }
}

fn choose_groups(random: &mut Random, world: &World, who: &str, account: &Account, dialect: u32) -> Operation {
    match random.below(21) {
        0..6 => {
            let (whom, group) = (on_list(random, world, who, FL), group(random, account, dialect));
            if dialect > 9 {
                return Operation::PutInGroup { whom, group };
            }
            Operation::Add { list: FL, whom, nick: Some(random.name()), group: Some(group) }
        }
        6..11 => {
            let whom = on_list(random, world, who, FL);
            let group = taken_group(random, account, &whom, dialect);
            Operation::TakeOutOfGroup { whom, group }
        }
        11..17 => Operation::NewGroup(random.group_name()),
        17..19 => {
            let group = group(random, account, dialect);
            let name = match group {
                GroupRef::Known(id) if random.percent(20) => random.word(&account.groups[&id].name),
                GroupRef::Zero if random.percent(20) => random.word(&account.group_zero),
                _ => random.group_name(),
            };
            Operation::RenameGroup(group, name)
        }
        _ => Operation::RemoveGroup(group(random, account, dialect)),
    }
}

fn choose_settings(random: &mut Random, world: &World, who: &str, dialect: u32) -> Operation {
    match random.below(22) {
        0..2 => Operation::Prompt(random.pick(&["A", "N"])),
        2..8 => Operation::Privacy(random.pick(&["AL", "BL"])),
        8..12 => match random.below(20) {
            0 if dialect > 9 => Operation::Name(Word::plain("")),
            1 => Operation::Name(Word { text: String::new(), sent: "%FF".to_owned() }),
            _ => Operation::Name(random.name()),
        },
        12..16 => {
            let whom = on_list(random, world, who, FL);
            let nick = (dialect < 10 || random.percent(80)).then(|| random.nickname(&whom));
            // Before MSNP10, this command with the user's own address changes the user's own name.
            if whom == who { Operation::Call } else { Operation::Nickname(whom, nick) }
        }
        16..21 => {
            let number = random.percent(70).then(|| random.pick(&NUMBERS));
            Operation::Number(random.below(3), number.map(|number| random.word(number)))
        }
        _ => Operation::Paging(random.percent(50)),
    }
}

fn copy(random: &mut Random, dialect: u32) -> Copy {
    match random.below(4) {
        0 => Copy::Nothing,
        1 if dialect > 9 => Copy::Half,
        _ => Copy::Own,
    }
}

fn status(random: &mut Random, dialect: u32) -> Operation {
    let status = if random.percent(3) { "FLN" } else { random.pick(&STATUSES) };
    let capabilities = random.pick(&CAPABILITIES);
    let object = (dialect > 8 && capabilities.is_some() && random.percent(60)).then(|| random.pick(&OBJECTS));
    Operation::Status { status, capabilities, object }
}

/// Chooses an address, usually one that is on none of these lists.
fn stranger(random: &mut Random, world: &World, who: &str, lists: u8) -> String {
    let account = &world.people[who];
    let strangers: Vec<&String> =
        world.people.keys().filter(|other| *other != who && !account.is_on(lists, other)).collect();
    if strangers.is_empty() || random.percent(20) {
        return any_address(random, world);
    }
    random.pick(&strangers).clone()
}

fn any_address(random: &mut Random, world: &World) -> String {
    match random.below(12) {
        0 => GHOST.to_owned(),
        1..=3 => TELEPHONE.to_owned(),
        _ => random.pick(&world.people.keys().collect::<Vec<_>>()).clone(),
    }
}

/// Chooses an address, usually one that is on one of these lists.
fn on_list(random: &mut Random, world: &World, who: &str, lists: u8) -> String {
    let account = &world.people[who];
    // A client with a dialect before MSNP11 cannot name a telephone number.
    let old = account.session.as_ref().is_some_and(|session| session.dialect < 11);
    let known: Vec<&String> =
        account.entries.keys().filter(|other| account.is_on(lists, other) && !(old && is_telephone(other))).collect();
    if known.is_empty() || random.percent(10) {
        return random.pick(&world.people.keys().map(String::as_str).chain([GHOST]).collect::<Vec<_>>()).to_owned();
    }
    random.pick(&known).clone()
}

fn group(random: &mut Random, account: &Account, dialect: u32) -> GroupRef {
    let mut groups: Vec<GroupRef> = visible_groups(account, dialect).collect();
    // The newest group is chosen more often, because in the dialects before MSNP10 it may have no
    // number.
    if let Some(newest) = groups.last() {
        groups.extend([*newest; 4]);
    }
    // Group 0 is also chosen more often than other groups, because many contacts are in group 0.
    if dialect < 10 {
        groups.extend([GroupRef::Zero; 2]);
    }
    if groups.is_empty() || random.percent(5) { GroupRef::Unknown } else { random.pick(&groups) }
}

/// Chooses a group, usually one that the contact is in.
fn taken_group(random: &mut Random, account: &Account, whom: &str, dialect: u32) -> GroupRef {
    let entry = account.entries.get(whom);
    let is_in = |group: &GroupRef| match (group, entry) {
        (GroupRef::Known(id), Some(entry)) => entry.groups.contains(id),
        _ => false,
    };
    let mut groups: Vec<GroupRef> = visible_groups(account, dialect).filter(is_in).collect();
    if dialect < 10 && entry.is_some_and(|entry| account.numbers_of(entry).contains(&0)) {
        groups.push(GroupRef::Zero);
    }
    if groups.is_empty() || random.percent(20) { group(random, account, dialect) } else { random.pick(&groups) }
}

/// Returns the groups that exist in a dialect. Before MSNP10, a group without a number does not exist.
fn visible_groups(account: &Account, dialect: u32) -> impl Iterator<Item = GroupRef> {
    let visible = account.groups.iter().filter(move |(_, group)| dialect > 9 || group.number.is_some());
    visible.map(|(id, _)| GroupRef::Known(*id))
}
