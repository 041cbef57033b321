//! Remembers which forms have created an account.
//!
//! A double click sends a form twice, and the browser shows only the second answer. Without this memory that answer
//! would be "this address is taken", although the account was just created.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use swallowtail_base::lock;
use tokio::time::Instant;

/// The time for which a form is remembered. Its token is valid for the same time (see `forms`).
const MEMORY: Duration = Duration::from_secs(3600);
/// The maximum number of forms that are remembered: 32 KiB of digests. If there are more, the oldest is forgotten.
const MAX_FORMS: usize = 1024;

/// The forms that have created an account within the last hour.
#[derive(Default)]
pub(super) struct SentForms(Mutex<VecDeque<(Instant, Digest)>>);

/// A digest of the token, the address and the password of a form, keyed with a secret of this server.
pub(super) type Digest = [u8; 32];

impl SentForms {
    /// Remembers a form that has created its account.
    pub(super) fn remember(&self, form: Digest) {
        let mut forms = lock(&self.0);
        if forms.len() >= MAX_FORMS {
            forms.pop_front();
        }
        forms.push_back((Instant::now(), form));
    }

    /// Returns whether exactly this form has created its account.
    pub(super) fn has(&self, form: &Digest) -> bool {
        let mut forms = lock(&self.0);
        while forms.front().is_some_and(|(at, _)| at.elapsed() > MEMORY) {
            forms.pop_front();
        }
        forms.iter().any(|(_, other)| other == form)
    }
}

/// Never shows the digests, because they come from passwords.
impl fmt::Debug for SentForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentForms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_form_is_remembered_for_an_hour() {
        let forms = SentForms::default();
        forms.remember([1; 32]);
        assert!(forms.has(&[1; 32]) && !forms.has(&[2; 32]));
        tokio::time::advance(MEMORY + Duration::from_secs(1)).await;
        assert!(!forms.has(&[1; 32]));
    }

    #[test]
    fn the_number_of_remembered_forms_is_limited_and_the_oldest_is_forgotten_first() {
        let forms = SentForms::default();
        let digest = |number: usize| {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            digest
        };
        (0..=MAX_FORMS).for_each(|number| forms.remember(digest(number)));
        assert_eq!(lock(&forms.0).len(), MAX_FORMS);
        assert!(!forms.has(&digest(0)) && forms.has(&digest(1)) && forms.has(&digest(MAX_FORMS)));
    }
}
