//! The fields of the sign-up form: the valid values of each field, and the error at each field.

use msnp::handle::BadHandle;
use msnp::{DisplayName, Handle};
use serde::Deserialize;
use swallowtail_store::accounts::password::Caveat;
use swallowtail_store::accounts::{InviteCode, check_sendable, default_name, is_reserved, password};

/// A form as it was sent. It has no `Debug`, because the passwords are secret.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) address: String,
    pub(super) name: String,
    pub(super) password: String,
    pub(super) again: String,
    pub(super) code: String,
    pub(super) token: String,
    /// Set if the visitor uses the password although some clients may not accept it.
    pub(super) anyway: String,
}

/// The rules for a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// True if an invite code is required.
    pub(super) asks_code: bool,
    /// The minimum length of a password, in characters.
    pub(super) min_password: usize,
}

type Message = Option<Box<str>>;

/// The messages above the form and at each field.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Errors {
    pub(super) notice: Message,
    pub(super) address: Message,
    pub(super) name: Message,
    pub(super) password: Message,
    pub(super) again: Message,
    pub(super) code: Message,
    /// The reasons why some clients may not accept the password. The visitor can choose the password anyway.
    pub(super) caveats: Vec<Caveat>,
}

impl Errors {
    /// Creates a message that belongs to no field.
    pub(super) fn notice(text: &'static str) -> Self {
        Self { notice: Some(text.into()), ..Self::default() }
    }

    pub(super) fn taken() -> Self {
        Self { address: Some("This address is already taken. Choose another one.".into()), ..Self::default() }
    }

    pub(super) fn bad_code() -> Self {
        let text = "This invite code isn't valid. It may be mistyped, used up or expired.";
        Self { code: Some(text.into()), ..Self::default() }
    }

    /// Returns whether the visitor has to change a field. The page then also says so at its top.
    pub(super) fn any(&self) -> bool {
        let fields = [&self.address, &self.name, &self.password, &self.again, &self.code];
        !self.caveats.is_empty() || fields.into_iter().any(Option::is_some)
    }
}

/// A form without faults. It has no `Debug`, because the password is secret.
pub(super) struct Good {
    pub(super) handle: Handle,
    pub(super) name: DisplayName,
    pub(super) password: String,
    pub(super) code: Option<InviteCode>,
}

/// The valid fields of a form.
pub(super) struct Parts {
    pub(super) handle: Option<Handle>,
    pub(super) name: Option<DisplayName>,
    pub(super) password: Option<String>,
    pub(super) code: Option<InviteCode>,
}

impl Parts {
    /// Returns the whole form, or the errors if there are any.
    pub(super) fn finish(self, errors: Errors) -> Result<Good, Errors> {
        match (self.handle, self.name, self.password) {
            (Some(handle), Some(name), Some(password)) if !errors.any() => {
                Ok(Good { handle, name, password, code: self.code })
            }
            _ => Err(errors),
        }
    }
}

/// Checks each field separately.
pub(super) fn check(typed: &Typed, rules: Rules) -> (Parts, Errors) {
    let mut errors = Errors::default();
    let handle = keep(check_address(typed.address.trim()), &mut errors.address);
    let name = match typed.name.trim() {
        "" => handle.as_ref().map(default_name),
        name => keep(check_name(name), &mut errors.name),
    };
    let password = keep(check_password(&typed.password, rules.min_password), &mut errors.password);
    if typed.again != typed.password {
        errors.again = Some("The passwords don't match. Enter both again.".into());
    }
    if password.is_some() && typed.anyway.is_empty() {
        errors.caveats = password::caveats(&typed.password);
    }
    let code = match typed.code.trim() {
        _ if !rules.asks_code => None,
        "" => {
            errors.code = Some("Enter your invite code.".into());
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
        return Err("Enter an address, such as alice@example.com.".into());
    }
    let handle = Handle::parse(text).map_err(|fault| match fault {
        BadHandle::NoAddress => "Enter an address like name@example.com.".to_owned(),
        fault => format!("This address isn't valid: {fault}."),
    })?;
    // Letters of other scripts can look like ASCII letters (security.md section 5). Only the
    // operator can create accounts with such letters.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("Use only the letters a to z, digits and common punctuation.".into());
    }
    if is_reserved(&handle) {
        return Err("This address is reserved for the service. Choose another one.".into());
    }
    if check_sendable(&handle).is_err() {
        return Err("An address can't have a comma or a % sign: old clients can't sign in with such an address.".into());
    }
    Ok(handle)
}

fn check_name(text: &str) -> Result<DisplayName, Box<str>> {
    let name = DisplayName::new(text).filter(|_| is_whole(text));
    name.ok_or_else(|| "This name is too long, or has a character that isn't allowed. Up to 129 letters fit.".into())
}

fn check_password(text: &str, min: usize) -> Result<String, Box<str>> {
    match password::check(text) {
        Err(password::BadPassword::Empty) => Err("Enter a password.".into()),
        Err(password::BadPassword::TooLong) => {
            Err(format!("This password is too long. The limit is {} bytes.", password::MAX_PASSWORD).into())
        }
        Ok(()) if !is_whole(text) => {
            Err("This password has a character that was damaged on the way. Choose another password.".into())
        }
        Ok(()) if text.chars().count() < min => {
            Err(format!("This password is too short. Use at least {min} characters.").into())
        }
        Ok(()) => Ok(text.to_owned()),
    }
}

/// Returns whether a value arrived as UTF-8. The form parser replaces all other bytes with U+FFFD.
fn is_whole(text: &str) -> bool {
    !text.contains('\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Rules = Rules { asks_code: false, min_password: 8 };
    const INVITED: Rules = Rules { asks_code: true, ..OPEN };

    fn typed(address: &str, name: &str, password: &str) -> Typed {
        let (password, again) = (password.to_owned(), password.to_owned());
        Typed { address: address.to_owned(), name: name.to_owned(), password, again, ..Typed::default() }
    }

    #[test]
    fn spaces_around_the_fields_are_ignored_except_in_the_password() {
        let (parts, errors) = check(&typed(" Alice@Example.com ", " Alice A ", " s3cr,t &% "), OPEN);
        let good = parts.finish(errors).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!((good.handle.as_str(), good.name.as_str()), ("alice@example.com", "Alice A"));
        assert_eq!(good.password, " s3cr,t &% ", "blanks belong to the password");
        let (parts, _) = check(&typed("alice@example.com", " ", "password"), OPEN);
        assert_eq!(
            parts.name.unwrap().as_str(),
            "alice",
            "without a name, the part of the address before the @ is used"
        );
    }

    #[test]
    fn all_faults_in_a_form_are_reported_together_and_each_at_its_field() {
        let (long_name, long_password) = ("x".repeat(388), "x".repeat(257));
        let good = ("alice@example.com", "", "password");
        let address = |address| typed(address, good.1, good.2);
        let table = [
            (address(""), "address", "Enter an address"),
            (address("alice"), "address", "like name@example.com"),
            (address("alice@example"), "address", "no dot inside"),
            (address("<b>@example.com"), "address", "a character that is not allowed in an address"),
            (address("h\u{43e}tmail@example.com"), "address", "letters a to z"),
            (address("Messenger@example.com"), "address", "reserved"),
            (address("a,b@example.com"), "address", "comma"),
            (address("a%40b@example.com"), "address", "% sign"),
            (typed(good.0, &long_name, good.2), "name", "too long"),
            (typed(good.0, "a\u{FFFD}", good.2), "name", "a character that isn't allowed"),
            (typed(good.0, good.1, ""), "password", "Enter a password"),
            (typed(good.0, good.1, &long_password), "password", "256 bytes"),
            (typed(good.0, good.1, "a\u{FFFD}"), "password", "damaged on the way"),
            (typed(good.0, good.1, "1234567"), "password", "at least 8 characters"),
            (Typed { again: "Password".to_owned(), ..typed(good.0, good.1, good.2) }, "again", "don't match"),
        ];
        for (typed, field, text) in table {
            let (parts, errors) = check(&typed, OPEN);
            let errors = parts.finish(errors).err().unwrap_or_else(|| panic!("no error says {text}"));
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
        let (_, errors) = check(&all, INVITED);
        let fields = [errors.address, errors.name, errors.password, errors.again, errors.code];
        assert!(fields.iter().all(Option::is_some), "{fields:?}");
    }

    #[test]
    fn an_invite_code_is_checked_only_if_one_is_required() {
        let with = |code: &str| Typed { code: code.to_owned(), ..typed("alice@example.com", "", "password") };
        assert!(check(&with("nonsense"), OPEN).0.code.is_none());
        assert!(check(&with(" k7qm 20wp 9d41 hr3v "), INVITED).0.code.is_some());
        for (code, text) in [("", "Enter your invite code"), ("nonsense", "mistyped")] {
            let (parts, errors) = check(&with(code), INVITED);
            assert!(parts.code.is_none() && errors.code.unwrap().contains(text));
        }
    }

    #[test]
    fn a_password_that_some_clients_refuse_needs_to_be_confirmed() {
        for (password, expected) in [("a long password of mine", Caveat::Long), ("geh\u{e9}imes", Caveat::NotAscii)] {
            let mut form = typed("alice@example.com", "", password);
            let (parts, errors) = check(&form, OPEN);
            assert_eq!(errors.caveats, [expected]);
            assert!(parts.finish(errors).is_err(), "{password}");
            form.anyway = "1".to_owned();
            let (parts, errors) = check(&form, OPEN);
            assert!(parts.finish(errors).is_ok(), "{password}");
        }
        // The page shows this caveat together with other errors, so that one more try is enough.
        let (_, errors) = check(&typed("", "", "a long password of mine"), OPEN);
        assert!(errors.address.is_some() && errors.caveats == [Caveat::Long], "{errors:?}");
    }
}
