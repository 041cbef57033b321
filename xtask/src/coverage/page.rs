//! The page itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use msnp::Dialect;

use super::gaps::gaps;
use super::key::{Handling, Key, Sender, Service};
use super::reference::{Entry, Reference};
use super::scan::Shown;

/// How many transcripts a cell names; a reader needs one.
const NAMED: usize = 3;

const HEAD: &str = "\
# Coverage: verbs, dialects and the transcripts that show them

Made by `cargo xtask coverage` from verbs.txt, the tables of the crate `msnp` and the transcripts; not to be edited.
`cargo xtask test` fails when it is old; when the code takes a verb of clients that verbs.txt lacks, or the other way
round; when it reads a verb of servers that verbs.txt lacks; when a verb has no heading in ns.md or sb.md; when a
transcript shows something to be carried out, sent or refused that is not so here; and when no transcript shows a verb
and verbs.txt does not say why.

Columns 8 to 12 are the dialects. `yes`: carried out, or sent. A code of errors.md: refused with it, if nothing else is
wrong first. `closes`: the connection is closed without an answer. `never`: known, never sent. `-`: not in this dialect.
The numbers after that are transcripts of the list at the end in which that happens, the first three and how many more;
all of them are played against the server by its tests. \"Refusals shown\": codes that the transcripts have as an answer
to the verb in some dialect, and `close`.
";

const SECTIONS: [(Service, &str, Option<&str>); 3] = [
    (Service::Notification, "Notification server", None),
    (
        Service::Dispatch,
        "Dispatch server",
        Some(
            "Nobody is signed in here: every other command of the dialect is refused with 302, and the connection \
             closes.",
        ),
    ),
    (Service::Switchboard, "Switchboard", None),
];

pub(super) fn write(reference: &Reference, shown: &Shown) -> String {
    let mut page = HEAD.to_owned();
    for (service, title, more) in SECTIONS {
        for (sender, direction) in [(Sender::Client, "client to server"), (Sender::Server, "server to client")] {
            let _ = write!(page, "\n## {title}, {direction}\n\n");
            if let Some(more) = more.filter(|_| sender == Sender::Client) {
                let _ = write!(page, "{more}\n\n");
            }
            table(&mut page, reference, shown, (service, sender));
            if sender == Sender::Client {
                server_only(&mut page, reference, shown, service);
            }
        }
    }
    elsewhere(&mut page, reference, shown);
    page += "\n## Not shown by a transcript\n\n";
    let gaps = gaps(reference, shown);
    if gaps.is_empty() {
        page += "Nothing.\n";
    }
    for gap in gaps {
        let _ = writeln!(page, "* `{}` in {}: {}", gap.key, gap.dialects(), gap.reason.unwrap_or("no reason is given"));
    }
    page += "\n## Transcripts\n\n";
    for (index, file) in shown.files.iter().enumerate() {
        let _ = writeln!(page, "{}. [{file}](transcripts/{file}.txt)", index + 1);
    }
    page
}

fn table(page: &mut String, reference: &Reference, shown: &Shown, (service, sender): (Service, Sender)) {
    let refusals = sender == Sender::Client;
    *page += "| verb | 8 | 9 | 10 | 11 | 12 |";
    *page += if refusals { " refusals shown | |\n" } else { " |\n" };
    *page += if refusals { "|---|---|---|---|---|---|---|---|\n" } else { "|---|---|---|---|---|---|---|\n" };
    for (key, entries) in reference.verbs(service, sender) {
        if !reference.is_here(key) {
            continue;
        }
        let _ = write!(page, "| {} |", key.verb);
        for dialect in Dialect::ALL {
            let _ = write!(page, " {} |", cell(reference, shown, key, dialect));
        }
        if refusals {
            let _ = write!(page, " {} |", refused(shown, key));
        }
        let _ = writeln!(page, " {} |", notes(&entries));
    }
}

fn notes(entries: &[&Entry]) -> String {
    let mut notes: Vec<&str> =
        entries.iter().map(|entry| entry.note.as_str()).filter(|note| !note.is_empty()).collect();
    notes.dedup();
    notes.join("; ")
}

/// What happens, and where that is shown.
fn cell(reference: &Reference, shown: &Shown, key: &Key, dialect: Dialect) -> String {
    let Some(handling) = reference.expected(key, dialect) else { return "-".to_owned() };
    let word = match handling {
        Handling::Done => "yes".to_owned(),
        Handling::Refused(code) => code.to_string(),
        Handling::Closes => "closes".to_owned(),
        Handling::Never => return "never".to_owned(),
    };
    let files = shown.outcomes.get(&(key.clone(), dialect)).and_then(|outcomes| outcomes.get(&handling));
    match files {
        Some(files) => format!("{word} {}", references(files)),
        None => word,
    }
}

fn references(files: &BTreeSet<usize>) -> String {
    let mut names: Vec<String> = files.iter().take(NAMED).map(|index| (index + 1).to_string()).collect();
    if files.len() > NAMED {
        names.push(format!("+{}", files.len() - NAMED));
    }
    format!("<sub>{}</sub>", names.join(" "))
}

/// The codes that a verb is shown to be refused with, in any dialect.
fn refused(shown: &Shown, key: &Key) -> String {
    let outcomes =
        shown.outcomes.iter().filter(|((other, _), _)| other == key).flat_map(|(_, outcomes)| outcomes.keys());
    let refusals: BTreeSet<_> = outcomes.filter(|outcome| !matches!(outcome, Handling::Done)).collect();
    let words = refusals.into_iter().map(|outcome| match outcome {
        Handling::Refused(code) => code.to_string(),
        _ => "close".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A sentence on the verbs that a client must not send.
fn server_only(page: &mut String, reference: &Reference, shown: &Shown, service: Service) {
    let verbs: Vec<_> = reference
        .verbs(service, Sender::Server)
        .into_iter()
        .filter(|(key, _)| reference.is_here(key))
        .map(|(key, _)| Key { sender: Sender::Client, ..key.clone() })
        .filter(|key| !reference.knows(key))
        .collect();
    if verbs.is_empty() {
        return;
    }
    let words: Vec<_> = verbs
        .iter()
        .map(|key| {
            let files = closing(shown, key);
            if files.is_empty() { key.verb.clone() } else { format!("{} {}", key.verb, references(&files)) }
        })
        .collect();
    let _ = write!(page, "\nOnly the server may send these; from a client they close: {}.\n", words.join(", "));
}

/// The transcripts in which a verb closes the connection.
fn closing(shown: &Shown, key: &Key) -> BTreeSet<usize> {
    let outcomes = shown.outcomes.iter().filter(|((other, _), _)| other == key);
    outcomes.filter_map(|(_, outcomes)| outcomes.get(&Handling::Closes)).flatten().copied().collect()
}

/// The verbs of dialects that are not spoken here.
fn elsewhere(page: &mut String, reference: &Reference, shown: &Shown) {
    *page += "\n## Verbs of other dialects\n\nFrom a client they close the connection; no server line has them.\n\n";
    *page += "| verb | direction | dialects | shown by | |\n|---|---|---|---|---|\n";
    for (service, sender) in [
        (Service::Notification, Sender::Client),
        (Service::Notification, Sender::Server),
        (Service::Switchboard, Sender::Client),
        (Service::Switchboard, Sender::Server),
    ] {
        for (key, entries) in reference.verbs(service, sender).into_iter().filter(|(key, _)| !reference.is_here(key)) {
            let direction = if sender == Sender::Client { "client to server" } else { "server to client" };
            let dialects: Vec<_> = entries.iter().map(|entry| entry.dialects()).collect();
            let files = closing(shown, key);
            let files = if files.is_empty() { String::new() } else { references(&files) };
            let _ = writeln!(
                page,
                "| {} | {direction} | {} | {files} | {} |",
                key.verb,
                dialects.join(", "),
                notes(&entries)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_happens_where_it_is_shown_and_what_is_not() {
        let reference = Reference::parse(
            "ns > ADD 2-9 done\nns < ADD 2-9 sent : a note\nns > INF 2-7 done : old\nunshown ns < ADD : why\n",
        )
        .unwrap();
        let mut shown = Shown::default();
        shown.add(
            "one",
            "!account a a@b.c p \"A\"\n!signed-in x a MSNP9\nx > ADD 1 y\nx < ADD 1 y\nx > ADD 2 y\nx < 215 2\n",
        );
        shown.add("two", "!account a a@b.c p \"A\"\n!signed-in x a MSNP10\nx > ADD 1 y\nx <!\n");
        let page = write(&reference, &shown);
        assert!(
            page.contains("| ADD | yes | yes <sub>1</sub> | closes <sub>2</sub> | closes | closes | 215 close |  |"),
            "{page}"
        );
        assert!(page.contains("| ADD | yes | yes <sub>1</sub> | - | - | - | a note |"), "{page}");
        let gaps = "* `ns > ADD` in 8, 11, 12: no reason is given\n* `ns < ADD` in 8: why\n";
        assert!(page.contains(gaps), "{page}");
        assert!(page.contains("| INF | client to server | 2 to 7 |  | old |"), "{page}");
    }
}
