//! Well-formed values of every type, and every command made of them.

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

fn trid() -> impl Strategy<Value = TrId> {
    ("0{0,3}", any::<u32>()).prop_map(|(zeros, number)| TrId::parse(format!("{zeros}{number}").as_bytes()).unwrap())
}

/// Whether a dialect names contacts by handle and groups by number, and its servers count list versions.
fn is_old(dialect: Dialect) -> bool {
    dialect < Dialect::Msnp10
}

/// Any word that carries no text: UTF-8 without blanks and control characters.
fn word() -> impl Strategy<Value = String> {
    "[!-~é☺]{1,24}"
}

/// An address with a dot in its domain.
fn handle() -> impl Strategy<Value = Handle> {
    r"[A-Za-z0-9!#$%&'*+._é-]{1,24}@[A-Za-z0-9-]{1,12}(\.[a-z0-9]{1,6}){1,2}"
        .prop_map(|word| Handle::parse(&word).unwrap())
}

/// As [`handle`], or with a domain without a dot.
fn lax_handle() -> impl Strategy<Value = Handle> {
    prop_oneof![handle(), "[a-z0-9.%]{1,24}@[a-z0-9-]{1,12}".prop_map(|word| Handle::parse_lax(&word).unwrap()),]
}

/// As [`contact_handle`], for a client of `dialect` that adds somebody: telephones came with MSNP11.
fn new_contact(dialect: Dialect) -> BoxedStrategy<Handle> {
    if dialect >= Dialect::Msnp11 { contact_handle().boxed() } else { handle().boxed() }
}

/// As [`handle`], or a telephone.
fn contact_handle() -> impl Strategy<Value = Handle> {
    prop_oneof![
        3 => handle(),
        1 => r"tel:\+[0-9]{1,20}".prop_map(|word| Handle::parse_contact(&word).unwrap()),
    ]
}

fn guid() -> impl Strategy<Value = Guid> {
    any::<[u8; 16]>().prop_map(Guid::from_bytes)
}

/// A group as `dialect` names it.
fn group_ref(dialect: Dialect) -> BoxedStrategy<GroupRef> {
    match dialect {
        Dialect::Msnp8 | Dialect::Msnp9 => (0..=u32::from(GroupNumber::MAX))
            .prop_map(|number| GroupRef::Number(GroupNumber::new(number).unwrap()))
            .boxed(),
        Dialect::Msnp10 | Dialect::Msnp11 | Dialect::Msnp12 => guid().prop_map(GroupRef::Guid).boxed(),
    }
}

/// A contact as `dialect` names it.
fn contact_ref(dialect: Dialect) -> BoxedStrategy<ContactRef> {
    match dialect {
        Dialect::Msnp8 | Dialect::Msnp9 => contact_handle().prop_map(ContactRef::Handle).boxed(),
        Dialect::Msnp10 | Dialect::Msnp11 | Dialect::Msnp12 => guid().prop_map(ContactRef::Guid).boxed(),
    }
}

/// A word as clients spell names: raw bytes, escapes of every kind, and percent signs that begin none.
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
    vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

/// A text of at most `most` bytes, as it came and as it would be written.
fn text(most: usize) -> impl Strategy<Value = Text> {
    text_word().prop_filter_map("a text within its limit", move |word| {
        let text = Text::parse(word.as_bytes())?;
        (word.len() <= most && text::encoded_len(text.value()) <= most).then_some(text)
    })
}

fn named_text() -> impl Strategy<Value = (DisplayName, Text)> {
    text(name::MAX_DISPLAY_NAME).prop_map(|text| (DisplayName::from_text(&text).unwrap().unwrap(), text))
}

fn display_name() -> impl Strategy<Value = DisplayName> {
    named_text().prop_map(|(name, _)| name)
}

fn group_name() -> impl Strategy<Value = Text> {
    text(name::MAX_GROUP_NAME)
}

fn phone_number() -> impl Strategy<Value = Text> {
    text(MAX_PHONE)
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

fn payload(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..40), "(OUT\r\n){0,9}".prop_map(String::into_bytes), Just(vec![b'x'; most])]
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

/// One of the codes that have a name, or another.
fn error_code() -> impl Strategy<Value = ErrorCode> {
    prop_oneof![
        select(ErrorCode::NAMED),
        (0..1000u16).prop_map(|number| ErrorCode::parse(format!("{number:03}").as_bytes()).unwrap()),
    ]
}

// The notification connection, from the client.

fn ver() -> impl Strategy<Value = Ver> {
    let offered = prop_oneof![select(&Dialect::ALL).prop_map(|dialect| dialect.to_string()), word()];
    (trid(), vec(offered, 1..6)).prop_map(|(trid, offer)| Ver { trid, offer })
}

fn cvr() -> impl Strategy<Value = Cvr> {
    let system = [word(), word(), word()];
    (trid(), any::<u16>(), system, word(), word(), word(), option::of(word())).prop_map(
        |(trid, locale, system, client, version, id, handle)| Cvr { trid, locale, system, client, version, id, handle },
    )
}

fn usr() -> impl Strategy<Value = Usr> {
    prop_oneof![
        (trid(), lax_handle()).prop_map(|(trid, handle)| Usr::Initial { trid, handle }),
        (trid(), "[A-Za-z0-9*!._-]{1,80}")
            .prop_map(|(trid, secret)| Usr::Ticket { trid, ticket: Ticket::parse(&secret).unwrap() }),
    ]
}

fn copy_of(dialect: Dialect) -> BoxedStrategy<CopyOf> {
    match dialect {
        Dialect::Msnp8 | Dialect::Msnp9 => any::<u32>().prop_map(CopyOf::Version).boxed(),
        Dialect::Msnp10 | Dialect::Msnp11 | Dialect::Msnp12 => {
            (word(), word()).prop_map(|(list, settings)| CopyOf::Stamps { list, settings }).boxed()
        }
    }
}

fn prp(dialect: Dialect) -> impl Strategy<Value = Prp> {
    let name = named_text().prop_map(|(name, text)| PropertyChange::Name(name, text));
    let number = (phone(), option::of(phone_number())).prop_map(|(phone, number)| PropertyChange::Phone(phone, number));
    let paging = any::<bool>().prop_map(PropertyChange::Paging);
    let change = match is_old(dialect) {
        true => prop_oneof![number, paging].boxed(),
        false => prop_oneof![name, number, paging].boxed(),
    };
    (trid(), change).prop_map(|(trid, change)| Prp { trid, change })
}

fn sbp() -> impl Strategy<Value = Sbp> {
    (trid(), guid(), display_name()).prop_map(|(trid, contact, name)| Sbp::nickname(trid, contact, &name))
}

fn rea() -> impl Strategy<Value = Rea> {
    (trid(), contact_handle(), named_text()).prop_map(|(trid, handle, (name, word))| Rea { trid, handle, name, word })
}

/// ADD.
fn add() -> impl Strategy<Value = Adc> {
    let group = option::of(group_ref(Dialect::Msnp9));
    let addition = prop_oneof![
        (handle(), named_text().prop_map(Some), group).prop_map(|(handle, nickname, group)| Addition::Contact {
            handle,
            nickname,
            group
        }),
        (select(&[List::Allow, List::Block]), handle(), named_text().prop_map(Some))
            .prop_map(|(list, handle, nickname)| Addition::ToList { list, handle, nickname }),
    ];
    (trid(), addition).prop_map(|(trid, addition)| Adc { trid, addition })
}

/// ADC in the forms that the answer repeats.
fn repeated_adc(dialect: Dialect) -> impl Strategy<Value = Adc> {
    let addition = prop_oneof![
        (guid(), guid()).prop_map(|(contact, group)| Addition::ToGroup { contact, group }),
        (select(&[List::Allow, List::Block, List::Reverse]), new_contact(dialect))
            .prop_map(|(list, handle)| Addition::ToList { list, handle, nickname: None }),
    ];
    (trid(), addition).prop_map(|(trid, addition)| Adc { trid, addition })
}

fn adc(dialect: Dialect) -> impl Strategy<Value = Adc> {
    let contact = (trid(), new_contact(dialect), option::of(named_text()), option::of(group_ref(Dialect::Msnp12)));
    let contact = contact.prop_map(|(trid, handle, nickname, group)| Adc {
        trid,
        addition: Addition::Contact { handle, nickname, group },
    });
    prop_oneof![contact, repeated_adc(dialect)]
}

fn rem(dialect: Dialect) -> impl Strategy<Value = Rem> {
    let lists: &[List] = match is_old(dialect) {
        true => &[List::Allow, List::Block],
        false => &[List::Allow, List::Block, List::Pending],
    };
    let removal = prop_oneof![
        contact_ref(dialect).prop_map(Removal::Contact),
        (contact_ref(dialect), group_ref(dialect)).prop_map(|(contact, group)| Removal::FromGroup { contact, group }),
        (select(lists), contact_handle()).prop_map(|(list, handle)| Removal::FromList { list, handle }),
    ];
    (trid(), removal).prop_map(|(trid, removal)| Rem { trid, removal })
}

fn reg(dialect: Dialect) -> impl Strategy<Value = Reg> {
    (trid(), group_ref(dialect), group_name()).prop_map(|(trid, group, name)| Reg { trid, group, name })
}

fn rmg(dialect: Dialect) -> impl Strategy<Value = Rmg> {
    let group = group_ref(dialect).prop_map(GroupWord::Reference);
    let group = match is_old(dialect) {
        true => group.boxed(),
        false => prop_oneof![group, text_word().prop_map(|word| GroupWord::Name(word.into_bytes()))].boxed(),
    };
    (trid(), group).prop_map(|(trid, group)| Rmg { trid, group })
}

/// The picture of somebody, in the dialects that know one.
fn picture(dialect: Dialect) -> BoxedStrategy<Option<MsnObject>> {
    if dialect >= Dialect::Msnp9 { option::of(object()).boxed() } else { Just(None).boxed() }
}

fn chg(dialect: Dialect) -> impl Strategy<Value = Chg> {
    (trid(), select(&Status::ALL), capabilities(), picture(dialect))
        .prop_map(|(trid, status, capabilities, object)| Chg::new(trid, status, capabilities, object))
}

fn uux() -> impl Strategy<Value = Uux> {
    (trid(), option::of(personal_message())).prop_map(|(trid, message)| Uux { trid, message })
}

fn qry() -> impl Strategy<Value = Qry> {
    (trid(), word(), vec(any::<u8>(), 32)).prop_map(|(trid, product_id, answer)| Qry { trid, product_id, answer })
}

fn service_request(verb: Verb) -> BoxedStrategy<ServiceRequest> {
    let services = ["INBOX", "COMPOSE", "PROFILE", "CHGMOB"];
    let page = payload(verb::MAX_PAGE);
    match verb {
        Verb::Gcf => trid().prop_map(ServiceRequest::Shields).boxed(),
        Verb::Gsb => trid().prop_map(ServiceRequest::Subscription).boxed(),
        Verb::Url => (trid(), select(services.to_vec()), option::of(word()))
            .prop_map(|(trid, service, parameter)| ServiceRequest::Url { trid, service: service.to_owned(), parameter })
            .boxed(),
        Verb::Lkp => {
            (trid(), r"tel:\+[0-9]{1,20}").prop_map(|(trid, number)| ServiceRequest::Telephone { trid, number }).boxed()
        }
        Verb::Snd => (trid(), prop_oneof![vec(word(), 1), vec(word(), 3..5)])
            .prop_map(|(trid, words)| ServiceRequest::Invitation { trid, words, text: None })
            .boxed(),
        Verb::Sdc => (trid(), vec(word(), 7), page)
            .prop_map(|(trid, words, text)| ServiceRequest::Invitation { trid, words, text: Some(text) })
            .boxed(),
        Verb::Fnd => {
            (trid(), vec(word(), 0..6)).prop_map(|(trid, words)| ServiceRequest::Directory { trid, words }).boxed()
        }
        Verb::Pag => {
            (trid(), word(), page).prop_map(|(trid, to, text)| ServiceRequest::OldPage { trid, to, text }).boxed()
        }
        Verb::Pgd => (trid(), word(), 1..=2u32, page)
            .prop_map(|(trid, to, device, text)| ServiceRequest::Page { trid, to, device, text })
            .boxed(),
        other => panic!("{other:?} is no service"),
    }
}

/// The commands of one verb, as a client of `dialect` sends them.
fn of_verb(verb: Verb, dialect: Dialect) -> BoxedStrategy<ClientCommand> {
    use ClientCommand as C;
    match verb {
        Verb::Ver => ver().prop_map(C::Ver).boxed(),
        Verb::Cvr => cvr().prop_map(C::Cvr).boxed(),
        Verb::Cvq => cvr().prop_map(C::Cvq).boxed(),
        Verb::Usr => usr().prop_map(C::Usr).boxed(),
        Verb::Out => Just(C::Out).boxed(),
        Verb::Png => Just(C::Png).boxed(),
        Verb::Xfr => trid().prop_map(C::Xfr).boxed(),
        Verb::Syn => (trid(), copy_of(dialect)).prop_map(|(trid, copy)| C::Syn(Syn { trid, copy })).boxed(),
        Verb::Gtc => (trid(), add_prompt()).prop_map(|(trid, value)| C::Gtc(trid, value)).boxed(),
        Verb::Blp => (trid(), privacy()).prop_map(|(trid, value)| C::Blp(trid, value)).boxed(),
        Verb::Prp => prp(dialect).prop_map(C::Prp).boxed(),
        Verb::Sbp => sbp().prop_map(C::Sbp).boxed(),
        Verb::Rea => rea().prop_map(C::Rea).boxed(),
        Verb::Add => add().prop_map(C::Adc).boxed(),
        Verb::Adc => adc(dialect).prop_map(C::Adc).boxed(),
        Verb::Rem => rem(dialect).prop_map(C::Rem).boxed(),
        Verb::Adg => (trid(), group_name()).prop_map(|(trid, name)| C::Adg(Adg { trid, name })).boxed(),
        Verb::Reg => reg(dialect).prop_map(C::Reg).boxed(),
        Verb::Rmg => rmg(dialect).prop_map(C::Rmg).boxed(),
        Verb::Chg => chg(dialect).prop_map(C::Chg).boxed(),
        Verb::Uux => uux().prop_map(C::Uux).boxed(),
        Verb::Qry => qry().prop_map(C::Qry).boxed(),
        Verb::Chl => trid().prop_map(C::Chl).boxed(),
        Verb::Ims => (trid(), any::<bool>()).prop_map(|(trid, on)| C::Ims(trid, on)).boxed(),
        Verb::Gcf | Verb::Gsb | Verb::Url | Verb::Lkp | Verb::Snd | Verb::Sdc | Verb::Fnd | Verb::Pag | Verb::Pgd => {
            service_request(verb).prop_map(C::Service).boxed()
        }
    }
}

/// Every command of a client of `dialect` to a notification server: those that the table has a row for.
pub(crate) fn ns_client(dialect: Dialect) -> impl Strategy<Value = ClientCommand> {
    let verbs = Verb::ALL.iter().copied().filter(|verb| verb.row(dialect).is_some());
    Union::new(verbs.map(|verb| of_verb(verb, dialect)))
}

// The notification connection, from the server.

fn sign_in_answer(dialect: Dialect) -> impl Strategy<Value = SignInAnswer> {
    let name = if is_old(dialect) { display_name().prop_map(Some).boxed() } else { Just(None).boxed() };
    prop_oneof![
        (trid(), vec(word(), 0..4)).prop_map(|(trid, words)| SignInAnswer::Ver { trid, words }),
        (trid(), any::<bool>(), [word(), word(), word()], [word(), word()])
            .prop_map(|(trid, query, versions, urls)| SignInAnswer::Cvr { trid, query, versions, urls }),
        (trid(), word()).prop_map(|(trid, policy)| SignInAnswer::Policy { trid, policy }),
        (trid(), lax_handle(), name, any::<bool>()).prop_map(|(trid, handle, name, verified)| SignInAnswer::Ok {
            trid,
            handle,
            name,
            verified
        }),
        (trid(), word(), word()).prop_map(|(trid, notification, dispatch)| SignInAnswer::Transfer {
            trid,
            notification,
            dispatch,
        }),
    ]
}

fn syn_answer(dialect: Dialect) -> impl Strategy<Value = SynAnswer> {
    (trid(), copy_of(dialect), option::of(any::<(u32, u32)>())).prop_map(|(trid, copy, counts)| SynAnswer {
        trid,
        copy,
        counts,
    })
}

fn lst(dialect: Dialect) -> impl Strategy<Value = Lst> {
    let old = is_old(dialect);
    // Without the pending list, and with a group at least.
    let (bits, fewest_groups) = if old { (0..16u32, 1) } else { (0..32u32, 0) };
    let groups = vec(group_ref(dialect), fewest_groups..30);
    (contact_handle(), display_name(), bits, guid(), any::<u32>(), groups).prop_map(
        move |(handle, nickname, bits, contact, network, groups)| {
            let lists = ListBits::from_number(bits).unwrap();
            let on_forward = lists.has(List::Forward);
            Lst {
                handle,
                nickname,
                lists,
                contact: (on_forward && !old).then_some(contact),
                network: (dialect >= Dialect::Msnp12).then_some(NetworkIds(network)),
                groups: if on_forward { groups } else { Vec::new() },
            }
        },
    )
}

fn property() -> impl Strategy<Value = Property> {
    let number = option::of(phone_number().prop_map(|number| number.value().to_owned()));
    prop_oneof![
        display_name().prop_map(Property::Name),
        (phone(), number).prop_map(|(phone, number)| Property::Phone(phone, number)),
        any::<bool>().prop_map(Property::Paging),
        any::<bool>().prop_map(Property::MobileEnabled),
    ]
}

fn setting_line() -> impl Strategy<Value = SettingLine> {
    prop_oneof![
        (option::of(trid()), add_prompt()).prop_map(|(trid, value)| SettingLine::AddPrompt(trid, value)),
        (option::of(trid()), privacy()).prop_map(|(trid, value)| SettingLine::Privacy(trid, value)),
        property().prop_map(SettingLine::Own),
        (option::of(handle()), property()).prop_map(|(handle, property)| SettingLine::Contact(handle, property)),
    ]
}

fn contact_line(dialect: Dialect) -> impl Strategy<Value = ContactLine> {
    let nickname = prop_oneof![4 => text(name::MAX_DISPLAY_NAME), 1 => Just(Text::encode(""))];
    let added = (trid(), contact_handle(), nickname, guid(), option::of(group_ref(dialect))).prop_map(
        |(trid, handle, nickname, contact, group)| ContactLine::Added { trid, handle, nickname, contact, group },
    );
    // The answer to ADD has no GUID: it is the request and the version, whatever the list.
    let addition = match is_old(dialect) {
        true => add().prop_map(ContactLine::Addition).boxed(),
        false => prop_oneof![added, repeated_adc(dialect).prop_map(ContactLine::Addition)].boxed(),
    };
    prop_oneof![
        2 => addition,
        1 => rem(dialect).prop_map(ContactLine::Removal),
        1 => (handle(), display_name()).prop_map(|(handle, name)| ContactLine::ReverseAdded { handle, name }),
        1 => handle().prop_map(ContactLine::ReverseRemoved),
    ]
}

fn group_line(dialect: Dialect) -> impl Strategy<Value = GroupLine> {
    prop_oneof![
        (trid(), group_name(), group_ref(dialect)).prop_map(|(trid, name, group)| GroupLine::Added {
            trid,
            name,
            group
        }),
        reg(dialect).prop_map(GroupLine::Renamed),
        (trid(), group_ref(dialect)).prop_map(|(trid, group)| GroupLine::Removed { trid, group }),
        (group_name(), group_ref(dialect))
            .prop_map(|(name, group)| GroupLine::Listed { name: name.value().to_owned(), group }),
    ]
}

fn presence(dialect: Dialect) -> impl Strategy<Value = Presence> {
    let shown = Status::ALL.into_iter().filter(|status| *status != Status::Hidden);
    (select(shown.collect::<Vec<_>>()), lax_handle(), display_name(), capabilities(), picture(dialect)).prop_map(
        |(status, handle, name, capabilities, object)| Presence { status, handle, name, capabilities, object },
    )
}

fn presence_line(dialect: Dialect) -> impl Strategy<Value = PresenceLine> {
    prop_oneof![
        chg(dialect).prop_map(PresenceLine::Changed),
        (trid(), presence(dialect)).prop_map(|(trid, presence)| PresenceLine::Initial(trid, presence)),
        presence(dialect).prop_map(PresenceLine::Online),
        lax_handle().prop_map(PresenceLine::Offline),
        trid().prop_map(PresenceLine::Published),
        (lax_handle(), option::of(personal_message()))
            .prop_map(|(handle, message)| PresenceLine::Message(handle, message)),
    ]
}

fn service_line() -> impl Strategy<Value = ServiceLine> {
    let ring = (any::<u32>(), word(), word(), lax_handle(), display_name()).prop_map(
        |(session, address, cookie, caller, name)| Rng { session, address, cookie: Cookie(cookie), caller, name },
    );
    prop_oneof![
        (trid(), "[0-9]{20}").prop_map(|(trid, challenge)| ServiceLine::Challenge(trid, challenge)),
        trid().prop_map(ServiceLine::ChallengeMet),
        (trid(), word(), word()).prop_map(|(trid, address, cookie)| ServiceLine::Switchboard {
            trid,
            address,
            cookie: Cookie(cookie)
        }),
        ring.prop_map(ServiceLine::Ring),
        (trid(), any::<bool>()).prop_map(|(trid, on)| ServiceLine::Calls(trid, on)),
        (trid(), word(), payload(4000)).prop_map(|(trid, file, document)| ServiceLine::Config { trid, file, document }),
        trid().prop_map(ServiceLine::Subscription),
        (trid(), word(), word(), any::<u32>()).prop_map(|(trid, target, login, site)| ServiceLine::Url {
            trid,
            target,
            login,
            site,
        }),
        payload(MAX_MESSAGE).prop_map(ServiceLine::Message),
        payload(MAX_MESSAGE).prop_map(ServiceLine::Notification),
    ]
}

/// Every line of a notification server to a reader of `dialect`.
pub(crate) fn ns_server(dialect: Dialect) -> impl Strategy<Value = ServerCommand> {
    use ServerCommand as S;
    let reasons = [OutReason::SignedInElsewhere, OutReason::ShuttingDown];
    let next_ping = if dialect >= Dialect::Msnp9 { any::<u32>().boxed() } else { Just(0).boxed() };
    let renamed = match is_old(dialect) {
        true => rea().prop_map(S::Rea).boxed(),
        false => sbp().prop_map(S::Sbp).boxed(),
    };
    prop_oneof![
        2 => sign_in_answer(dialect).prop_map(S::SignIn),
        1 => option::of(select(reasons.to_vec())).prop_map(S::Out),
        1 => next_ping.prop_map(S::Qng),
        1 => syn_answer(dialect).prop_map(S::Syn),
        1 => lst(dialect).prop_map(S::Lst),
        2 => setting_line().prop_map(S::Setting),
        1 => prp(dialect).prop_map(S::Prp),
        1 => renamed,
        2 => contact_line(dialect).prop_map(S::Contact),
        2 => group_line(dialect).prop_map(S::Group),
        3 => presence_line(dialect).prop_map(S::Presence),
        4 => service_line().prop_map(S::Service),
        1 => (trid(), error_code()).prop_map(|(trid, code)| S::Error(trid, code)),
    ]
}

// The switchboard. Its commands borrow their payload.

/// Every byte there is, and line ends among them.
static NOISE: [u8; MAX_MESSAGE] = {
    let mut bytes = [0; MAX_MESSAGE];
    let mut at = 0;
    while at < MAX_MESSAGE {
        bytes[at] = match at % 301 {
            256 => b'\r',
            257 => b'\n',
            place => (place % 256) as u8,
        };
        at += 1;
    }
    bytes
};

/// Any message within the limit. None of them says that it is peer-to-peer data, which would have to be some.
fn message() -> impl Strategy<Value = &'static [u8]> {
    prop_oneof![
        Just(b"".as_slice()),
        Just(b"OUT\r\nOUT\r\n".as_slice()),
        Just(NOISE.as_slice()),
        (0..MAX_MESSAGE, 0..MAX_MESSAGE).prop_map(|(one, other)| &NOISE[one.min(other)..one.max(other)]),
    ]
}

fn cookie() -> impl Strategy<Value = Cookie> {
    word().prop_map(Cookie)
}

fn ack_flag() -> impl Strategy<Value = AckFlag> {
    use AckFlag::{Always, Data, Never, OnFailure, OnSuccess};
    select(&[Never, OnFailure, Always, Data, OnSuccess])
}

/// Every command of a client to a switchboard.
pub(crate) fn sb_client() -> impl Strategy<Value = sb::ClientCommand<'static>> {
    use sb::ClientCommand as C;
    let session = option::of(any::<u32>());
    prop_oneof![
        (trid(), option::of(lax_handle()), cookie()).prop_map(|(trid, handle, cookie)| C::Usr { trid, handle, cookie }),
        (trid(), option::of(lax_handle()), cookie(), session).prop_map(|(trid, handle, cookie, session)| C::Ans {
            trid,
            handle,
            cookie,
            session,
        }),
        (trid(), lax_handle()).prop_map(|(trid, callee)| C::Cal { trid, callee }),
        (trid(), ack_flag(), message()).prop_map(|(trid, flag, payload)| C::Msg { trid, flag, payload }),
        Just(C::Out),
    ]
}

fn participant(dialect: Dialect) -> impl Strategy<Value = Participant> {
    (lax_handle(), display_name(), capabilities()).prop_map(move |(handle, name, capabilities)| Participant {
        handle,
        name,
        capabilities: (dialect >= Dialect::Msnp12).then_some(capabilities),
    })
}

/// Every line of a switchboard to a reader of `dialect`.
pub(crate) fn sb_server(dialect: Dialect) -> impl Strategy<Value = sb::ServerCommand<'static>> {
    use sb::ServerCommand as S;
    prop_oneof![
        (trid(), lax_handle(), display_name()).prop_map(|(trid, handle, name)| S::Opened { trid, handle, name }),
        (trid(), any::<u32>(), any::<u32>(), participant(dialect)).prop_map(|(trid, index, total, who)| S::Roster {
            trid,
            index,
            total,
            who,
        }),
        trid().prop_map(S::Joined),
        participant(dialect).prop_map(S::Join),
        (trid(), any::<u32>()).prop_map(|(trid, session)| S::Ringing(trid, session)),
        (lax_handle(), display_name(), message()).prop_map(|(handle, name, payload)| S::Message {
            handle,
            name,
            payload,
        }),
        trid().prop_map(S::Ack),
        trid().prop_map(S::Nak),
        (lax_handle(), any::<bool>()).prop_map(|(handle, idle)| S::Bye(handle, idle)),
        (trid(), error_code()).prop_map(|(trid, code)| S::Error(trid, code)),
    ]
}
