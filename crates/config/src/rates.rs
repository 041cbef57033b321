//! Rate limits on actions of accounts and addresses that affect other users.

use std::time::Duration;

/// A limit on an action: at most `most` times in any period of length `span`.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The largest number of times in one period.
    pub most: usize,
    /// The length of the period.
    pub span: Duration,
}

/// A limit on an action: at most `most` times in a burst, and one more time whenever `refill` has
/// passed.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// The largest number of times in a burst.
    pub most: usize,
    /// The time after which the action is allowed one more time.
    pub refill: Duration,
}

/// A limit on bytes: at most `burst` bytes in a burst, and `per_second` bytes in each second after
/// the burst.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The largest number of bytes in a burst.
    pub burst: u32,
    /// The number of bytes that become available in each second.
    pub per_second: u32,
}

/// The rate limits.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    /// Changes of the display name with PRP MFN or REA (ns.md section 7).
    pub name_changes: Rate,
    /// Changes of a telephone number with PRP. The server sends each number to every account that
    /// has this account on FL.
    pub number_changes: Rate,
    /// Changes of FL, AL, BL or RL that concern one other account. The server may send that account a line about each
    /// change.
    pub list_changes: Rate,
    /// Successful sign-ins of one account. At each sign-in, the server sends FLN and NLN to everyone who sees the
    /// account.
    pub sign_ins: Rate,
    /// The bytes of presence lines about one account that the server sends to each user who sees
    /// the account.
    pub presence: Budget,
    /// The bytes of presence lines about one account that the server sends to all users who see the
    /// account, together.
    pub presence_in_total: Budget,
    /// Requests for a switchboard with XFR SB (sb.md section 2).
    pub switchboards: Rate,
    /// Attempts to add unknown accounts with ADC or ADD (ns.md section 8).
    pub unknown_accounts: Allowance,
    /// Calls of one account with CAL (sb.md section 5).
    pub calls: Rate,
    /// Calls of one account to the same account (sb.md section 5).
    pub rings: Rate,
    /// Sign-ins from one address whose USR contains an invalid ticket (ns.md section 4).
    pub failed_sign_ins: Rate,
    /// Accounts created from one address. A family or a school class needs a few. Only a program
    /// would create dozens.
    pub sign_ups: Rate,
    /// Sign-up forms sent from one address. The default limit is high enough for a user who makes
    /// typing errors, and too low for a program that guesses invite codes or searches for accounts.
    pub sign_up_attempts: Rate,
}

impl Default for RateLimits {
    fn default() -> Self {
        let rate = |most, seconds| Rate { most, span: Duration::from_secs(seconds) };
        Self {
            name_changes: rate(5, 10),
            // When a user has edited telephone numbers, the client sends all of them, in five
            // commands.
            number_changes: rate(20, 60),
            // Adding, blocking or removing a user takes two commands, so this limit allows 30 such
            // changes of one user in a minute.
            list_changes: rate(60, 60),
            sign_ins: rate(10, 10),
            // A client sends about 2 KiB of presence when it signs in, and some hundred bytes when
            // the music or the text in its personal message changes. Programs change the music and
            // the text at most once a second. A modem receives 4 to 7 KiB a second, which is more
            // than the 2 KiB a second of this limit.
            presence: Budget { burst: 128 * 1024, per_second: 2 * 1024 },
            // This limit is enough for an account that 1000 users see. By default, no account can
            // be seen by more than 1000 users.
            presence_in_total: Budget { burst: 32 * 1024 * 1024, per_second: 2 * 1024 * 1024 },
            // Some clients open one conversation per contact when they sign in, to request the
            // contact's picture.
            switchboards: rate(60, 60),
            // A user can import an old contact list, even if most of its addresses have no account
            // on this server.
            unknown_accounts: Allowance { most: 200, refill: Duration::from_secs(120) },
            calls: rate(60, 60),
            rings: rate(10, 10),
            failed_sign_ins: rate(5, 60),
            sign_ups: rate(5, 3600),
            sign_up_attempts: rate(20, 15 * 60),
        }
    }
}
