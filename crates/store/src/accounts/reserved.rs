//! Addresses that users cannot sign up for, because they look like addresses of the service (docs/protocol/security.md
//! section 5).

use msnp::Handle;

/// Names that suggest the service. An address is reserved if the part before the @ contains one of
/// these names.
const BRANDS: [&str; 6] = ["hotmail", "messenger", "microsoft", "msmsgs", "passport", "swallowtail"];
/// Names that suggest the people who run the service. An address is reserved only if the whole part
/// before the @ is one of these names.
const ROLES: [&str; 21] = [
    "abuse",
    "admin",
    "administrator",
    "alerts",
    "help",
    "helpdesk",
    "helper",
    "hostmaster",
    "moderator",
    "msn",
    "noreply",
    "operator",
    "postmaster",
    "root",
    "security",
    "server",
    "service",
    "staff",
    "support",
    "system",
    "webmaster",
];
/// The only name that is reserved in the part after the @, because no user has an address in a
/// domain with this name. The domains of the old mail services are allowed, because people had
/// their addresses there.
const COMPANY: &str = "microsoft";

/// Returns whether an address looks like a name of the service or of the people who run it. Letters outside ASCII are
/// ignored, because the sign-up page refuses them anyway.
#[must_use]
pub fn is_reserved(handle: &Handle) -> bool {
    let (local, domain) = handle.as_str().split_once('@').unwrap_or_default();
    // Mail to an address with a plus goes to the mailbox before the plus.
    let local = local.split_once('+').map_or(local, |(mailbox, _)| mailbox);
    let (local, domain) = (skeleton(local), skeleton(domain));
    let has = |name: &str| local.contains(&skeleton(name));
    BRANDS.iter().any(|brand| has(brand))
        || ROLES.iter().any(|role| local == skeleton(role))
        || domain.contains(&skeleton(COMPANY))
}

/// Returns the same spelling for all texts that look alike.
fn skeleton(text: &str) -> String {
    let alike = |character: char| match character {
        '.' | '-' | '_' => None,
        '0' => Some('o'),
        '1' | 'i' | '|' | '!' => Some('l'),
        '3' => Some('e'),
        '4' => Some('a'),
        '5' | '$' => Some('s'),
        '7' => Some('t'),
        other => Some(other),
    };
    let text: String = text.to_ascii_lowercase().chars().filter_map(alike).collect();
    text.replace("rn", "m").replace("vv", "w")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_look_official_are_reserved_but_personal_ones_are_not() {
        let reserved = [
            "messenger@microsoft.com",
            "alice@rnicrosoft.com",
            "Hotmail@example.com",
            "h0tmai1@example.com",
            "msn.messenger@example.com",
            "rnessenger-team@example.com",
            "m5n@example.com",
            "Adm1n@example.com",
            "root+x@example.com",
            "sup_port@example.com",
            "he1per@example.com",
            "passp0rt@example.com",
        ];
        let free = [
            "alice@example.com",
            "alice@hotmail.com",
            "bob@msn.com",
            "x@passport.com",
            "msnfan@example.com",
            "helpful@example.com",
            "roots@example.com",
            "a+admin@example.com",
        ];
        let is_reserved = |text: &&str| is_reserved(&Handle::parse(text).unwrap());
        assert_eq!(reserved.iter().filter(|text| !is_reserved(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(free.iter().filter(|text| is_reserved(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
