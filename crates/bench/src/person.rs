//! Signed-in users, and their conversations.

use anyhow::{Context, Result};
use swallowtail_chaos::client::SignIn;
use swallowtail_chaos::server::Addresses;
use tokio::task::JoinSet;

use crate::data::Known;
use crate::wire::{Service, Wire};

/// The number of users that sign in, or conversations that open, at the same time while a case is being prepared.
const AT_ONCE: usize = 64;

/// Signs in as an account and waits until the server has carried out all commands.
///
/// # Errors
/// Fails if the server refuses.
pub(crate) async fn sign_in(addresses: &Addresses, number: usize, account: &Known, how: SignIn) -> Result<Wire> {
    let mut wire = Wire::connect(Service::Notification, addresses.notification, number).await?;
    let commands = how.commands(&account.handle, &account.ticket);
    wire.write(format!("{}\r\n", commands.join("\r\n")).as_bytes()).await?;
    let last = match how.status {
        Some(_) => "CHG ".to_owned(),
        None if how.synchronise => "SYN ".to_owned(),
        None => "USR 4 OK".to_owned(),
    };
    wire.expect(&last).await.with_context(|| format!("{} could not sign in", account.handle))?;
    Ok(wire)
}

/// Signs in as all these accounts, several at the same time. The connections are in the order of
/// the accounts.
///
/// # Errors
/// Fails if the server refuses one of the accounts.
pub(crate) async fn sign_in_all(addresses: &Addresses, accounts: &[Known], how: SignIn) -> Result<Vec<Wire>> {
    let addresses = *addresses;
    all(accounts.iter().cloned().enumerate(), move |(number, account): (usize, Known)| async move {
        sign_in(&addresses, number, &account, how).await
    })
    .await
}

/// Opens a conversation between the accounts of each pair. The first connection of a pair belongs to the caller.
///
/// # Errors
/// Fails if the server refuses one of the accounts.
pub(crate) async fn chats(addresses: &Addresses, accounts: &[Known]) -> Result<Vec<[Wire; 2]>> {
    let addresses = *addresses;
    let pairs: Vec<_> = accounts.chunks_exact(2).map(|pair| [pair[0].clone(), pair[1].clone()]).collect();
    all(pairs.into_iter().enumerate(), move |(number, pair): (usize, [Known; 2])| async move {
        let how = SignIn { synchronise: false, ..SignIn::default() };
        let mut caller = sign_in(&addresses, number, &pair[0], how).await?;
        let mut callee = sign_in(&addresses, number, &pair[1], how).await?;
        chat(&mut caller, &mut callee, number, &pair).await
    })
    .await
}

/// Opens a conversation between two users who are online.
///
/// # Errors
/// Fails if the server refuses.
pub(crate) async fn chat(
    caller: &mut Wire,
    callee: &mut Wire,
    number: usize,
    [one, other]: &[Known; 2],
) -> Result<[Wire; 2]> {
    caller.write(b"XFR 20 SB\r\n").await?;
    let answer = caller.expect("XFR 20").await?;
    let words: Vec<_> = answer.split(' ').collect();
    let (address, cookie) = (words[3].parse()?, words[5]);
    let mut first = Wire::connect(Service::Switchboard, address, number).await?;
    first.write(format!("USR 1 {} {cookie}\r\nCAL 2 {}\r\n", one.handle, other.handle).as_bytes()).await?;
    let ring = callee.expect("RNG").await?;
    let words: Vec<_> = ring.split(' ').collect();
    let mut second = Wire::connect(Service::Switchboard, words[2].parse()?, number).await?;
    second.write(format!("ANS 1 {} {} {}\r\n", other.handle, words[4], words[1]).as_bytes()).await?;
    second.expect("ANS 1 OK").await?;
    first.expect("JOI").await?;
    Ok([first, second])
}

/// Applies `work` to all items, a few at the same time. The results are in the order of the items.
async fn all<I: Send + 'static, T: Send + 'static, W>(
    items: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> W,
) -> Result<Vec<T>>
where
    W: Future<Output = Result<T>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut done = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        if running.len() >= AT_ONCE
            && let Some(one) = running.join_next().await
        {
            done.push(one??);
        }
        let working = work(item);
        running.spawn(async move { anyhow::Ok((place, working.await?)) });
    }
    while let Some(one) = running.join_next().await {
        done.push(one??);
    }
    done.sort_unstable_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
