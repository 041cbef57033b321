//! A target for a server that is already running.

use anyhow::{Context, bail};
use tokio::process::Command;

use crate::target::{BoxFuture, Endpoints, Needs, NotPlayable, Server, Target};

/// A server that is already running. The runner cannot change its settings or stop it, so parts
/// that need a setting or a stop are not played.
#[derive(Clone, Debug)]
pub struct RemoteTarget {
    endpoints: Endpoints,
    account_command: Option<String>,
}

impl RemoteTarget {
    /// Returns a target for the server at these addresses.
    ///
    /// `account_command` creates an account and must also succeed if the account exists. The target
    /// replaces the words `{handle}`, `{password}` and `{name}` in the command with the values of
    /// the account. Without a command, the accounts in the files must exist.
    #[must_use]
    pub fn new(endpoints: Endpoints, account_command: Option<String>) -> Self {
        Self { endpoints, account_command }
    }
}

impl Target for RemoteTarget {
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn Server>, NotPlayable>> {
        Box::pin(async move {
            if let Some((key, value)) = needs.settings.first_key_value() {
                return Err(NotPlayable(format!("it requires a server with {key} = {value}")));
            }
            if needs.dispatch && self.endpoints.dispatch.is_none() {
                return Err(NotPlayable("it requires a dispatch server; add --dispatch HOST:PORT".to_owned()));
            }
            if needs.stop {
                return Err(NotPlayable("it requires a server that the runner can stop".to_owned()));
            }
            Ok(Box::new(self.clone()) as Box<dyn Server>)
        })
    }
}

impl Server for RemoteTarget {
    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    fn create_account<'a>(
        &'a self,
        handle: &'a str,
        password: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let Some(command) = &self.account_command else {
                return Ok(());
            };
            let words = fill_in(command, handle, password, name);
            let (program, arguments) = words.split_first().context("the account command is empty")?;
            let output = Command::new(program).args(arguments).output().await;
            let output = output.with_context(|| format!("could not run the account command `{program}`"))?;
            if output.status.success() {
                return Ok(());
            }
            let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            bail!("the account command failed ({}): {stderr}", output.status)
        })
    }

    fn stop(&self, _minutes: u32) -> BoxFuture<'_, Result<(), NotPlayable>> {
        Box::pin(async { Err(NotPlayable("the runner cannot stop a server that was already running".to_owned())) })
    }
}

/// Splits a command at spaces, then replaces the placeholders, so that a value is never split
/// or interpreted by a shell.
fn fill_in(command: &str, handle: &str, password: &str, name: &str) -> Vec<String> {
    let value = |word: &str| match word {
        "{handle}" => handle.to_owned(),
        "{password}" => password.to_owned(),
        "{name}" => name.to_owned(),
        other => other.to_owned(),
    };
    command.split_whitespace().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(command: Option<&str>) -> RemoteTarget {
        RemoteTarget::new(Endpoints::default(), command.map(str::to_owned))
    }

    #[test]
    fn values_in_the_account_command_are_never_split_into_words() {
        let words = fill_in("add --to x {handle} {password} {name}", "a@b", "s3cr,t &%", "A; rm");
        assert_eq!(words, ["add", "--to", "x", "a@b", "s3cr,t &%", "A; rm"]);
    }

    #[tokio::test]
    async fn a_failed_account_command_returns_an_error() {
        assert!(target(Some("true")).create_account("a", "b", "c").await.is_ok());
        assert!(target(None).create_account("a", "b", "c").await.is_ok());
        let error = target(Some("false")).create_account("a", "b", "c").await.unwrap_err();
        assert!(error.to_string().contains("account command failed"));
    }

    #[tokio::test]
    async fn parts_that_a_running_server_cannot_support_are_not_playable() {
        let mut needs = Needs::default();
        assert!(target(None).open(&needs).await.is_ok());
        needs.dispatch = true;
        assert!(target(None).open(&needs).await.err().unwrap().0.contains("--dispatch"));
        needs = Needs { stop: true, ..Needs::default() };
        assert!(target(None).open(&needs).await.is_err());
        for key in ["sb-idle", "sign-in-seconds"] {
            needs = Needs::default();
            needs.settings.insert(key.to_owned(), "2".to_owned());
            let reason = target(None).open(&needs).await.err().unwrap().0;
            assert_eq!(reason, format!("it requires a server with {key} = 2"));
        }
    }
}
