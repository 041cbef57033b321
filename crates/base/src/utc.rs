//! Dates and times in UTC, in the formats for people, for SOAP and for the login servers.

use msnp::timestamp::civil_date;

use crate::clock;

/// A point in time, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utc {
    seconds: u64,
}

impl Utc {
    /// Returns the current time.
    #[must_use]
    pub fn now() -> Self {
        Self { seconds: clock::unix_seconds() }
    }

    /// Converts a Unix time. A time before 1970 becomes the start of 1970.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self { seconds: u64::try_from(seconds).unwrap_or_default() }
    }

    /// Returns the Unix time in seconds.
    #[must_use]
    pub fn unix(self) -> i64 {
        i64::try_from(self.seconds).unwrap_or(i64::MAX)
    }

    /// Returns the time that is `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self { seconds: self.seconds.saturating_add(seconds) }
    }

    /// Returns the date, such as `2005-11-22`.
    #[must_use]
    pub fn date(self) -> String {
        let (year, month, day) = self.civil_date();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Returns the date and time as SOAP writes them, such as `2005-11-22T05:10:00Z`.
    #[must_use]
    pub fn stamp(self) -> String {
        let (hour, minute, second) = self.time();
        format!("{}T{hour:02}:{minute:02}:{second:02}Z", self.date())
    }

    /// Returns the date and time in the format that the login servers appended to their name, such
    /// as `2005.11.22.05.10.00`.
    #[must_use]
    pub fn dotted(self) -> String {
        let (year, month, day) = self.civil_date();
        let (hour, minute, second) = self.time();
        format!("{year:04}.{month:02}.{day:02}.{hour:02}.{minute:02}.{second:02}")
    }

    fn time(self) -> (u64, u64, u64) {
        let second = self.seconds % 86_400;
        (second / 3600, second / 60 % 60, second % 60)
    }

    fn civil_date(self) -> (u64, u64, u64) {
        civil_date(self.seconds / 86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_times_are_formatted_as_utc_dates() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_132_636_200, "2005-11-22T05:10:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (unix, expected) in table {
            assert_eq!(Utc::from_unix(unix).stamp(), expected);
        }
        assert_eq!(Utc::from_unix(1_132_636_200).dotted(), "2005.11.22.05.10.00");
        assert_eq!(Utc::from_unix(-1).date(), "1970-01-01");
    }
}
