//! One examination: the server to check, and the client to act as.

use std::sync::LazyLock;

use msnp::Handle;

use super::target::{Options, Target, TestAccount};
use crate::client_table::Client;

/// The domain of an account that cannot exist, because nobody can own a domain in `.invalid`.
const NO_DOMAIN: &str = "swallowtail.invalid";
/// The account that the doctor uses if there is no test account. It does not exist, and the doctor
/// checks that the server refuses it. Each run of the program uses another account, because a
/// server delays repeated wrong passwords for one account.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let number = swallowtail_base::random::token();
    let number: String = number.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    format!("doctor-{number}@{NO_DOMAIN}")
});
/// The host of a tunnel if no client is chosen.
const TUNNEL_HOST: &str = "login.live.com";

/// The server to check, and the options for the checks.
#[derive(Clone, Copy)]
pub(super) struct Exam<'a> {
    pub(super) target: &'a Target,
    pub(super) options: &'a Options,
}

impl Exam<'_> {
    /// Returns whether the server has to support the TLS of Windows XP.
    pub(super) fn wants_xp(&self) -> bool {
        self.options.xp || self.options.client.is_some_and(Client::needs_old_tls)
    }

    /// Returns the host where the client begins to sign in.
    fn client_host(&self) -> Option<String> {
        self.options.client?.sign_in_hosts.first().map(ToString::to_string)
    }

    /// Returns the host that a client would name in its requests. This is a host of Microsoft. If
    /// no client is chosen, it is the server's own host.
    pub(super) fn sign_in_host(&self) -> String {
        let own = || {
            let host_port = self.target.https.as_ref().or(self.target.http.as_ref());
            host_port.map(ToString::to_string).unwrap_or_default()
        };
        self.client_host().unwrap_or_else(own)
    }

    /// Returns the host of a tunnel to the sign-in service.
    pub(super) fn tunnel_host(&self) -> String {
        self.client_host().unwrap_or_else(|| TUNNEL_HOST.to_owned())
    }

    /// Returns the account for the sign-in, and whether the operator named it.
    pub(super) fn account(&self) -> Option<(TestAccount, bool)> {
        if let Some(account) = self.options.account.clone() {
            return Some((account, true));
        }
        let handle = Handle::parse(&NOBODY).ok()?;
        Some((TestAccount { handle, password: swallowtail_base::random::token() }, false))
    }

    /// Returns the address of the account for the sign-in.
    pub(super) fn handle(&self) -> Option<Handle> {
        self.account().map(|(account, _)| account.handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::target::Ports;

    #[test]
    fn requests_name_the_sign_in_host_of_the_server_if_no_client_is_chosen() {
        let ports = Ports { notification: 1863, http: 80, https: 443 };
        let with_https = Target::remote("a.example", ports);
        let without = Target::remote("a.example", Ports { https: 0, ..ports });
        let nobody = Options::default();
        let client = Options { client: Client::find("7.5"), ..Options::default() };
        for (target, options, sign_in_host, tunnel_host) in [
            (&with_https, &nobody, "a.example:443", "login.live.com"),
            (&without, &nobody, "a.example:80", "login.live.com"),
            (&with_https, &client, "loginnet.passport.com", "loginnet.passport.com"),
        ] {
            let exam = Exam { target, options };
            assert_eq!((exam.sign_in_host().as_str(), exam.tunnel_host().as_str()), (sign_in_host, tunnel_host));
        }
    }

    #[test]
    fn without_a_test_account_the_doctor_tries_an_impossible_account_with_a_random_password() {
        let target = Target::remote("a.example", Ports { notification: 1, http: 2, https: 3 });
        let exam = Exam { target: &target, options: &Options::default() };
        let (account, is_real) = exam.account().unwrap();
        assert!(!is_real && account.handle.as_str() == NOBODY.to_ascii_lowercase());
        assert_ne!(account.password, exam.account().unwrap().0.password);
    }
}
