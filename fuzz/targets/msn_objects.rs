//! Checks the parser of MSNObjects, as XML and as words.
//!
//! If the parser accepts an object, the word for this object must be valid in CHG. The word must
//! parse as the same object.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::{MsnObject, MsnObjectFields};

fuzz_target!(|text: &str| {
    let Some(object) = MsnObjectFields::parse(text) else {
        return;
    };
    let word = object.to_word();
    assert_eq!(MsnObject::parse(word.as_str().as_bytes()).as_ref(), Some(&word));
    assert_eq!(MsnObjectFields::from_word(&word), Some(object.clone()));
    assert_eq!(MsnObjectFields::parse(object.to_xml()), Some(object.clone()));
    let _ = (object.name(), object.sha1c_is_right(), object.matches(text.as_bytes()));
});
