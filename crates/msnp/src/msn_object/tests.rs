use proptest::prelude::*;

use super::*;

/// The objects of payloads.md, sections 7.3, 5 and 4.
const REFERENCE: [(&str, u64, ObjectKind); 4] = [
    (
        r#"<msnobj Creator="alice@example.com" Size="12" Type="3" Location="TFR1.tmp" Friendly="AAA=" SHA1D="ThFwtK34mobQuDTO6ttP/FdegCM=" SHA1C="ABoGgEftepC4XU24mi1fk6pqQjQ="/>"#,
        12,
        ObjectKind::Picture,
    ),
    (
        r#"<msnobj Creator="alice@example.com" Size="13" Type="2" Location="TFR2.dat" Friendly="AAA=" SHA1D="6zdVQEW8Rph/v1Olo1R3o1T7PuU=" SHA1C="MrL+IG9fIOCCxZHoT7SygrtbP5w="/>"#,
        13,
        ObjectKind::Emoticon,
    ),
    (
        r#"<msnobj Creator="alice@example.com" Size="9" Type="8" Location="TFR3.dat" Friendly="AAA=" SHA1D="7xsEwQMfkD72xAA6VY1pBFUmxF8=" SHA1C="7brg61U/OViemhdkJ+D4YWocA/A="/>"#,
        9,
        ObjectKind::Wink,
    ),
    (
        r#"<msnobj Creator="alice@example.com" Size="10" Type="11" Location="TFR4.dat" Friendly="AAA=" SHA1D="STLzwl8KAArgJLHWGD4e+fxmJKg=" SHA1C="IPfTlQQl7jO6kN2dfgDeZp3e3zQ="/>"#,
        10,
        ObjectKind::VoiceClip,
    ),
];

const SHA1D: &str = "ThFwtK34mobQuDTO6ttP/FdegCM=";

fn alice() -> Handle {
    Handle::parse("alice@example.com").unwrap()
}

#[test]
fn the_objects_in_the_reference_are_read_and_their_sha1c_is_correct() {
    for (xml, size, kind) in REFERENCE {
        let object = MsnObjectFields::parse(xml).unwrap();
        assert_eq!((object.size(), object.kind(), object.creator()), (size, kind, "alice@example.com"));
        assert_eq!(object.name().as_deref(), Some(""));
        assert!(object.sha1c_is_right(), "{xml}");
        assert_eq!(object.to_xml(), xml);
    }
}

#[test]
fn a_new_object_is_written_in_the_form_given_in_the_reference() {
    let (xml, ..) = REFERENCE[0];
    let read = MsnObjectFields::parse(xml).unwrap();
    assert_eq!(read.attributes.to_xml(&read.sha1c().unwrap()), xml);
    let object = MsnObjectFields::of(&alice(), ObjectKind::Picture, "TFR1.tmp", "", b"twelve bytes").unwrap();
    let (before, after) = xml.split_once(SHA1D).unwrap();
    assert!(object.to_xml().starts_with(before), "{object:?}");
    assert_eq!(object.to_xml().len(), before.len() + SHA1D.len() + after.len());
    assert!(object.sha1c_is_right() && object.matches(b"twelve bytes"));
    assert!(!object.matches(b"twelve_bytes") && !object.matches(b"twelve byte"));
}

#[test]
fn objects_are_escaped_in_the_same_way_as_official_clients_escape_them() {
    let (xml, ..) = REFERENCE[1];
    let object = MsnObjectFields::parse(xml).unwrap();
    let word = object.to_word().to_string();
    assert!(word.starts_with("%3Cmsnobj%20Creator%3D%22alice%40example.com%22%20Size%3D%2213%22"), "{word}");
    assert!(word.contains("MrL%2BIG9fIOCC") && word.ends_with("%3D%22%2F%3E"), "{word}");
    assert_eq!(MsnObjectFields::from_word(&object.to_word()), Some(object));
}

#[test]
fn attributes_may_be_in_any_order_and_in_upper_or_lower_case_and_unknown_attributes_are_ignored() {
    let required = format!("SHA1D='{SHA1D}' Size=\"7\" Type='1234'");
    for xml in [
        format!("<msnobj {required}/>"),
        format!("\r\n<msnobj {required} stamp=\"a&#65;b\" contentid='x'></msnobj>\0"),
        format!("<MSNOBJ {}/>", required.to_ascii_lowercase().replace(&SHA1D.to_ascii_lowercase(), SHA1D)),
        format!("<msnobj {}/>", required.replace("CM=", "CM")),
        format!("<msnobj {required} SHA1C=\"not a hash\"/>"),
    ] {
        let object = MsnObjectFields::parse(&xml).unwrap_or_else(|| panic!("{xml}"));
        assert_eq!((object.size(), object.kind()), (7, ObjectKind::Other(1234)), "{xml}");
        assert_eq!((object.sha1c(), object.sha1c_is_right()), (None, false), "{xml}");
    }
}

#[test]
fn attribute_values_are_unescaped_and_a_bare_ampersand_is_kept() {
    let read = |location: &str| {
        let xml = format!("<msnobj Size=\"7\" Type=\"3\" SHA1D=\"{SHA1D}\" Location=\"{location}\"/>");
        MsnObjectFields::parse(&xml).map(|object| object.location().to_owned())
    };
    assert_eq!(read("a &amp; b").as_deref(), Some("a & b"));
    assert_eq!(read("a & b").as_deref(), Some("a & b"));
    assert_eq!(read("a\tb"), None, "a control character");
}

#[test]
fn a_text_that_is_not_an_object_is_refused() {
    let object = format!("<msnobj Size=\"7\" Type=\"3\" SHA1D=\"{SHA1D}\"/>");
    assert!(MsnObjectFields::parse(&object).is_some());
    for xml in [
        String::new(),
        "0".to_owned(),
        object.replace("Size", "Length"),
        object.replace("Type", "Kind"),
        object.replace("SHA1D", "SHA1C"),
        object.replace("CM=", ""),
        object.replace('7', "-7"),
        object.replace('7', "+7"),
        object.replace('7', "18446744073709551616"),
        object.replace("\"3\"", "\"4294967296\""),
        object.replace("msnobj", "object"),
        object.replace("/>", ">"),
        object.replace("/>", "><a/></msnobj>"),
        format!("{object}{object}"),
        format!("{object}text"),
        format!("<!DOCTYPE a>{object}"),
        object.replace(' ', "%0D%0A").replace('<', "%3C"),
        object.replace("/>", &format!(" a=\"{}\"/>", "x".repeat(7200))),
        object.replace("/>", &format!("{}/>", (0..40).map(|n| format!(" a{n}=\"\"")).collect::<String>())),
    ] {
        assert_eq!(MsnObjectFields::parse(&xml), None, "{xml}");
    }
}

#[test]
fn an_object_is_not_created_if_its_encoded_form_would_be_too_long() {
    let of = |location: &str| MsnObjectFields::of(&alice(), ObjectKind::Wink, location, "", b"");
    assert!(of(&"x".repeat(6000)).is_some());
    assert!(of(&"x".repeat(MsnObject::MAX)).is_none());
    assert!(of("a\r\nb").is_none());
}

proptest! {
    #[test]
    fn every_object_is_read_back_unchanged_from_its_xml_and_from_its_encoded_form(
        location in "\\PC{0,40}",
        name in "\\PC{0,20}",
        kind: u32,
        data: Vec<u8>,
    ) {
        let object = MsnObjectFields::of(&alice(), ObjectKind::from_number(kind), &location, &name, &data);
        // Some characters that can be printed are not allowed in XML.
        prop_assume!(object.is_some());
        let object = object.unwrap();
        prop_assert_eq!(MsnObjectFields::parse(object.to_xml()), Some(object.clone()));
        prop_assert_eq!(MsnObjectFields::from_word(&object.to_word()), Some(object.clone()));
        prop_assert_eq!(object.location(), location);
        prop_assert_eq!(object.name(), Some(name));
        prop_assert!(object.sha1c_is_right() && object.matches(&data));
    }

    #[test]
    fn every_object_that_can_be_parsed_can_be_written(text in "(<msnobj |%3Cmsnobj%20)?(Size=\"7\" Type=\"3\" |SHA1D=\"ThFwtK34mobQuDTO6ttP/FdegCM=\" |%[0-3][0-9A-F]|[ -~]|\\PC){0,12}/>") {
        if let Some(object) = MsnObjectFields::parse(&text) {
            prop_assert_eq!(MsnObject::parse(object.to_word().as_str().as_bytes()), Some(object.to_word()));
            prop_assert_eq!(MsnObjectFields::from_word(&object.to_word()), Some(object));
        }
    }
}
