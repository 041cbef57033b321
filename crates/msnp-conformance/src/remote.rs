//! A server that runs already, somewhere.

use anyhow::{Context, bail};
use tokio::process::Command;

use crate::target::{BoxFuture, Endpoints, Needs, NotPlayable, Server, Target};

/// A server that runs already. Its settings cannot be changed and it cannot be stopped, so parts that need that are not
/// played.
#[derive(Clone, Debug)]
pub struct RemoteTarget {
    endpoints: Endpoints,
    account_command: Option<String>,
}

impl RemoteTarget {
    /// A server at these addresses. `account_command` creates an account: `{handle}`, `{password}` and `{name}` in its
    /// words are replaced, and it must also succeed if the account exists. Without it the accounts of the files must
    /// exist.
    #[must_use]
    pub fn new(endpoints: Endpoints, account_command: Option<String>) -> Self {
        Self { endpoints, account_command }
    }
}

impl Target for RemoteTarget {
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn Server>, NotPlayable>> {
        Box::pin(async move {
            if let Some((key, value)) = needs.settings.first_key_value() {
                return Err(NotPlayable(format!("it needs a server that runs with {key} = {value}")));
            }
            if needs.dispatch && self.endpoints.dispatch.is_none() {
                return Err(NotPlayable("it needs a dispatch server (--dispatch HOST:PORT)".to_owned()));
            }
            if needs.stop {
                return Err(NotPlayable("it needs a server that it may stop".to_owned()));
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
            let output = output.with_context(|| format!("cannot run the account command `{program}`"))?;
            if output.status.success() {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            bail!("the account command fails ({}): {said}", output.status)
        })
    }

    fn stop(&self, _minutes: u32) -> BoxFuture<'_, Result<(), NotPlayable>> {
        Box::pin(async { Err(NotPlayable("this server cannot be stopped from here".to_owned())) })
    }
}

/// The words of a command, split at blanks before values are put in, so that a value is never split or run by a shell.
fn fill_in(command: &str, handle: &str, password: &str, name: &str) -> Vec<String> {
    let put = |word: &str| match word {
        "{handle}" => handle.to_owned(),
        "{password}" => password.to_owned(),
        "{name}" => name.to_owned(),
        other => other.to_owned(),
    };
    command.split_whitespace().map(put).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(command: Option<&str>) -> RemoteTarget {
        RemoteTarget::new(Endpoints::default(), command.map(str::to_owned))
    }

    #[test]
    fn values_are_never_split_into_words() {
        let words = fill_in("add --to x {handle} {password} {name}", "a@b", "s3cr,t &%", "A; rm");
        assert_eq!(words, ["add", "--to", "x", "a@b", "s3cr,t &%", "A; rm"]);
    }

    #[tokio::test]
    async fn a_failing_account_command_says_so() {
        assert!(target(Some("true")).create_account("a", "b", "c").await.is_ok());
        assert!(target(None).create_account("a", "b", "c").await.is_ok());
        let error = target(Some("false")).create_account("a", "b", "c").await.unwrap_err();
        assert!(error.to_string().contains("account command fails"));
    }

    #[tokio::test]
    async fn what_a_running_server_cannot_do_is_not_playable() {
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
            assert_eq!(reason, format!("it needs a server that runs with {key} = 2"));
        }
    }
}
