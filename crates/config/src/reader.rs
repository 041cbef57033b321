//! Reads the settings section by section. Callers request each setting once, with its default and its kind.
//!
//! All requests together are the list of all settings. With this list, the reader finds unknown
//! keys and suggests the setting that was probably meant. For `config show`, it also records the
//! origin of each value.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::Fault;
use crate::kind::{Kind, Problem};
use crate::origin::{Origin, Override, Setting, header, join, plain};
use crate::suggest::nearest;

/// The longest part of a value that an error shows, in characters.
const MAX_FOUND: usize = 60;
/// The longest name that the operator may choose for a section, in bytes. The name is part of
/// messages and of the log.
const MAX_NAME: usize = 64;
/// If a section has at most this many names, the error for an unknown key in the section lists all
/// of them.
const MAX_LISTED: usize = 8;

/// Quotation marks of word processors.
const CURLY_QUOTES: [char; 6] = ['\u{201C}', '\u{201D}', '\u{201E}', '\u{2018}', '\u{2019}', '\u{201A}'];

/// All settings that were read, and all mistakes.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) settings: Vec<Setting>,
    pub(crate) faults: Vec<Fault>,
}

/// Reads the settings from the text of one configuration file.
struct Reader<'a> {
    text: &'a str,
    overrides: &'a [Override],
    /// The places of the string values in `text` that have no quotes.
    unquoted: &'a [Range<usize>],
    settings: RefCell<Vec<Setting>>,
    faults: RefCell<Vec<Fault>>,
    /// Every name that callers have requested, with the section of the name. The section of a
    /// repeated table has no number: it is `tls.certificate`, not `tls.certificate[2]`.
    known: RefCell<Vec<(String, &'static str)>>,
    unknown: RefCell<Vec<Unknown>>,
}

/// A key that is not a setting, or a single value in place of a section.
struct Unknown {
    section: String,
    key: String,
    at: Range<usize>,
    /// True if the key is a section in the file.
    is_section: bool,
    /// If the file has a single value in place of a section, the text of that value.
    found: Option<String>,
}

/// One section of the settings.
pub(crate) struct Section<'a> {
    reader: &'a Reader<'a>,
    path: String,
    table: Option<&'a DeTable<'a>>,
    /// The place of the section's header.
    at: Range<usize>,
    /// The names in this section that callers have requested: names of settings, and names of
    /// sections below this section.
    asked: RefCell<Vec<String>>,
    /// True if this `Section` reads nothing from the file, and only records the settings that a
    /// section of its kind can have.
    is_rehearsal: bool,
}

/// The place of a key, and its value.
type Found<'a> = (Range<usize>, &'a Spanned<DeValue<'a>>);

/// Reads the settings of a configuration file. `unquoted` contains the places of the string values
/// in `text` that have no quotes.
pub(crate) fn read<T>(
    text: &str,
    table: &DeTable<'_>,
    unquoted: &[Range<usize>],
    overrides: &[Override],
    read: fn(&Section<'_>) -> T,
) -> (T, Reading) {
    let reader = Reader {
        text,
        overrides,
        unquoted,
        settings: RefCell::default(),
        faults: RefCell::default(),
        known: RefCell::default(),
        unknown: RefCell::default(),
    };
    let value = reader.enter(String::new(), Some(table), 0..0, false, read);
    reader.report_unknown();
    (value, Reading { settings: reader.settings.into_inner(), faults: reader.faults.into_inner() })
}

/// Returns the line of a place in a text, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

impl Reader<'_> {
    fn enter<'a, T>(
        &'a self,
        path: String,
        table: Option<&'a DeTable<'a>>,
        at: Range<usize>,
        is_rehearsal: bool,
        read: impl FnOnce(&Section<'a>) -> T,
    ) -> T {
        let section = Section { reader: self, path, table, at, asked: RefCell::default(), is_rehearsal };
        let value = read(&section);
        for (key, value) in section.table.into_iter().flatten() {
            if !section.asked.borrow().iter().any(|name| name == key.get_ref()) {
                self.unknown.borrow_mut().push(Unknown {
                    section: plain(&section.path).to_owned(),
                    key: key.get_ref().to_string(),
                    at: key.span(),
                    is_section: value.get_ref().is_table(),
                    found: None,
                });
            }
        }
        value
    }

    fn fault(&self, at: &Range<usize>, key: impl Into<String>, text: String) {
        let origin = Origin::File { line: line_of(self.text, at.start) };
        self.faults.borrow_mut().push(Fault { origin, key: key.into(), text });
    }

    /// Returns the text of a value in the file, for an error message.
    fn found(&self, at: &Range<usize>) -> String {
        let value = self.text.get(at.clone()).unwrap_or_default();
        let is_cut = |value: &str| value.chars().count() > MAX_FOUND;
        let line = value.lines().next().unwrap_or_default();
        let mut found: String = line.chars().take(MAX_FOUND).collect();
        if line.len() < value.trim_end().len() || is_cut(line) {
            found += " ...";
        }
        if found.is_empty() { "nothing".to_owned() } else { found }
    }

    fn report_problem(&self, key: &str, problem: &Problem, found: &str, origin: Origin) {
        let advice = problem.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
        let text = format!("expected {}, found {found}{advice}", problem.expected);
        self.faults.borrow_mut().push(Fault { origin, key: key.to_owned(), text });
    }

    /// Reports each unknown key, with a suggestion. This runs after every section has been read,
    /// because the suggestions need the list of all settings.
    fn report_unknown(&self) {
        for unknown in self.unknown.take() {
            let name = join(&unknown.section, &unknown.key);
            let advice = self.advice_on(&unknown);
            match &unknown.found {
                Some(found) => {
                    let text = format!("expected the section [{name}], found {found}{advice}");
                    self.fault(&unknown.at, name, text);
                }
                None if unknown.is_section => {
                    self.fault(&unknown.at, header(&name), format!("unknown section{advice}"));
                }
                None => self.fault(&unknown.at, name, format!("unknown setting{advice}")),
            }
        }
    }

    fn advice_on(&self, unknown: &Unknown) -> String {
        let known = self.known.borrow();
        let Unknown { section, key, is_section, found, .. } = unknown;
        let here: Vec<_> = known.iter().filter(|(path, _)| path == section).map(|(_, name)| *name).collect();
        let is_whole = |name: &str| known.iter().any(|(path, _)| *path == join(section, name));
        let wording = |name: &str| if is_whole(name) { header(&join(section, name)) } else { format!("{name:?}") };
        if !is_section {
            let elsewhere = places(&known, section, |name| name == key);
            if !elsewhere.is_empty() {
                let it = if found.is_some() { format!("the setting {key}") } else { "it".to_owned() };
                return format!("; {it} belongs under {}", elsewhere.join(" or "));
            }
        }
        if found.is_some() {
            return "; write the header on a line of its own and its settings below it".to_owned();
        }
        if let Some(name) = nearest(key, here.iter().copied()) {
            return format!("; did you mean {}?", wording(name));
        }
        if let Some(name) = nearest(key, known.iter().map(|(_, name)| *name)) {
            let place = places(&known, section, |other| other == name);
            return format!("; did you mean {name:?} under {}?", place.join(" or "));
        }
        if here.len() > MAX_LISTED || here.is_empty() {
            return "; swallowtail.example.toml lists them all".to_owned();
        }
        format!(" (known: {})", here.join(", "))
    }
}

/// Searches all sections except `section` for settings whose names satisfy `is_meant`, and returns
/// the headers of the sections that have such a setting. If a section below `section` has such a
/// setting, returns only headers of sections below `section`.
fn places(known: &[(String, &'static str)], section: &str, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let with = known.iter().filter(|(path, name)| path != section && !path.is_empty() && is_meant(name));
    let mut all: Vec<_> = with.map(|(path, _)| path.as_str()).collect();
    let below = format!("{section}.");
    if !section.is_empty() && all.iter().any(|path| path.starts_with(&below)) {
        all.retain(|path| path.starts_with(&below));
    } else {
        all.retain(|path| !path.starts_with("network."));
    }
    let mut all: Vec<_> = all.into_iter().map(header).collect();
    all.dedup();
    all
}

/// Returns whether a section header can contain a name without quotes.
fn is_bare(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_plain)
}

impl<'a> Section<'a> {
    /// Reads a setting that has a default.
    pub(crate) fn get<K: Kind>(&self, name: &'static str, default: K::Value, kind: &K) -> K::Value {
        let (value, origin) = self.value(name, kind);
        let value = value.unwrap_or(default);
        self.record(name, Some(kind.write(&value)), origin);
        value
    }

    /// Reads an optional setting.
    pub(crate) fn optional<K: Kind>(
        &self,
        name: &'static str,
        default: Option<K::Value>,
        kind: &K,
    ) -> Option<K::Value> {
        let (value, origin) = self.value(name, kind);
        let value = value.or(default);
        self.record(name, value.as_ref().map(|value| kind.write(value)), origin);
        value
    }

    /// Reads a required setting. If the setting is missing, reports a fault and returns `absent`.
    /// The value `absent` has no effect, because a file with a fault is refused.
    pub(crate) fn required<K: Kind>(&self, name: &'static str, absent: K::Value, kind: &K) -> K::Value {
        let (value, origin) = self.value(name, kind);
        if origin == Origin::Default && !self.is_rehearsal {
            let text = format!("the required setting {name:?} is missing; add {name} = ...");
            self.reader.fault(&self.at, header(&self.path), text);
        }
        let value = value.unwrap_or(absent);
        self.record(name, Some(kind.write(&value)), origin);
        value
    }

    /// Reads the section `name` below this section.
    pub(crate) fn section<T>(&self, name: &'static str, read: impl FnOnce(&Self) -> T) -> T {
        let path = join(&self.path, name);
        let found = self.ask(name);
        let table = match found.as_ref().map(|(_, value)| value.get_ref()) {
            Some(DeValue::Table(table)) => Some(table),
            Some(DeValue::Array(items)) if items.iter().all(|item| item.get_ref().is_table()) => {
                self.wrong_shape(name, found.as_ref(), &format!("write [{path}] with single brackets, once"));
                items.iter().find_map(|item| item.get_ref().as_table())
            }
            Some(_) => {
                self.expected_section(name, found.as_ref());
                None
            }
            None => None,
        };
        let at = found.map_or(0..0, |(key, _)| key);
        self.reader.enter(path, table, at, self.is_rehearsal, read)
    }

    /// Reads every table of a repeated section, such as `[[tls.certificate]]`.
    pub(crate) fn tables<T>(&self, name: &'static str, max: usize, read: fn(&Section<'_>) -> T) -> Vec<T> {
        let path = join(&self.path, name);
        let found = self.ask(name);
        let mut tables: Vec<(Range<usize>, &DeTable<'_>)> = Vec::new();
        match found.as_ref().map(|(key, value)| (key.clone(), value.get_ref())) {
            Some((_, DeValue::Array(items))) if items.iter().all(|item| item.get_ref().is_table()) => {
                tables.extend(items.iter().filter_map(|item| Some((item.span(), item.get_ref().as_table()?))));
            }
            Some((at, DeValue::Table(table))) => {
                self.wrong_shape(name, found.as_ref(), &format!("write [[{path}]] with two brackets"));
                tables.push((at, table));
            }
            Some(_) => self.expected_section(name, found.as_ref()),
            None => {}
        }
        if tables.len() > max {
            let text = format!(
                "found {} sections of this kind, but at most {max} are allowed; remove {}",
                tables.len(),
                tables.len() - max
            );
            self.reader.fault(&tables[max].0, format!("[[{path}]]"), text);
        }
        self.reader.enter(format!("{path}[0]"), None, 0..0, true, read);
        let each = (1..).zip(tables).map(|(number, (at, table))| {
            self.reader.enter(format!("{path}[{number}]"), Some(table), at, self.is_rehearsal, read)
        });
        each.collect()
    }

    /// Reads every section of the form `[name.X]`, where the operator chooses X. Returns each X
    /// with the value of its section.
    pub(crate) fn named<T>(&self, name: &'static str, max: usize, read: fn(&Section<'_>) -> T) -> Vec<(String, T)> {
        self.section(name, |all| {
            all.reader.enter(join(&all.path, "NAME"), None, 0..0, true, read);
            let mut values = Vec::new();
            for (key, value) in all.table.into_iter().flatten() {
                let path = join(&all.path, key.get_ref());
                all.asked.borrow_mut().push(key.get_ref().to_string());
                if values.len() == max {
                    let text = format!("at most {max} sections of this kind are allowed");
                    all.reader.fault(&key.span(), header(&all.path), text);
                }
                if !is_bare(key.get_ref()) {
                    let text = "expected a name of letters, digits, - and _".to_owned();
                    all.reader.fault(&key.span(), path, text);
                    continue;
                }
                match value.get_ref() {
                    DeValue::Table(table) => {
                        let value = all.reader.enter(path, Some(table), key.span(), all.is_rehearsal, read);
                        values.push((key.get_ref().to_string(), value));
                    }
                    _ => {
                        let text = format!(
                            "expected a section with a name of your choice, such as [{}.internet.listen]",
                            all.path
                        );
                        all.reader.fault(&key.span(), path, text);
                    }
                }
            }
            values
        })
    }

    fn record(&self, name: &'static str, value: Option<toml::Value>, origin: Origin) {
        if !self.is_rehearsal {
            self.reader.settings.borrow_mut().push(Setting { section: self.path.clone(), name, value, origin });
        }
    }

    /// Records that a name is known. Returns the place and the value of this key, if the file has
    /// the key in this section.
    fn ask(&self, name: &'static str) -> Option<Found<'a>> {
        self.asked.borrow_mut().push(name.to_owned());
        let row = (plain(&self.path).to_owned(), name);
        let mut known = self.reader.known.borrow_mut();
        if !known.contains(&row) {
            known.push(row);
        }
        let (key, value) = self.table?.get_key_value(name)?;
        Some((key.span(), value))
    }

    /// Returns the value that is set, and its origin. Reports an invalid value, but the setting
    /// still counts as set. Reports an invalid value in the file even if an override replaces it,
    /// because the next start may be without the override.
    fn value<K: Kind>(&self, name: &'static str, kind: &K) -> (Option<K::Value>, Origin) {
        let found = self.ask(name);
        let key = join(plain(&self.path), name);
        let in_file = found.map(|(_, value)| self.value_in_file(&key, value, kind));
        let given = self.reader.overrides.iter().find(|given| !self.is_rehearsal && given.key == key);
        given.map(|given| self.value_given(&key, given, kind)).or(in_file).unwrap_or((None, Origin::Default))
    }

    fn value_given<K: Kind>(&self, key: &str, given: &Override, kind: &K) -> (Option<K::Value>, Origin) {
        let value = Spanned::new(0..0, DeValue::String(given.value.as_str().into()));
        let read = kind.read_at(&value).inspect_err(|problems| {
            for problem in problems {
                self.reader.report_problem(key, problem, &given.value, given.origin);
            }
        });
        (read.ok(), given.origin)
    }

    fn value_in_file<K: Kind>(&self, key: &str, value: &Spanned<DeValue<'_>>, kind: &K) -> (Option<K::Value>, Origin) {
        let reader = self.reader;
        let origin = |at: &Range<usize>| Origin::File { line: line_of(reader.text, at.start) };
        let span = value.span();
        match kind.read_at(value) {
            Ok(read) => {
                let inside = |at: &&Range<usize>| span.start <= at.start && at.end <= span.end;
                for at in reader.unquoted.iter().filter(inside) {
                    let found = reader.found(at);
                    let straight = found.trim_matches(CURLY_QUOTES);
                    let quotes = if straight == found { "quotes" } else { "straight quotes" };
                    reader.fault(at, key, format!("put the text in {quotes}: \"{straight}\""));
                }
                (Some(read), origin(&span))
            }
            Err(problems) => {
                for problem in &problems {
                    reader.report_problem(key, problem, &reader.found(&problem.span), origin(&problem.span));
                }
                (None, origin(&span))
            }
        }
    }

    fn wrong_shape(&self, name: &str, found: Option<&Found<'_>>, advice: &str) {
        let Some((at, _)) = found else { return };
        self.reader.fault(at, join(plain(&self.path), name), advice.to_owned());
    }

    fn expected_section(&self, name: &str, found: Option<&Found<'_>>) {
        let Some((at, value)) = found else { return };
        self.reader.unknown.borrow_mut().push(Unknown {
            section: plain(&self.path).to_owned(),
            key: name.to_owned(),
            at: at.clone(),
            is_section: false,
            found: Some(self.reader.found(&value.span())),
        });
    }
}
