//! Tests of the queue without a connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

fn take(outbox: &Outbox) -> (Poll<Taken>, Vec<u8>) {
    let mut buffer = Vec::new();
    let taken = outbox.poll_take(&mut Context::from_waker(Waker::noop()), &mut buffer);
    (taken, buffer)
}

fn say(bytes: &[u8]) -> impl FnOnce(&mut Vec<u8>) {
    let bytes = bytes.to_vec();
    move |out| out.extend(bytes)
}

#[test]
fn all_queued_bytes_are_taken_in_one_call() {
    let outbox = Outbox::new(10);
    outbox.reply(say(b"a"));
    assert_eq!(outbox.send(say(b"b")), Some(1));
    assert_eq!(take(&outbox), (Poll::Ready(Taken::Bytes), b"ab".to_vec()));
    assert_eq!(take(&outbox).0, Poll::Pending);
}

#[test]
fn bytes_from_others_count_towards_the_limit_until_they_are_written() {
    let outbox = Outbox::new(10);
    assert_eq!(outbox.send(say(b"123456")), Some(6));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
    assert_eq!(outbox.send(say(b"12345")), None, "six of eleven bytes are not written yet");
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Abort));
    assert_eq!(outbox.send(say(b"x")), None);
}

#[test]
fn bytes_that_are_written_make_room_for_more_bytes() {
    let outbox = Outbox::new(10);
    assert_eq!(outbox.send(say(b"123456")), Some(6));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
    assert_eq!(outbox.poll_closing(&mut Context::from_waker(Waker::noop()), 2), Poll::Pending);
    assert_eq!(outbox.send(say(b"12345678")), Some(10), "four of six bytes are written");
}

#[test]
fn the_outbox_counts_answers_to_the_clients_own_commands_but_does_not_limit_them() {
    let outbox = Outbox::new(10);
    outbox.reply(say(&[0; 100]));
    assert_eq!(outbox.send(say(b"x")), Some(1));
    assert_eq!(outbox.own_unsent(), Some(100));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
    assert_eq!(outbox.own_unsent(), Some(100), "taken bytes are not written yet");
    assert_eq!(take(&outbox).0, Poll::Pending);
    assert_eq!(outbox.own_unsent(), Some(0));
}

/// A waker that counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_task_that_pauses_for_a_queue_is_woken_exactly_once_after_everything_is_written() {
    let outbox = Outbox::new(10);
    let woken = Arc::new(Count::default());
    let waker = Waker::from(woken.clone());
    let poll = || outbox.poll_written(&mut Context::from_waker(&waker));
    let times = || woken.0.load(Ordering::Relaxed);
    assert_eq!(poll(), Poll::Ready(()), "nothing is queued");
    outbox.reply(say(b"own"));
    assert_eq!(poll(), Poll::Ready(()), "own answers do not count");
    outbox.send(say(b"1"));
    assert_eq!((poll(), poll()), (Poll::Pending, Poll::Pending));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
    outbox.send(say(b"2"));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
    assert_eq!((poll(), times()), (Poll::Pending, 0), "taken bytes are not written yet");
    assert_eq!(take(&outbox).0, Poll::Pending);
    assert_eq!((poll(), times()), (Poll::Ready(()), 1));
}

#[test]
fn a_task_that_pauses_for_a_queue_is_woken_when_the_connection_ends() {
    let ends: [fn(&Outbox); 2] = [Outbox::shut, |outbox| {
        outbox.close();
        assert_eq!(take(outbox).0, Poll::Ready(Taken::Bytes));
    }];
    for end in ends {
        let outbox = Outbox::new(10);
        outbox.send(say(b"1"));
        let woken = Arc::new(Count::default());
        let waker = Waker::from(woken.clone());
        assert_eq!(outbox.poll_written(&mut Context::from_waker(&waker)), Poll::Pending);
        end(&outbox);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn a_closing_connection_gets_the_queued_bytes_and_nothing_more() {
    let outbox = Outbox::new(10);
    outbox.reply(say(b"a"));
    outbox.close_with(say(b"b"));
    outbox.reply(say(b"c"));
    assert_eq!(outbox.send(say(b"d")), None);
    assert_eq!(outbox.own_unsent(), None);
    assert_eq!(take(&outbox), (Poll::Ready(Taken::Bytes), b"ab".to_vec()));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Close));
}

/// Returns lines about a contact: one line for each word in `words`. The first letter of a word
/// gives the kind of the line: F for FLN, N for NLN, U for UBX. If the contact was offline, `words`
/// begins with A.
fn lines(words: &str) -> PresenceLines {
    let line = |letter| words.split(' ').find(|word| word.starts_with(letter)).map(|word| word.as_bytes().into());
    PresenceLines { arrives: words.starts_with('A'), left: line('F'), status: line('N'), message: line('U') }
}

fn contact(name: &str) -> Handle {
    Handle::parse(&format!("{name}@example.com")).unwrap()
}

/// Returns everything that the function `queue` queues.
fn queued(queue: impl FnOnce(&Outbox)) -> String {
    let outbox = Outbox::new(100);
    queue(&outbox);
    String::from_utf8(take(&outbox).1).unwrap()
}

#[test]
fn a_newer_presence_line_takes_the_place_of_an_older_one_in_the_queue() {
    let bob = contact("bob");
    let bobs = |steps: &[&str]| {
        queued(|outbox| {
            outbox.present(&bob, &lines(steps[0]));
            outbox.reply(say(b"-"));
            steps[1..].iter().for_each(|step| outbox.present(&bob, &lines(step)));
        })
    };
    assert_eq!(bobs(&["N1", "N2", "N3"]), "N3-");
    assert_eq!(bobs(&["U1", "N2", "U3"]), "N2U3-");
    assert_eq!(bobs(&["N1 U1", "N2"]), "N2U1-");
    assert_eq!(bobs(&["N1 U1", "F"]), "F-");
    assert_eq!(bobs(&["A N1 U1", "N2", "F"]), "-", "the client has not seen the contact online");
    assert_eq!(bobs(&["A N1 U1", "F", "A N2"]), "N2-");
    assert_eq!(bobs(&["N1 U1", "F", "A N2", "F"]), "F-");
    assert_eq!(bobs(&["N1 U1", "F", "A N2"]), "FN2-", "the contact no longer has a personal message");
}

#[test]
fn a_line_already_taken_from_the_queue_is_not_replaced() {
    let outbox = Outbox::new(100);
    outbox.present(&contact("bob"), &lines("N1"));
    assert_eq!(take(&outbox).1, b"N1");
    outbox.present(&contact("bob"), &lines("N2"));
    assert_eq!(take(&outbox).1, b"N2");
}

#[test]
fn presence_lines_and_changes_to_the_contact_list_keep_their_order() {
    let (bob, carol) = (contact("bob"), contact("carol"));
    let order = queued(|outbox| {
        outbox.present(&bob, &lines("Nb1"));
        outbox.present(&carol, &lines("Nc1"));
        outbox.reply_to_list_change(&bob, say(b"-REM-"));
        outbox.reply_to_list_change(&bob, say(b"ADC-"));
        outbox.present(&bob, &lines("Nb2"));
        outbox.present(&carol, &lines("Nc2"));
        outbox.reply_with_lists(say(b"-SYN-"));
        outbox.present(&bob, &lines("Nb3"));
        outbox.present(&carol, &lines("Nc3"));
    });
    assert_eq!(order, "Nb1Nc2-REM-ADC-Nb2-SYN-Nb3Nc3");
}

#[test]
fn when_a_call_arrives_the_caller_is_already_shown_online() {
    let bob = contact("bob");
    let order = queued(|outbox| {
        outbox.present(&bob, &lines("N1 U1"));
        for call in [b"-1-", b"-2-", b"-3-"] {
            assert!(outbox.send_call(&bob, say(call)));
            outbox.present(&bob, &lines("F"));
            outbox.present(&bob, &lines("N2"));
        }
        outbox.present(&bob, &lines("F"));
    });
    assert_eq!(order, "N1U1-1--2--3-F");
}

#[test]
fn presence_lines_alone_never_close_a_connection_and_never_stop_its_commands() {
    let outbox = Outbox::new(10);
    for contact in ["bob", "carol", "dave"].map(contact) {
        for step in ["N1234567890", "N2234567890 U1234567890"] {
            outbox.present(&contact, &lines(step));
        }
    }
    assert_eq!(outbox.own_unsent(), Some(0));
    assert_eq!(outbox.send(say(b"0123456789")), Some(10));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
    assert_eq!(outbox.own_unsent(), Some(0), "taken presence is nobody's answer");
    assert_eq!(outbox.send(say(b"x")), None, "other lines are limited");
    outbox.present(&contact("bob"), &lines("N1"));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Abort));
}

#[test]
fn presence_lines_that_are_queued_before_a_change_to_the_contact_list_count_as_answers() {
    let outbox = Outbox::new(10);
    for _ in 0..3 {
        outbox.present(&contact("bob"), &lines("N1"));
        outbox.reply_to_list_change(&contact("bob"), say(b"-"));
    }
    assert_eq!(outbox.own_unsent(), Some(9));
}

#[test]
fn nothing_is_sent_after_the_last_line() {
    let outbox = Outbox::new(10);
    outbox.present(&contact("bob"), &lines("N1"));
    outbox.close_with(say(b"-OUT"));
    outbox.present(&contact("bob"), &lines("N2"));
    outbox.present(&contact("carol"), &lines("N2"));
    assert_eq!(take(&outbox).1, b"N1-OUT");
}

#[test]
fn a_leaving_connection_ends_after_one_write_even_if_the_socket_is_full() {
    let outbox = Outbox::new(10);
    outbox.leave_with(say(b"a"));
    outbox.reply(say(b"b"));
    assert_eq!(outbox.own_unsent(), None);
    assert_eq!(take(&outbox), (Poll::Ready(Taken::Bytes), b"a".to_vec()));
    let context = &mut Context::from_waker(Waker::noop());
    assert_eq!(outbox.poll_closing(context, 1), Poll::Ready(Taken::Abort));
    assert_eq!(take(&outbox).0, Poll::Ready(Taken::Abort));
}
