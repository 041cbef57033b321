//! A stranger tries a password for accounts that exist, and for accounts that do not exist. The
//! answers must not differ.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, PATIENCE, http};
use crate::measured::{Measured, percentile};
use crate::scenario::Scenario;

/// The number of accounts that exist, and of accounts that do not exist. The stranger tries each
/// account only once, because the server delays further attempts on the same account.
const ACCOUNTS: usize = 30;
/// The allowed difference between the medians of the times, in percent of the longer median. It
/// allows for other work on the machine.
const NOISE: f64 = 35.0;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("X04", "A stranger tries to find out which accounts exist", |bed| Box::pin(run(bed)))
        .accounts(ACCOUNTS);

/// The answer that a stranger gets for one account, and the time until the answer.
struct Answered {
    what: String,
    took: Duration,
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..ACCOUNTS {
        // Accounts that exist and accounts that do not exist take turns, so that other work on the
        // machine delays both kinds of accounts in the same way.
        known.push(with_password(bed, &Account::numbered(number)).await?);
        unknown.push(with_password(bed, &Account::numbered(number + ACCOUNTS)).await?);
    }
    let difference = compare(&known, &unknown).context("a wrong password")?;
    ensure!(difference <= NOISE, "the answer times of known and unknown accounts differ by {difference:.0} %");
    for number in 0..ACCOUNTS {
        let pair = [Account::numbered(number), Account::numbered(number + ACCOUNTS)];
        let [one, other] = [begin(bed, &pair[0]).await?, begin(bed, &pair[1]).await?];
        ensure!(
            one == other,
            "USR was answered with {one:?} for a known account, and with {other:?} for an unknown account"
        );
    }
    let median = percentile(&known.iter().map(|answered| answered.took).collect::<Vec<_>>(), 50);
    Ok(Measured::new().count("accounts", ACCOUNTS * 2).millis("median", median).figure("difference", difference, "%"))
}

/// Tries a wrong password by Passport 1.4.
async fn with_password(bed: &Bed, account: &Account) -> Result<Answered> {
    let dial = bed.dialer.dial(bed.dialer.addresses.http);
    let begun = Instant::now();
    let answer = http::request(dial, &http::ticket_request(&account.handle, "wrong"), PATIENCE).await?;
    let took = begun.elapsed();
    let headers = ["WWW-Authenticate", "Authentication-Info", "Content-Type"].map(|name| answer.header(name));
    let body = String::from_utf8_lossy(answer.body()).replace(&account.handle, "*");
    Ok(Answered { what: format!("{} {headers:?} {body}", answer.status()), took })
}

/// Sends the address to the notification server. Returns the answer.
async fn begin(bed: &Bed, account: &Account) -> Result<String> {
    let mut connection = bed.dialer.notification().await?;
    let line = format!(
        "VER 1 MSNP12 MSNP11 CVR0\r\nCVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS {0}\r\n\
                        USR 3 TWN I {0}\r\n",
        account.handle
    );
    connection.send_bytes(line.as_bytes()).await?;
    let answer = connection.expect("USR 3").await?;
    // The words after `S` are the same for every account, except for the times that they contain.
    // So only the words up to `S` are returned.
    Ok([0, 2, 3].map(|word| answer.word(word)).join(" "))
}

/// Checks that the answers are the same. Returns the difference between the medians, in percent.
fn compare(known: &[Answered], unknown: &[Answered]) -> Result<f64> {
    for (one, other) in known.iter().zip(unknown) {
        ensure!(
            one.what == other.what,
            "the answer was {:?} for a known account, and {:?} for an unknown account",
            one.what,
            other.what
        );
    }
    let [one, other] = [known, unknown]
        .map(|answers| percentile(&answers.iter().map(|answered| answered.took).collect::<Vec<_>>(), 50).as_secs_f64());
    Ok((one - other).abs() / one.max(other) * 100.0)
}
