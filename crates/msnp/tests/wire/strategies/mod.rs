//! Well-formed values of every type. The modules generate every command from them.

/// A strategy for each form of a type. `weight *` gives how often a form is chosen, relative to the
/// other forms. If a form has no strategy, the test does not compile. If a strategy generates a
/// form other than its own, the test fails. `if` gives the condition under which a form exists.
macro_rules! forms {
    ($type:ty { $($weight:literal * $form:pat $(if $exists:expr)? => $strategy:expr,)+ }) => {{
        let form = |value: &$type| match value { $($form => stringify!($form),)+ };
        let mut strategies = Vec::new();
        $(if true $(&& $exists)? {
            let checked = Strategy::prop_map($strategy, move |value| {
                assert_eq!(form(&value), stringify!($form), "made by the strategy of another form");
                value
            });
            strategies.push(($weight, Strategy::boxed(checked)));
        })+
        Union::new_weighted(strategies)
    }};
    ($type:ty { $($form:pat $(if $exists:expr)? => $strategy:expr,)+ }) => {
        forms!($type { $(1 * $form $(if $exists)? => $strategy,)+ })
    };
}

mod client;
mod message;
mod server;
mod switchboard;

use msnp::notification::verb::Verb;
use msnp::notification::{Rng, *};
use msnp::payload::PersonalMessage;
use msnp::switchboard::{self as sb, AckFlag, Cookie, MAX_MESSAGE, Participant};
use msnp::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

pub(crate) use client::ns_client;
pub(crate) use message::message;
pub(crate) use server::ns_server;
pub(crate) use switchboard::{sb_client, sb_server};

fn trid() -> impl Strategy<Value = TrId> {
    ("0{0,3}", any::<u32>()).prop_map(|(zeros, number)| TrId::parse(format!("{zeros}{number}").as_bytes()).unwrap())
}

/// Returns whether a dialect is older than MSNP10. Such a dialect names contacts by handle and
/// groups by number, and has list versions.
fn is_old(dialect: Dialect) -> bool {
    dialect < Dialect::Msnp10
}

/// Any word that is not percent-encoded text: UTF-8 without blanks and control characters.
fn word() -> impl Strategy<Value = String> {
    "[!-~é☺]{1,24}"
}

/// An address with a dot in its domain.
fn handle() -> impl Strategy<Value = Handle> {
    r"[A-Za-z0-9!#$%&'*+._é-]{1,24}@[A-Za-z0-9-]{1,12}(\.[a-z0-9]{1,6}){1,2}"
        .prop_map(|word| Handle::parse(&word).unwrap())
}

/// Like [`handle`], but the domain may have no dot.
fn lax_handle() -> impl Strategy<Value = Handle> {
    prop_oneof![handle(), "[a-z0-9.%]{1,24}@[a-z0-9-]{1,12}".prop_map(|word| Handle::parse_lax(&word).unwrap()),]
}

/// Like [`contact_handle`], for a client of `dialect` that adds a contact. MSNP11 introduced telephones.
fn new_contact(dialect: Dialect) -> BoxedStrategy<Handle> {
    if dialect >= Dialect::Msnp11 { contact_handle().boxed() } else { handle().boxed() }
}

/// An address as in [`handle`], or a telephone.
fn contact_handle() -> impl Strategy<Value = Handle> {
    prop_oneof![
        3 => handle(),
        1 => r"tel:\+[0-9]{1,20}".prop_map(|word| Handle::parse_contact(&word).unwrap()),
    ]
}

fn guid() -> impl Strategy<Value = Guid> {
    any::<[u8; 16]>().prop_map(Guid::from_bytes)
}

/// A reference to a group in the form that `dialect` uses: a number or a GUID.
fn group_ref(dialect: Dialect) -> BoxedStrategy<GroupRef> {
    match dialect {
        Dialect::Msnp8 | Dialect::Msnp9 => (0..=u32::from(GroupNumber::MAX))
            .prop_map(|number| GroupRef::Number(GroupNumber::new(number).unwrap()))
            .boxed(),
        Dialect::Msnp10 | Dialect::Msnp11 | Dialect::Msnp12 => guid().prop_map(GroupRef::Guid).boxed(),
    }
}

/// A reference to a contact in the form that `dialect` uses: an address, a telephone or a GUID.
fn contact_ref(dialect: Dialect) -> BoxedStrategy<ContactRef> {
    match dialect {
        Dialect::Msnp8 | Dialect::Msnp9 => contact_handle().prop_map(ContactRef::Handle).boxed(),
        Dialect::Msnp10 | Dialect::Msnp11 | Dialect::Msnp12 => guid().prop_map(ContactRef::Guid).boxed(),
    }
}

/// A word in any spelling that clients use for names: raw bytes, escapes, and percent signs that begin no escape.
fn text_word() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[!-~]{1,6}",
        2 => "%[2-7][0-9A-Fa-f]",
        1 => "%0[1-9BCEFbcef]",
        1 => "%(C3|c3)%[89aAbB][0-9a-fA-F]",
        1 => "[é☺漢\u{202e}\u{85}\u{1}\u{7f}]{1,3}",
        1 => Just("%".to_owned()),
        1 => Just("%zz".to_owned()),
    ];
    let mixed = vec(piece, 1..12).prop_map(|pieces| pieces.concat());
    // Some clients escape every byte. Each byte of the name then needs three bytes.
    let escaped = "[a-zж漢]{1,129}".prop_map(|name| name.bytes().map(|byte| format!("%{byte:02X}")).collect());
    prop_oneof![9 => mixed, 1 => escaped]
}

/// A text that `fits` accepts.
fn text(fits: fn(&Text) -> bool) -> impl Strategy<Value = Text> {
    text_word().prop_filter_map("a text within its limit", move |word| Text::parse(word.as_bytes()).filter(fits))
}

fn named_text() -> impl Strategy<Value = (DisplayName, Text)> {
    let fits = |text: &Text| text::encoded_len(text.value()) <= name::MAX_DISPLAY_NAME;
    text(fits).prop_map(|text| (DisplayName::new(text.value()).unwrap(), text))
}

fn display_name() -> impl Strategy<Value = DisplayName> {
    named_text().prop_map(|(name, _)| name)
}

fn group_name() -> impl Strategy<Value = Text> {
    text(|text| text.value().len() <= name::MAX_GROUP_NAME)
}

fn phone_number() -> impl Strategy<Value = Text> {
    text(|text| text.raw().len().max(text::encoded_len(text.value())) <= MAX_PHONE)
}

fn cookie() -> impl Strategy<Value = Cookie> {
    word().prop_map(Cookie)
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    any::<u32>().prop_map(Capabilities)
}

fn object() -> impl Strategy<Value = MsnObject> {
    "%3Cmsnobj[!-~é]{0,80}%2F%3E".prop_map(|word| MsnObject::parse(word.as_bytes()).unwrap())
}

fn personal_message() -> impl Strategy<Value = PersonalMessage> {
    let text = r"([ -%'-;=-~é☺\r\n]|&amp;|&lt;|&#9786;){0,60}";
    let media = prop_oneof!["<CurrentMedia />", r"<CurrentMedia>\\0Music\\1\\0</CurrentMedia>"];
    (" ?", text, media).prop_map(|(blank, text, media)| {
        let xml = format!("{blank}<Data><PSM>{text}</PSM>{media}</Data>");
        PersonalMessage::parse(xml.as_bytes()).unwrap()
    })
}

fn payload(max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..40), "(OUT\r\n){0,9}".prop_map(String::into_bytes), Just(vec![b'x'; max])]
}

fn phone() -> impl Strategy<Value = Phone> {
    select(&Phone::ALL)
}

fn add_prompt() -> impl Strategy<Value = AddPrompt> {
    select(&[AddPrompt::Ask, AddPrompt::Allow])
}

fn privacy() -> impl Strategy<Value = Privacy> {
    select(&[Privacy::Allow, Privacy::Block])
}

/// A code that has a name, or any other code.
fn error_code() -> impl Strategy<Value = ErrorCode> {
    prop_oneof![
        select(ErrorCode::NAMED),
        (0..1000u16).prop_map(|number| ErrorCode::parse(format!("{number:03}").as_bytes()).unwrap()),
    ]
}
