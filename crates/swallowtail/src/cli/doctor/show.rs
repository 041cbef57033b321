//! Prints the doctor's findings as text for people, in colour on a terminal, or as JSON for programs.

use std::fmt::Write as _;

use console::{Term, measure_text_width, style};
use serde::Serialize;
use swallowtail_setup::doctor::{Finding, Hop, Options, State, Target};

use crate::cli::output::{self, escaped};

/// The indentation of a text, in columns. It is the width of the state, the name of the check, and
/// the spaces around them.
const INDENT: usize = 2 + 5 + 2 + NAME_WIDTH + 2;
const NAME_WIDTH: usize = 19;
/// The maximum width of a line, in columns. Longer lines are hard to read.
const MAX_WIDTH: usize = 110;
const MIN_WIDTH: usize = 60;

/// Returns the title, which names the checked server and the client that the doctor imitates.
pub(super) fn title(target: &Target, options: &Options) -> String {
    let as_whom = options.client.map_or_else(String::new, |client| format!(", as {} would", client.name));
    format!("\n{}\n", style(format!("Checking {}{as_whom}.", escaped(&target.title))).bold())
}

/// Returns the text of one check. If the check is red, the code that a client shows and the remedy follow.
pub(super) fn hop(hop: &Hop) -> String {
    let finding = &hop.finding;
    let word = match finding.state {
        State::Green => style("green").green(),
        State::Red => style("RED  ").red().bold(),
        State::Skipped => style("-    ").dim(),
    };
    let text = paragraph(&finding.text);
    let text = if finding.state == State::Skipped { style(text).dim().to_string() } else { text };
    let mut out = format!("  {word}  {:<NAME_WIDTH$}  {text}", hop.name);
    if !finding.codes.is_empty() {
        let said = format!("a client shows {}", finding.codes.join(" or "));
        let _ = write!(out, "\n{:INDENT$}{}", "", style(said).yellow());
    }
    if let Some(remedy) = &finding.remedy {
        let _ = write!(out, "\n{:INDENT$}{}", "", paragraph(&format!("to do: {remedy}")));
    }
    out
}

/// Returns the summary: the numbers of green and red checks, and the names of the skipped ones.
pub(super) fn end<'a>(hops: impl Iterator<Item = &'a Hop> + Clone, options: &Options) -> String {
    let count = |state| hops.clone().filter(|hop| hop.finding.state == state).count();
    let (green, red) = (count(State::Green), count(State::Red));
    let mut skipped: Vec<_> =
        hops.clone().filter(|hop| hop.finding.state == State::Skipped).map(|hop| hop.name).collect();
    skipped.sort_unstable();
    skipped.dedup();
    let end = match (red, skipped.len()) {
        (0, 0) => style(format!("All {green} checks are green.")).green(),
        (0, _) => style(format!("All {green} checks that were made are green.")).green(),
        (1, _) => style("One check is red.".to_owned()).red(),
        _ => {
            style(format!("{red} checks are red. Begin with the first one, because it may be the cause of the others."))
                .red()
        }
    };
    let mut out = format!("\n{}", end.bold());
    if !skipped.is_empty() {
        let _ = write!(out, "\n{}", wrapped(&format!("Not checked: {}.", skipped.join(", ")), 0));
    }
    if !options.redirected {
        let _ = write!(out, "\n{}", wrapped(NOT_REDIRECTED, 0));
    }
    out
}

/// The note that the doctor prints unless it has checked the redirection of host names. A missing redirection is the
/// usual reason why a client fails although every check is green.
const NOT_REDIRECTED: &str = "The doctor did not check whether a client finds this server. To check the hosts file or \
                              the name server of a client, run the doctor on the client's computer, with --host, \
                              --client CLIENT and --redirected.";

/// Wraps a text that follows the name of a check.
fn paragraph(text: &str) -> String {
    wrapped(text, INDENT)
}

/// Wraps a text to the width of the terminal. Indents all lines except the first.
fn wrapped(text: &str, indent: usize) -> String {
    let width = usize::from(Term::stdout().size().1).clamp(MIN_WIDTH, MAX_WIDTH) - indent;
    let (mut out, mut used) = (String::new(), 0);
    for (line, words) in text.lines().enumerate() {
        for (place, word) in words.split(' ').enumerate() {
            // The text may quote the answer of another server.
            let word = escaped(word);
            let length = measure_text_width(&word);
            if (place == 0 && line > 0) || (used > 0 && used + 1 + length > width) {
                let _ = write!(out, "\n{:indent$}", "");
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(&word);
            used += length;
        }
    }
    out
}

/// The report for a program.
#[derive(Serialize)]
struct Report<'a> {
    /// True if no check is red.
    green: bool,
    targets: Vec<TargetReport<'a>>,
}

#[derive(Serialize)]
struct TargetReport<'a> {
    target: &'a str,
    hops: Vec<HopReport<'a>>,
}

#[derive(Serialize)]
struct HopReport<'a> {
    hop: &'static str,
    state: &'static str,
    text: &'a str,
    codes: &'static [&'static str],
    remedy: Option<&'a str>,
}

impl<'a> HopReport<'a> {
    fn new(hop: &'a Hop) -> Self {
        let Finding { state, text, remedy, codes } = &hop.finding;
        Self { hop: hop.name, state: state.word(), text, codes, remedy: remedy.as_deref() }
    }
}

/// Returns all targets with their checks as JSON.
///
/// # Errors
/// Returns the error of `serde_json`. Strings and lists of strings do not cause an error.
pub(super) fn json(green: bool, examined: &[(&Target, Vec<Hop>)]) -> serde_json::Result<String> {
    let targets = examined.iter().map(|(target, hops)| {
        let hops = hops.iter().map(HopReport::new).collect();
        TargetReport { target: &target.title, hops }
    });
    output::json(&Report { green, targets: targets.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn red() -> Hop {
        let finding = Finding {
            state: State::Red,
            text: "the \"name\" resolves to no address ".repeat(9),
            remedy: Some("check C:\\hosts".to_owned()),
            codes: &["80048821", "80048820"],
        };
        Hop { name: "host name", finding }
    }

    #[test]
    fn a_red_check_is_followed_by_its_codes_and_its_remedy() {
        let text = console::strip_ansi_codes(&hop(&red())).into_owned();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("  RED    host name            the \"name\" resolves"), "{text}");
        assert!(lines[1].starts_with(&" ".repeat(INDENT)), "{text}");
        assert!(text.contains("a client shows 80048821 or 80048820\n"), "{text}");
        assert!(lines.last().unwrap().trim_start() == "to do: check C:\\hosts", "{text}");
        assert!(lines.iter().all(|line| line.len() <= MAX_WIDTH), "{text}");
    }

    #[test]
    fn line_breaks_are_kept_and_control_characters_are_escaped() {
        let text = paragraph("to do:\n127.0.0.1 a\n127.0.0.1 \u{1b}[2Jb");
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        assert_eq!(lines, ["to do:", "127.0.0.1 a", "127.0.0.1 \\u{1b}[2Jb"]);
    }

    #[test]
    fn the_json_report_contains_every_check_with_its_codes_and_remedy() {
        let target = Target::remote("a\nb", swallowtail_setup::doctor::Ports { notification: 1, http: 2, https: 3 });
        let json = json(false, &[(&target, vec![red()])]).unwrap();
        assert!(
            json.starts_with(
                "{\"green\":false,\"targets\":[{\"target\":\"a\\nb\",\"hops\":[{\"hop\":\"host \
                 name\",\"state\":\"red\",\"text\":\"the \\\"name"
            ),
            "{json}"
        );
        assert!(
            json.ends_with("\"codes\":[\"80048821\",\"80048820\"],\"remedy\":\"check C:\\\\hosts\"}]}]}"),
            "{json}"
        );
    }

    #[test]
    fn the_summary_counts_checks_and_names_those_that_were_skipped() {
        let hop = |name, state| Hop { name, finding: Finding { state, ..red().finding } };
        let (green, skipped) = (hop("x", State::Green), hop("TLS", State::Skipped));
        let options = |redirected| Options { redirected, ..Options::default() };
        for (hops, words) in [
            (vec![green.clone(), skipped.clone()], "All 1 checks that were made are green.\nNot checked: TLS.\n"),
            (vec![red(), skipped.clone(), skipped], "One check is red.\nNot checked: TLS.\n"),
            (vec![red(), red()], "2 checks are red."),
        ] {
            let text = console::strip_ansi_codes(&end(hops.iter(), &options(false))).into_owned();
            assert!(text.contains(words) && text.contains("--redirected"), "{text}");
            assert!(!end(hops.iter(), &options(true)).contains("--redirected"), "{text}");
        }
        assert!(end([green].iter(), &options(true)).contains("All 1 checks are green."));
    }
}
