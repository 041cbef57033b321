//! The report: a line for each kind of visit, or JSON.

use anyhow::Result;
use serde::Serialize;

use super::kind::Kind;
use super::options::Options;
use super::samples::Samples;

/// The effect of one kind of visit on the server.
pub(super) struct Outcome {
    pub(super) kind: Kind,
    /// The number of connections, sign-ins, conversations or changes.
    pub(super) visits: u64,
    pub(super) samples: Samples,
}

/// The report of a run.
pub(super) struct Report {
    json: bool,
    rows: Vec<Row>,
}

/// A kind of visit in the JSON report.
#[derive(Serialize)]
struct Row {
    kind: Kind,
    visits: u64,
    from_kib: f64,
    most_kib: f64,
    kib_per_minute: f64,
    minutes: f64,
    most_files: usize,
    is_flat: bool,
}

impl Report {
    pub(super) fn begin(options: &Options) -> Self {
        let report = Self { json: options.json, rows: Vec::new() };
        let kinds: Vec<_> = options.kinds().iter().map(ToString::to_string).collect();
        report.say(&format!("{} for {} s", kinds.join(", "), options.time().as_secs()));
        report
    }

    /// Shows the measurements of one kind of visit. If there are too few measurements, the memory
    /// does not count as flat.
    pub(super) fn add(&mut self, Outcome { kind, visits, samples }: Outcome) {
        let Some(slope) = samples.slope() else {
            return self.say(&format!("{kind}: too few measurements"));
        };
        let row = Row {
            kind,
            visits,
            from_kib: slope.from_kib.round(),
            most_kib: slope.most_kib,
            kib_per_minute: (slope.kib_per_minute * 10.0).round() / 10.0,
            minutes: slope.minutes,
            most_files: slope.most_files,
            is_flat: slope.is_flat(),
        };
        self.say(&format!(
            "{kind}: {} in {:.1} min, {visits} visits, from {:.0} KiB, maximum {:.0} KiB, slope {:+.1} KiB/min, maximum {} files",
            if row.is_flat { "flat" } else { "GROWS" },
            row.minutes,
            row.from_kib,
            row.most_kib,
            row.kib_per_minute,
            row.most_files,
        ));
        self.rows.push(row);
    }

    /// Ends the report. Returns whether the memory of every server stayed flat.
    pub(super) fn end(self) -> Result<bool> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(&self.rows)?);
        }
        Ok(!self.rows.is_empty() && self.rows.iter().all(|row| row.is_flat))
    }

    fn say(&self, text: &str) {
        if self.json { eprintln!("{text}") } else { println!("{text}") }
    }
}
