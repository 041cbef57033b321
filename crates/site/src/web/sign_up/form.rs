//! The fields of the form: what they may hold, and what is said beside them.

use msnp::handle::BadHandle;
use msnp::{DisplayName, Handle};
use serde::Deserialize;
use swallowtail_store::accounts::{InviteCode, default_name, is_reserved, password};

/// What was typed. Two of these are secret: it has no `Debug`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) address: String,
    pub(super) name: String,
    pub(super) password: String,
    pub(super) again: String,
    pub(super) code: String,
    pub(super) token: String,
}

type Message = Option<Box<str>>;

/// What is said above the form and at each field.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Errors {
    pub(super) notice: Message,
    pub(super) address: Message,
    pub(super) name: Message,
    pub(super) password: Message,
    pub(super) again: Message,
    pub(super) code: Message,
}

impl Errors {
    /// Nothing is wrong with any field.
    pub(super) fn notice(text: &'static str) -> Self {
        Self { notice: Some(text.into()), ..Self::default() }
    }

    pub(super) fn taken() -> Self {
        Self {
            address: Some("Somebody has this address already. Please choose another one.".into()),
            ..Self::default()
        }
    }

    pub(super) fn bad_code() -> Self {
        let text =
            "This code is not good: it is mistyped, used up or too old. Please compare it with what you were given.";
        Self { code: Some(text.into()), ..Self::default() }
    }

    /// Whether a field is wrong; then the page says so at its top, too.
    pub(super) fn any(&self) -> bool {
        [&self.address, &self.name, &self.password, &self.again, &self.code].into_iter().any(Option::is_some)
    }
}

/// A form without faults. It has no `Debug`: the password is secret.
pub(super) struct Good {
    pub(super) handle: Handle,
    pub(super) name: DisplayName,
    pub(super) password: String,
    pub(super) code: Option<InviteCode>,
}

/// The fields of a form that are good.
pub(super) struct Parts {
    pub(super) handle: Option<Handle>,
    pub(super) name: Option<DisplayName>,
    pub(super) password: Option<String>,
    pub(super) code: Option<InviteCode>,
}

impl Parts {
    /// A whole form, unless something is wrong with it.
    pub(super) fn finish(self, errors: Errors) -> Result<Good, Errors> {
        match (self.handle, self.name, self.password) {
            (Some(handle), Some(name), Some(password)) if !errors.any() => {
                Ok(Good { handle, name, password, code: self.code })
            }
            _ => Err(errors),
        }
    }
}

/// Looks at every field by itself.
pub(super) fn check(typed: &Typed, asks_code: bool) -> (Parts, Errors) {
    let mut errors = Errors::default();
    let handle = keep(check_address(typed.address.trim()), &mut errors.address);
    let name = match typed.name.trim() {
        "" => handle.as_ref().map(default_name),
        name => keep(check_name(name), &mut errors.name),
    };
    let password = keep(check_password(&typed.password), &mut errors.password);
    if typed.again != typed.password {
        errors.again = Some("This is not the same password. Please type both again.".into());
    }
    let code = match typed.code.trim() {
        _ if !asks_code => None,
        "" => {
            errors.code = Some("An invite code is needed here.".into());
            None
        }
        code => {
            let code = InviteCode::parse(code);
            if code.is_none() {
                errors.code = Errors::bad_code().code;
            }
            code
        }
    };
    (Parts { handle, name, password, code }, errors)
}

fn keep<T>(checked: Result<T, Box<str>>, error: &mut Message) -> Option<T> {
    checked.map_err(|text| *error = Some(text)).ok()
}

fn check_address(text: &str) -> Result<Handle, Box<str>> {
    if text.is_empty() {
        return Err("Please choose an address, such as alice@example.com.".into());
    }
    let handle = Handle::parse(text).map_err(|fault| match fault {
        BadHandle::NoAddress => "An address looks like name@example.com.".to_owned(),
        fault => format!("This cannot be an address: {fault}."),
    })?;
    // Letters of other scripts look like these (security.md section 5). The operator can make any address.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("Please use the letters a to z, digits and the usual signs only.".into());
    }
    if is_reserved(&handle) {
        return Err("This address looks like one of the service itself. Please choose another one.".into());
    }
    Ok(handle)
}

fn check_name(text: &str) -> Result<DisplayName, Box<str>> {
    let name = DisplayName::new(text).filter(|_| is_whole(text));
    name.ok_or_else(|| {
        "This name is too long, or has a character that names cannot have. It can be some 120 letters long.".into()
    })
}

fn check_password(text: &str) -> Result<String, Box<str>> {
    match password::check(text) {
        Err(password::BadPassword::Empty) => Err("Please choose a password.".into()),
        Err(password::BadPassword::TooLong) => {
            Err(format!("This password is too long: at most {} bytes.", password::MAX_PASSWORD).into())
        }
        Ok(()) if !is_whole(text) => {
            Err("This password has a character that did not arrive whole. Please choose another one.".into())
        }
        Ok(()) => Ok(text.to_owned()),
    }
}

/// Whether what was sent was UTF-8: the reader of forms puts this sign where it was not.
fn is_whole(text: &str) -> bool {
    !text.contains('\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(address: &str, name: &str, password: &str) -> Typed {
        let (password, again) = (password.to_owned(), password.to_owned());
        Typed { address: address.to_owned(), name: name.to_owned(), password, again, ..Typed::default() }
    }

    #[test]
    fn a_good_form_is_read_and_blanks_around_words_are_not() {
        let (parts, errors) = check(&typed(" Alice@Example.com ", " Alice A ", " s3cr,t &% "), false);
        let good = parts.finish(errors).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!((good.handle.as_str(), good.name.as_str()), ("alice@example.com", "Alice A"));
        assert_eq!(good.password, " s3cr,t &% ", "blanks of a password are its own");
        let (parts, _) = check(&typed("alice@example.com", " ", "x"), false);
        assert_eq!(parts.name.unwrap().as_str(), "alice", "who gives no name goes by the first part of the address");
    }

    #[test]
    fn each_fault_is_said_at_its_field_and_all_at_once() {
        let (long_name, long_password) = ("x".repeat(388), "x".repeat(257));
        let good = ("alice@example.com", "", "secret");
        let address = |address| typed(address, good.1, good.2);
        let table = [
            (address(""), "address", "choose an address"),
            (address("alice"), "address", "looks like name@example.com"),
            (address("alice@example"), "address", "no dot inside"),
            (address("<b>@example.com"), "address", "a character that an address cannot have"),
            (address("h\u{43e}tmail@example.com"), "address", "letters a to z"),
            (address("Messenger@example.com"), "address", "looks like one of the service"),
            (typed(good.0, &long_name, good.2), "name", "too long"),
            (typed(good.0, "a\u{FFFD}", good.2), "name", "a character that names cannot have"),
            (typed(good.0, good.1, ""), "password", "choose a password"),
            (typed(good.0, good.1, &long_password), "password", "at most 256 bytes"),
            (typed(good.0, good.1, "a\u{FFFD}"), "password", "did not arrive whole"),
            (Typed { again: "Secret".to_owned(), ..typed(good.0, good.1, good.2) }, "again", "not the same"),
        ];
        for (typed, field, text) in table {
            let (parts, errors) = check(&typed, false);
            let errors = parts.finish(errors).err().unwrap_or_else(|| panic!("{text} is not said"));
            let fields = [
                ("address", &errors.address),
                ("name", &errors.name),
                ("password", &errors.password),
                ("again", &errors.again),
            ];
            for (name, message) in fields {
                assert_eq!(message.is_some(), name == field, "{text}: {errors:?}");
                assert!(message.as_ref().is_none_or(|message| message.contains(text)), "{text}: {errors:?}");
            }
        }
        let all = Typed { again: "x".to_owned(), ..typed("", &long_name, "") };
        let (_, errors) = check(&all, true);
        let fields = [errors.address, errors.name, errors.password, errors.again, errors.code];
        assert!(fields.iter().all(Option::is_some), "{fields:?}");
    }

    #[test]
    fn a_code_is_looked_at_where_one_is_needed() {
        let with = |code: &str| Typed { code: code.to_owned(), ..typed("alice@example.com", "", "x") };
        assert!(check(&with("nonsense"), false).0.code.is_none());
        assert!(check(&with(" k7qm 20wp 9d41 hr3v "), true).0.code.is_some());
        for (code, text) in [("", "is needed here"), ("nonsense", "mistyped")] {
            let (parts, errors) = check(&with(code), true);
            assert!(parts.code.is_none() && errors.code.unwrap().contains(text));
        }
    }
}
