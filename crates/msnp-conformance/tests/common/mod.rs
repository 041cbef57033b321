//! A server on loopback that follows the conversation of a test.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use msnp_conformance::{
    BoxFuture, Endpoints, Failure, Needs, NotPlayable, Options, Outcome, PlayReport, Script, Server, Target, play_part,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One step of the server on a connection.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Reads exactly these bytes. Any other bytes end the conversation.
    Receive(&'static str),
    /// Writes this text. `{here}` is replaced by the address of the server.
    Send(&'static str),
    /// Reads once, and records the number of bytes that this read returned.
    ReceiveOnce,
    /// Waits for this number of milliseconds.
    Wait(u64),
    /// Closes the connection. Without this step, the connection stays open after the last step.
    Close,
}

/// A target with one conversation for each connection, in the order in which the client opens them.
pub struct Scripted {
    conversations: Vec<Vec<Act>>,
    /// The number of bytes that each `ReceiveOnce` read.
    pub received: Arc<Mutex<Vec<usize>>>,
}

impl Scripted {
    pub fn new(conversations: Vec<Vec<Act>>) -> Self {
        Self { conversations, received: Arc::default() }
    }
}

impl Target for Scripted {
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn Server>, NotPlayable>> {
        Box::pin(async move {
            if needs.dispatch || !needs.settings.is_empty() {
                return Err(NotPlayable("this server has no settings".to_owned()));
            }
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let here = listener.local_addr().unwrap().to_string();
            let conversations: VecDeque<_> = self.conversations.clone().into();
            tokio::spawn(accept(listener, here.clone(), conversations, Arc::clone(&self.received)));
            let endpoints =
                Endpoints { notification: here.clone(), switchboard: here.clone(), http: here, dispatch: None };
            Ok(Box::new(Listening { endpoints }) as Box<dyn Server>)
        })
    }
}

async fn accept(
    listener: TcpListener,
    here: String,
    mut conversations: VecDeque<Vec<Act>>,
    received: Arc<Mutex<Vec<usize>>>,
) {
    while let Some(acts) = conversations.pop_front() {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(converse(stream, acts, here.clone(), Arc::clone(&received)));
    }
}

async fn converse(mut stream: TcpStream, acts: Vec<Act>, here: String, received: Arc<Mutex<Vec<usize>>>) {
    for act in acts {
        match act {
            Act::Receive(text) => {
                let mut bytes = vec![0; text.len()];
                if stream.read_exact(&mut bytes).await.is_err() || bytes != text.as_bytes() {
                    return;
                }
            }
            Act::Send(text) => stream.write_all(text.replace("{here}", &here).as_bytes()).await.unwrap(),
            Act::ReceiveOnce => {
                let size = stream.read(&mut [0; 4096]).await.unwrap();
                received.lock().unwrap().push(size);
            }
            Act::Wait(time) => tokio::time::sleep(Duration::from_millis(time)).await,
            Act::Close => return,
        }
    }
    let _ = stream.read(&mut [0; 1]).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
}

struct Listening {
    endpoints: Endpoints,
}

impl Server for Listening {
    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    fn create_account<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn stop(&self, _: u32) -> BoxFuture<'_, Result<(), NotPlayable>> {
        Box::pin(async { Err(NotPlayable("this server cannot stop".to_owned())) })
    }
}

/// Returns options with short timeouts.
pub fn quick() -> Options {
    Options { timeout: Duration::from_millis(400), quiet: Duration::from_millis(60), ..Options::default() }
}

/// Plays the first part of the transcript `text`.
pub async fn play_text(text: &str, target: &dyn Target, options: &Options) -> PlayReport {
    let script = Script::parse("t.txt", text).unwrap();
    play_part(target, &script, 0, options).await
}

/// Fails the test unless the server passed the part of the transcript that was played.
pub fn assert_passed(report: &PlayReport) {
    assert!(matches!(report.outcome, Outcome::Passed), "{report}\n{}", shown(report));
}

/// Returns the reason why the server did not pass the part of the transcript that was played. Fails
/// the test if the server passed it, or if the part was not played.
pub fn failure(report: &PlayReport) -> &Failure {
    match &report.outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("the part should have failed: {other:?}"),
    }
}

fn shown(report: &PlayReport) -> String {
    match &report.outcome {
        Outcome::Failed(failure) => failure.to_string(),
        _ => String::new(),
    }
}
