//! The commands of clients on a notification connection.

use super::*;

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
    let secret = "[A-Za-z0-9*!._-]{1,80}";
    forms!(Usr {
        Usr::Initial { .. } => (trid(), lax_handle()).prop_map(|(trid, handle)| Usr::Initial { trid, handle }),
        Usr::Ticket { .. } => (trid(), secret)
            .prop_map(|(trid, secret)| Usr::Ticket { trid, ticket: Ticket::parse(&secret).unwrap() }),
    })
}

pub(super) fn copy_of(dialect: Dialect) -> BoxedStrategy<CopyOf> {
    match dialect {
        Dialect::Msnp8 | Dialect::Msnp9 => any::<u32>().prop_map(CopyOf::Version).boxed(),
        Dialect::Msnp10 | Dialect::Msnp11 | Dialect::Msnp12 => {
            (word(), word()).prop_map(|(list, settings)| CopyOf::Stamps { list, settings }).boxed()
        }
    }
}

pub(super) fn prp(dialect: Dialect) -> impl Strategy<Value = Prp> {
    let name = named_text().prop_map(|(name, text)| PropertyChange::Name(name, text));
    let number = (phone(), option::of(phone_number())).prop_map(|(phone, number)| PropertyChange::Phone(phone, number));
    let paging = any::<bool>().prop_map(PropertyChange::Paging);
    let change = match is_old(dialect) {
        true => prop_oneof![number, paging].boxed(),
        false => prop_oneof![name, number, paging].boxed(),
    };
    (trid(), change).prop_map(|(trid, change)| Prp { trid, change })
}

pub(super) fn sbp() -> impl Strategy<Value = Sbp> {
    (trid(), guid(), display_name()).prop_map(|(trid, contact, name)| Sbp::nickname(trid, contact, &name))
}

pub(super) fn rea() -> impl Strategy<Value = Rea> {
    (trid(), contact_handle(), named_text()).prop_map(|(trid, handle, (name, word))| Rea { trid, handle, name, word })
}

/// Returns ADD commands. The dialects before MSNP10 have ADD instead of ADC.
pub(super) fn add() -> impl Strategy<Value = Adc> {
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

/// Returns the ADC commands whose words the server repeats in its answer.
pub(super) fn repeated_adc(dialect: Dialect) -> impl Strategy<Value = Adc> {
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

pub(super) fn rem(dialect: Dialect) -> impl Strategy<Value = Rem> {
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

pub(super) fn reg(dialect: Dialect) -> impl Strategy<Value = Reg> {
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

/// A display picture, in the dialects that have display pictures.
pub(super) fn picture(dialect: Dialect) -> BoxedStrategy<Option<MsnObject>> {
    if dialect >= Dialect::Msnp9 { option::of(object()).boxed() } else { Just(None).boxed() }
}

pub(super) fn chg(dialect: Dialect) -> impl Strategy<Value = Chg> {
    (trid(), select(&Status::ALL), capabilities(), picture(dialect))
        .prop_map(|(trid, status, capabilities, object)| Chg::new(trid, status, capabilities, object))
}

fn uux() -> impl Strategy<Value = Uux> {
    (trid(), option::of(personal_message())).prop_map(|(trid, message)| Uux { trid, message })
}

fn qry() -> impl Strategy<Value = Qry> {
    (trid(), word(), vec(any::<u8>(), 32)).prop_map(|(trid, product_id, answer)| Qry { trid, product_id, answer })
}

fn url() -> impl Strategy<Value = ServiceRequest> {
    (trid(), select(&["INBOX", "COMPOSE", "PROFILE", "CHGMOB"]), option::of(word()))
        .prop_map(|(trid, service, parameter)| ServiceRequest::Url { trid, service: service.to_owned(), parameter })
}

fn telephone() -> impl Strategy<Value = ServiceRequest> {
    (trid(), r"tel:\+[0-9]{1,20}").prop_map(|(trid, number)| ServiceRequest::Telephone { trid, number })
}

fn snd() -> impl Strategy<Value = ServiceRequest> {
    (trid(), prop_oneof![vec(word(), 1), vec(word(), 3..5)]).prop_map(|(trid, words)| ServiceRequest::Invitation {
        trid,
        words,
        text: None,
    })
}

fn sdc() -> impl Strategy<Value = ServiceRequest> {
    (trid(), vec(word(), 7), page()).prop_map(|(trid, words, text)| ServiceRequest::Invitation {
        trid,
        words,
        text: Some(text),
    })
}

fn directory() -> impl Strategy<Value = ServiceRequest> {
    (trid(), vec(word(), 0..6)).prop_map(|(trid, words)| ServiceRequest::Directory { trid, words })
}

fn pag() -> impl Strategy<Value = ServiceRequest> {
    (trid(), word(), page()).prop_map(|(trid, to, text)| ServiceRequest::OldPage { trid, to, text })
}

fn pgd() -> impl Strategy<Value = ServiceRequest> {
    (trid(), word(), 1..=2u32, page()).prop_map(|(trid, to, device, text)| ServiceRequest::Page {
        trid,
        to,
        device,
        text,
    })
}

fn page() -> impl Strategy<Value = Vec<u8>> {
    payload(verb::MAX_PAGE)
}

/// Returns the commands of one verb, as a client of `dialect` sends them.
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
        Verb::Gcf => trid().prop_map(ServiceRequest::Shields).prop_map(C::Service).boxed(),
        Verb::Gsb => trid().prop_map(ServiceRequest::Subscription).prop_map(C::Service).boxed(),
        Verb::Url => url().prop_map(C::Service).boxed(),
        Verb::Lkp => telephone().prop_map(C::Service).boxed(),
        Verb::Snd => snd().prop_map(C::Service).boxed(),
        Verb::Sdc => sdc().prop_map(C::Service).boxed(),
        Verb::Fnd => directory().prop_map(C::Service).boxed(),
        Verb::Pag => pag().prop_map(C::Service).boxed(),
        Verb::Pgd => pgd().prop_map(C::Service).boxed(),
    }
}

/// Returns every command that a client of `dialect` can send to a notification server: every command that has a row in
/// the table.
pub(crate) fn ns_client(dialect: Dialect) -> impl Strategy<Value = ClientCommand> {
    let verbs = Verb::ALL.iter().copied().filter(|verb| verb.row(dialect).is_some());
    Union::new(verbs.map(|verb| of_verb(verb, dialect)))
}
