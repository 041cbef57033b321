//! The directives, `!word ...` (docs/protocol/transcripts/README.md section 4), as data.

use std::time::Duration;

use super::words::Words;
use crate::template::{Template, variable};

/// An instruction to the runner in a `!` record.
#[derive(Clone, Debug)]
pub(crate) enum Directive {
    Account(Account),
    NoAccount { handle: String },
    Group { who: String, name: String, var: Option<String> },
    OnList(OnList),
    SignedIn { name: String, who: String, dialect: u8, chg: Option<String> },
    Uux { name: String, xml: Template },
    ListVersion { name: String, prefix: String, count: u32 },
    Chat { members: Vec<Member>, sid: Option<String> },
    Dispatch { name: String },
    Setting { key: String, value: String },
    Maybe,
    Within(Duration),
    OneWrite,
    Stop { minutes: u32 },
    ByHand { text: String },
}

/// The arguments of `!account`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    /// The short name of the account in the file.
    pub(crate) who: String,
    pub(crate) handle: String,
    pub(crate) password: String,
    /// The display name as plain text.
    pub(crate) name: String,
    /// The values of `PHH`, `PHW` and `PHM` that are set, percent-encoded.
    pub(crate) phones: Vec<(String, String)>,
    pub(crate) blp: String,
    pub(crate) gtc: String,
}

/// The arguments of `!on-list`.
#[derive(Clone, Debug)]
pub(crate) struct OnList {
    pub(crate) who: String,
    pub(crate) lists: Vec<String>,
    pub(crate) other: String,
    pub(crate) nick: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) var: Option<String>,
}

/// One `NAME=WHO` of `!chat`.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) who: String,
}

impl Directive {
    /// Returns whether this is a set-up directive. After a block of set-up directives, the runner waits until the
    /// server is quiet.
    pub(crate) fn is_setup(&self) -> bool {
        matches!(
            self,
            Self::Account(_)
                | Self::NoAccount { .. }
                | Self::Group { .. }
                | Self::OnList(_)
                | Self::SignedIn { .. }
                | Self::Uux { .. }
                | Self::ListVersion { .. }
                | Self::Chat { .. }
        )
    }

    /// Parses the text after the `!`. Returns `Ok(None)` for an unknown directive.
    pub(crate) fn parse(word: &str, rest: &str) -> Result<Option<Self>, String> {
        let mut words = Words::new(rest);
        let directive = match word {
            "account" => return Ok(Some(Self::Account(account(words)?))),
            "no-account" => Self::NoAccount { handle: words.need("the handle")?.to_owned() },
            "group" => {
                let who = words.need("WHO")?.to_owned();
                let name = words.need("the name of the group")?.to_owned();
                Self::Group { who, name, var: words.next()?.map(var).transpose()? }
            }
            "on-list" => return Ok(Some(Self::OnList(on_list(words)?))),
            "signed-in" => return signed_in(words).map(Some),
            "uux" => {
                let name = words.need("NAME")?.to_owned();
                return Ok(Some(Self::Uux { name, xml: Template::parse(words.all())? }));
            }
            "list-version" => {
                let name = words.need("NAME")?.to_owned();
                let first = var(words.need("{v0}")?)?;
                let prefix = first.strip_suffix('0').ok_or("the first variable must end in 0, as in {v0}")?.to_owned();
                Self::ListVersion { name, prefix, count: number(words.need("the count")?)? }
            }
            "chat" => return chat(words).map(Some),
            "dispatch" => Self::Dispatch { name: words.need("NAME")?.to_owned() },
            "setting" => {
                let key = words.need("the key")?.to_owned();
                Self::Setting { key, value: words.need("the value")?.to_owned() }
            }
            "maybe" => Self::Maybe,
            "within" => Self::Within(Duration::from_secs(u64::from(number(words.need("the seconds")?)?))),
            "one-write" => Self::OneWrite,
            "stop" => Self::Stop { minutes: number(words.need("the minutes")?)? },
            "by-hand" => {
                return Ok(Some(Self::ByHand { text: words.all().to_owned() }));
            }
            _ => return Ok(None),
        };
        words.end()?;
        Ok(Some(directive))
    }
}

fn account(mut words: Words<'_>) -> Result<Account, String> {
    let mut account = Account {
        who: words.need("WHO")?.to_owned(),
        handle: words.need("the handle")?.to_owned(),
        password: words.need("the password")?.to_owned(),
        name: words.need("the display name")?.to_owned(),
        phones: Vec::new(),
        blp: "AL".to_owned(),
        gtc: "A".to_owned(),
    };
    while let Some(word) = words.next()? {
        match word.split_once('=') {
            Some((key @ ("PHH" | "PHW" | "PHM"), value)) => account.phones.push((key.to_owned(), value.to_owned())),
            Some(("BLP", value @ ("AL" | "BL"))) => value.clone_into(&mut account.blp),
            Some(("GTC", value @ ("A" | "N"))) => value.clone_into(&mut account.gtc),
            _ => return Err(format!("`{word}` is not one of PHH= PHW= PHM= BLP=AL|BL GTC=A|N")),
        }
    }
    Ok(account)
}

fn on_list(mut words: Words<'_>) -> Result<OnList, String> {
    let who = words.need("WHO")?.to_owned();
    let lists: Vec<String> = words.need("the list")?.split(',').map(str::to_owned).collect();
    if let Some(wrong) = lists.iter().find(|list| !matches!(list.as_str(), "FL" | "AL" | "BL")) {
        return Err(format!("`{wrong}` is not one of FL, AL, BL"));
    }
    let other = words.need("the other account")?.to_owned();
    let mut entry = OnList { who, lists, other, nick: words.quoted()?.map(str::to_owned), group: None, var: None };
    while let Some(word) = words.next()? {
        match word {
            "in" => entry.group = Some(words.need("the group after `in`")?.to_owned()),
            word => entry.var = Some(var(word)?),
        }
    }
    let extra = entry.nick.is_some() || entry.group.is_some() || entry.var.is_some();
    if extra && !entry.lists.iter().any(|list| list == "FL") {
        return Err("a nickname, a group or a GUID requires FL".to_owned());
    }
    Ok(entry)
}

fn signed_in(mut words: Words<'_>) -> Result<Directive, String> {
    let name = words.need("NAME")?.to_owned();
    let who = words.need("WHO")?.to_owned();
    let dialect = words.need("the dialect")?;
    let number = dialect.strip_prefix("MSNP").and_then(|digits| digits.parse().ok());
    let dialect =
        number.filter(|n| (8..=12).contains(n)).ok_or_else(|| format!("`{dialect}` is not one of MSNP8 to MSNP12"))?;
    let chg = match words.next()? {
        None => None,
        Some("CHG") => Some(words.all().to_owned()),
        Some(word) => return Err(format!("expected CHG but found `{word}`")),
    };
    Ok(Directive::SignedIn { name, who, dialect, chg })
}

fn chat(mut words: Words<'_>) -> Result<Directive, String> {
    let sid = match words.need("{sid} or -")? {
        "-" => None,
        word => Some(var(word)?),
    };
    let mut members = Vec::new();
    while let Some(word) = words.next()? {
        let (name, who) = word.split_once('=').ok_or_else(|| format!("`{word}` is not NAME=WHO"))?;
        members.push(Member { name: name.to_owned(), who: who.to_owned() });
    }
    if members.is_empty() {
        return Err("NAME=WHO is missing".to_owned());
    }
    Ok(Directive::Chat { members, sid })
}

fn var(word: &str) -> Result<String, String> {
    match variable(word) {
        Some((name, "")) => Ok(name.to_owned()),
        _ => Err(format!("`{word}` is not a variable such as {{word}}")),
    }
}

fn number(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("`{word}` is not a number"))
}
