//! The lists of the helper. The helper is a contact that belongs to the service (`[helper]` in the
//! configuration).

use msnp::List;
use msnp::notification::ContactLine;
use swallowtail_base::clock;
use swallowtail_store::database::{Edit, StoreError};
use swallowtail_store::roster::Entry;

use crate::presence::Cell;
use crate::service::Service;

/// Puts the account on RL of the helper, if the account was created with the helper on FL.
///
/// This happens at the first sign-in, and not when the account is created. Another process may have
/// created the account, and only this process may change the lists of an account in use. If the
/// change fails, the server only logs the failure. It does not refuse the sign-in, because the next
/// sign-in tries again.
pub(super) async fn watch(service: &Service, cell: &Cell) {
    let Some(handle) = service.helper.as_ref().filter(|helper| **helper != cell.handle) else { return };
    let has_helper = || cell.state().roster.entries.get(handle).is_some_and(|entry| entry.is_on(List::Forward));
    let is_watched = |helper: &Cell| helper.state().roster.entries.get(&cell.handle).is_some_and(Entry::watches);
    // Usually, the RL of the helper needs no change. In that case, this function returns without
    // waiting for the turns (the exclusive rights to edit the rosters of the account and of the
    // helper).
    if !has_helper() || service.directory.find(handle).is_some_and(|helper| is_watched(&helper)) {
        return;
    }
    let turns = service.directory.turns(&cell.handle, handle).await;
    let added = async {
        let Some(helper) = turns.1.cell().await?.filter(|helper| has_helper() && !is_watched(helper)) else {
            return Ok(());
        };
        let name = cell.name();
        let limits = service.roster_limits(handle);
        let planned = helper.state().roster.become_shown(&cell.handle, &name, &limits, clock::timestamp());
        // RL of the helper is full. The account is not added to it, and therefore sees the helper
        // as offline.
        let Ok(changes) = planned else { return Ok(()) };
        let mut edit = Edit::by(helper.id);
        edit.push(helper.id, &changes);
        service.store.write(edit).await?;
        helper.apply_foreign(&changes, &ContactLine::ReverseAdded { handle: cell.handle.clone(), name }.into());
        Ok::<_, StoreError>(())
    };
    if let Err(error) = added.await {
        tracing::error!(%error, handle = %cell.handle, "could not add an account to the lists of the helper");
    }
}

#[cfg(test)]
mod tests {
    use msnp::{DisplayName, Handle};
    use swallowtail_config::Config;
    use swallowtail_store::roster::{Roster, Stamps};

    use super::super::testing::{Server, handle};
    use super::*;

    fn with_helper(config: &mut Config) {
        config.helper.enabled = true;
        config.helper.address = Some(handle("bob"));
    }

    /// Creates an account that has a contact on FL. Like another process, this function changes
    /// only the store, and not the memory of the server.
    fn create(server: &Server, name: &str, contact: &Handle) {
        let mut roster = Roster::new(handle(name), DisplayName::new(name).unwrap(), Stamps::default());
        roster.entries.insert(&contact.clone(), Entry { lists: List::Forward | List::Allow, ..Entry::default() });
        server.store.add(roster);
    }

    #[tokio::test]
    async fn an_account_that_was_created_with_the_helper_on_its_list_sees_the_helper() {
        let server = Server::with(with_helper);
        let mut helper = server.online("bob", "MSNP12").await;
        for name in ["erin", "frank"] {
            create(&server, name, &handle("bob"));
            let mut new = server.sign_in(name, "MSNP12").await;
            assert_eq!(helper.received(), [format!("ADC 0 RL N={name}@example.com F={name}")]);
            new.say("SYN 4 0 0").await;
            let online = new.say("CHG 5 NLN 0").await;
            assert!(online.iter().any(|line| line.starts_with("ILN 5 NLN bob@example.com")), "{online:?}");
            assert_eq!(server.lists("bob", name), msnp::ListBits::from(List::Reverse).number());
        }
        let _again = server.sign_in("erin", "MSNP12").await;
        assert_eq!(helper.received(), [""; 0], "the helper knows");
    }

    #[tokio::test]
    async fn an_account_whose_connection_ends_during_its_first_sign_in_appears_offline_to_the_helper() {
        let server = Server::with(with_helper);
        let mut helper = server.online("bob", "MSNP12").await;
        create(&server, "erin", &handle("bob"));
        let mut new = server.before_ticket("erin", "MSNP12").await;
        let ticket = server.ticket("erin").await;
        let mut hold = server.store.writes.hold().await;
        new.send(&format!("USR 3 TWN S {ticket}"));
        tokio::select! {
            () = new.wait() => panic!("the sign-in does not wait for the store"),
            () = hold.reached() => {}
        }
        new.drop_connection();
        assert!(server.service.directory.endpoint(&handle("erin")).is_none());
        drop(hold);
        while helper.received().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(server.lists("bob", "erin"), msnp::ListBits::from(List::Reverse).number());
    }

    #[tokio::test]
    async fn a_sign_in_does_not_change_the_list_of_a_contact_that_is_not_the_helper() {
        for set in [with_helper as fn(&mut Config), |_| {}] {
            let server = Server::with(set);
            let mut alice = server.online("alice", "MSNP12").await;
            create(&server, "erin", &handle("alice"));
            let _erin = server.sign_in("erin", "MSNP12").await;
            assert_eq!(alice.received(), [""; 0]);
        }
    }

    #[test]
    fn only_the_helper_may_be_on_more_contact_lists_than_the_usual_limit_allows() {
        let server = Server::with(with_helper);
        let limits = |name: &str| server.service.roster_limits(&handle(name)).reverse;
        assert_eq!((limits("alice"), limits("bob")), (1000, 15_000));
    }
}
