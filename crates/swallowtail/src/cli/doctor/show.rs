//! How the doctor's findings are said: for a person, in colour on a terminal, and for a program.

use std::fmt::Write as _;

use console::{Term, style};
use serde::Serialize;
use swallowtail_setup::doctor::{Finding, Hop, Options, State, Target};

/// Colour, name of the hop, and the blanks around them.
const INDENT: usize = 2 + 5 + 2 + NAME_WIDTH + 2;
const NAME_WIDTH: usize = 19;
/// Lines that are longer are hard to read.
const MAX_WIDTH: usize = 110;
const MIN_WIDTH: usize = 60;

/// What is looked at, and as whom.
pub(super) fn title(target: &Target, options: &Options) -> String {
    let as_whom = options.client.map_or_else(String::new, |client| format!(", as {} would", client.name));
    format!("\n{}\n", style(format!("Looking at {}{as_whom}.", target.title)).bold())
}

/// One hop: a line, and under a red one what a client shows and what to do.
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
        let said = format!("a client shows: {}", finding.codes.join(" or "));
        let _ = write!(out, "\n{:INDENT$}{}", "", style(said).yellow());
    }
    if let Some(remedy) = &finding.remedy {
        let _ = write!(out, "\n{:INDENT$}{}", "", paragraph(&format!("to do: {remedy}")));
    }
    out
}

/// How it stands, in a sentence.
pub(super) fn end<'a>(hops: impl Iterator<Item = &'a Hop> + Clone) -> String {
    let count = |state| hops.clone().filter(|hop| hop.finding.state == state).count();
    let (green, red, skipped) = (count(State::Green), count(State::Red), count(State::Skipped));
    let end = match (red, skipped) {
        (0, 0) => style(format!("All {green} hops are green.")).green(),
        (0, _) => {
            style(format!("All {green} hops that were looked at are green; {skipped} were not looked at.")).green()
        }
        (1, _) => style("One hop is red.".to_owned()).red(),
        _ => style(format!("{red} hops are red. Begin with the first: others may follow from it.")).red(),
    };
    format!("\n{}", end.bold())
}

/// Text that goes on under itself.
fn paragraph(text: &str) -> String {
    let width = usize::from(Term::stdout().size().1).clamp(MIN_WIDTH, MAX_WIDTH) - INDENT;
    let (mut out, mut used) = (String::new(), 0);
    for (line, words) in text.lines().enumerate() {
        for (place, word) in words.split(' ').enumerate() {
            let length = word.chars().count();
            if (place == 0 && line > 0) || (used > 0 && used + 1 + length > width) {
                let _ = write!(out, "\n{:INDENT$}", "");
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            // What a server of somebody else said may stand in it.
            out.extend(word.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }));
            used += length;
        }
    }
    out
}

/// What is said to a program.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether nothing is red.
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

/// All targets with their hops.
///
/// # Errors
/// As `serde_json`; strings and lists of strings are always JSON.
pub(super) fn json(green: bool, examined: &[(&Target, Vec<Hop>)]) -> serde_json::Result<String> {
    let targets = examined.iter().map(|(target, hops)| {
        let hops = hops.iter().map(HopReport::new).collect();
        TargetReport { target: &target.title, hops }
    });
    serde_json::to_string(&Report { green, targets: targets.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn red() -> Hop {
        let finding = Finding {
            state: State::Red,
            text: "the \"name\" leads to no address ".repeat(9),
            remedy: Some("check C:\\hosts".to_owned()),
            codes: &["80048821", "80048820"],
        };
        Hop { name: "host name", finding }
    }

    #[test]
    fn a_red_hop_has_its_codes_and_its_remedy_below_it() {
        let text = console::strip_ansi_codes(&hop(&red())).into_owned();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("  RED    host name            the \"name\" leads"), "{text}");
        assert!(lines[1].starts_with(&" ".repeat(INDENT)), "{text}");
        assert!(text.contains("a client shows: 80048821 or 80048820\n"), "{text}");
        assert!(lines.last().unwrap().trim_start() == "to do: check C:\\hosts", "{text}");
        assert!(lines.iter().all(|line| line.len() <= MAX_WIDTH), "{text}");
    }

    #[test]
    fn lines_stay_lines_and_nothing_moves_the_cursor() {
        let text = paragraph("to do:\n127.0.0.1 a\n127.0.0.1 \u{1b}[2Jb");
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        assert_eq!(lines, ["to do:", "127.0.0.1 a", "127.0.0.1 \u{FFFD}[2Jb"]);
    }

    #[test]
    fn the_same_as_json() {
        let target = Target::remote("a\nb", swallowtail_setup::doctor::Ports { notification: 1, http: 2, https: 3 });
        let json = json(false, &[(&target, vec![red()])]).unwrap();
        assert!(
            json.starts_with(
                "{\"green\":false,\"targets\":[{\"target\":\"a\\nb\",\"hops\":[{\"hop\":\"host name\",\"state\":\"red\",\"text\":\"the \\\"name"
            ),
            "{json}"
        );
        assert!(
            json.ends_with("\"codes\":[\"80048821\",\"80048820\"],\"remedy\":\"check C:\\\\hosts\"}]}]}"),
            "{json}"
        );
    }

    #[test]
    fn the_end_counts() {
        let skipped = Hop { name: "x", finding: Finding { state: State::Skipped, ..red().finding } };
        for (hops, words) in [
            (vec![skipped.clone()], "1 were not"),
            (vec![red(), skipped], "One hop is red."),
            (vec![red(), red()], "2 hops are red."),
        ] {
            assert!(end(hops.iter()).contains(words), "{}", end(hops.iter()));
        }
    }
}
