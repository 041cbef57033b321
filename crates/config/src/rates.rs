//! Rate limits on actions of accounts and addresses that affect other users.

use std::time::Duration;

/// A limit of at most `most` times in any period of `span`.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The largest number of times.
    pub most: usize,
    /// The length of the period.
    pub span: Duration,
}

/// A limit of at most `most` times in one go, and one more time whenever `refill` has passed.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// The largest number of times in one go.
    pub most: usize,
    /// The time after which one more becomes available.
    pub refill: Duration,
}

/// A number of bytes in one go, and a number of bytes in each second after that.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The largest number of bytes in one go.
    pub burst: u32,
    /// The number of bytes that become available in each second.
    pub per_second: u32,
}

/// The rate limits.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    /// PRP MFN and REA (ns.md section 7).
    pub name_changes: Rate,
    /// PRP of a telephone number. The server sends each number to every account that has this account on FL.
    pub number_changes: Rate,
    /// Changes of FL, AL, BL or RL that concern one other account. The server may send that account a line about each
    /// change.
    pub list_changes: Rate,
    /// Successful sign-ins of one account. At each sign-in, the server sends FLN and NLN to everyone who sees the
    /// account.
    pub sign_ins: Rate,
    /// The bytes of presence of one account that each watcher is sent.
    pub presence: Budget,
    /// The bytes of presence of one account that all its watchers together are sent.
    pub presence_in_total: Budget,
    /// XFR SB (sb.md section 2).
    pub switchboards: Rate,
    /// ADC and ADD of unknown accounts (ns.md section 8).
    pub unknown_accounts: Allowance,
    /// CAL of one account (sb.md section 5).
    pub calls: Rate,
    /// CAL of one account to another one (sb.md section 5).
    pub rings: Rate,
    /// USR with an invalid ticket from one address (ns.md section 4).
    pub failed_sign_ins: Rate,
    /// Accounts created from one address. A family or a class needs a few. Only programs create dozens.
    pub sign_ups: Rate,
    /// Sign-up forms sent from one address: enough for typing errors, too few to guess invite codes or find accounts.
    pub sign_up_attempts: Rate,
}

impl Default for RateLimits {
    fn default() -> Self {
        let rate = |most, seconds| Rate { most, span: Duration::from_secs(seconds) };
        Self {
            name_changes: rate(5, 10),
            // A client sends all its numbers when its user has edited them: five commands.
            number_changes: rate(20, 60),
            // Adding, blocking or removing somebody takes two commands.
            list_changes: rate(60, 60),
            sign_ins: rate(10, 10),
            // A client sends about 2 KiB when it signs in, and some hundred bytes when the music or a text changes, by
            // programs at most once a second. A modem, which reads 4 to 7 KiB a second, has room for more than this.
            presence: Budget { burst: 128 * 1024, per_second: 2 * 1024 },
            // The same for an account with 1000 watchers, the largest number by default.
            presence_in_total: Budget { burst: 32 * 1024 * 1024, per_second: 2 * 1024 * 1024 },
            // Some clients open a conversation for the picture of each contact when they sign in.
            switchboards: rate(60, 60),
            // An old contact list can be imported, in which most addresses have no account here.
            unknown_accounts: Allowance { most: 200, refill: Duration::from_secs(120) },
            calls: rate(60, 60),
            rings: rate(10, 10),
            failed_sign_ins: rate(5, 60),
            sign_ups: rate(5, 3600),
            sign_up_attempts: rate(20, 15 * 60),
        }
    }
}
