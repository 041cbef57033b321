//! Checks privacy: a hidden account appears offline to everyone, and an account appears offline to
//! those it blocks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::super::{Action, Attribute, Event, Outcome, part};
use super::index::{Connection, Index, may_have_happened};
use super::spans::{Act, Span, both, certain, containing};
use super::values::{Values, shown};
use super::violation::{Found, Promise};

pub(super) fn check(index: &Index<'_>, values: &Values<'_>, found: &mut Found) {
    let mut shields = Shields::new(index);
    for (who, signed_in, connection) in index.sessions() {
        for event in &connection.events {
            if let Action::Saw { contact, shown: Some(seen) } = &event.action
                && let Some(why) = shields.leak(values, contact, who, signed_in.start, event, seen)
            {
                let what = format!("connection {} of {who} saw {contact} as {seen:?}: {why}", connection.number);
                found.add(Promise::Privacy, what);
            }
        }
        check_rings(connection, found);
    }
    for connection in index.connections.values() {
        for event in connection.events.iter().filter(|event| event.outcome == Outcome::Done) {
            if let (Action::Call { callee }, Some(caller)) = (&event.action, connection.account)
                && shields
                    .spans(callee, caller)
                    .iter()
                    .any(|spans| containing(spans, event.start).is_some_and(|(_, end)| event.end < end))
            {
                let what = format!("{caller} reached {callee}, which was hidden or had blocked the caller");
                found.add(Promise::Privacy, what);
            }
        }
    }
}

/// The states in which one account appears offline to others.
#[derive(Default)]
struct Switches {
    hidden: Switch,
    private: Switch,
    blocks: BTreeMap<String, Switch>,
    /// For each other account that an edit added to AL or removed from AL: the state that the other
    /// account is not on AL.
    disallows: BTreeMap<String, Switch>,
    /// The accounts on AL at the start of the run, if the history contains the lists at the start.
    allowed: Option<BTreeSet<String>>,
}

/// A state that actions begin and end: the actions that certainly began it, and the actions that
/// may have ended it.
#[derive(Clone, Default)]
struct Switch {
    on: Vec<Act>,
    off: Vec<Act>,
}

impl Switch {
    fn turn(&mut self, is_on: bool, event: &Event) {
        if !is_on {
            let end = if event.outcome == Outcome::Done { event.end } else { u64::MAX };
            self.off.push((event.start, end));
        } else if event.outcome == Outcome::Done {
            self.on.push((event.start, event.end));
        }
    }

    fn spans(&self) -> Vec<Span> {
        let sorted = |acts: &[Act]| {
            let mut acts = acts.to_vec();
            acts.sort_unstable();
            acts
        };
        certain(&sorted(&self.on), &sorted(&self.off))
    }
}

/// The periods in which accounts appeared offline to other accounts.
struct Shields<'a> {
    switches: BTreeMap<&'a str, Switches>,
    hidden: HashMap<String, Rc<Vec<Span>>>,
    from: HashMap<(String, String), Rc<Vec<Vec<Span>>>>,
}

impl<'a> Shields<'a> {
    fn new(index: &Index<'a>) -> Self {
        let mut switches: BTreeMap<&str, Switches> = BTreeMap::new();
        for (account, parts) in &index.initial {
            let own = switches.entry(account).or_default();
            for other in parts.keys().filter_map(|part| part.strip_prefix(&part::block(""))) {
                own.blocks.entry(other.to_owned()).or_default().on.push((0, 0));
            }
            let allowed = parts.keys().filter_map(|part| part.strip_prefix(&part::allow("")));
            own.allowed = Some(allowed.map(str::to_owned).collect());
            if parts.get(part::PRIVACY).is_some_and(|privacy| privacy == "BL") {
                own.private.on.push((0, 0));
            }
        }
        for (account, _, connection) in index.sessions() {
            for event in connection.events.iter().filter(|event| may_have_happened(event.outcome)) {
                switches.entry(account).or_default().follow(event);
            }
        }
        Self { switches, hidden: HashMap::new(), from: HashMap::new() }
    }

    /// Returns the periods in which an account certainly appeared offline to another account. Each
    /// inner list has the periods for one reason.
    fn spans(&mut self, account: &str, other: &str) -> Rc<Vec<Vec<Span>>> {
        let switches = self.switches.get(account);
        let key = (account.to_owned(), other.to_owned());
        let spans = self.from.entry(key).or_insert_with(|| {
            let Some(switches) = switches else { return Rc::default() };
            let hidden = self.hidden.entry(account.to_owned()).or_insert_with(|| Rc::new(switches.hidden.spans()));
            let of = |all: &BTreeMap<String, Switch>| all.get(other).map(Switch::spans).unwrap_or_default();
            let private = both(&switches.private.spans(), &switches.disallowed(other));
            Rc::new(vec![hidden.to_vec(), of(&switches.blocks), private])
        });
        spans.clone()
    }

    /// Returns the reason why a client should not have seen this presence, or `None` if there is no
    /// reason. `since` is the time at which the sign-in of the client began.
    fn leak(
        &mut self,
        values: &Values<'_>,
        contact: &str,
        who: &str,
        since: u64,
        event: &Event,
        seen: &super::super::Shown,
    ) -> Option<String> {
        if seen.status.starts_with(Attribute::HIDDEN) {
            return Some("the status is hidden".to_owned());
        }
        for spans in self.spans(contact, who).iter() {
            if containing(spans, event.end).is_some_and(|(begin, _)| begin < since) {
                return Some("the contact already appeared offline when the client signed in".to_owned());
            }
            for (visible, value) in shown(seen) {
                let Some(timeline) = values.of(contact, visible) else { continue };
                let Some(Some(place)) = timeline.place(value) else { continue };
                let given = timeline.given[place].event;
                let Some((_, end)) = containing(spans, given.start) else { continue };
                let replaced = timeline.given.get(place + 1).is_some_and(|next| {
                    next.event.outcome == Outcome::Done && next.event.start > given.end && next.event.end < end
                });
                if end == u64::MAX || replaced {
                    return Some(format!("{visible:?} {value:?} was set while the contact appeared offline"));
                }
            }
        }
        None
    }
}

impl Switches {
    /// Returns the periods in which another account was certainly not on AL.
    fn disallowed(&self, other: &str) -> Vec<Span> {
        let mut switch = self.disallows.get(other).cloned().unwrap_or_default();
        if self.allowed.as_ref().is_some_and(|allowed| !allowed.contains(other)) {
            switch.on.push((0, 0));
        }
        switch.spans()
    }

    /// Updates the states in this type after an action of the account.
    fn follow(&mut self, event: &Event) {
        match &event.action {
            Action::Set { attribute: Attribute::Status, value } => {
                self.hidden.turn(value.starts_with(Attribute::HIDDEN), event);
            }
            Action::Edit { changes } => {
                for change in changes {
                    let is_there = change.value.is_some();
                    if let Some(other) = change.part.strip_prefix(&part::block("")) {
                        self.blocks.entry(other.to_owned()).or_default().turn(is_there, event);
                    } else if let Some(other) = change.part.strip_prefix(&part::allow("")) {
                        self.disallows.entry(other.to_owned()).or_default().turn(!is_there, event);
                    } else if change.part == part::PRIVACY {
                        self.private.turn(change.value.as_deref() == Some("BL"), event);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Checks that an account receives no RNG from an account that it blocks, and no RNG while it is hidden. The answers to
/// the commands that block or hide arrive over the same connection as RNG, so the order is certain.
fn check_rings(connection: &Connection<'_>, found: &mut Found) {
    let mut switches = Switches::default();
    // The positions of the events in the connection serve as times.
    for event in connection.events.iter().filter(|event| may_have_happened(event.outcome)) {
        let placed = Event { start: event.began.into(), end: event.ended.into(), ..(*event).clone() };
        switches.follow(&placed);
    }
    let hidden = switches.hidden.spans();
    let blocks: HashMap<&str, Vec<Span>> =
        switches.blocks.iter().map(|(other, switch)| (other.as_str(), switch.spans())).collect();
    for event in &connection.events {
        let Action::Rung { caller } = &event.action else { continue };
        let blocked = blocks.get(caller.as_str()).map_or(&[][..], Vec::as_slice);
        if [&hidden, blocked].into_iter().any(|spans| containing(spans, event.ended.into()).is_some()) {
            let who = connection.account.unwrap_or("nobody");
            found.add(Promise::Privacy, format!("{caller} reached {who}, which was hidden or had blocked the caller"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::End;
    use super::super::testing::{Story, online, put, remove, status, story};
    use super::*;

    /// Returns the promises that are broken in a short history. At the beginning of the history,
    /// Bob and Alice are signed in. `tell` writes all further events.
    fn bob(tell: impl FnOnce(&mut Story)) -> Vec<Promise> {
        story(|story| {
            story.sign_in("bob", 12);
            story.done("bob", status("NLN 1"));
            story.sign_in("alice", 12);
            tell(story);
        })
    }

    #[test]
    fn a_blocked_account_does_not_see_a_change_after_the_block() {
        let sees = |seen: &str, unblocks: bool| {
            bob(|story| {
                story.done("bob", put("BL alice", ""));
                story.done("bob", status("BSY 2"));
                story.done("bob", status("AWY 3"));
                if unblocks {
                    story.done("bob", remove("BL alice"));
                }
                story.note("alice", online("bob", seen, "Bob"));
            })
        };
        assert_eq!(sees("NLN 1", false), [], "perhaps it was on its way");
        assert_eq!(sees("BSY 2", false), [Promise::Privacy]);
        assert_eq!(sees("AWY 3", false), [Promise::Privacy]);
        assert_eq!(sees("BSY 2", true), [Promise::Privacy], "it was never visible");
        assert_eq!(sees("AWY 3", true), [], "it is visible now");
    }

    #[test]
    fn a_blocked_account_that_signs_in_after_the_block_sees_nothing() {
        for (unblocks, expected) in [(false, vec![Promise::Privacy]), (true, vec![])] {
            let found = bob(|story| {
                story.done("bob", put("BL alice", ""));
                story.note("alice", Action::Ended(End::Left));
                story.sign_in("alice/2", 9);
                if unblocks {
                    story.done("bob", remove("BL alice"));
                }
                story.note("alice/2", online("bob", "NLN 1", "Bob"));
            });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_hidden_status_is_never_shown_to_others() {
        let sees = |seen: &str| {
            bob(|story| {
                story.done("bob", status("HDN 2"));
                story.note("alice", online("bob", seen, "Bob"));
            })
        };
        assert_eq!(sees("HDN 2"), [Promise::Privacy]);
        assert_eq!(sees("NLN 1"), []);
    }

    #[test]
    fn an_account_with_the_setting_blp_bl_is_seen_only_by_accounts_that_it_allows() {
        for (allows, expected) in [(false, vec![Promise::Privacy]), (true, vec![])] {
            let found = story(|story| {
                for account in ["alice", "bob"] {
                    story.note("server", Action::Initial { account: account.into(), parts: Default::default() });
                }
                story.sign_in("bob", 12);
                story.done("bob", put("BLP", "BL"));
                story.done("bob", status("NLN 1"));
                if allows {
                    story.done("bob", put("AL alice", ""));
                }
                story.sign_in("alice", 12);
                story.note("alice", online("bob", "NLN 1", ""));
            });
            assert_eq!(found.contains(&Promise::Privacy), !expected.is_empty());
        }
    }

    #[test]
    fn a_call_does_not_reach_an_account_that_is_hidden_or_that_blocks_the_caller() {
        let shields: [fn(&mut Story); 2] =
            [|story| story.done("bob", put("BL alice", "")), |story| story.done("bob", status("HDN 2"))];
        for shield in shields {
            for outcome in [Outcome::Done, Outcome::Refused(217)] {
                let found = bob(|story| {
                    shield(story);
                    story.join("alice/sb", "7", &[]);
                    story.ended("alice/sb", Action::Call { callee: "bob".into() }, outcome);
                });
                assert_eq!(found == [Promise::Privacy], outcome == Outcome::Done);
            }
            let rung = bob(|story| {
                shield(story);
                story.note("bob", Action::Rung { caller: "alice".into() });
            });
            assert_eq!(rung, [Promise::Privacy]);
        }
        let before = bob(|story| {
            let block = story.begin("bob", put("BL alice", ""));
            story.note("bob", Action::Rung { caller: "alice".into() });
            story.end("bob", block, Outcome::Done);
        });
        assert_eq!(before, []);
    }
}
