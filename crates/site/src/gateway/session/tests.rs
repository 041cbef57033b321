use super::*;

fn pair() -> (Arc<Session>, DuplexStream) {
    let (near, far) = tokio::io::duplex(super::super::PIPE);
    (Arc::new(Session::new(7, IpAddr::from([192, 0, 2, 1]), near)), far)
}

impl Session {
    /// Sends a request that must get an answer.
    async fn ask(self: &Arc<Self>, counter: u32, commands: &'static [u8]) -> Answer {
        self.exchange(counter, Bytes::from_static(commands)).await.unwrap()
    }

    async fn refuses(self: &Arc<Self>, counter: u32, commands: &'static [u8]) -> bool {
        self.exchange(counter, Bytes::from_static(commands)).await.is_none()
    }
}

impl Answer {
    /// Returns the counter, the bytes, and whether the answer closes the session.
    fn parts(&self) -> (u32, &[u8], bool) {
        (self.id.counter, &self.bytes, self.closed)
    }
}

/// Returns all bytes that the server's end has received.
async fn received(mut far: DuplexStream, session: Arc<Session>) -> Vec<u8> {
    drop(session);
    let mut bytes = Vec::new();
    far.read_to_end(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_poll_returns_immediately_but_a_request_with_commands_waits_for_the_reply() {
    let (session, mut far) = pair();
    let begun = Instant::now();
    assert_eq!(session.ask(OPENING, b"").await.parts(), (1, &b""[..], false));
    assert!(begun.elapsed() < Duration::from_millis(5));
    let answer = session.ask(1, b"VER").await;
    assert!(answer.bytes.is_empty() && begun.elapsed() >= REPLY_WAIT);
    let (answer, ()) = tokio::join!(session.ask(2, b" 1\r\n"), async {
        let mut got = [0; 7];
        far.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"VER 1\r\n");
        far.write_all(b"VER ").await.unwrap();
        tokio::time::sleep(QUIET / 2).await;
        far.write_all(b"1 0\r\n").await.unwrap();
    });
    assert_eq!(answer.parts(), (3, &b"VER 1 0\r\n"[..], false));
}

#[tokio::test(start_paused = true)]
async fn the_last_bytes_come_in_an_ordinary_answer_and_the_next_answer_closes_the_session() {
    let (session, mut far) = pair();
    far.write_all(b"OUT OTH\r\n").await.unwrap();
    drop(far);
    assert_eq!(session.ask(OPENING, b"").await.parts(), (1, &b"OUT OTH\r\n"[..], false));
    assert_eq!(session.ask(OPENING, b"").await.parts(), (1, &b"OUT OTH\r\n"[..], false), "lost and sent again");
    assert_eq!(session.ask(1, b"PNG\r\n").await.parts(), (2, &b""[..], true));
}

#[tokio::test(start_paused = true)]
async fn a_session_without_pending_bytes_closes_immediately() {
    let (session, mut far) = pair();
    let (answer, ()) = tokio::join!(session.ask(OPENING, b"OUT\r\n"), async {
        far.read_exact(&mut [0; 5]).await.unwrap();
        drop(far);
    });
    assert_eq!(answer.parts(), (1, &b""[..], true));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_gets_the_same_answer_but_is_carried_out_only_once() {
    let (session, mut far) = pair();
    far.write_all(b"NLN\r\n").await.unwrap();
    assert_eq!(session.ask(OPENING, b"MSG 1\r\n").await.parts(), (1, &b"NLN\r\n"[..], false));
    far.write_all(b"later\r\n").await.unwrap();
    for _ in 0..3 {
        assert_eq!(session.ask(OPENING, b"MSG 1\r\n").await.parts(), (1, &b"NLN\r\n"[..], false));
    }
    assert_eq!(session.ask(1, b"").await.parts(), (2, &b"later\r\n"[..], false));
    assert_eq!(session.ask(1, b"").await.parts(), (2, &b"later\r\n"[..], false), "a poll too");
    assert!(session.refuses(OPENING, b"MSG 1\r\n").await, "the client has already used a later id");
    assert_eq!(received(far, session).await, b"MSG 1\r\n");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_missed_an_answer_may_send_other_commands() {
    let (session, mut far) = pair();
    far.write_all(b"one\r\n").await.unwrap();
    assert_eq!(session.ask(OPENING, b"").await.bytes, b"one\r\n"[..]);
    far.write_all(b"two\r\n").await.unwrap();
    let answer = session.ask(OPENING, b"PNG\r\n").await;
    assert_eq!(answer.parts(), (2, &b"one\r\ntwo\r\n"[..], false));
    assert_eq!(session.ask(OPENING, b"").await.parts(), answer.parts(), "a poll fetches a missed answer");
    assert_eq!(received(far, session).await, b"PNG\r\n");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_repeated_after_a_disconnect_waits_for_the_answer_to_the_original_request() {
    let (session, mut far) = pair();
    assert!(timeout(QUIET, session.ask(OPENING, b"MSG 1\r\n")).await.is_err());
    assert!(session.refuses(OPENING, b"OUT\r\n").await, "another request at the same time");
    far.write_all(b"ACK 1\r\n").await.unwrap();
    assert_eq!(session.ask(OPENING, b"MSG 1\r\n").await.parts(), (1, &b"ACK 1\r\n"[..], false));
    assert_eq!(received(far, session).await, b"MSG 1\r\n");
}

#[tokio::test(start_paused = true)]
async fn session_ids_must_be_used_in_order_and_by_one_request_at_a_time() {
    let (session, _far) = pair();
    assert_eq!(session.ask(OPENING, b"").await.id, SessionId { key: 7, counter: 1 });
    assert_eq!(session.ask(1, b"").await.id.counter, 2);
    assert!(session.refuses(OPENING, b"").await, "too old");
    assert!(session.refuses(3, b"").await, "not issued yet");
    let (first, second) = tokio::join!(session.ask(2, b"x"), session.refuses(2, b""));
    assert!(first.id.counter == 3 && second);
}

#[tokio::test(start_paused = true)]
async fn long_output_arrives_completely_in_answers_of_at_most_64_kib() {
    let (session, mut far) = pair();
    let sent: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let copy = sent.clone();
    let writer = tokio::spawn(async move { far.write_all(&copy).await });
    let (mut got, mut counter, mut closed) = (Vec::new(), OPENING, false);
    while !closed {
        let answer = session.ask(counter, b"").await;
        assert!(answer.bytes.len() <= MAX_ANSWER);
        got.extend(answer.bytes);
        (counter, closed) = (answer.id.counter, answer.closed);
    }
    assert!(got == sent);
    writer.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn constant_output_does_not_delay_an_answer() {
    let (session, mut far) = pair();
    let chatter = tokio::spawn(async move {
        while far.write_all(b"x").await.is_ok() {
            tokio::time::sleep(QUIET / 2).await;
        }
    });
    tokio::time::sleep(QUIET).await;
    for (counter, commands, longest) in [(OPENING, b"".as_slice(), QUIET), (1, b"PNG\r\n", REPLY_WAIT)] {
        let begun = Instant::now();
        let answer = session.ask(counter, commands).await;
        assert!(!answer.bytes.is_empty() && !answer.closed);
        assert!(begun.elapsed() <= longest + Duration::from_millis(2), "{:?}", begun.elapsed());
    }
    drop(session);
    chatter.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn silence_is_counted_from_the_last_request() {
    let (session, _far) = pair();
    session.ask(OPENING, b"").await;
    let minute = Duration::from_secs(60);
    assert!(!session.is_silent(Instant::now(), minute));
    tokio::time::advance(minute).await;
    assert!(session.is_silent(Instant::now(), minute));
    session.ask(1, b"").await;
    assert!(!session.is_silent(Instant::now(), minute));
}
