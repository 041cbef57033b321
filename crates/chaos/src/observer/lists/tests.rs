use msnp_conformance::wire::Unit;

use super::*;

const OWNER: &str = "alice@example.com";

/// Applies lines to a client of a dialect. Returns the parts that the client shows, and the reasons
/// why lines are wrong.
fn shown(dialect: u32, lines: &[&str]) -> (String, Vec<&'static str>) {
    let mut lists = Lists::default();
    let mut wrong = Vec::new();
    for line in lines {
        let unit = Unit { lines: vec![line.as_bytes().to_vec()], ..Unit::default() };
        wrong.extend(lists.apply(&unit, dialect, OWNER).err());
    }
    let parts = lists.parts().into_iter().flatten();
    (parts.map(|(part, value)| format!("{part}={value}")).collect::<Vec<_>>().join(","), wrong)
}

#[test]
fn a_client_shows_nothing_until_the_sign_in_burst_is_complete() {
    let burst = ["SYN 1 a b 1 0", "GTC A", "BLP AL", "PRP MFN Alice"];
    assert_eq!(shown(12, &burst), (String::new(), vec![]));
    let nothing = "the answer says that the client's copy is current, but the client has no copy";
    assert_eq!(shown(12, &["SYN 1 a b"]).1, [nothing]);
}

#[test]
fn lists_from_an_earlier_session_may_be_outdated_until_the_server_has_answered_syn() {
    let mut lists = Lists { copy: Copy::Complete, ..Lists::default() }.kept();
    for (line, expected) in [("603 1", true), ("CHG 2 NLN 0", true), ("SYN 3 a b", false)] {
        let unit = Unit { lines: vec![line.as_bytes().to_vec()], ..Unit::default() };
        lists.apply(&unit, 12, OWNER).unwrap();
        assert_eq!(lists.may_be_outdated(), expected, "{line}");
    }
}

#[test]
fn the_sign_in_burst_is_read_in_each_dialect() {
    let new = ["SYN 1 a b 2 1", "GTC A", "BLP BL", "PRP MFN Alice%20A", "LSG Friends g"];
    let expected = "BLP=BL,FL bob=,GTC=A,MOB=N,RL carol=,RL bob=,group Friends=,member Friends bob=,name=Alice A,\
                    nickname bob=Bob,nickname carol=12";
    let sorted = |text: &str| {
        let mut parts: Vec<_> = text.split(',').map(str::to_owned).collect();
        parts.sort_unstable();
        parts
    };
    for (dialect, entries) in [
        (12, ["LST N=bob F=Bob C=c 9 1 g", "LST N=carol F=12 16 1"]),
        (11, ["LST N=bob F=Bob C=c 9 g", "LST N=carol F=12 8"]),
    ] {
        let (found, wrong) = shown(dialect, &[&new[..], &entries].concat());
        assert_eq!((sorted(&found), wrong), (sorted(expected), vec![]), "{dialect}");
    }
    let old = ["USR 4 OK alice@example.com Alice%20A 1 0", "SYN 1 7 2 2", "GTC A", "BLP BL", "LSG 0 Other 0"];
    let entries = ["LSG 1 Friends 0", "LST bob Bob 9 0,1", "LST carol 12 8"];
    assert_eq!(sorted(&shown(9, &[&old[..], &entries].concat()).0), sorted(expected));
}

#[test]
fn edits_change_the_lists_that_a_client_shows() {
    let lines = [
        "SYN 1 a b 0 0",
        "ADC 2 FL N=bob F=Bob C=c",
        "ADG 3 Friends g",
        "ADC 4 FL C=c g",
        "REG 5 g Others",
        "ADC 0 RL N=carol F=Carol",
        "ADC 6 BL N=carol",
        "REM 0 RL carol",
        "REM 7 BL carol",
        "SBP 8 c MFN Bobby",
        "PRP 9 PHH 555",
        "PRP 10 PHH",
    ];
    let expected = "FL bob=,MOB=N,group Others=,member Others bob=,nickname bob=Bobby";
    assert_eq!(shown(12, &lines), (expected.to_owned(), vec![]));
    let lines = [
        "SYN 1 5 0 0",
        "ADG 2 6 Friends 1 0",
        "ADD 3 FL 7 bob Bob 1",
        "ADD 4 AL 8 bob bob",
        "ADD 0 RL 9 carol Carol",
        "REA 5 10 bob Bobby",
        "REM 6 AL 11 bob",
        "REM 0 RL 12 carol",
        "REG 7 13 1 Others 0",
    ];
    assert_eq!(shown(9, &lines), (expected.to_owned(), vec![]));
}

#[test]
fn a_line_that_changes_nothing_is_reported_as_wrong() {
    let wrong = |lines: &[&str]| shown(12, &[&["SYN 1 a b 0 0", "ADC 2 FL N=bob F=Bob C=c"][..], lines].concat()).1;
    assert_eq!(wrong(&["ADC 0 RL N=carol F=Carol", "ADC 0 RL N=carol F=Carol"]).len(), 1);
    assert_eq!(wrong(&["REM 0 RL carol"]).len(), 1);
    assert_eq!(wrong(&["ADG 3 Friends g", "ADG 4 Friends h"]).len(), 1);
    assert_eq!(wrong(&["LST N=carol F=Carol 2 1"]), ["SYN announced fewer entries"]);
}
