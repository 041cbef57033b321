//! Tests that simulate the server of a machine, without sockets and with a simulated clock.

use std::time::{Duration, Instant};

use msnp::notification::Ticket;
use msnp::{ErrorCode, Handle, Status};

use super::limits::{ENTER_TIMEOUT, MAX_CONVERSATIONS, MAX_QUEUE, MAX_REDIRECTS, RING_TIMEOUT};
use super::{
    ConversationId, Delivery, Edit, EditError, Event, LinkId, Machine, Options, Output, RosterChange, SendError,
    SignedOut, Target,
};

const BOB_GUID: &str = "c1f9a363-4ee9-4a33-a434-b056a4c55b98";

/// A machine, and the server's side of it.
struct Stage {
    machine: Machine,
    now: Instant,
    notification: Option<LinkId>,
    /// The last connection to a switchboard.
    switchboard: Option<LinkId>,
    outputs: Vec<Output>,
}

fn bob() -> Handle {
    Handle::parse("bob@example.com").unwrap()
}

impl Stage {
    fn new() -> Self {
        let machine = Options::new(Handle::parse("alice@example.com").unwrap(), 1);
        let now = Instant::now();
        let machine = Machine::new(machine, now);
        Self { machine, now, notification: None, switchboard: None, outputs: Vec::new() }
    }

    /// A machine that is signed in, with Bob on its list.
    fn online() -> Self {
        let mut stage = Self::new();
        stage.machine.sign_in(stage.now);
        stage.sign_in();
        stage.outputs.clear();
        stage
    }

    /// Reads the outputs of the machine, and records the connections.
    fn poll(&mut self) -> usize {
        let before = self.outputs.len();
        while let Some(output) = self.machine.poll() {
            if let Output::Connect { link, target } = &output {
                match target {
                    Target::Notification(_) => self.notification = Some(*link),
                    Target::Switchboard(_) => self.switchboard = Some(*link),
                }
                self.machine.connected(*link, self.now);
            }
            self.outputs.push(output);
        }
        self.outputs.len() - before
    }

    /// Returns what the machine has written to a connection.
    fn written(&mut self, link: Option<LinkId>) -> String {
        self.poll();
        link.map(|link| String::from_utf8(self.machine.take_bytes(link, self.now)).unwrap()).unwrap_or_default()
    }

    /// Sends lines from the notification server, and returns what the machine writes to it.
    fn says(&mut self, lines: &str) -> String {
        self.poll();
        let link = self.notification.unwrap();
        self.machine.received(link, lines.replace('\n', "\r\n").as_bytes(), self.now);
        self.written(self.notification)
    }

    /// Sends lines from the switchboard, and returns what the machine writes to it.
    fn board_says(&mut self, lines: &str) -> String {
        self.poll();
        let link = self.switchboard.unwrap();
        self.machine.received(link, lines.replace('\n', "\r\n").as_bytes(), self.now);
        self.written(self.switchboard)
    }

    fn sign_in(&mut self) {
        assert_eq!(self.written_to_notification(), "VER 1 MSNP12 MSNP11 CVR0\r\n");
        assert!(self.says("VER 1 MSNP12\n").starts_with("CVR 2 0x0409 "));
        assert_eq!(self.says("CVR 2 7 7 7 http://a http://b\n"), "USR 3 TWN I alice@example.com\r\n");
        if self.says("USR 3 TWN S policy\n").is_empty() {
            assert!(self.outputs.contains(&Output::FetchTicket { policy: "policy".to_owned() }));
            self.machine.ticket(Ok(Ticket::parse("t=secret&p=").unwrap()), self.now);
        }
        let _ = self.written(self.notification);
        assert_eq!(self.says("USR 4 OK alice@example.com 1 0\n"), "SYN 5 0 0\r\n");
        let burst = format!(
            "SYN 5 a b 1 1\nGTC A\nBLP AL\nPRP MFN Alice\nLSG Friends f1f9a363-4ee9-4a33-a434-b056a4c55b98\n\
             LST N=bob@example.com F=Bob C={BOB_GUID} 11 1\nBPR PHH 555\n"
        );
        assert_eq!(self.says(&burst), "CHG 6 NLN 0\r\n");
        assert!(!self.machine.is_signed_in(), "nobody can call the account yet");
        self.says("CHG 6 NLN 0\n");
    }

    fn written_to_notification(&mut self) -> String {
        self.poll();
        self.written(self.notification)
    }

    /// Lets time pass, and handles every timer that becomes due.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.poll();
            match self.machine.timeout().filter(|timeout| *timeout <= end) {
                Some(timeout) => self.now = self.now.max(timeout),
                None => break,
            }
            self.machine.handle_timeout(self.now);
        }
        self.now = end;
        self.poll();
    }

    fn events(&mut self) -> Vec<Event> {
        self.poll();
        let outputs = std::mem::take(&mut self.outputs);
        outputs
            .into_iter()
            .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
            .collect()
    }

    fn deliveries(&mut self) -> Vec<Delivery> {
        self.poll();
        let outputs = std::mem::take(&mut self.outputs);
        outputs
            .into_iter()
            .filter_map(|output| if let Output::Sent(_, sent) = output { Some(sent) } else { None })
            .collect()
    }

    /// Opens a session with Bob by sending a message.
    fn open_with_bob(&mut self) -> ConversationId {
        let conversation = self.machine.conversation_with(&bob(), self.now);
        self.machine.send(conversation, b"one".to_vec(), self.now);
        assert_eq!(self.written_to_notification(), "XFR 7 SB\r\n");
        self.says("XFR 7 SB 192.0.2.1:1864 CKI cookie\n");
        let board = self.switchboard;
        assert_eq!(self.written(board), "USR 1 alice@example.com cookie\r\n");
        assert_eq!(self.board_says("USR 1 OK alice@example.com Alice\n"), "CAL 2 bob@example.com\r\n");
        assert_eq!(self.board_says("CAL 2 RINGING 12\nJOI bob@example.com Bob 0\n"), "MSG 3 A 3\r\none");
        conversation
    }
}

#[test]
fn the_roster_is_complete_when_the_account_is_signed_in() {
    let mut stage = Stage::new();
    stage.machine.sign_in(stage.now);
    stage.sign_in();
    assert_eq!(stage.events().first(), Some(&Event::SignedIn));
    let roster = stage.machine.roster();
    let entry = roster.get(&bob()).unwrap();
    assert!(entry.is_contact() && entry.is_allowed() && entry.has_added_me() && !entry.is_pending());
    assert_eq!(entry.phones.values().collect::<Vec<_>>(), ["555"]);
    assert_eq!(roster.me.name.as_ref().unwrap().as_str(), "Alice");
    assert_eq!(roster.groups().map(|(_, name)| name).collect::<Vec<_>>(), ["Friends"]);
    stage.says("ILN 6 AWY bob@example.com Bobby 0\n");
    assert_eq!(stage.machine.roster().me.status, Some(Status::Online));
    let change = RosterChange::Presence { handle: bob(), before: None, now: Some(Status::Away) };
    assert!(stage.events().contains(&Event::Roster(change)));
}

#[test]
fn the_sign_in_burst_may_be_split_at_any_byte() {
    let burst = format!("SYN 5 a b 1 0\r\nLST N=bob@example.com F=Bob C={BOB_GUID} 3 1\r\nCHG 6 NLN 0\r\n");
    for cut in 0..burst.len() {
        let mut stage = Stage::new();
        stage.machine.sign_in(stage.now);
        for line in ["VER 1 MSNP12", "CVR 2 7 7 7 http://a http://b", "USR 3 TWN S policy"] {
            stage.says(&format!("{line}\n"));
        }
        stage.machine.ticket(Ok(Ticket::parse("t=secret&p=").unwrap()), stage.now);
        stage.says("USR 4 OK alice@example.com 1 0\n");
        let link = stage.notification.unwrap();
        let (first, second) = burst.as_bytes().split_at(cut);
        stage.machine.received(link, first, stage.now);
        stage.machine.received(link, second, stage.now);
        assert_eq!(stage.machine.roster().me.status, Some(Status::Online), "{cut}");
    }
}

#[test]
fn the_client_follows_only_a_limited_number_of_redirects() {
    let mut stage = Stage::new();
    stage.machine.sign_in(stage.now);
    for number in 0..=MAX_REDIRECTS {
        stage.says("VER 1 MSNP12\nCVR 2 7 7 7 http://a http://b\n");
        stage.says("XFR 3 NS 192.0.2.9:1863 0 192.0.2.1:1863\n");
        let target = Target::Notification(Some("192.0.2.9:1863".to_owned()));
        let followed =
            stage.outputs.iter().filter(|output| matches!(output, Output::Connect { target: to, .. } if *to == target));
        assert_eq!(followed.count(), usize::from(number + 1).min(MAX_REDIRECTS.into()));
    }
    assert!(
        stage
            .events()
            .iter()
            .any(|event| matches!(event, Event::SignedOut { reason: SignedOut::TooManyRedirects, .. }))
    );
}

#[test]
fn the_reason_for_a_sign_out_decides_whether_the_client_retries() {
    for (line, expected, retries) in [
        ("OUT OTH", SignedOut::Elsewhere, false),
        ("OUT SSD", SignedOut::ShuttingDown, true),
        ("OUT RCT 5", SignedOut::ClosedFor(5), true),
        ("OUT", SignedOut::Ended, true),
        ("NLN", SignedOut::Invalid(String::new()), true),
    ] {
        let mut stage = Stage::online();
        if line == "NLN" {
            let link = stage.notification.unwrap();
            stage.machine.received(link, b"a\0b\r\n", stage.now);
        } else {
            stage.says(&format!("{line}\n"));
        }
        let events = stage.events();
        let Some(Event::SignedOut { reason, retry }) = events.last() else { panic!("{line}: {events:?}") };
        assert_eq!(std::mem::discriminant(reason), std::mem::discriminant(&expected), "{line}");
        assert_eq!(retry.is_some(), retries, "{line}");
        let before = stage.notification;
        stage.pass(Duration::from_secs(600));
        assert_eq!(stage.notification != before, retries, "{line}");
    }
}

#[test]
fn after_the_command_out_rct_the_client_reconnects_only_after_the_time_that_the_server_gave() {
    let mut stage = Stage::online();
    let before = stage.notification;
    stage.says("OUT RCT 5\n");
    stage.pass(Duration::from_secs(5 * 60 - 1));
    assert_eq!(stage.notification, before);
    stage.pass(RING_TIMEOUT + Duration::from_secs(2));
    assert_ne!(stage.notification, before);
}

#[test]
fn the_client_replaces_an_expired_ticket_but_not_a_new_ticket_that_the_server_refuses() {
    let mut stage = Stage::online();
    stage.says("OUT SSD\n");
    stage.pass(Duration::from_secs(2));
    stage.says("VER 1 MSNP12\nCVR 2 7 7 7 http://a http://b\n");
    assert_eq!(stage.says("USR 3 TWN S policy\n"), "USR 4 TWN S t=secret&p=\r\n", "the ticket is used again");
    stage.outputs.clear();
    stage.says("911 4\n");
    stage.says("VER 1 MSNP12\nCVR 2 7 7 7 http://a http://b\nUSR 3 TWN S policy\n");
    assert!(stage.outputs.contains(&Output::FetchTicket { policy: "policy".to_owned() }));
    stage.machine.ticket(Ok(Ticket::parse("t=new&p=").unwrap()), stage.now);
    stage.says("911 4\n");
    let refused = Event::SignedOut { reason: SignedOut::Code(ErrorCode::AuthenticationFailed), retry: None };
    assert_eq!(stage.events().last(), Some(&refused));
}

#[test]
fn challenges_are_answered_and_qng_sets_the_time_of_the_next_ping() {
    let mut stage = Stage::online();
    let answer = stage.says("CHL 0 15570131571988941333\n");
    assert_eq!(answer, "QRY 7 PROD0090YUAUV{2B 32\r\nd8d8cb2c2043a603d8286a3343143ee1");
    stage.pass(Duration::from_secs(51));
    assert_eq!(stage.written_to_notification(), "PNG\r\n");
    stage.says("QNG 20\n");
    stage.pass(Duration::from_secs(19));
    assert_eq!(stage.written_to_notification(), "");
    stage.pass(Duration::from_secs(2));
    assert_eq!(stage.written_to_notification(), "PNG\r\n");
    stage.pass(Duration::from_secs(31));
    assert!(stage.events().iter().any(|event| matches!(event, Event::SignedOut { reason: SignedOut::TimedOut, .. })));
}

#[test]
fn an_edit_has_one_result_even_if_it_needs_several_commands() {
    let mut stage = Stage::online();
    stage.says("ADC 0 RL N=carol@example.com F=Carol\n");
    let carol = Handle::parse("carol@example.com").unwrap();
    let id = stage.machine.edit(Edit::Accept(carol.clone()), stage.now);
    let commands = "ADC 7 AL N=carol@example.com\r\nADC 8 RL N=carol@example.com\r\nREM 9 PL carol@example.com\r\n";
    assert_eq!(stage.written_to_notification(), commands);
    stage.says("ADC 7 AL N=carol@example.com\nADC 8 RL N=carol@example.com\n");
    assert!(!stage.outputs.iter().any(|output| matches!(output, Output::Edited(..))));
    stage.says("REM 9 PL carol@example.com\n");
    assert!(stage.outputs.contains(&Output::Edited(id, Ok(()))));
    assert!(!stage.machine.roster().get(&carol).unwrap().is_pending());

    // A decision alone also takes an address off PL (ns.md section 1.2 rule 6).
    for list in ["AL", "BL"] {
        stage.says(&format!("ADC 0 RL N=dave-{list}@example.com F=Dave\nADC 0 {list} N=dave-{list}@example.com\n"));
        let dave = Handle::parse(&format!("dave-{list}@example.com")).unwrap();
        let dave = stage.machine.roster().get(&dave).unwrap();
        assert!(!dave.is_pending() && dave.has_added_me(), "{list}");
    }

    let refused = stage.machine.edit(Edit::Nickname(bob(), msnp::DisplayName::new("B").unwrap()), stage.now);
    assert!(stage.written_to_notification().starts_with("SBP 10 "));
    stage.says("209 10\n");
    let error = EditError::Refused(ErrorCode::InvalidFriendlyName);
    assert!(stage.outputs.contains(&Output::Edited(refused, Err(error))));
    let lost = stage.machine.edit(Edit::Status(Status::Busy), stage.now);
    stage.says("OUT SSD\n");
    assert!(stage.outputs.contains(&Output::Edited(lost, Err(EditError::Lost))));
    let late = stage.machine.edit(Edit::Status(Status::Busy), stage.now);
    stage.poll();
    assert!(stage.outputs.contains(&Output::Edited(late, Err(EditError::Offline))));
}

#[test]
fn an_edit_succeeds_if_another_edit_has_already_made_the_same_change() {
    for (error, expected) in [(215, Ok(())), (210, Err(EditError::Refused(ErrorCode::ListFull)))] {
        let mut stage = Stage::online();
        // Both edits begin before the server has answered, so both of them send the command that
        // adds Dan to the allow list.
        let dan = Handle::parse("dan@example.com").unwrap();
        stage.machine.edit(Edit::Accept(dan.clone()), stage.now);
        let second = stage.machine.edit(Edit::AddContact(dan), stage.now);
        let written = stage.written(stage.notification);
        assert_eq!(written.matches(" AL N=dan@example.com\r\n").count(), 2, "{written}");
        stage.says(&format!("ADC 7 AL N=dan@example.com\n{error} 8\n"));
        stage.says(&format!("ADC 9 FL N=dan@example.com F=dan@example.com C={BOB_GUID}\n"));
        assert!(stage.outputs.contains(&Output::Edited(second, expected)), "{error}: {:?}", stage.outputs);
    }
}

#[test]
fn every_message_gets_exactly_one_result() {
    let mut stage = Stage::online();
    let conversation = stage.open_with_bob();
    assert_eq!(stage.board_says("ACK 3\n"), "");
    assert_eq!(stage.deliveries(), [Delivery::Delivered]);
    stage.machine.send(conversation, b"two".to_vec(), stage.now);
    stage.machine.send(conversation, b"three".to_vec(), stage.now);
    let board = stage.switchboard;
    assert_eq!(stage.written(board), "MSG 4 A 3\r\ntwoMSG 5 A 5\r\nthree");
    stage.board_says("NAK 4\n");
    stage.machine.disconnected(stage.switchboard.unwrap(), "gone", stage.now);
    assert_eq!(stage.deliveries(), [Delivery::Refused(SendError::NobodyThere), Delivery::Unknown]);
    stage.machine.send(conversation, vec![0; 1665], stage.now);
    assert_eq!(stage.deliveries(), [Delivery::Refused(SendError::TooLong)]);
}

#[test]
fn a_lost_connection_makes_the_result_of_an_unanswered_message_unknown() {
    let mut stage = Stage::online();
    stage.open_with_bob();
    stage.machine.disconnected(stage.switchboard.unwrap(), "gone", stage.now);
    assert_eq!(stage.deliveries(), [Delivery::Unknown]);
}

#[test]
fn the_client_gives_up_on_a_switchboard_that_never_answers() {
    let mut stage = Stage::online();
    let conversation = stage.machine.conversation_with(&bob(), stage.now);
    // The server does not answer XFR.
    stage.machine.send(conversation, b"one".to_vec(), stage.now);
    stage.says("QNG 600\n");
    stage.pass(ENTER_TIMEOUT);
    assert_eq!(stage.deliveries(), [Delivery::Refused(SendError::NoSwitchboard)]);
    // The callee does not join.
    stage.machine.send(conversation, b"two".to_vec(), stage.now);
    stage.says("XFR 8 SB 192.0.2.1:1864 CKI cookie\n");
    stage.board_says("USR 1 OK alice@example.com Alice\nCAL 2 RINGING 12\n");
    stage.pass(RING_TIMEOUT);
    assert_eq!(stage.deliveries(), [Delivery::Refused(SendError::NoAnswer)]);
    // The switchboard does not answer a message.
    stage.machine.send(conversation, b"three".to_vec(), stage.now);
    stage.says("XFR 9 SB 192.0.2.1:1864 CKI cookie\n");
    stage.board_says("USR 1 OK alice@example.com Alice\nJOI bob@example.com Bob\n");
    stage.pass(super::limits::ANSWER_TIMEOUT);
    assert_eq!(stage.deliveries(), [Delivery::Unknown]);
}

#[test]
fn the_queue_of_a_conversation_is_limited() {
    let mut stage = Stage::online();
    let conversation = stage.machine.conversation_with(&bob(), stage.now);
    for _ in 0..=MAX_QUEUE {
        stage.machine.send(conversation, b"x".to_vec(), stage.now);
    }
    assert_eq!(stage.deliveries(), [Delivery::Refused(SendError::QueueFull)]);
    stage.says("500 7\n");
    let refused = Delivery::Refused(SendError::Refused(ErrorCode::InternalServer));
    assert_eq!(stage.deliveries(), vec![refused; MAX_QUEUE]);
}

#[test]
fn the_client_leaves_a_quiet_session_and_opens_a_new_session_for_the_next_message() {
    let mut stage = Stage::online();
    let conversation = stage.open_with_bob();
    stage.board_says("ACK 3\n");
    stage.says("QNG 600\n");
    stage.pass(Duration::from_secs(299));
    let board = stage.switchboard.unwrap();
    assert!(!stage.outputs.iter().any(|output| matches!(output, Output::Disconnect { .. })));
    stage.pass(Duration::from_secs(2));
    assert!(stage.outputs.contains(&Output::Disconnect { link: board, last: b"OUT\r\n".to_vec() }));
    assert!(stage.events().contains(&Event::Quiet(conversation)));
    stage.machine.send(conversation, b"again".to_vec(), stage.now);
    assert_eq!(stage.written_to_notification(), "XFR 8 SB\r\n");
}

#[test]
fn an_incoming_call_is_answered_and_the_messages_of_the_caller_arrive_as_events() {
    let mut stage = Stage::online();
    stage.says("RNG 12 192.0.2.1:1864 CKI cookie bob@example.com Bob\n");
    let board = stage.switchboard;
    assert_eq!(stage.written(board), "ANS 1 alice@example.com cookie 12\r\n");
    stage.board_says("IRO 1 1 1 bob@example.com Bob 0\nANS 1 OK\n");
    stage.board_says("MSG bob@example.com Bob 2\nhi");
    let events = stage.events();
    let [.., Event::Joined { conversation, .. }, Event::Message { from, payload, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((from, &payload[..]), (&bob(), b"hi".as_slice()));
    assert_eq!(stage.machine.conversation_with(&bob(), stage.now), *conversation);
}

#[test]
fn a_flood_of_calls_opens_a_limited_number_of_conversations() {
    let mut stage = Stage::online();
    for number in 0..2 * MAX_CONVERSATIONS {
        stage.says(&format!("RNG {number} 192.0.2.1:1864 CKI cookie bob{number}@example.com Bob\n"));
    }
    let opened = stage.outputs.iter().filter(|output| matches!(output, Output::Connect { .. })).count();
    assert_eq!(opened, MAX_CONVERSATIONS);
}

#[test]
fn signing_out_ends_all_connections_and_no_output_follows() {
    let mut stage = Stage::online();
    stage.open_with_bob();
    stage.machine.leave(stage.now);
    stage.poll();
    let last: Vec<_> = stage
        .outputs
        .iter()
        .filter(|output| matches!(output, Output::Disconnect { last, .. } if last == b"OUT\r\n"))
        .collect();
    assert_eq!(last.len(), 2);
    assert_eq!(stage.deliveries(), [Delivery::Unknown]);
    stage.pass(Duration::from_secs(3600));
    assert!(stage.outputs.is_empty(), "{:?}", stage.outputs);
}

proptest::proptest! {
    #[test]
    fn the_machine_never_panics_or_writes_endlessly_whatever_input_it_gets(
        lines in proptest::collection::vec("(VER|USR|XFR|SYN|LST|LSG|ADC|REM|RNG|OUT|QNG|CHL|NLN|ILN|UBX|BPR|SBP|[0-9]{3})( [!-~]{1,12}){0,7}", 0..40),
    ) {
        let mut stage = Stage::online();
        for line in lines {
            let Some(link) = stage.notification else { break };
            stage.machine.received(link, format!("{line}\r\n").as_bytes(), stage.now);
            stage.poll();
            let written = stage.machine.take_bytes(link, stage.now).len();
            proptest::prop_assert!(written <= 1024, "{} bytes for {}", written, line);
        }
    }

    #[test]
    fn the_machine_never_panics_whatever_a_switchboard_sends(
        lines in proptest::collection::vec("(IRO|ANS|JOI|BYE|ACK|NAK|CAL|USR|[0-9]{3})( [!-~]{1,12}){0,5}", 0..40),
    ) {
        let mut stage = Stage::online();
        stage.open_with_bob();
        for line in lines {
            let Some(link) = stage.switchboard else { break };
            stage.machine.received(link, format!("{line}\r\n").as_bytes(), stage.now);
            stage.poll();
        }
    }
}
