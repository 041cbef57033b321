//! Many people edit their lists and settings at the same time. The rule G6 compares the
//! acknowledged edits with the lists on the disk at the end.

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Account, Person, SignIn};
use crate::random::Random;

/// The number of people who edit their lists and settings at the same time.
pub(in super::super) const EDITORS: usize = 20;

/// People who edit their lists and settings until the server has ended.
pub(super) struct Editors(JoinSet<Result<usize>>);

/// Signs in all editors, and lets them begin their edits.
pub(super) async fn begin(bed: &mut Bed) -> Result<Editors> {
    let people = bed.people_with(&bed.dialer, 0..EDITORS, SignIn::default()).await?;
    let mut running = JoinSet::new();
    for person in people {
        let random = bed.random.fork();
        running.spawn(edit_until_killed(person, random));
    }
    Ok(Editors(running))
}

impl Editors {
    /// Returns how many edits were acknowledged. The server must have ended.
    pub(super) async fn end(mut self) -> Result<usize> {
        let mut edits = 0;
        while let Some(done) = self.0.join_next().await {
            edits += done??;
        }
        Ok(edits)
    }
}

/// Makes random edits of a person's lists and settings until the connection ends. Returns how many
/// of these edits were acknowledged.
async fn edit_until_killed(mut person: Person, mut random: Random) -> Result<usize> {
    let mut editor = Editor::default();
    let mut acknowledged = 0;
    loop {
        let (verb, words) = editor.choose(&mut random);
        let Ok(answer) = person.notification.ask(verb, &words).await else { break };
        if answer.code().is_none() {
            acknowledged += 1;
            editor.learn(&answer.line());
        }
    }
    if !person.notification.has_ended() {
        bail!("an edit was not answered, but the connection is still open");
    }
    Ok(acknowledged)
}

/// The ids of the contacts and groups on an editor's own lists.
#[derive(Default)]
struct Editor {
    contacts: Vec<String>,
    groups: Vec<String>,
}

impl Editor {
    fn choose(&mut self, random: &mut Random) -> (&'static str, String) {
        let who = Account::numbered(random.index(EDITORS)).handle;
        let list = if random.chance(50) { "AL" } else { "BL" };
        let value = if random.chance(50) { "AL" } else { "BL" };
        let number = random.below(20);
        match random.below(10) {
            0 | 1 => ("ADC", format!("{list} N={who}")),
            2 => ("REM", format!("{list} {who}")),
            3 | 4 => ("ADC", format!("FL N={who} F={who}")),
            5 => match take(&mut self.contacts, random) {
                Some(guid) => ("REM", format!("FL {guid}")),
                None => ("BLP", value.to_owned()),
            },
            6 => ("ADG", format!("Group%20{number} 0")),
            7 => match take(&mut self.groups, random) {
                Some(guid) => ("RMG", guid),
                None => ("BLP", value.to_owned()),
            },
            8 => ("PRP", format!("MFN Name%20{number}")),
            _ => ("PRP", format!("PHH 555%20{number}")),
        }
    }

    /// If the line answers the addition of a contact or a group, remembers the GUID of that contact
    /// or group.
    fn learn(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["ADC", _, "FL", rest @ ..] => {
                self.contacts.extend(rest.iter().find_map(|word| word.strip_prefix("C=")).map(str::to_owned));
            }
            ["ADG", _, _, guid, ..] => self.groups.push((*guid).to_owned()),
            _ => {}
        }
    }
}

fn take(guids: &mut Vec<String>, random: &mut Random) -> Option<String> {
    (!guids.is_empty()).then(|| guids.swap_remove(random.index(guids.len())))
}
