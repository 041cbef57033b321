//! Reports the operator's certificates if they expire soon or have expired. The server still uses
//! these certificates, because its clock may be wrong and it has no better ones.

use rustls::sign::CertifiedKey;
use swallowtail_base::utc::Utc;
use swallowtail_config::CertificateFiles;
use swallowtail_setup::expiry::expires_at;

/// The length of a day in seconds.
const DAY: i64 = 24 * 60 * 60;
/// The server begins to report a certificate this number of days before it expires.
const AHEAD: i64 = 14;

/// The time for which a certificate is still valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Enough,
    /// Less than [`AHEAD`] days. Contains the number of whole days.
    Days(i64),
    Nothing,
}

/// Logs one line for a certificate that expires soon or has expired.
pub(crate) fn report(files: &CertificateFiles, certified: &CertifiedKey) {
    let end = certified.end_entity_cert().ok().and_then(expires_at);
    let Some(end) = end.and_then(|end| i64::try_from(end).ok()) else { return };
    let (chain, until) = (files.chain.display(), Utc::from_unix(end).stamp());
    match left(end, Utc::now().unix()) {
        Left::Enough => {}
        Left::Days(days) => tracing::warn!(%chain, until, days, "a certificate expires soon; renew it, then reload"),
        Left::Nothing => {
            tracing::error!(%chain, until, "a certificate has expired, so clients refuse it; renew it, then reload");
        }
    }
}

fn left(end: i64, now: i64) -> Left {
    match end - now {
        ..0 => Left::Nothing,
        seconds if seconds < AHEAD * DAY => Left::Days(seconds / DAY),
        _ => Left::Enough,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_reported_fourteen_days_before_it_expires() {
        let end = 1_800_000_000;
        let table = [
            (15 * DAY, Left::Enough),
            (14 * DAY, Left::Enough),
            (14 * DAY - 1, Left::Days(13)),
            (DAY, Left::Days(1)),
            (DAY - 1, Left::Days(0)),
            (0, Left::Days(0)),
            (-1, Left::Nothing),
        ];
        for (before, expected) in table {
            assert_eq!(left(end, end - before), expected, "{before} s before the end");
        }
    }
}
