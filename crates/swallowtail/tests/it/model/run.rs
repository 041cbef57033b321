//! One run of the model test. A run has a server and six users. A seed chooses the operations of
//! the users. After every step, the run compares the view of every client with the model.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Write as _};

use super::client::{Client, Stamps, zero};
use super::operation::{Copy, Operation, Random, Word, choose};
use super::rules::{FL, Verdict, World};
use super::view::{Kept, View, expected};
use super::words::{Guids, answers, speak};
use crate::support::wire::Frame;
use crate::support::{TestServer, address};

const PEOPLE: [&str; 6] = ["ann", "ben", "cat", "dan", "eve", "fay"];
const GROUPS: usize = 28;

pub(crate) struct Run {
    seed: u64,
    step: u32,
    random: Random,
    server: TestServer,
    world: World,
    clients: BTreeMap<String, Client>,
    /// The saved state of every client program that is not in use, by user and dialect.
    kept: HashMap<(String, u32), (Kept, Stamps)>,
    guids: Guids,
    /// For each account, the list version before the first change. It is missing until a client
    /// with a dialect before MSNP10 has received a version.
    bases: HashMap<String, u32>,
    /// For each user and each pair of time stamps that the user received: how many changes to the
    /// lists, and how many changes to the settings, the account had at that time.
    stamps: HashMap<(String, Stamps), (u32, u32)>,
    /// The latest time stamp that each user received. The key is the user, and 0 for the time stamp
    /// of the lists or 1 for the time stamp of the settings. The value is the number of changes at
    /// the time of the stamp, and the stamp.
    latest: HashMap<(String, usize), (u32, String)>,
    /// The current user and the current operation, for the report of a difference.
    doing: (String, String),
    /// The user whose view is being compared, for the report of a difference.
    watching: String,
}

impl Run {
    pub(crate) async fn start(seed: u64) -> Self {
        let server = TestServer::start().await;
        let mut world = World::default();
        for name in PEOPLE {
            world.add_person(&server.account(name).await, name);
        }
        let mut run = Self {
            seed,
            step: 0,
            random: Random(seed),
            server,
            world,
            clients: BTreeMap::new(),
            kept: HashMap::new(),
            guids: Guids::default(),
            bases: HashMap::new(),
            stamps: HashMap::new(),
            latest: HashMap::new(),
            doing: Default::default(),
            watching: String::new(),
        };
        // Each of the five dialects has one user. The seed chooses the dialect of the sixth user.
        let sixth = run.random.dialect();
        for (name, dialect) in PEOPLE.iter().zip([8, 9, 10, 11, 12, sixth]) {
            run.carry_out(&address(name), Operation::SignIn(dialect)).await;
        }
        // One user has almost the maximum number of groups.
        for number in 0..GROUPS {
            run.carry_out(&address(PEOPLE[0]), Operation::NewGroup(Word::plain(&format!("Group-{number}")))).await;
        }
        run
    }

    /// Carries out this number of random operations, then compares the database with the model.
    pub(crate) async fn walk(mut self, steps: u32) {
        for step in 0..steps {
            self.step = step;
            let who = address(self.random.pick(&PEOPLE));
            // A user who is offline stays offline for a while.
            if self.world.people[&who].session.is_none() && self.random.percent(50) {
                continue;
            }
            let operation = choose(&mut self.random, &self.world, &who);
            self.carry_out(&who, operation).await;
        }
        self.step = steps;
        self.carry_out(&address(PEOPLE[0]), Operation::Restart).await;
        for dialect in 8..=12 {
            for name in PEOPLE {
                self.carry_out(&address(name), Operation::SignIn(dialect)).await;
                self.carry_out(&address(name), Operation::Synchronize(Copy::Own)).await;
                self.carry_out(&address(name), Operation::Synchronize(Copy::Nothing)).await;
            }
        }
    }

    /// Carries out one operation, lets all its effects arrive, and compares the view of every client with the model.
    async fn carry_out(&mut self, who: &str, operation: Operation) {
        self.doing = (who.to_owned(), format!("{operation:?}"));
        self.watching = who.to_owned();
        match operation {
            Operation::SignIn(dialect) => self.sign_in(who, dialect).await,
            Operation::SignOut => self.sign_out(who).await,
            Operation::Reset => self.reset(who).await,
            Operation::Restart => self.restart().await,
            Operation::Synchronize(copy) => self.synchronize(who, copy).await,
            operation => self.ask(who, &operation).await,
        }
        // The client of `who` has received the answer to a ping, or is gone. So the server has
        // queued all effects of the operation for the other clients.
        self.receive_pending(who).await;
        self.compare();
    }

    async fn ask(&mut self, who: &str, operation: &Operation) {
        let account = &self.world.people[who];
        let Some(spoken) = speak(operation, who, account, &self.guids, &mut self.random) else { return };
        let verdict = self.world.perform(who, operation);
        let client = self.clients.get_mut(who).unwrap();
        let trid = client.command(spoken.verb, &spoken.words, spoken.payload).await;
        if verdict == Verdict::Closes {
            assert_eq!(client.until_closed().await, [], "closed without an answer");
            return self.gone(who).await;
        }
        let frames = client.until_pong().await;
        let (answer, others) = frames.split_first().expect("an answer");
        match verdict {
            Verdict::Refused(codes) => {
                let refusals: Vec<String> = codes.iter().map(|code| format!("{code} {trid}")).collect();
                assert!(refusals.contains(&answer.line), "expected one of {refusals:?}, received {answer}");
                assert_eq!(others, []);
            }
            _ => {
                let expected = format!("{} {trid} {}", spoken.verb, spoken.answer);
                let said = answers(&answer.line, &expected, &self.guids);
                assert!(said.is_some(), "expected {expected}, received {answer}");
                client.answered(answer);
                if let Operation::Remove { whom, .. } | Operation::TakeOutOfGroup { whom, .. } = operation
                    && !self.world.people[who].is_on(FL, whom)
                {
                    client.contact_left(whom);
                }
                others.iter().for_each(|frame| client.unsolicited(frame, Some(trid)));
            }
        }
    }

    async fn synchronize(&mut self, who: &str, copy: Copy) {
        let account = &self.world.people[who];
        let client = self.clients.get_mut(who).unwrap();
        let changes = (account.list_changes, account.setting_changes);
        let had = match client.stamps[..] {
            [ref version] => self.bases.get(who).is_some_and(|base| *version == (base + account.version()).to_string()),
            _ => self.stamps.get(&(who.to_owned(), client.stamps.clone())) == Some(&changes),
        };
        let current = copy == Copy::Own && had;
        let mut words = client.stamps.clone();
        match copy {
            Copy::Own => {}
            Copy::Nothing => words = zero(client.dialect),
            Copy::Half => words[self.random.below(2)] = "0".to_owned(),
        }
        let trid = client.command("SYN", &words.join(" "), "").await;
        let frames = client.until_pong().await;
        client.synchronized(&frames, trid, current);
        self.world.synchronize(who, current);
        self.check_stamps(who, changes);
    }

    /// Checks the list version or the two time stamps in the last answer to SYN. Before MSNP10, the
    /// answer has a list version, which counts every change. From MSNP10 on, the answer has one
    /// time stamp for the lists and one for the settings. If the lists have changed since the last
    /// answer, their time stamp must be newer than in that answer, and otherwise it must be the
    /// same. The same rule applies to the settings.
    fn check_stamps(&mut self, who: &str, changes: (u32, u32)) {
        let client = &self.clients[who];
        let stamps = client.stamps.clone();
        if let [version] = &stamps[..] {
            return self.check_version(who, version.parse().unwrap());
        }
        for (place, changes) in [changes.0, changes.1].into_iter().enumerate() {
            let stamp = &stamps[place];
            assert_eq!(stamp.len(), "2004-07-02T21:57:52.9370000-07:00".len(), "{stamp}");
            let latest = self.latest.entry((who.to_owned(), place)).or_insert_with(|| (changes, stamp.clone()));
            let same = latest.0 == changes;
            assert!(if same { latest.1 == *stamp } else { latest.1 < *stamp }, "{latest:?}, then {changes} {stamp}");
            *latest = (changes, stamp.clone());
        }
        self.stamps.insert((who.to_owned(), stamps), changes);
    }

    fn check_version(&mut self, who: &str, version: u32) {
        let changes = self.world.people[who].version();
        let base = *self.bases.entry(who.to_owned()).or_insert_with(|| version - changes);
        assert_eq!(version, base + changes, "the list version of {who}");
    }

    async fn sign_in(&mut self, who: &str, dialect: u32) {
        let older = self.clients.remove(who);
        self.world.sign_in(who, dialect);
        if let Some(older) = &older {
            self.kept.insert((who.to_owned(), older.dialect), (older.view.kept.clone(), older.stamps.clone()));
        }
        let kept = self.kept.get(&(who.to_owned(), dialect)).cloned();
        let name = &self.world.people[who].name;
        let client = Client::sign_in(&self.server, who, name, dialect, kept).await;
        self.clients.insert(who.to_owned(), client);
        if let Some(mut older) = older {
            assert_eq!(lines(&older.until_closed().await), ["OUT OTH"]);
        }
    }

    async fn sign_out(&mut self, who: &str) {
        let client = self.clients.get_mut(who).unwrap();
        assert_eq!(lines(&client.leave().await), ["OUT"]);
        self.world.sign_out(who);
        self.gone(who).await;
    }

    /// Handles the end of a connection. The client keeps its state.
    async fn gone(&mut self, who: &str) {
        let client = self.clients.remove(who).unwrap();
        self.kept.insert((who.to_owned(), client.dialect), (client.view.kept, client.stamps));
        self.server.signed_out(who).await;
    }

    async fn reset(&mut self, who: &str) {
        let client = self.clients.remove(who).unwrap();
        self.kept.insert((who.to_owned(), client.dialect), client.reset());
        self.world.sign_out(who);
        self.server.signed_out(who).await;
    }

    async fn restart(&mut self) {
        self.server.restart().await;
        for (who, mut client) in std::mem::take(&mut self.clients) {
            // The server disconnects the clients one after the other. Before the server disconnects
            // this client, it may send this client an FLN about each client that it has already
            // disconnected.
            let received = lines(&client.until_closed().await);
            let (last, others) = received.split_last().expect("a last line");
            assert_eq!(last, "OUT SSD");
            assert!(others.iter().all(|line| line.starts_with("FLN ")), "{received:?}");
            self.world.sign_out(&who);
            self.kept.insert((who, client.dialect), (client.view.kept, client.stamps));
        }
    }

    /// Receives the pending lines of every client except `actor`. The client of `actor` has already
    /// received its lines.
    async fn receive_pending(&mut self, actor: &str) {
        let mut others: Vec<&mut Client> = self.clients.values_mut().filter(|client| client.handle != actor).collect();
        for client in &mut others {
            client.ping().await;
        }
        for client in others {
            self.watching.clone_from(&client.handle);
            for frame in client.until_pong().await {
                client.unsolicited(&frame, None);
            }
        }
        let mut versions = Vec::new();
        for client in self.clients.values_mut() {
            versions.extend(client.versions.drain(..).map(|version| (client.handle.clone(), version)));
        }
        for (who, version) in versions {
            self.watching.clone_from(&who);
            self.check_version(&who, version);
        }
    }

    /// Asserts that the view of every client equals the view in the model.
    fn compare(&mut self) {
        let Self { clients, world, guids, watching, .. } = self;
        for (who, client) in clients {
            watching.clone_from(who);
            learn_guids(world, client, guids);
            let mut expected = expected(world, who, guids);
            if !client.synced {
                expected.kept.clone_from(&client.view.kept);
            }
            let differences = differences(&expected, &client.view);
            assert!(differences.is_empty(), "the client of {who} differs from the model:\n{differences}");
        }
    }
}

impl Drop for Run {
    /// Prints where a run failed.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let (who, operation) = &self.doing;
        let mut report = format!("seed {}, step {}: {who} does {operation}\n", self.seed, self.step);
        let mut involved = vec![who, &self.watching];
        involved.dedup();
        for who in involved {
            let Some(client) = self.clients.get(who) else { continue };
            _ = writeln!(report, "{who} uses MSNP{}. Its last lines:", client.dialect);
            client.log.iter().for_each(|line| _ = writeln!(report, "  {line}"));
        }
        eprintln!("{report}Replay: SWALLOWTAIL_MODEL_SEED={}", self.seed);
    }
}

/// Records the GUID that a client shows for each contact and group.
fn learn_guids(world: &World, client: &Client, guids: &mut Guids) {
    if client.dialect < 10 || !client.synced {
        return;
    }
    let account = &world.people[&client.handle];
    for (handle, line) in &client.view.kept.entries {
        let contact = account.entries.get(handle).and_then(|entry| entry.contact);
        if let (Some(id), Some(guid)) = (contact, &line.guid) {
            guids.learn(id, guid);
        }
    }
    for (guid, name) in &client.view.kept.groups {
        if let Some((id, _)) = account.groups.iter().find(|(_, group)| group.name == *name) {
            guids.learn(*id, guid);
        }
    }
}

fn lines(frames: &[Frame]) -> Vec<String> {
    frames.iter().map(|frame| frame.line.clone()).collect()
}

/// Returns the differences, one on each line.
fn differences(expected: &View, seen: &View) -> String {
    let mut report = String::new();
    let (kept, shown) = (&expected.kept, &seen.kept);
    compare_maps("online", &expected.online, &seen.online, &mut report);
    compare_maps("entry", &kept.entries, &shown.entries, &mut report);
    compare_maps("group", &kept.groups, &shown.groups, &mut report);
    compare_maps("numbers", &kept.numbers, &shown.numbers, &mut report);
    let own =
        |kept: &Kept| (kept.name.clone(), kept.prompt.clone(), kept.privacy.clone(), kept.phones.clone(), kept.paging);
    if own(kept) != own(shown) {
        _ = writeln!(report, "settings: expected {:?}\n           seen {:?}", own(kept), own(shown));
    }
    report
}

fn compare_maps<V: PartialEq + Debug>(
    what: &str,
    expected: &BTreeMap<String, V>,
    seen: &BTreeMap<String, V>,
    report: &mut String,
) {
    let keys = expected.keys().chain(seen.keys().filter(|key| !expected.contains_key(*key)));
    for key in keys.filter(|key| expected.get(*key) != seen.get(*key)) {
        let (expected, seen) = (expected.get(key), seen.get(key));
        _ = writeln!(report, "{what} {key}: expected {expected:?}\n           seen {seen:?}");
    }
}
