//! Addresses that nobody can make for themselves, because they look like the service's own (docs/protocol/security.md section 5).

use msnp::Handle;

/// Names that stand for the service wherever they stand in an address.
const BRANDS: [&str; 6] = ["hotmail", "messenger", "microsoft", "msmsgs", "passport", "swallowtail"];
/// Names that stand for who runs it, if they are all that is before the @.
const OFFICES: [&str; 20] = [
    "abuse",
    "admin",
    "administrator",
    "alerts",
    "help",
    "helpdesk",
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
/// The one domain that is never a person's. Those of the old mail services are: people had their addresses there.
const COMPANY: &str = "microsoft";

/// Whether an address looks like a name of the service or of who runs it. Letters outside of ASCII are not looked at: a page that lets people choose
/// refuses them altogether.
#[must_use]
pub fn is_reserved(handle: &Handle) -> bool {
    let (local, domain) = handle.as_str().split_once('@').unwrap_or_default();
    // What stands after a plus goes to the same mailbox.
    let local = local.split_once('+').map_or(local, |(mailbox, _)| mailbox);
    let (local, domain) = (skeleton(local), skeleton(domain));
    let has = |name: &str| local.contains(&skeleton(name));
    BRANDS.iter().any(|brand| has(brand))
        || OFFICES.iter().any(|office| local == skeleton(office))
        || domain.contains(&skeleton(COMPANY))
}

/// One spelling for all that look alike.
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
    fn what_looks_like_the_service_is_reserved_and_people_are_not() {
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
