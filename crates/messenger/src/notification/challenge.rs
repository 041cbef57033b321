//! Challenges the client: the commands CHL and QRY (docs/protocol/challenge.md).

use std::time::Duration;

use msnp::notification::{Qry, ServiceLine};
use msnp::{ErrorCode, Refusal, TrId};
use swallowtail_base::random;
use swallowtail_config::SignIn;
use tokio::time::Instant;

use super::handling::Outcome;
use super::user::User;
use crate::net::Handled;

/// The shortest time between an answer and the next challenge. The longest time is twice as long.
const PAUSE: Duration = Duration::from_secs(600);
/// The longest time that a client may take to answer if the configuration requires answers.
const PATIENCE: Duration = Duration::from_secs(50);

/// The challenges of one session.
pub(super) struct Challenges {
    wanted: bool,
    required: bool,
    /// The challenge that the client has not answered yet, and the time at which the time limit for
    /// the answer began.
    open: Option<(String, Instant)>,
    /// The time when the next challenge is sent.
    next: Option<Instant>,
}

impl Challenges {
    pub(super) const fn new(settings: &SignIn) -> Self {
        Self { wanted: settings.challenge, required: settings.require_challenge, open: None, next: None }
    }

    /// Makes the first challenge due immediately. Called after the first CHG.
    pub(super) fn start(&mut self) {
        self.next = self.wanted.then(Instant::now);
    }

    /// Returns when to call [`tick`] next. The server sends no other challenge while a challenge is
    /// unanswered, so a client that never answers gets only one challenge.
    pub(super) fn next(&self) -> Option<Instant> {
        match &self.open {
            Some((_, since)) => self.required.then(|| *since + PATIENCE),
            None => self.next,
        }
    }

    /// Creates a challenge of 20 random decimal digits, the first of which is not 0. The new
    /// challenge replaces an unanswered challenge but keeps the deadline of that challenge. So a
    /// client cannot postpone its answer by asking for another challenge.
    fn draw(&mut self) -> String {
        let challenge = format!("{}{:019}", 1 + random::below(9), random::below(10_u64.pow(19)));
        let since = self.open.take().map_or_else(Instant::now, |(_, since)| since);
        self.open = Some((challenge.clone(), since));
        challenge
    }
}

/// Checks the answer to a challenge (QRY). A wrong answer is refused with 540 and closes the connection.
pub(super) fn qry(user: &User, challenges: &mut Challenges, qry: &Qry) -> Result<Handled<Outcome>, Refusal> {
    let wrong = Refusal::Fatal(qry.trid, ErrorCode::ChallengeFailed);
    let (challenge, _) = challenges.open.take().ok_or(wrong)?;
    let algorithm = user.endpoint.client.dialect.challenge_algorithm();
    let answer = msnp::challenge::answer(algorithm, &challenge, &qry.product_id).ok_or(wrong)?;
    if !qry.answer.eq_ignore_ascii_case(answer.as_bytes()) {
        return Err(wrong);
    }
    challenges.next = challenges
        .wanted
        .then(|| Instant::now() + PAUSE + Duration::from_millis(random::below(PAUSE.as_millis() as u64)));
    user.endpoint.reply(&ServiceLine::ChallengeMet(qry.trid).into());
    Ok(Handled::Done)
}

/// Sends a challenge to a client that asks for one (CHL).
pub(super) fn chl(user: &User, challenges: &mut Challenges, trid: TrId) -> Result<Handled<Outcome>, Refusal> {
    let challenge = challenges.draw();
    user.endpoint.reply(&ServiceLine::Challenge(trid, challenge).into());
    Ok(Handled::Done)
}

/// Sends a challenge if one is due. Returns false if the client has missed the deadline for a required answer.
pub(super) fn tick(user: &User, challenges: &mut Challenges) -> bool {
    if challenges.open.is_some() {
        return false;
    }
    let challenge = challenges.draw();
    user.endpoint.reply(&ServiceLine::Challenge(TrId::UNASKED, challenge).into());
    true
}

#[cfg(test)]
mod tests;
