//! Creates accounts with exactly the lists, groups and values in a file.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use msnp::text::{decode_bytes, encode_into};

use super::dialog::{self, Burst, ask};
use super::ticket;
use crate::options::Options;
use crate::script::directive::{Account, OnList};
use crate::target::{Endpoints, Server};
use crate::wire::{Connection, Log, Service, Unit};

/// The policy of the original service, used if the server has not sent a policy (http.md section
/// 2).
const POLICY: &str = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1";

/// The dialect of the set-up connections. Its commands can set every value.
const DIALECT: u8 = 12;

/// The accounts of a part.
pub(crate) struct Accounts {
    notification: String,
    http: String,
    timeout: Duration,
    /// True if the accounts are new, so that there is nothing to remove.
    fresh: bool,
    accounts: HashMap<String, Account>,
    /// The tickets, by handle. One ticket for each account is enough, and fetching a ticket is slow.
    tickets: HashMap<String, String>,
    /// The set-up connections, by WHO.
    sessions: HashMap<String, Session>,
    /// The GUIDs of groups, by WHO and name.
    groups: HashMap<(String, String), String>,
}

/// The connection of an account that is signed in for set-up.
struct Session {
    connection: Connection,
    trid: u32,
    timeout: Duration,
}

impl Session {
    /// Sends a command and returns its answer. `rest` is the text after the TrID.
    async fn ask(&mut self, command: &str, rest: &str) -> anyhow::Result<Unit> {
        self.trid += 1;
        let line = format!("{command} {} {rest}", self.trid);
        ask(&mut self.connection, self.trid, line.trim_end(), b"", self.timeout).await
    }
}

impl Accounts {
    pub(crate) fn new(endpoints: &Endpoints, options: &Options) -> Self {
        Self {
            notification: endpoints.notification.clone(),
            http: endpoints.http.clone(),
            timeout: options.timeout,
            fresh: options.rename,
            accounts: HashMap::new(),
            tickets: HashMap::new(),
            sessions: HashMap::new(),
            groups: HashMap::new(),
        }
    }

    /// Returns the handle of an account in the file.
    pub(crate) fn handle(&self, who: &str) -> anyhow::Result<&str> {
        Ok(&self.account(who)?.handle)
    }

    /// Returns the short name of the account with this handle.
    pub(crate) fn who(&self, handle: &str) -> Option<String> {
        let account = self.accounts.values().find(|account| account.handle.eq_ignore_ascii_case(handle));
        account.map(|account| account.who.clone())
    }

    fn account(&self, who: &str) -> anyhow::Result<&Account> {
        self.accounts.get(who).with_context(|| format!("there is no `!account {who}` above"))
    }

    /// Returns a real ticket for a handle in the file.
    pub(crate) async fn ticket(&mut self, handle: &str, policy: &str, log: &Log) -> anyhow::Result<String> {
        let key = handle.to_ascii_lowercase();
        if let Some(ticket) = self.tickets.get(&key) {
            return Ok(ticket.clone());
        }
        let account = self.accounts.values().find(|account| account.handle.eq_ignore_ascii_case(handle));
        let account = account
            .with_context(|| format!("no `!account` has the handle `{handle}`, so there is no ticket for it"))?;
        let policy = if policy.is_empty() { POLICY } else { policy };
        let who = (account.handle.as_str(), account.password.as_str());
        let ticket = ticket::fetch(&self.http, who, policy, log, self.timeout).await?;
        self.tickets.insert(key, ticket.clone());
        Ok(ticket)
    }

    /// Sets the ticket of a handle, so that no ticket is fetched.
    #[cfg(test)]
    pub(crate) fn set_ticket(&mut self, handle: &str, ticket: &str) {
        self.tickets.insert(handle.to_ascii_lowercase(), ticket.to_owned());
    }

    /// Signs in on a connection, up to the end of the SYN burst.
    pub(crate) async fn sign_in(
        &mut self,
        connection: &mut Connection,
        who: &str,
        dialect: u8,
        log: &Log,
    ) -> anyhow::Result<Burst> {
        let handle = self.handle(who)?.to_owned();
        let policy = dialog::introduce(connection, dialect, &handle, self.timeout).await?;
        let ticket = self.ticket(&handle, &policy, log).await?;
        dialog::enter(connection, dialect, &ticket, self.timeout).await
    }

    /// Carries out `!account`. The account then exists with the values in `account` and with empty
    /// lists.
    pub(crate) async fn create(&mut self, account: &Account, server: &dyn Server, log: &Log) -> anyhow::Result<()> {
        server
            .create_account(&account.handle, &account.password, &account.name)
            .await
            .with_context(|| format!("could not create the account {}", account.handle))?;
        self.accounts.insert(account.who.clone(), account.clone());
        let plain = account.phones.is_empty() && account.blp == "AL" && account.gtc == "A";
        if self.fresh && plain {
            return Ok(());
        }
        let (session, burst) = self.open_session(&account.who, log).await?;
        clean(session, &burst).await?;
        set_values(session, &burst, account).await
    }

    /// Carries out `!group`. Returns the GUID of the group.
    pub(crate) async fn add_group(&mut self, who: &str, name: &str, log: &Log) -> anyhow::Result<String> {
        let answer = self.session(who, log).await?.ask("ADG", &encode(name)).await?;
        let guid = answer.word(3);
        self.groups.insert((who.to_owned(), name.to_owned()), guid.clone());
        Ok(guid)
    }

    /// Carries out `!on-list`. Returns the GUID of the entry if it is on FL, otherwise an empty string.
    pub(crate) async fn add_to_lists(&mut self, entry: &OnList, log: &Log) -> anyhow::Result<String> {
        let handle = self.handle(&entry.other)?.to_owned();
        let group = match &entry.group {
            None => None,
            Some(name) => {
                let known = self.groups.get(&(entry.who.clone(), name.clone()));
                Some(known.with_context(|| format!("there is no `!group {} \"{name}\"` above", entry.who))?.clone())
            }
        };
        let session = self.session(&entry.who, log).await?;
        let mut guid = String::new();
        for list in &entry.lists {
            if list != "FL" {
                session.ask("ADC", &format!("{list} N={handle}")).await?;
                continue;
            }
            let nick = entry.nick.as_deref().map_or_else(|| handle.clone(), encode);
            let answer = session.ask("ADC", &format!("FL N={handle} F={nick}")).await?;
            let last = answer.words().len() - 1;
            guid = answer.word(last).strip_prefix("C=").unwrap_or_default().to_owned();
            if let Some(group) = &group {
                session.ask("ADC", &format!("FL C={guid} {group}")).await?;
            }
        }
        Ok(guid)
    }

    /// Closes the set-up connections, because an account can be signed in only once.
    pub(crate) async fn sign_out(&mut self) {
        for (_, mut session) in self.sessions.drain() {
            dialog::sign_out(&mut session.connection, self.timeout).await;
        }
    }

    async fn session(&mut self, who: &str, log: &Log) -> anyhow::Result<&mut Session> {
        if !self.sessions.contains_key(who) {
            self.open_session(who, log).await?;
        }
        self.sessions.get_mut(who).context("the set-up connection is gone")
    }

    async fn open_session(&mut self, who: &str, log: &Log) -> anyhow::Result<(&mut Session, Burst)> {
        let name = format!("({who})");
        let mut connection = Connection::open(&name, Service::Ns, &self.notification, log).await?;
        let burst = self.sign_in(&mut connection, who, DIALECT, log).await?;
        let session = Session { connection, trid: 5, timeout: self.timeout };
        let slot = self.sessions.entry(who.to_owned()).insert_entry(session);
        Ok((slot.into_mut(), burst))
    }
}

/// Removes all list entries and groups, except the entries on RL and PL, which depend on the lists
/// of other accounts.
async fn clean(session: &mut Session, burst: &Burst) -> anyhow::Result<()> {
    for entry in &burst.entries {
        if entry.bits & 1 != 0 {
            session.ask("REM", &format!("FL {}", entry.guid)).await?;
        }
        for (bit, list) in [(2, "AL"), (4, "BL")] {
            if entry.bits & bit != 0 {
                session.ask("REM", &format!("{list} {}", entry.handle)).await?;
            }
        }
    }
    for group in &burst.groups {
        session.ask("RMG", group).await?;
    }
    Ok(())
}

/// Sets the values of the account that differ from the values in the file.
async fn set_values(session: &mut Session, burst: &Burst, account: &Account) -> anyhow::Result<()> {
    if decode_bytes(burst.value("MFN").as_bytes()) != account.name.as_bytes() {
        session.ask("PRP", &format!("MFN {}", encode(&account.name))).await?;
    }
    for property in ["PHH", "PHW", "PHM"] {
        let wanted = account.phones.iter().find(|(key, _)| key == property).map_or("", |(_, value)| value);
        if decode_bytes(burst.value(property).as_bytes()) != decode_bytes(wanted.as_bytes()) {
            session.ask("PRP", &format!("{property} {wanted}")).await?;
        }
    }
    if burst.blp != account.blp {
        session.ask("BLP", &account.blp).await?;
    }
    if burst.gtc != account.gtc {
        session.ask("GTC", &account.gtc).await?;
    }
    Ok(())
}

fn encode(text: &str) -> String {
    let mut out = Vec::new();
    encode_into(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}
