//! The rules of a table of connections: its limits, and which connection makes room. It has no clock and no locks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use swallowtail_config::ConnectionLimits;

use crate::net::counted_address;

/// What the server knows about a connection. The order is that of making room: `Silent` first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// The server waits for the first command, or for the head of a request.
    Silent,
    /// The client has sent that, but it has not signed in.
    Begun,
    /// The client is in a switchboard session. From here on, the connection never makes room for another one.
    InSession,
    /// The client is signed in to the notification server.
    Online,
}

impl Progress {
    /// Returns whether a connection can make room for another one.
    const fn makes_room(self) -> bool {
        matches!(self, Self::Silent | Self::Begun)
    }
}

/// The number of a connection. Each connection of a table has another one.
pub(super) type Id = u64;

/// The connections of a table. `G` is the part that ends a connection.
#[derive(Debug)]
pub(super) struct Ledger<G> {
    limits: ConnectionLimits,
    is_closed: bool,
    /// Numbers connections and the steps of their progress.
    next: u64,
    members: BTreeMap<Id, Member<G>>,
    /// The connections that can make room. The first one does so first.
    queue: BTreeSet<Rank>,
    /// The same connections by address.
    queues: BTreeMap<IpAddr, BTreeSet<Rank>>,
    /// The number of connections of each address.
    addresses: BTreeMap<IpAddr, usize>,
    /// The number of connections that are [`Progress::Online`].
    online: usize,
    /// The number of connections that are not in the table but still open.
    leaving: usize,
}

#[derive(Debug)]
struct Member<G> {
    /// `None` for a connection from inside this process.
    peer: Option<IpAddr>,
    rank: Rank,
    guest: G,
}

/// The position of a connection among those that can make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    progress: Progress,
    /// The number of the step that led to this progress.
    since: u64,
    id: Id,
}

/// The answer to a new connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision<G> {
    /// The connection is in the table. If another connection had to make room for it, that one is returned.
    Admitted { id: Id, instead_of: Option<(G, Progress)> },
    /// There is no place. The connection may stay open for a moment, in which the client is sent the reason.
    TurnedAway { id: Id },
    /// There is no place, not even for that. Or the table is closed.
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
            queues: BTreeMap::new(),
            addresses: BTreeMap::new(),
            online: 0,
            leaving: 0,
        }
    }

    pub(super) fn is_exempt(&self, peer: IpAddr) -> bool {
        self.limits.is_exempt(peer)
    }

    /// Decides about a new connection from `peer`, or from inside this process if that is `None`. A connection from
    /// inside never makes room.
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
            *self.addresses.entry(counted_address(peer)).or_default() += 1;
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

    /// Returns the connection that has to make room for a new one, if that is necessary.
    fn find_room(&self, peer: Option<IpAddr>) -> Result<Option<Rank>, Full> {
        let first = |queue: Option<&BTreeSet<Rank>>| queue.and_then(BTreeSet::first).copied();
        if let Some(peer) = peer {
            let address = counted_address(peer);
            let (most, most_unproven) = self.limits.of_address(peer);
            let queue = self.queues.get(&address);
            let unproven = queue.map_or(0, BTreeSet::len);
            if self.addresses.get(&address).is_some_and(|&all| all >= most) || unproven >= most_unproven {
                return first(queue).map(Some).ok_or(Full);
            }
        }
        match self.members.len() < self.limits.connections {
            true => Ok(None),
            false => first(Some(&self.queue)).map(Some).ok_or(Full),
        }
    }

    /// Half of the places for leaving connections are kept for those that make room.
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

    /// Notes the progress of a connection.
    ///
    /// # Errors
    /// Fails if too many connections are online. The progress is then unchanged. Also fails for a connection that had to
    /// make room.
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
            *count = count.saturating_sub(1);
            if *count == 0 {
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
            self.queue.insert(rank);
            self.queues.entry(counted_address(peer)).or_default().insert(rank);
        }
    }

    fn dequeue(&mut self, peer: Option<IpAddr>, rank: Rank) {
        if rank.progress == Progress::Online {
            self.online = self.online.saturating_sub(1);
        }
        self.queue.remove(&rank);
        if let Some(address) = peer.map(counted_address)
            && let Some(queue) = self.queues.get_mut(&address)
        {
            queue.remove(&rank);
            if queue.is_empty() {
                self.queues.remove(&address);
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

    /// Returns the number of open connections: those in the table, and those that are leaving.
    pub(super) fn open(&self) -> usize {
        self.members.len() + self.leaving
    }
}

/// All places are taken by connections that make no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

#[cfg(test)]
mod tests;
