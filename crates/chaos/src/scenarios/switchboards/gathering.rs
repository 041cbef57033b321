//! Conversations of several people.

use anyhow::{Context, Result};

use crate::client::{Board, Person};

/// Opens a conversation of all people. The first person invites the others, in their order.
///
/// # Errors
/// Fails if the server refuses.
pub(super) async fn gather(people: &mut [Person]) -> Result<Vec<Board>> {
    let (first, others) = people.split_first_mut().context("there are no people")?;
    let mut boards = vec![first.open_board().await?];
    for person in others {
        let joined = person.join(&mut boards[0]).await?;
        boards.push(joined);
    }
    Ok(boards)
}
