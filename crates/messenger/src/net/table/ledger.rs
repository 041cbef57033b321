//! The rules of a table of connections: its limits, and the order in which connections make room. A
//! connection makes room if the server closes it to admit a new connection in its place. This
//! module has no clock and no locks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use swallowtail_config::ConnectionLimits;

use crate::net::counted_address;

/// The progress of a connection. `Silent` connections are the first that make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// The server waits for the first command, or for the head of a request.
    Silent,
    /// The client has sent its first command or the head of its first request, but it has not
    /// signed in.
    Begun,
    /// The client is in a switchboard session. A connection that is `InSession` or `Online` never
    /// makes room for another connection.
    InSession,
    /// The client is signed in to the notification server.
    Online,
}

impl Progress {
    /// Returns whether a connection with this progress can make room for another connection.
    const fn makes_room(self) -> bool {
        matches!(self, Self::Silent | Self::Begun)
    }
}

/// The number of a connection. Each connection of a table has a different number.
pub(super) type Id = u64;

/// The connections of a table. `G` is the handle with which the table can end a connection.
#[derive(Debug)]
pub(super) struct Ledger<G> {
    limits: ConnectionLimits,
    is_closed: bool,
    /// The number of the last step. Each new connection is a step, and so is each change of a
    /// connection's progress.
    next: u64,
    members: BTreeMap<Id, Member<G>>,
    /// The connections that can make room. The first connection in the set makes room first.
    queue: BTreeSet<Rank>,
    /// The same connections as in `queue`, but ordered by address first. One set for all addresses
    /// takes less memory than one set for each address.
    by_address: BTreeSet<(IpAddr, Rank)>,
    addresses: BTreeMap<IpAddr, Count>,
    /// The number of connections that are [`Progress::Online`].
    online: usize,
    /// The number of connections that are not in the table but still open.
    leaving: usize,
    /// The number of connections that have ended since the table was created.
    ended: u64,
}

/// The number of connections of one address. A process has fewer than four billion connections, so
/// 32 bits are enough.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: u32,
    /// The number of connections of the address that can make room.
    unproven: u32,
}

#[derive(Debug)]
struct Member<G> {
    /// `None` for a connection from inside this process.
    peer: Option<IpAddr>,
    rank: Rank,
    guest: G,
}

/// The position of a connection among the connections that can make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    progress: Progress,
    /// The number of the step in which the connection reached `progress`.
    since: u64,
    id: Id,
}

impl Rank {
    const FIRST: Self = Self { progress: Progress::Silent, since: 0, id: 0 };
}

/// The decision about a new connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision<G> {
    /// The connection is in the table. If another connection had to make room for it, `instead_of`
    /// contains that connection.
    Admitted { id: Id, instead_of: Option<(G, Progress)> },
    /// There is no place. The connection may stay open for a moment, so that the server can send the reason to the
    /// client.
    TurnedAway { id: Id },
    /// The server must close the connection immediately, because too many other connections are
    /// already leaving, or because the table is closed.
    Refused,
}

impl<G> Ledger<G> {
    pub(super) const fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            is_closed: false,
            next: 0,
            members: BTreeMap::new(),
            queue: BTreeSet::new(),
            by_address: BTreeSet::new(),
            addresses: BTreeMap::new(),
            online: 0,
            leaving: 0,
            ended: 0,
        }
    }

    pub(super) fn is_exempt(&self, peer: IpAddr) -> bool {
        self.limits.is_exempt(peer)
    }

    /// Decides whether to admit a new connection from `peer`. `peer` is `None` for a connection
    /// from inside this process. A connection from inside this process never makes room.
    pub(super) fn admit(&mut self, peer: Option<IpAddr>, guest: G) -> Decision<G> {
        let instead_of = match self.find_room(peer) {
            _ if self.is_closed => return Decision::Refused,
            Err(Full) => return self.turn_away(),
            Ok(Some(_)) if self.leaving >= self.limits.leaving => return Decision::Refused,
            Ok(least) => least.and_then(|least| self.evict(least.id)),
        };
        let id = self.step();
        let rank = Rank { progress: Progress::Silent, since: id, id };
        if let Some(peer) = peer {
            self.addresses.entry(counted_address(peer)).or_default().all += 1;
        }
        self.members.insert(id, Member { peer, rank, guest });
        self.enqueue(peer, rank);
        Decision::Admitted { id, instead_of }
    }

    /// Returns whether one more connection from the address of connection `id` would be admitted.
    pub(super) fn has_room_beside(&self, id: Id) -> bool {
        let peer = self.members.get(&id).and_then(|member| member.peer);
        !self.is_closed && self.find_room(peer).is_ok()
    }

    /// If another connection has to make room for a new one, returns that connection.
    fn find_room(&self, peer: Option<IpAddr>) -> Result<Option<Rank>, Full> {
        if let Some(peer) = peer {
            let address = counted_address(peer);
            let (most, most_unproven) = self.limits.of_address(peer);
            let count = self.addresses.get(&address).copied().unwrap_or_default();
            if count.all as usize >= most || count.unproven as usize >= most_unproven {
                return self.first_of(address).map(Some).ok_or(Full);
            }
        }
        match self.members.len() < self.limits.connections {
            true => Ok(None),
            false => self.queue.first().copied().map(Some).ok_or(Full),
        }
    }

    /// Of all connections of an address, returns the one that makes room first.
    fn first_of(&self, address: IpAddr) -> Option<Rank> {
        let (other, rank) = *self.by_address.range((address, Rank::FIRST)..).next()?;
        (other == address).then_some(rank)
    }

    /// Turns a new connection away, if there is a place where it can wait until the server has sent
    /// the reason. Half of the places for leaving connections are kept for connections that make
    /// room.
    fn turn_away(&mut self) -> Decision<G> {
        if self.leaving >= self.limits.leaving / 2 {
            return Decision::Refused;
        }
        self.leaving += 1;
        Decision::TurnedAway { id: self.step() }
    }

    fn evict(&mut self, id: Id) -> Option<(G, Progress)> {
        let member = self.take(id)?;
        self.leaving += 1;
        Some((member.guest, member.rank.progress))
    }

    /// Records the progress of a connection.
    ///
    /// # Errors
    /// Fails if too many connections are online. In that case, the progress does not change. Also
    /// fails for a connection that had to make room.
    pub(super) fn advance(&mut self, id: Id, progress: Progress) -> Result<(), Full> {
        let member = self.members.get(&id).ok_or(Full)?;
        let (peer, old) = (member.peer, member.rank);
        if old.progress == progress {
            return Ok(());
        }
        if progress == Progress::Online && self.online >= self.limits.online {
            return Err(Full);
        }
        let new = Rank { progress, since: self.step(), id };
        self.dequeue(peer, old);
        self.enqueue(peer, new);
        if let Some(member) = self.members.get_mut(&id) {
            member.rank = new;
        }
        Ok(())
    }

    /// Removes a connection that has ended.
    pub(super) fn remove(&mut self, id: Id) {
        self.ended += 1;
        if self.take(id).is_none() {
            self.leaving = self.leaving.saturating_sub(1);
        }
    }

    fn take(&mut self, id: Id) -> Option<Member<G>> {
        let member = self.members.remove(&id)?;
        self.dequeue(member.peer, member.rank);
        let address = member.peer.map(counted_address);
        if let Some(address) = address
            && let Some(count) = self.addresses.get_mut(&address)
        {
            count.all = count.all.saturating_sub(1);
            if count.all == 0 {
                self.addresses.remove(&address);
            }
        }
        Some(member)
    }

    fn enqueue(&mut self, peer: Option<IpAddr>, rank: Rank) {
        if rank.progress == Progress::Online {
            self.online += 1;
        }
        if let Some(peer) = peer.filter(|_| rank.progress.makes_room()) {
            let address = counted_address(peer);
            self.queue.insert(rank);
            self.by_address.insert((address, rank));
            self.addresses.entry(address).or_default().unproven += 1;
        }
    }

    fn dequeue(&mut self, peer: Option<IpAddr>, rank: Rank) {
        if rank.progress == Progress::Online {
            self.online = self.online.saturating_sub(1);
        }
        let Some(address) = peer.map(counted_address) else { return };
        if self.queue.remove(&rank) {
            self.by_address.remove(&(address, rank));
            if let Some(count) = self.addresses.get_mut(&address) {
                count.unproven = count.unproven.saturating_sub(1);
            }
        }
    }

    const fn step(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Refuses all connections from now on. Returns the connections in the table.
    pub(super) fn close(&mut self) -> impl Iterator<Item = &G> {
        self.is_closed = true;
        self.members.values().map(|member| &member.guest)
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Returns whether a connection is in the table.
    pub(super) fn contains(&self, id: Id) -> bool {
        self.members.contains_key(&id)
    }

    /// Returns the number of connections in the table.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns the number of connections that have ended since the table was created.
    pub(super) const fn ended(&self) -> u64 {
        self.ended
    }

    /// Returns the number of open connections: those in the table, and those that are leaving.
    pub(super) fn open(&self) -> usize {
        self.members.len() + self.leaving
    }
}

/// The error for a connection that gets no place, because all places are taken by connections that
/// do not make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

#[cfg(test)]
mod tests;
