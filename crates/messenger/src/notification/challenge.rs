//! CHL and QRY (docs/protocol/challenge.md).

use std::time::Duration;

use msnp::notification::{Qry, ServiceLine};
use msnp::{ErrorCode, Refusal, TrId};
use tokio::time::Instant;

use super::session::Me;
use swallowtail_base::random;
use swallowtail_config::SignIn;

/// Challenges come this far apart at the least, and up to twice as far.
const PAUSE: Duration = Duration::from_secs(600);
/// How long a client may take to answer, where answers are required.
const PATIENCE: Duration = Duration::from_secs(50);

/// The challenges of one session.
pub(super) struct Challenges {
    wanted: bool,
    required: bool,
    /// The one that is not answered yet, and since when.
    open: Option<(String, Instant)>,
    /// When the next one goes out.
    next: Option<Instant>,
}

impl Challenges {
    pub(super) const fn new(settings: &SignIn) -> Self {
        Self { wanted: settings.challenge, required: settings.require_challenge, open: None, next: None }
    }

    /// After the first CHG: the first one goes out at once.
    pub(super) fn start(&mut self) {
        self.next = self.wanted.then(Instant::now);
    }

    /// When there is something to do. While one is open no other goes out, so a client that never answers gets just one.
    pub(super) fn next(&self) -> Option<Instant> {
        match &self.open {
            Some((_, since)) => self.required.then(|| *since + PATIENCE),
            None => self.next,
        }
    }

    /// 20 decimal digits, of which the first is not 0. It takes the place of one that is open, but not its time: asking for
    /// challenges is no way around answering.
    fn draw(&mut self) -> String {
        let challenge = format!("{}{:019}", 1 + random::below(9), random::below(10_u64.pow(19)));
        let since = self.open.take().map_or_else(Instant::now, |(_, since)| since);
        self.open = Some((challenge.clone(), since));
        challenge
    }
}

/// QRY: right, or 540 and close.
pub(super) fn qry(me: &Me, challenges: &mut Challenges, qry: &Qry) -> Result<(), Refusal> {
    let wrong = Refusal::Fatal(qry.trid, ErrorCode::ChallengeFailed);
    let (challenge, _) = challenges.open.take().ok_or(wrong)?;
    let algorithm = me.endpoint.dialect.challenge_algorithm();
    let answer = msnp::challenge::answer(algorithm, &challenge, &qry.product_id).ok_or(wrong)?;
    if !qry.answer.eq_ignore_ascii_case(answer.as_bytes()) {
        return Err(wrong);
    }
    challenges.next = challenges
        .wanted
        .then(|| Instant::now() + PAUSE + Duration::from_millis(random::below(PAUSE.as_millis() as u64)));
    me.endpoint.reply(&ServiceLine::ChallengeMet(qry.trid).into());
    Ok(())
}

/// CHL from a client: it asks to be challenged.
pub(super) fn chl(me: &Me, challenges: &mut Challenges, trid: TrId) {
    let challenge = challenges.draw();
    me.endpoint.reply(&ServiceLine::Challenge(trid, challenge).into());
}

/// The time for a challenge has come, or for its answer. `false`: the answer is required and did not come.
pub(super) fn tick(me: &Me, challenges: &mut Challenges) -> bool {
    if challenges.open.is_some() {
        return false;
    }
    let challenge = challenges.draw();
    me.endpoint.reply(&ServiceLine::Challenge(TrId::UNASKED, challenge).into());
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use swallowtail_config::Config;

    #[tokio::test(start_paused = true)]
    async fn asking_for_challenges_does_not_put_off_the_answer() {
        let mut challenges = Challenges::new(&SignIn { require_challenge: true, ..Config::default().sign_in });
        challenges.start();
        let first = challenges.draw();
        let due = challenges.next();
        tokio::time::advance(PATIENCE / 2).await;
        assert_ne!(challenges.draw(), first);
        assert_eq!(challenges.next(), due);
    }
}
