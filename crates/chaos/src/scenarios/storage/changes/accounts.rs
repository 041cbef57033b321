//! Sign-ups with an invite code, an import of accounts, and new invite codes. The end of the server
//! interrupts all of them.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use swallowtail_store::accounts::password;
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Account, Dialer, PASSWORD, PATIENCE, http};
use crate::server::Server;

/// The number of people (visitors) who sign up at the same time. Each of them signs up again and
/// again, each time with a new account.
const VISITORS: usize = 4;
/// The number of accounts in an import, which creates all of them or none.
const IMPORTED: usize = 50;
/// The number of accounts for which the visitors' invite code is valid.
const USES: usize = 1000;

/// The changes that the server acknowledged before it was killed.
#[derive(Default)]
pub(super) struct Acknowledged {
    signed_up: Vec<Account>,
    is_imported: bool,
    codes: usize,
}

/// Begins all changes, and waits until `wait` completes. Then kills the commands that import
/// accounts and create invite codes. The visitors continue until the caller kills the server.
pub(super) async fn begin(bed: &Bed, round: usize, wait: impl Future<Output = ()>) -> Result<(Visitors, Acknowledged)> {
    let (uses, note) = (USES.to_string(), note(round));
    let said = bed.server.command_done(&["invite", "add", "--uses", &uses, "--note", &note]).await?;
    let code = said.lines().next().context("no code was printed")?;
    bed.dialer.keep_secret(code);
    let visitors = Visitors::begin(&bed.dialer, round, code);
    let file = bed.server.directory().join("import.csv");
    let hash = password::hash(PASSWORD)?;
    let lines = imported(round).map(|account| format!("{},\"{hash}\"\n", account.handle));
    fs::write(&file, lines.collect::<String>()).context("could not write the file to import")?;
    let mut acknowledged = Acknowledged::default();
    let codes = add_codes(&bed.server, &mut acknowledged.codes);
    let import = async {
        let import = ["account".as_ref(), "import".as_ref(), file.as_os_str()];
        let is_done = bed.server.command_done(&import).await.is_ok();
        acknowledged.is_imported = is_done;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        // When `wait` completes, the commands that are still running are killed.
        () = wait => {}
        () = import => {}
        error = codes => return Err(error),
    }
    Ok((visitors, acknowledged))
}

fn imported(round: usize) -> impl Iterator<Item = Account> {
    (0..IMPORTED).map(move |number| Account::named(&format!("import{round}-{number}")))
}

/// Returns the note of the invite code that the visitors use. The addresses of the visitors begin
/// with the text of this note.
fn note(round: usize) -> String {
    format!("visitor{round}-")
}

/// Creates invite codes until this future is dropped. Returns only if there is an error.
async fn add_codes(server: &Server, codes: &mut usize) -> anyhow::Error {
    loop {
        match server.command_done(&["invite", "add"]).await {
            Ok(_) => *codes += 1,
            Err(error) => return error,
        }
    }
}

/// People who sign up again and again, until the server has ended.
pub(super) struct Visitors(JoinSet<Vec<Account>>);

impl Visitors {
    fn begin(dialer: &Dialer, round: usize, code: &str) -> Self {
        let mut running = JoinSet::new();
        for visitor in 0..VISITORS {
            let (dialer, code) = (dialer.clone(), code.to_owned());
            running.spawn(async move {
                let mut accounts = Vec::new();
                loop {
                    let account = Account::named(&format!("{}{visitor}-{}", note(round), accounts.len()));
                    match sign_up(&dialer, &account, &code).await {
                        Ok(()) => accounts.push(account),
                        Err(_) => return accounts,
                    }
                }
            });
        }
        Self(running)
    }

    /// Returns all acknowledged changes, with the accounts of the visitors. The server must have
    /// ended.
    pub(super) async fn end(mut self, mut acknowledged: Acknowledged) -> Result<Acknowledged> {
        while let Some(accounts) = self.0.join_next().await {
            acknowledged.signed_up.append(&mut accounts?);
        }
        Ok(acknowledged)
    }
}

async fn sign_up(dialer: &Dialer, account: &Account, code: &str) -> Result<()> {
    let dial = dialer.dial(dialer.addresses.http);
    let page = format!("GET /signup HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", dial.to);
    let page = http::request(dial, page.as_bytes(), PATIENCE).await?;
    let page = String::from_utf8_lossy(page.body()).into_owned();
    let (_, token) = page.split_once("name=\"token\" value=\"").context("the page has no token")?;
    let (token, _) = token.split_once('"').context("the page has no token")?;
    let [handle, token, password, code] = [&account.handle, token, PASSWORD, code].map(http::escape);
    let form = format!("address={handle}&name=&password={password}&again={password}&code={code}&token={token}");
    let head = format!(
        "POST /signup HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n",
        dial.to,
        form.len()
    );
    let answer = http::request(dial, [head, form].concat().as_bytes(), PATIENCE).await?;
    ensure!(answer.status() == 200, "the sign-up was answered with {}", answer.status());
    Ok(())
}

#[derive(Deserialize)]
struct Listed {
    handle: String,
}

#[derive(Deserialize)]
struct Code {
    note: String,
    uses: usize,
    uses_left: usize,
}

impl Acknowledged {
    /// Checks that every acknowledged change was kept, and that no change was kept in part. Returns
    /// the number of acknowledged changes.
    pub(super) async fn check(self, bed: &Bed, round: usize) -> Result<usize> {
        let listed = bed.server.command_done(&["account", "list", "--json"]).await?;
        let listed: Vec<Listed> = serde_json::from_str(&listed).context("the list of accounts")?;
        let handles: BTreeSet<_> = listed.iter().map(|account| account.handle.as_str()).collect();
        let there = imported(round).filter(|account| handles.contains(account.handle.as_str())).count();
        ensure!(there == IMPORTED || there == 0, "{there} of {IMPORTED} imported accounts exist");
        ensure!(there == IMPORTED || !self.is_imported, "the imported accounts are gone");
        for account in &self.signed_up {
            let signed_in = bed.dialer.fetch_ticket(account).await;
            signed_in.with_context(|| format!("{} has signed up, but cannot sign in", account.handle))?;
        }
        let codes = bed.server.command_done(&["invite", "list", "--json"]).await?;
        let codes: Vec<Code> = serde_json::from_str(&codes).context("the list of codes")?;
        let visitors = handles.iter().filter(|handle| handle.starts_with(&note(round))).count();
        let code = codes.iter().find(|code| code.note == note(round)).context("the code of the visitors is gone")?;
        let used = code.uses - code.uses_left;
        ensure!(used == visitors, "{visitors} visitors have accounts, but their code was used {used} times");
        let created = codes.iter().filter(|code| code.note.is_empty()).count();
        ensure!(created >= self.codes, "only {created} of {} codes exist", self.codes);
        Ok(self.signed_up.len() + usize::from(self.is_imported) + self.codes)
    }
}
