//! Kinds of values. A kind reads a value from the file, writes it for `config show`, and describes it in an error.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use ipnet::IpNet;
use toml::Spanned;
use toml::de::DeValue;

use crate::suggest::nearest;

/// The longest path in bytes, as in Linux.
const MAX_PATH: usize = 4096;

/// The description of one invalid value.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The position of the value in the text of the file.
    pub(crate) span: Range<usize>,
    /// The text that follows the word "expected" in an error message.
    pub(crate) expected: String,
    /// The way to correct the value, if there is more to say than `expected`.
    pub(crate) advice: Option<String>,
}

/// The way to correct an invalid value, if there is more to say than the expected form.
pub(crate) type Advice = Option<String>;

/// A type of setting, such as a number or a list.
pub(crate) trait Kind {
    /// The Rust type of a value.
    type Value;

    /// Reads a value. Returns every problem with the value or with its parts.
    fn read_at(&self, at: &Spanned<DeValue<'_>>) -> Result<Self::Value, Vec<Problem>>;

    /// Returns a value as it is written in the file.
    fn write(&self, value: &Self::Value) -> toml::Value;
}

/// A type of setting whose value has no parts.
pub(crate) trait Scalar {
    /// The Rust type of a value.
    type Value;

    /// Returns the text that follows the word "expected" in an error message.
    fn expected(&self) -> String;

    /// Reads a value.
    fn read(&self, value: &DeValue<'_>) -> Result<Self::Value, Advice>;

    /// Returns a value as it is written in the file.
    fn write(&self, value: &Self::Value) -> toml::Value;
}

impl<S: Scalar> Kind for S {
    type Value = S::Value;

    fn read_at(&self, at: &Spanned<DeValue<'_>>) -> Result<Self::Value, Vec<Problem>> {
        let problem = |advice| vec![Problem { span: at.span(), expected: self.expected(), advice }];
        self.read(at.get_ref()).map_err(problem)
    }

    fn write(&self, value: &Self::Value) -> toml::Value {
        Scalar::write(self, value)
    }
}

/// `true` or `false`.
pub(crate) struct Flag;

impl Scalar for Flag {
    type Value = bool;

    fn expected(&self) -> String {
        "true or false".to_owned()
    }

    fn read(&self, value: &DeValue<'_>) -> Result<bool, Advice> {
        let word = match value {
            DeValue::Boolean(value) => return Ok(*value),
            DeValue::String(text) => text.to_lowercase(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            _ => return Err(None),
        };
        Err(match word.as_str() {
            "true" | "false" => Some(format!("write {word}, in lower case and without quotes")),
            "yes" | "on" | "1" => Some("write true".to_owned()),
            "no" | "off" | "0" => Some("write false".to_owned()),
            _ => None,
        })
    }

    fn write(&self, value: &bool) -> toml::Value {
        (*value).into()
    }
}

/// A whole number within a range.
pub(crate) struct Whole<N> {
    range: RangeInclusive<N>,
    /// The unit of the number, such as seconds. Empty if the key of the setting names the unit.
    unit: &'static str,
    /// The largest value, written in words such as "a year". Empty if the number alone is clear
    /// enough.
    max_in_words: &'static str,
}

/// Returns the kind of a setting whose value is a whole number in `range`, without a unit.
pub(crate) const fn whole<N>(range: RangeInclusive<N>) -> Whole<N> {
    Whole { range, unit: "", max_in_words: "" }
}

/// Returns the kind of a setting whose value is a whole number of `unit`, such as seconds.
pub(crate) const fn whole_of<N>(unit: &'static str, range: RangeInclusive<N>) -> Whole<N> {
    Whole { range, unit, max_in_words: "" }
}

impl<N> Whole<N> {
    /// Sets the words that an error message adds to the largest value.
    pub(crate) fn up_to(self, max_in_words: &'static str) -> Self {
        Self { max_in_words, ..self }
    }
}

impl<N: Copy + PartialOrd + Display + TryFrom<i64>> Scalar for Whole<N>
where
    i64: TryFrom<N>,
{
    type Value = N;

    fn expected(&self) -> String {
        let of = if self.unit.is_empty() { String::new() } else { format!(" of {}", self.unit) };
        let (min, max) = (self.range.start(), self.range.end());
        let words = if self.max_in_words.is_empty() { String::new() } else { format!(" ({})", self.max_in_words) };
        format!("a whole number{of} from {min} to {max}{words}")
    }

    fn read(&self, value: &DeValue<'_>) -> Result<N, Advice> {
        let number = match value {
            DeValue::Integer(number) => number,
            DeValue::String(text) if text.trim().parse::<u64>().is_ok() => {
                return Err(Some("remove the quotes".to_owned()));
            }
            DeValue::String(text) if text.contains("//") => return Err(Some("a comment begins with #".to_owned())),
            DeValue::String(text) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                return Err(Some("write the number alone, without a unit".to_owned()));
            }
            DeValue::Float(_) => return Err(Some("remove the decimal point".to_owned())),
            _ => return Err(None),
        };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let number = number.and_then(|number| N::try_from(number).ok());
        number.filter(|number| self.range.contains(number)).ok_or(None)
    }

    fn write(&self, value: &N) -> toml::Value {
        // The end of every range is far below the largest integer of TOML, so this conversion does
        // not fail.
        i64::try_from(*value).unwrap_or(i64::MAX).into()
    }
}

/// One of several words.
pub(crate) struct Choice<T>(pub(crate) Vec<(&'static str, T)>);

impl<T: Copy + PartialEq> Scalar for Choice<T> {
    type Value = T;

    fn expected(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|(word, _)| format!("{word:?}")).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        }
    }

    fn read(&self, value: &DeValue<'_>) -> Result<T, Advice> {
        let DeValue::String(text) = value else { return Err(None) };
        if let Some((_, choice)) = self.0.iter().find(|(word, _)| word == text) {
            return Ok(*choice);
        }
        Err(nearest(text, self.0.iter().map(|(word, _)| *word)).map(|word| format!("did you mean {word:?}?")))
    }

    fn write(&self, value: &T) -> toml::Value {
        let word = self.0.iter().find(|(_, choice)| choice == value).map_or("", |(word, _)| word);
        word.into()
    }
}

/// A text with a required form.
pub(crate) struct Text {
    /// The text that follows the word "expected" in an error message.
    pub(crate) expected: String,
    /// Returns whether a text has the required form.
    pub(crate) is_valid: fn(&str) -> bool,
}

impl Scalar for Text {
    type Value = String;

    fn expected(&self) -> String {
        self.expected.clone()
    }

    fn read(&self, value: &DeValue<'_>) -> Result<String, Advice> {
        match value {
            DeValue::String(text) if (self.is_valid)(text) => Ok(text.to_string()),
            other => Err(unquoted(other).filter(|text| (self.is_valid)(text)).map(|text| in_quotes(&text))),
        }
    }

    fn write(&self, value: &String) -> toml::Value {
        value.as_str().into()
    }
}

/// The path of a file or directory.
pub(crate) struct FilePath;

impl Scalar for FilePath {
    type Value = PathBuf;

    fn expected(&self) -> String {
        "a path in quotes".to_owned()
    }

    fn read(&self, value: &DeValue<'_>) -> Result<PathBuf, Advice> {
        match text_of(value)? {
            text if text.is_empty() || text.len() > MAX_PATH || text.contains('\0') => Err(None),
            text if text.starts_with("~/") => Err(Some("write the home directory in full".to_owned())),
            text => Ok(PathBuf::from(text)),
        }
    }

    fn write(&self, value: &PathBuf) -> toml::Value {
        value.display().to_string().into()
    }
}

/// An IP address and a port.
pub(crate) struct Address {
    /// The port in the examples that error messages show.
    pub(crate) port: u16,
}

impl Scalar for Address {
    type Value = SocketAddr;

    fn expected(&self) -> String {
        let port = self.port;
        format!("an IP address and a port, such as \"0.0.0.0:{port}\" (port {port} of every address)")
    }

    fn read(&self, value: &DeValue<'_>) -> Result<SocketAddr, Advice> {
        let text = match value {
            DeValue::Integer(port) => return Err(Some(format!("write \"0.0.0.0:{}\"", port.as_str()))),
            value => text_of(value)?,
        };
        text.parse().map_err(|_| self.advice(text))
    }

    fn write(&self, value: &SocketAddr) -> toml::Value {
        value.to_string().into()
    }
}

impl Address {
    fn advice(&self, text: &str) -> Advice {
        let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
        let is_port = |text: &str| text.parse::<u16>().is_ok();
        if is_port(text) {
            return Some(format!("write \"0.0.0.0:{text}\""));
        }
        if text.contains("://") {
            return Some("remove the scheme, such as http://".to_owned());
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(format!("add the port: \"{}\"", SocketAddr::new(ip, self.port)));
        }
        let is_name = !host.contains(':') && host.contains(|letter: char| letter.is_ascii_alphabetic());
        match host {
            _ if !is_port(port) => None,
            "" | "*" => Some(format!("write \"0.0.0.0:{port}\"")),
            "localhost" => Some(format!("write \"127.0.0.1:{port}\"")),
            _ if is_name => Some("write an address of this machine; a host name belongs under [advertise]".to_owned()),
            _ => None,
        }
    }
}

/// A network, such as `192.168.0.0/16`.
pub(crate) struct IpNetwork;

impl Scalar for IpNetwork {
    type Value = IpNet;

    fn expected(&self) -> String {
        "a network, such as \"192.168.0.0/16\"".to_owned()
    }

    fn read(&self, value: &DeValue<'_>) -> Result<IpNet, Advice> {
        let text = text_of(value)?;
        text.parse().map_err(|_| {
            let address: IpAddr = text.parse().ok()?;
            Some(format!("for this one address, write \"{}\"", IpNet::from(address)))
        })
    }

    fn write(&self, value: &IpNet) -> toml::Value {
        value.to_string().into()
    }
}

/// A list of values of one kind.
pub(crate) struct List<S> {
    pub(crate) item: S,
    /// The largest number of items.
    pub(crate) max: usize,
}

impl<S: Scalar> Kind for List<S> {
    type Value = Vec<S::Value>;

    fn read_at(&self, at: &Spanned<DeValue<'_>>) -> Result<Self::Value, Vec<Problem>> {
        let problem = |expected, advice| vec![Problem { span: at.span(), expected, advice }];
        let items = match at.get_ref() {
            DeValue::Array(items) if items.len() <= self.max => items,
            DeValue::Array(items) => {
                let advice = format!("remove {}", items.len() - self.max);
                return Err(problem(format!("at most {} items", self.max), Some(advice)));
            }
            other => {
                let advice = self.item.read(other).is_ok().then(|| "put it in brackets".to_owned());
                return Err(problem(format!("a list in brackets, each item {}", self.item.expected()), advice));
            }
        };
        let (mut values, mut problems) = (Vec::new(), Vec::new());
        for item in items {
            match self.item.read_at(item) {
                Ok(value) => values.push(value),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(values) } else { Err(problems) }
    }

    fn write(&self, value: &Self::Value) -> toml::Value {
        value.iter().map(|item| self.item.write(item)).collect::<Vec<_>>().into()
    }
}

/// Returns the text of a value. If the value is not a text, advises to put it in quotes.
fn text_of<'a>(value: &'a DeValue<'_>) -> Result<&'a str, Advice> {
    match value {
        DeValue::String(text) => Ok(text),
        other => Err(unquoted(other).map(|text| in_quotes(&text))),
    }
}

/// Returns a value in the form in which the file has it. Returns `None` for a text, which the file
/// has in quotes.
fn unquoted(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

fn in_quotes(text: &str) -> String {
    format!("put it in quotes: \"{text}\"")
}
