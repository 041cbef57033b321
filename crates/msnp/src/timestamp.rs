//! The time stamps of SYN (docs/protocol/ns.md section 1.4), and the calendar that they use.

use std::fmt;

/// A moment in steps of 100 ns since 1970-01-01 00:00 UTC, as in SYN from MSNP10 on.
///
/// It is written with seven digits of fraction and the offset `-07:00`, as in the samples of the
/// seed document (msnp-wiki's page on MSNP12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

const TICKS_PER_SECOND: u64 = 10_000_000;
const OFFSET_SECONDS: u64 = 7 * 3600;
/// 9999-12-31, the last day with a year of four digits.
const LAST_TICKS: u64 = 253_402_300_799 * TICKS_PER_SECOND;

impl Timestamp {
    /// Creates the time stamp of `ticks` steps of 100 ns. A moment before 1970-01-01 07:00 UTC
    /// becomes that moment. A moment after the year 9999 becomes the last second of that year.
    #[must_use]
    pub const fn from_ticks(ticks: u64) -> Self {
        const FIRST_TICKS: u64 = OFFSET_SECONDS * TICKS_PER_SECOND;
        match ticks {
            ..FIRST_TICKS => Self(FIRST_TICKS),
            LAST_TICKS.. => Self(LAST_TICKS),
            _ => Self(ticks),
        }
    }

    /// Returns the number of steps of 100 ns between 1970-01-01 00:00 UTC and this moment.
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.0
    }

    /// Returns the time stamp for a change at `now`. It is always later than `self`, so that no time stamp is used
    /// twice.
    #[must_use]
    pub fn next(self, now: Self) -> Self {
        now.max(Self(self.0 + 1))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.0.saturating_sub(OFFSET_SECONDS * TICKS_PER_SECOND);
        let (seconds, fraction) = (local / TICKS_PER_SECOND, local % TICKS_PER_SECOND);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}-07:00")
    }
}

/// Converts a number of days since 1970-01-01 to year, month and day.
///
/// The calculation uses years that begin in March, so that the leap day is the last day of a year.
#[must_use]
pub fn civil_date(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970_FROM_MARCH_OF_YEAR_0: u64 = 719_468;
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let shifted = days + DAYS_TO_1970_FROM_MARCH_OF_YEAR_0;
    let (cycle, day) = (shifted / DAYS_IN_400_YEARS, shifted % DAYS_IN_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let (month, next_year) = if march_month < 10 { (march_month + 3, 0) } else { (march_month - 9, 1) };
    (cycle * 400 + year + next_year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps_have_the_format_of_the_example_in_msnp_wiki() {
        // 2024-09-29 18:27:30.23 UTC
        let stamp = Timestamp::from_ticks(1_727_634_450 * TICKS_PER_SECOND + 2_300_000);
        assert_eq!(stamp.to_string(), "2024-09-29T11:27:30.2300000-07:00");
    }

    #[test]
    fn leap_days_and_extreme_dates_are_written_correctly() {
        let table = [
            (951_782_400 + OFFSET_SECONDS, "2000-02-29T00:00:00.0000000-07:00"),
            (1_709_164_800 + OFFSET_SECONDS, "2024-02-29T00:00:00.0000000-07:00"),
            (4_107_542_400 + OFFSET_SECONDS, "2100-03-01T00:00:00.0000000-07:00"),
            (0, "1970-01-01T00:00:00.0000000-07:00"),
        ];
        for (seconds, expected) in table {
            assert_eq!(Timestamp::from_ticks(seconds * TICKS_PER_SECOND).to_string(), expected);
        }
        assert!(Timestamp::from_ticks(u64::MAX).to_string().starts_with("9999-12-31T"));
    }

    #[test]
    fn a_time_stamp_is_never_used_twice() {
        let now = Timestamp::from_ticks(1_700_000_000 * TICKS_PER_SECOND);
        assert!(now.next(now) > now);
        assert_eq!(now.next(Timestamp::from_ticks(now.ticks() + 5)).ticks(), now.ticks() + 5);
    }
}
