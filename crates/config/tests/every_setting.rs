//! Checks that apply to every setting, including future ones.

#![allow(clippy::unwrap_used, reason = "a failure is what a test is for")]

use std::collections::BTreeSet;

use swallowtail_config::{Config, Effective, Origin, Setting};
use toml::Value;

const EXAMPLE: &str = include_str!("../../../swallowtail.example.toml");

/// Returns the example file with every commented-out setting and section in effect.
fn whole_example() -> String {
    let is_shown = |key: &str| key.starts_with('[') || key.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(key) if is_shown(key) => format!("{key}\n"),
        _ => format!("{line}\n"),
    };
    EXAMPLE.lines().map(uncomment).collect()
}

/// Returns every setting, with a value.
fn every_setting() -> Vec<Setting> {
    let settings = Effective::parse(&whole_example(), &[]).unwrap().settings;
    settings.into_iter().filter(|setting| setting.value.is_some()).collect()
}

/// Returns the text of a file that sets one setting.
fn file_with(setting: &Setting, name: &str, value: &str) -> String {
    // A repeated table needs its required settings, so the required settings stay as in the example
    // file.
    if setting.header().starts_with("[[") {
        let line = format!("\n{} = ", setting.name);
        let example = whole_example();
        let (before, table) = example.split_once(&setting.header()).unwrap();
        let (start, rest) = table.split_once(&line).unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        return format!("{before}{}{start}\n{name} = {value}\n{rest}", setting.header());
    }
    let header = setting.header();
    format!("{header}\n{name} = {value}\n")
}

fn error(text: &str) -> String {
    Config::parse(text).map(drop).unwrap_err().to_string()
}

#[test]
fn the_example_file_shows_the_default_values() {
    assert_eq!(Config::parse(EXAMPLE).unwrap(), Config::default());
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

#[test]
fn the_example_file_shows_every_setting() {
    // In the example file, the section of the second network shows only the settings that every
    // such network needs.
    for setting in Effective::parse(&whole_example(), &[]).unwrap().settings {
        if !setting.section.starts_with("network.") {
            assert_ne!(setting.origin, Origin::Default, "{} is not in swallowtail.example.toml", setting.key());
        }
    }
}

#[test]
fn every_numeric_setting_has_a_maximum() {
    for setting in every_setting().iter().filter(|setting| matches!(setting.value, Some(Value::Integer(_)))) {
        for value in ["9223372036854775807", "18446744073709551615", "1_000_000_000_000_000"] {
            let error = error(&file_with(setting, setting.name, value));
            assert!(error.contains(&format!("{}: expected a whole number", setting.name)), "{error}");
        }
    }
}

#[test]
fn every_duration_setting_has_a_maximum_of_a_year_or_less() {
    for setting in every_setting().iter().filter(|setting| matches!(setting.value, Some(Value::Integer(_)))) {
        // The error for a number that is too large names the unit and the largest valid number.
        let error = error(&file_with(setting, setting.name, "9223372036854775807"));
        let Some((_, max)) = error.split_once("of seconds from ") else { continue };
        let max: u64 = max.split([' ', ',']).nth(2).unwrap().parse().unwrap();
        assert!(max <= 365 * 24 * 60 * 60, "{error}");
    }
}

#[test]
fn every_text_setting_has_a_maximum_length() {
    let long = format!("\"{}\"", "a".repeat(10_000));
    for setting in every_setting().iter().filter(|setting| matches!(setting.value, Some(Value::String(_)))) {
        let error = error(&file_with(setting, setting.name, &long));
        assert!(error.contains(&format!("{}: expected", setting.name)), "{error}");
        assert!(error.len() < 400, "the error shows all of the text");
    }
}

#[test]
fn every_list_setting_has_a_maximum_size() {
    for setting in every_setting().iter().filter(|setting| matches!(setting.value, Some(Value::Array(_)))) {
        let error = error(&file_with(setting, setting.name, &format!("[{}]", "\"a\", ".repeat(1_000))));
        assert!(error.contains("expected at most "), "{error}");
    }
}

#[test]
fn the_number_of_sections_is_limited_for_every_section_that_may_be_repeated() {
    let repeated: BTreeSet<_> =
        every_setting().iter().map(Setting::header).filter(|name| name.starts_with("[[")).collect();
    assert!(repeated.len() >= 3);
    for header in repeated {
        let error = error(&format!("{header}\n").repeat(1000));
        assert!(error.contains(&format!("{header}: found 1000 sections of this kind, but at most ")), "{header}");
    }
    let networks: String =
        (0..100).map(|number| format!("[network.n{number}.listen]\nhttp = \"127.0.0.1:0\"\n")).collect();
    assert!(error(&networks).contains("[network]: at most "));
}

#[test]
fn a_misspelled_name_of_any_setting_gets_the_correct_name_as_a_suggestion() {
    for setting in every_setting().iter().filter(|setting| setting.name.len() > 4) {
        let name = setting.name;
        let value = setting.value.as_ref().unwrap().to_string();
        let middle = name.len() / 2;
        let mut swapped = name.as_bytes().to_vec();
        swapped.swap(middle, middle + 1);
        let slips = [
            format!("{}{}", &name[..middle], &name[middle + 1..]),
            format!("{}x{}", &name[..middle], &name[middle..]),
            String::from_utf8(swapped).unwrap(),
            name.to_uppercase(),
        ];
        for slip in slips.iter().filter(|slip| *slip != name) {
            let error = error(&file_with(setting, slip, &value));
            assert!(error.contains(&format!("did you mean \"{name}\"?")), "{error}");
        }
    }
}

#[test]
fn every_setting_keeps_its_value_when_it_is_written_and_read_again() {
    for setting in every_setting() {
        let text = file_with(&setting, setting.name, &setting.value.as_ref().unwrap().to_string());
        match Effective::parse(&text, &[]) {
            Ok(read) => {
                let again = read.settings.iter().find(|other| other.key() == setting.key()).unwrap();
                assert_eq!(again.value, setting.value, "{}", setting.key());
            }
            // The reader may refuse a file with only this setting because other settings are
            // missing, but not because the value is invalid.
            Err(faults) => assert!(!faults.to_string().contains("expected"), "{faults}"),
        }
    }
}
