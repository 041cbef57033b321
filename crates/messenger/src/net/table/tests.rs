use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// A connection that only records what the table tells it.
#[derive(Default)]
struct Note {
    left: AtomicBool,
    stopped: AtomicBool,
}

impl Guest for Note {
    fn make_room(&self, _progress: Progress) {
        self.left.store(true, Ordering::Relaxed);
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

fn table(connections: usize) -> Arc<Table> {
    Table::new("test", ConnectionLimits::new(&[], connections, 10, 10).with_conversations(25))
}

#[tokio::test(start_paused = true)]
async fn a_full_table_tells_its_oldest_connection_to_leave_and_draining_the_table_waits_for_that_connection() {
    let table = table(2);
    let notes: [Arc<Note>; 3] = Default::default();
    let [first, second, third] = notes.clone().map(|note| table.admit(PEER, note).unwrap());
    assert_eq!(notes.each_ref().map(|note| note.left.load(Ordering::Relaxed)), [true, false, false]);
    assert_eq!([&first, &second, &third].map(Place::is_lost), [true, false, false]);
    assert_eq!(table.len(), 2);
    drop((second, third));
    let start = tokio::time::Instant::now();
    table.drained(Duration::from_secs(5)).await;
    assert_eq!(start.elapsed(), Duration::from_secs(5), "one connection is still open");
    tokio::join!(table.drained(Duration::from_secs(5)), async { drop(first) });
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_closed_table_stops_its_connections_and_admits_no_new_ones() {
    let table = table(5);
    let (kept, left) = (Arc::new(Note::default()), Arc::new(Note::default()));
    let place = table.admit(PEER, kept.clone()).unwrap();
    drop(table.admit(PEER, left.clone()).unwrap());
    table.close();
    assert!(kept.stopped.load(Ordering::Relaxed) && !left.stopped.load(Ordering::Relaxed));
    assert!(table.admit(PEER, left).unwrap_err().0.is_none());
    drop(place);
    table.drained(Duration::from_secs(5)).await;
    assert!(table.is_empty());
}

#[tokio::test]
async fn a_session_can_be_displaced_only_after_its_signed_in_connection_has_ended() {
    let (sessions, connections) = (table(1), table(9));
    let note = || Arc::new(Note::default());
    let session = Arc::new(sessions.admit(PEER, note()).unwrap());
    let connection = connections.admit(PEER, note()).unwrap().joined_to(session.clone());
    connection.advance(Progress::Online).unwrap();
    assert!(sessions.admit(PEER, note()).is_err() && !session.has_room_beside() && !connection.has_room_beside());
    drop(connection);
    let next = sessions.admit(PEER, note()).unwrap();
    assert!(session.is_lost() && !next.is_lost());
}
