//! Tests of the lines that an account's own client and its watchers receive. The tests use a cell
//! without a directory.

use std::sync::mpsc;
use std::thread;

use msnp::notification::{ContactLine, Phone, Privacy, Property, SettingLine};
use msnp::{Dialect, List, ListBits, Status};
use swallowtail_store::roster::Settings;

use super::*;
use crate::presence::testing::{entry, handle, is_closed, newcomer, online, publish, read, roster, set_status};

/// The number of Alice's sign-in.
const EPOCH: u64 = 7;
const NLN: &str = "NLN NLN alice@example.com alice 0\r\n";
const BSY: &str = "NLN BSY alice@example.com alice 0\r\n";
const FLN: &str = "FLN alice@example.com\r\n";
const UBX: &str = "UBX alice@example.com 7\r\n<Data/>";

/// The other accounts that a cell can reach.
#[derive(Debug, Default)]
struct Others {
    signed_in: Mutex<HashMap<Handle, Arc<Endpoint>>>,
    gone: Mutex<Vec<Handle>>,
}

impl Neighbours for Others {
    fn endpoint(&self, handle: &Handle) -> Option<Arc<Endpoint>> {
        lock(&self.signed_in).get(handle).cloned()
    }

    fn cell_is_gone(&self, handle: &Handle) {
        lock(&self.gone).push(handle.clone());
    }
}

/// Alice, and the accounts that have her on FL.
struct World {
    alice: Cell,
    client: Arc<Endpoint>,
    others: Arc<Others>,
}

impl World {
    /// Creates Alice with these entries and signs her in.
    fn new(entries: impl IntoIterator<Item = (&'static str, ListBits)>) -> Self {
        let others = Arc::new(Others::default());
        let neighbours: Weak<Others> = Arc::downgrade(&others);
        let alice = Cell::new(AccountId(1), roster("alice", entries), neighbours);
        let client = newcomer(EPOCH);
        alice.sign_in(&client, |_| {});
        Self { alice, client, others }
    }

    /// Creates Alice, who is online, and Bob, who sees her.
    fn with_bob() -> (Self, Arc<Endpoint>) {
        let world = Self::new([("bob", List::Reverse | List::Allow)]);
        let bob = world.add("bob", online(1, Dialect::Msnp12));
        set_status(&world.alice, EPOCH, Status::Online);
        assert_eq!(read(&bob), NLN);
        (world, bob)
    }

    fn add(&self, name: &str, endpoint: Arc<Endpoint>) -> Arc<Endpoint> {
        lock(&self.others.signed_in).insert(handle(name), endpoint.clone());
        endpoint
    }

    fn set_lists(&self, name: &str, lists: impl Into<ListBits>) {
        self.alice.apply(&[Change::Entry(handle(name), entry(lists))], |_| {});
    }

    fn set_privacy(&self, privacy: Privacy) {
        let settings = Settings { privacy, ..Settings::default() };
        self.alice.apply(&[Change::Settings(settings)], |_| {});
    }
}

fn rename(name: &str) -> Change {
    Change::Name(DisplayName::new(name).unwrap())
}

#[test]
fn each_watcher_receives_only_the_changes_that_it_can_see() {
    type Step = (&'static str, fn(&World), &'static str, &'static str);
    let (allowed, blocked) = (List::Reverse | List::Allow, List::Reverse | List::Block);
    let world = World::new([
        ("bob", allowed),
        ("carol", List::Pending.into()),
        ("dave", blocked),
        ("erin", List::Allow.into()),
        ("frank", allowed),
    ]);
    let [bob, carol, dave, erin] = ["bob", "carol", "dave", "erin"].map(|name| {
        let endpoint = online(1, Dialect::Msnp12);
        world.add(name, endpoint)
    });
    let frank = world.add("frank", newcomer(1));

    // Each step has the lines for Bob, who is on AL, and for Carol, who is on neither AL nor BL.
    let steps: [Step; 15] = [
        ("a message before the first CHG", |world| publish(&world.alice, EPOCH, "<Data/>"), "", ""),
        ("online", |world| set_status(&world.alice, EPOCH, Status::Online), "NLN UBX", "NLN UBX"),
        ("the same again", |world| set_status(&world.alice, EPOCH, Status::Online), "", ""),
        ("Bob is blocked", |world| world.set_lists("bob", List::Reverse | List::Block), "FLN", ""),
        ("busy", |world| set_status(&world.alice, EPOCH, Status::Busy), "", "BSY"),
        ("Bob is unblocked", |world| world.set_lists("bob", List::Reverse | List::Allow), "BSY UBX", ""),
        ("hidden", |world| set_status(&world.alice, EPOCH, Status::Hidden), "FLN", "FLN"),
        ("Bob is blocked, hidden", |world| world.set_lists("bob", List::Reverse | List::Block), "", ""),
        ("Bob is unblocked, hidden", |world| world.set_lists("bob", List::Reverse | List::Allow), "", ""),
        ("online again", |world| set_status(&world.alice, EPOCH, Status::Online), "NLN UBX", "NLN UBX"),
        ("only accounts on AL may see Alice", |world| world.set_privacy(Privacy::Block), "", "FLN"),
        ("Carol is allowed", |world| world.set_lists("carol", List::Reverse | List::Allow), "", "NLN UBX"),
        ("Carol is undecided", |world| world.set_lists("carol", List::Reverse), "", "FLN"),
        ("every account may see Alice again", |world| world.set_privacy(Privacy::Allow), "", "NLN UBX"),
        ("signed out", |world| world.alice.sign_out(EPOCH), "FLN", "FLN"),
    ];
    for (step, act, to_bob, to_carol) in steps {
        act(&world);
        for (name, endpoint, expected) in [("Bob", &bob, to_bob), ("Carol", &carol, to_carol)] {
            assert_eq!(read(endpoint), lines(expected), "{step}: the lines for {name}");
        }
        assert_eq!(read(&dave), "", "{step}: Dave is blocked");
        assert_eq!(read(&erin), "", "{step}: Erin does not have Alice on FL");
        assert_eq!(read(&frank), "", "{step}: Frank has not sent his first CHG");
    }
}

fn lines(words: &str) -> String {
    let line = |word| match word {
        "NLN" => NLN,
        "BSY" => BSY,
        "FLN" => FLN,
        "UBX" => UBX,
        other => unreachable!("{other} is not a line of this table"),
    };
    words.split_whitespace().map(line).collect()
}

#[test]
fn a_client_with_a_dialect_older_than_msnp11_receives_no_personal_messages() {
    let (world, _) = World::with_bob();
    let bob = world.add("bob", online(2, Dialect::Msnp10));
    publish(&world.alice, EPOCH, "<Data/>");
    assert_eq!(read(&bob), "");
    world.alice.shown_to(&handle("bob")).unwrap().introduce_to(&bob, TrId::new(4));
    assert_eq!(read(&bob), "ILN 4 NLN alice@example.com alice 0\r\n");
}

#[test]
fn an_edit_to_several_entries_informs_each_account_only_once() {
    let blocked = |name| Change::Entry(handle(name), entry(List::Reverse | List::Block));
    let allowed = List::Reverse | List::Allow;
    let step = || Change::ListChanged(Timestamp::default());
    let settings = Change::Settings(Settings { privacy: Privacy::Block, ..Settings::default() });
    let table = [
        ("two entries", vec![blocked("bob"), blocked("carol"), step()], FLN, FLN),
        ("one entry twice", vec![blocked("bob"), blocked("bob"), step()], FLN, ""),
        ("a name, then an entry", vec![rename("A"), blocked("bob")], FLN, "NLN NLN alice@example.com A 0\r\n"),
        ("an entry, then settings", vec![blocked("bob"), settings], FLN, ""),
        ("nothing that others see", vec![step(), Change::SettingsChanged(Timestamp::default())], "", ""),
    ];
    for (edit, changes, to_bob, to_carol) in table {
        let world = World::new([("bob", allowed), ("carol", allowed)]);
        set_status(&world.alice, EPOCH, Status::Online);
        let [bob, carol] = ["bob", "carol"].map(|name| world.add(name, online(1, Dialect::Msnp12)));
        world.alice.apply(&changes, |_| {});
        assert_eq!(read(&bob), to_bob, "{edit}");
        assert_eq!(read(&carol), to_carol, "{edit}");
    }
}

#[test]
fn an_edit_that_adds_a_watcher_and_also_changes_the_name_sends_the_new_name_to_that_watcher() {
    let (world, bob) = World::with_bob();
    let carol = world.add("carol", online(1, Dialect::Msnp12));
    world.alice.apply(&[rename("A"), Change::Entry(handle("carol"), entry(List::Reverse))], |_| {});
    for endpoint in [bob, carol] {
        assert_eq!(read(&endpoint), "NLN NLN alice@example.com A 0\r\n");
    }
}

#[test]
fn an_edit_is_first_applied_then_answered_and_then_announced_to_others() {
    let (world, bob) = World::with_bob();
    let mut is_answered = false;
    world.alice.apply(&[rename("A")], |roster| {
        assert_eq!(roster.name.as_str(), "A");
        assert_eq!(read(&bob), "");
        is_answered = true;
    });
    assert!(is_answered);
    assert_eq!(read(&bob), "NLN NLN alice@example.com A 0\r\n");
}

#[test]
fn others_see_the_account_go_offline_before_the_new_session_gets_its_first_line() {
    let (world, bob) = World::with_bob();
    let second = newcomer(EPOCH + 1);
    let mut is_welcome = false;
    world.alice.sign_in(&second, |roster| {
        assert_eq!(roster.owner, handle("alice"));
        assert_eq!(read(&world.client), "OUT OTH\r\n");
        assert!(is_closed(&world.client));
        assert_eq!(read(&bob), FLN);
        is_welcome = true;
    });
    assert!(is_welcome);
    assert!(Arc::ptr_eq(&world.alice.endpoint().unwrap(), &second));
    assert_eq!(world.alice.state().presence, Presence::default(), "the new session starts without presence");
    assert_eq!(read(&second), "");
}

#[test]
fn commands_of_a_replaced_session_change_nothing() {
    let (world, bob) = World::with_bob();
    let second = newcomer(EPOCH + 1);
    world.alice.sign_in(&second, |_| {});
    set_status(&world.alice, EPOCH + 1, Status::Online);
    assert_eq!(read(&bob), FLN.to_owned() + NLN);

    world.alice.sign_out(EPOCH);
    assert!(Arc::ptr_eq(&world.alice.endpoint().unwrap(), &second));
    world.alice.set_presence(
        EPOCH,
        || unreachable!("a replaced session must not be answered"),
        |presence| presence.status = Some(Status::Busy),
    );
    assert_eq!(world.alice.state().presence.status, Some(Status::Online));
    assert_eq!(read(&bob), "");
    assert!(!is_closed(&second));
}

#[test]
fn commands_of_an_ended_session_change_nothing() {
    let (world, bob) = World::with_bob();
    world.alice.sign_out(EPOCH);
    assert_eq!(read(&bob), FLN);
    world.alice.sign_out(EPOCH);
    set_status(&world.alice, EPOCH, Status::Online);
    assert_eq!(world.alice.state().seen(), None);
    assert_eq!(read(&bob), "");
}

#[test]
fn an_expelled_session_receives_the_command_out_and_others_see_the_account_go_offline() {
    let (world, bob) = World::with_bob();
    world.alice.expel();
    assert_eq!(read(&world.client), "OUT\r\n");
    assert!(is_closed(&world.client));
    assert_eq!(read(&bob), FLN);
    assert!(world.alice.endpoint().is_none());
    world.alice.expel();
    assert_eq!(read(&bob), "", "the session has ended already");
}

#[test]
fn an_account_is_shown_only_to_accounts_that_may_see_it() {
    let (allowed, blocked) = (List::Reverse | List::Allow, List::Reverse | List::Block);
    let world = World::new([("bob", allowed), ("carol", blocked), ("dave", List::Allow.into())]);
    let is_shown_to = |name| world.alice.shown_to(&handle(name)).is_some();
    assert!(!is_shown_to("bob"), "before the first CHG");
    set_status(&world.alice, EPOCH, Status::Online);
    for (name, expected) in [("bob", true), ("carol", false), ("dave", false), ("erin", false)] {
        assert_eq!(is_shown_to(name), expected, "{name}");
    }
    set_status(&world.alice, EPOCH, Status::Hidden);
    assert!(!is_shown_to("bob"), "hidden");
}

#[test]
fn an_iln_with_an_older_status_never_arrives_after_a_newer_nln() {
    let (world, bob) = World::with_bob();
    publish(&world.alice, EPOCH, "<Data/>");
    assert_eq!(read(&bob), UBX);
    let shown = world.alice.shown_to(&handle("bob")).unwrap();
    assert!(world.alice.state.try_lock().is_err(), "the account is locked now");
    thread::scope(|scope| {
        let (begins, begun) = mpsc::channel();
        let alice = &world.alice;
        scope.spawn(move || {
            begins.send(()).unwrap();
            set_status(alice, EPOCH, Status::Busy);
        });
        begun.recv().unwrap();
        shown.introduce_to(&bob, TrId::new(4));
    });
    assert_eq!(read(&bob), format!("{BSY}{UBX}"), "the later NLN replaces the ILN");
}

#[test]
fn an_account_that_leaves_before_its_iln_is_written_is_shown_offline() {
    let (world, bob) = World::with_bob();
    world.alice.shown_to(&handle("bob")).unwrap().introduce_to(&bob, TrId::new(4));
    world.alice.sign_out(EPOCH);
    assert_eq!(read(&bob), FLN, "Bob has already received an NLN");
}

#[test]
fn changes_by_others_are_sent_only_after_syn_has_been_answered() {
    let (bob, removed) = (handle("bob"), Change::Entry(handle("bob"), entry(List::Allow)));
    let line = ContactLine::ReverseRemoved(bob.clone()).into();
    let changes = [removed, Change::ListChanged(Timestamp::default())];
    for (client, expected) in [
        (newcomer(EPOCH), ""),
        (online(EPOCH, Dialect::Msnp12), "REM 0 RL bob@example.com\r\n"),
        (online(EPOCH, Dialect::Msnp8), "REM 0 RL 1 bob@example.com\r\n"),
    ] {
        let world = World::new([("bob", List::Reverse | List::Allow)]);
        world.alice.sign_in(&client, |_| {});
        world.alice.apply_foreign(&changes, &line);
        assert_eq!(read(&client), expected, "{}", client.client.dialect);
        let state = world.alice.state();
        assert!(!state.roster.entries.get(&bob).unwrap().watches());
        assert_eq!(state.roster.stamps.version, 1);
    }
}

#[test]
fn a_phone_number_is_sent_only_to_accounts_that_can_see_its_owner_and_have_the_owner_on_fl() {
    let (allowed, blocked) = (List::Reverse | List::Allow, List::Reverse | List::Block);
    let world = World::new([("bob", allowed), ("carol", blocked), ("dave", allowed), ("erin", allowed)]);
    let [bob, carol, dave] = ["bob", "carol", "dave"].map(|name| world.add(name, online(1, Dialect::Msnp8)));
    let erin = world.add("erin", newcomer(1));
    let number = Property::Phone(Phone::Home, Some("123".to_owned()));
    let line = SettingLine::Contact(Some(handle("alice")), number).into();
    // Dave is not in `versions`, as if Dave had removed Alice from Dave's FL.
    let versions = ["bob", "carol", "erin"].map(|name| (handle(name), 5)).into();
    let told = |status, expected: &str| {
        set_status(&world.alice, EPOCH, status);
        for endpoint in [&bob, &carol, &dave, &erin] {
            read(endpoint);
        }
        world.alice.send_number(&line, &versions);
        assert_eq!(read(&bob), expected, "{status:?}");
        for (name, endpoint) in [("carol", &carol), ("dave", &dave), ("erin", &erin)] {
            assert_eq!(read(endpoint), "", "{name}, {status:?}");
        }
    };
    told(Status::Online, "BPR 5 alice@example.com PHH 123\r\n");
    told(Status::Hidden, "");
}

#[test]
fn every_change_of_a_list_gives_the_list_a_new_version() {
    let world = World::new([]);
    assert_eq!(world.alice.touch_list(Timestamp::default()), 1);
    assert_eq!(world.alice.touch_list(Timestamp::default()), 2);
    assert_eq!(world.alice.state().roster.stamps.version, 2);
}

#[test]
fn other_accounts_are_informed_when_an_account_is_dropped_from_memory() {
    let World { alice, others, .. } = World::new([]);
    assert_eq!(*lock(&others.gone), []);
    drop(alice);
    assert_eq!(*lock(&others.gone), [handle("alice")]);
}
