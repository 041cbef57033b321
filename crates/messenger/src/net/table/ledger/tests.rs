use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

/// Returns a ledger with small limits. At most 8 connections are allowed, of which at most 6 may be
/// online. One address may have at most 4 connections, of which at most 3 may be not signed in.
fn ledger() -> Ledger<()> {
    let exempt = ["10.0.0.0/8".parse().unwrap()];
    let limits = ConnectionLimits::new(&exempt, 8, 4, 3).with_conversations(25);
    Ledger::new(ConnectionLimits { leaving: 3, ..limits })
}

/// An address that is not exempt.
fn peer(number: u8) -> Option<IpAddr> {
    Some(Ipv4Addr::new(192, 0, 2, number).into())
}

fn admitted<G>(decision: &Decision<G>) -> Id {
    match decision {
        Decision::Admitted { id, .. } => *id,
        Decision::TurnedAway { .. } | Decision::Refused => panic!("not admitted"),
    }
}

#[test]
fn the_oldest_connection_among_those_with_the_least_progress_makes_room_for_a_new_one() {
    let mut ledger = ledger();
    let ids: Vec<_> = (0..8).map(|number| admitted(&ledger.admit(peer(number), ()))).collect();
    for (id, progress) in [(ids[0], Progress::Online), (ids[1], Progress::Begun), (ids[2], Progress::Begun)] {
        ledger.advance(id, progress).unwrap();
    }
    for id in &ids[5..] {
        ledger.advance(*id, Progress::InSession).unwrap();
    }
    for (expected, newcomer) in [(ids[3], 10), (ids[4], 11)] {
        ledger.admit(peer(newcomer), ());
        assert!(!ledger.contains(expected));
    }
    assert!(ids.iter().filter(|id| ![ids[3], ids[4]].contains(id)).all(|id| ledger.contains(*id)));
}

#[test]
fn a_connection_over_the_limit_of_its_address_displaces_another_one_of_the_same_address() {
    let mut ledger = ledger();
    let other = admitted(&ledger.admit(peer(9), ()));
    let ids: Vec<_> = (0..3).map(|_| admitted(&ledger.admit(peer(1), ()))).collect();
    ledger.admit(peer(1), ());
    assert!(ledger.contains(other) && !ledger.contains(ids[0]));
    // A connection that signs in frees a place for a connection that is not signed in.
    ledger.advance(ids[1], Progress::Online).unwrap();
    ledger.admit(peer(1), ());
    assert!(ids[1..].iter().all(|id| ledger.contains(*id)));
}

#[test]
fn a_new_connection_is_refused_if_all_connections_of_its_address_are_signed_in() {
    let mut ledger = ledger();
    for _ in 0..4 {
        let id = admitted(&ledger.admit(peer(1), ()));
        ledger.advance(id, Progress::InSession).unwrap();
        assert_eq!(ledger.has_room_beside(id), ledger.len() < 4);
    }
    assert!(matches!(ledger.admit(peer(1), ()), Decision::TurnedAway { .. }));
    assert_eq!(ledger.admit(peer(1), ()), Decision::Refused, "only one may wait for the reason");
    admitted(&ledger.admit(peer(2), ()));
}

#[test]
fn an_exempt_address_may_use_more_places_than_others_but_not_all_places() {
    let mut ledger = ledger();
    let exempt: Option<IpAddr> = Some([10, 0, 0, 1].into());
    for _ in 0..100 {
        let id = admitted(&ledger.admit(exempt, ()));
        if ledger.open() > ledger.len() {
            ledger.remove(id - 7);
        }
    }
    assert_eq!((ledger.len(), ledger.addresses.len()), (7, 1));
}

#[test]
fn a_quarter_of_the_places_is_reserved_for_conversations() {
    let mut ledger = ledger();
    let ids: Vec<_> = (0..8).map(|number| admitted(&ledger.admit(peer(number), ()))).collect();
    let results = ids.iter().map(|id| ledger.advance(*id, Progress::Online).is_ok());
    assert_eq!(results.collect::<Vec<_>>(), [true, true, true, true, true, true, false, false]);
    for id in &ids[6..] {
        ledger.advance(*id, Progress::InSession).unwrap();
    }
    assert!(matches!(ledger.admit(peer(9), ()), Decision::TurnedAway { .. }));
}

#[test]
fn an_internal_connection_does_not_count_towards_the_limit_of_an_address_and_is_never_displaced() {
    let mut ledger = ledger();
    let own: Vec<_> = (0..8).map(|_| admitted(&ledger.admit(None, ()))).collect();
    assert!(matches!(ledger.admit(peer(1), ()), Decision::TurnedAway { .. }));
    ledger.advance(own[0], Progress::Begun).unwrap();
    assert!(matches!(ledger.admit(None, ()), Decision::Refused));
}

/// One event at a table.
#[derive(Clone, Copy, Debug)]
enum Step {
    Admit(Option<u8>),
    Advance(usize, Progress),
    Remove(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let progress = prop_oneof![
        3 => Just(Progress::Silent),
        3 => Just(Progress::Begun),
        1 => Just(Progress::InSession),
        1 => Just(Progress::Online),
    ];
    prop_oneof![
        5 => (0..6_u8).prop_map(|number| Step::Admit(Some(number))),
        1 => Just(Step::Admit(None)),
        4 => (0..20_usize, progress).prop_map(|(index, progress)| Step::Advance(index, progress)),
        2 => (0..20_usize).prop_map(Step::Remove),
    ]
}

/// A connection as the test knows it: its address, its progress, and the number of the step that
/// led to this progress.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: Id,
    peer: Option<IpAddr>,
    progress: Progress,
    since: usize,
}

impl Known {
    fn makes_room(&self) -> bool {
        self.peer.is_some() && self.progress < Progress::InSession
    }
}

/// Addresses 0 and 1 are exempt.
fn address(number: u8) -> IpAddr {
    match number {
        0 | 1 => Ipv4Addr::new(10, 0, 0, number).into(),
        _ => Ipv4Addr::new(192, 0, 2, number).into(),
    }
}

/// The connections that must be in the table according to the rules, and the connections that must
/// be leaving.
#[derive(Default)]
struct Model {
    inside: Vec<Known>,
    leaving: BTreeSet<Id>,
}

impl Model {
    fn admit(&mut self, ledger: &mut Ledger<()>, peer: Option<IpAddr>, now: usize) {
        let of_address = |known: &&Known| peer.is_some() && known.peer == peer;
        let all = self.inside.iter().filter(of_address).count();
        let unproven = self.inside.iter().filter(of_address).filter(|known| known.makes_room()).count();
        let (most, most_unproven) = peer.map_or((usize::MAX, usize::MAX), |peer| ledger.limits.of_address(peer));
        let crowded = all >= most || unproven >= most_unproven;
        let is_full = self.inside.len() >= ledger.limits.connections;
        let candidates = self.inside.iter().filter(|known| known.makes_room() && (!crowded || known.peer == peer));
        let least = candidates.min_by_key(|known| (known.progress, known.since)).copied();
        match ledger.admit(peer, ()) {
            Decision::Admitted { id, instead_of } => {
                assert_eq!(instead_of.is_some(), crowded || is_full);
                if instead_of.is_some() {
                    let least = least.expect("a connection that may not make room did");
                    self.inside.retain(|known| known.id != least.id);
                    self.leaving.insert(least.id);
                }
                self.inside.push(Known { id, peer, progress: Progress::Silent, since: now });
            }
            Decision::TurnedAway { id } => {
                assert!((crowded || is_full) && least.is_none());
                self.leaving.insert(id);
            }
            Decision::Refused => assert!((crowded || is_full) && !self.leaving.is_empty()),
        }
    }

    fn advance(&mut self, ledger: &mut Ledger<()>, index: usize, progress: Progress, now: usize) {
        let online = self.inside.iter().filter(|known| known.progress == Progress::Online).count();
        let Some(known) = self.inside.get_mut(index) else { return };
        let is_new = known.progress != progress;
        let is_full = is_new && progress == Progress::Online && online >= ledger.limits.online;
        assert_eq!(ledger.advance(known.id, progress).is_err(), is_full);
        if is_new && !is_full {
            (known.progress, known.since) = (progress, now);
        }
    }

    fn remove(&mut self, ledger: &mut Ledger<()>, index: usize) {
        if index < self.inside.len() {
            ledger.remove(self.inside.remove(index).id);
        } else if let Some(id) = self.leaving.pop_first() {
            ledger.remove(id);
        }
    }

    fn check(&self, ledger: &Ledger<()>) {
        assert!(self.inside.iter().all(|known| ledger.contains(known.id)));
        assert_eq!((ledger.len(), ledger.open()), (self.inside.len(), self.inside.len() + self.leaving.len()));
        assert!(ledger.len() <= ledger.limits.connections && ledger.leaving <= ledger.limits.leaving);
        assert!(ledger.online <= ledger.limits.online);
        assert_eq!(ledger.queue.len(), self.inside.iter().filter(|known| known.makes_room()).count());
        assert_eq!(ledger.queue.len(), ledger.by_address.len());
        for (address, count) in &ledger.addresses {
            let of_address = || self.inside.iter().filter(|known| known.peer == Some(*address));
            let (most, _) = ledger.limits.of_address(*address);
            assert!(count.all as usize <= most);
            assert_eq!(count.all as usize, of_address().count());
            assert_eq!(count.unproven as usize, of_address().filter(|known| known.makes_room()).count());
        }
    }
}

proptest! {
    /// No count is ever above its limit, with one exception: when connections sign out, an address
    /// can have more connections that are not signed in than its limit allows. If a connection
    /// makes room, it is the one that the model chooses. Signed-in connections never make room.
    #[test]
    fn the_ledger_keeps_its_limits_after_any_sequence_of_events(steps in prop::collection::vec(step(), 0..200)) {
        let (mut ledger, mut model) = (ledger(), Model::default());
        for (now, step) in steps.into_iter().enumerate() {
            match step {
                Step::Admit(number) => model.admit(&mut ledger, number.map(address), now),
                Step::Advance(index, progress) => model.advance(&mut ledger, index, progress, now),
                Step::Remove(index) => model.remove(&mut ledger, index),
            }
            model.check(&ledger);
        }
        for known in model.inside {
            ledger.remove(known.id);
        }
        for id in model.leaving {
            ledger.remove(id);
        }
        prop_assert_eq!(ledger.open(), 0);
        prop_assert!(ledger.queue.is_empty() && ledger.by_address.is_empty() && ledger.addresses.is_empty());
        prop_assert_eq!(ledger.online, 0);
    }
}
