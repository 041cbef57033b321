//! Tests with servers that send false or endless contact lists.

use std::time::Duration;

use msnp_client::Event;
use msnp_client::machine::limits::{MAX_ENTRIES, MAX_GROUPS};
use msnp_client::machine::{RosterChange, SignedOut};
use tokio::time::timeout;

use crate::support::{Growth, Step, World, answer, bob, reach, sign_in};

/// Returns a GUID with a number.
fn guid(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}

#[tokio::test(start_paused = true)]
async fn a_list_of_a_million_addresses_is_refused() {
    let growth = Growth::start();
    let mut world = World::new();
    let signing_in = world.begin();
    let mut wire = world.notification().await;
    let trid = reach(&mut wire, Step::Syn).await;
    wire.say(&format!("SYN {trid} a b 4294967295 4294967295\n")).await;
    let all_read = wire.flood(1_000_000, |number| format!("LST N=u{number}@example.com F=U 2 1")).await;
    assert!(!all_read);
    let reason = signing_in.await.unwrap().unwrap_err();
    assert_eq!(reason, SignedOut::Invalid("the contact list is too long".to_owned()));
    assert!(wire.sent < MAX_ENTRIES * 64, "{} bytes were read", wire.sent);
    growth.assert_below(64 * 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn an_endless_series_of_added_addresses_is_refused() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    let reader = tokio::spawn(async move {
        loop {
            if let Event::SignedOut { reason, retry } = events.next().await.unwrap() {
                return (reason, retry);
            }
        }
    });
    wire.flood(1_000_000, |number| format!("ADC 0 RL N=u{number}@example.com F=U")).await;
    let (reason, retry) = reader.await.unwrap();
    assert!(matches!(reason, SignedOut::Invalid(_)) && retry.is_some(), "{reason:?}");
    assert!(client.roster(|roster| roster.entries().count()) <= MAX_ENTRIES);
    let mut wire = world.notification().await;
    sign_in(&mut wire).await;
    while !client.is_signed_in() {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.roster(|roster| roster.entries().count()), 1, "the new list replaces the old one");
}

#[tokio::test(start_paused = true)]
async fn an_endless_list_of_groups_is_refused() {
    let mut world = World::new();
    let signing_in = world.begin();
    let mut wire = world.notification().await;
    let trid = reach(&mut wire, Step::Syn).await;
    wire.say(&format!("SYN {trid} a b 0 4294967295\n")).await;
    assert!(!wire.flood(100 * MAX_GROUPS, |number| format!("LSG G{number} {}", guid(number))).await);
    assert!(matches!(signing_in.await.unwrap().unwrap_err(), SignedOut::Invalid(_)));
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_times_out_if_announced_entries_of_the_list_are_missing_but_unannounced_entries_are_accepted() {
    for (contacts, groups, expected) in [(2, 0, false), (1, 1, false), (0, 0, true), (1, 0, true)] {
        let mut world = World::new();
        let signing_in = world.begin();
        let mut wire = world.notification().await;
        let trid = reach(&mut wire, Step::Syn).await;
        wire.say(&format!("SYN {trid} a b {contacts} {groups}\nLST N=bob@example.com F=U 2 1\n")).await;
        if expected {
            let trid = wire.expect("CHG").await;
            wire.say(&answer(Step::Chg, trid)).await;
        }
        let result = signing_in.await.unwrap();
        match result {
            Ok((client, mut events)) => {
                assert!(expected);
                wire.say("LST N=carol@example.com F=U 2 1\n").await;
                let carol = msnp::Handle::parse("carol@example.com").unwrap();
                let listed = async {
                    while !matches!(events.next().await, Some(Event::Roster(RosterChange::Entry(handle))) if handle == carol)
                    {
                    }
                };
                timeout(Duration::from_secs(5), listed).await.unwrap();
                assert_eq!(client.roster(|roster| roster.entries().count()), 2);
            }
            Err(reason) => assert!(!expected && reason == SignedOut::TimedOut, "{reason:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_keeps_strange_names_unchanged_or_skips_them_but_stays_signed_in() {
    let too_long = "x".repeat(388);
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    for (word, expected) in [
        ("%41%20b", Some("A b")),
        ("%1B[2J", Some("\u{1b}[2J")),
        ("%E2%80%AEexe.gpj", Some("\u{202e}exe.gpj")),
        ("100%", Some("100%")),
        ("%zz", Some("%zz")),
        ("%0D%0AOUT", None),
        ("%00", None),
        ("%FF%FE", None),
        (too_long.as_str(), None),
    ] {
        wire.say("NLN NLN bob@example.com before 0\n").await;
        wire.say(&format!("NLN AWY bob@example.com {word} 0\nNLN BSY bob@example.com after 0\n")).await;
        let mut names = Vec::new();
        loop {
            let event = timeout(Duration::from_secs(5), events.next()).await.unwrap();
            let Some(Event::Roster(RosterChange::Presence { now: Some(now), .. })) = event else { continue };
            if now == msnp::Status::Away {
                names.push(());
            }
            if now == msnp::Status::Busy {
                break;
            }
        }
        assert_eq!(names.len(), usize::from(expected.is_some()), "{word}");
        if let Some(expected) = expected {
            wire.say(&format!("NLN NLN bob@example.com {word} 0\n")).await;
            while !matches!(events.next().await, Some(Event::Roster(RosterChange::Presence { .. }))) {}
            let name = client.roster(|roster| roster.get(&bob()).unwrap().presence.clone().unwrap().name);
            assert_eq!(name.as_str(), expected);
            assert!(!format!("{name:?}").contains(['\u{1b}', '\u{202e}']), "{name:?}");
        }
    }
    assert!(client.is_signed_in());
}
