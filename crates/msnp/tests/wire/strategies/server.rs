//! The lines of servers on a notification connection.

use super::client::*;
use super::*;

fn sign_in_answer(dialect: Dialect) -> impl Strategy<Value = SignInAnswer> {
    use SignInAnswer as A;
    let name = if is_old(dialect) { display_name().prop_map(Some).boxed() } else { Just(None).boxed() };
    forms!(A {
        A::Ver { .. } => (trid(), vec(word(), 0..4)).prop_map(|(trid, words)| A::Ver { trid, words }),
        A::Cvr { .. } => (trid(), any::<bool>(), [word(), word(), word()], [word(), word()])
            .prop_map(|(trid, query, versions, urls)| A::Cvr { trid, query, versions, urls }),
        A::Policy { .. } => (trid(), word()).prop_map(|(trid, policy)| A::Policy { trid, policy }),
        A::Ok { .. } => (trid(), lax_handle(), name, any::<bool>())
            .prop_map(|(trid, handle, name, verified)| A::Ok { trid, handle, name, verified }),
        A::Transfer { .. } => (trid(), word(), word())
            .prop_map(|(trid, notification, dispatch)| A::Transfer { trid, notification, dispatch }),
    })
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
    // Old dialects have no pending list, and a contact on FL has at least one group.
    let (bits, min_groups) = if old { (0..16u32, 1) } else { (0..32u32, 0) };
    let groups = vec(group_ref(dialect), min_groups..30);
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
    use Property as P;
    let number = option::of(phone_number().prop_map(|number| number.value().to_owned()));
    forms!(P {
        P::Name(_) => display_name().prop_map(P::Name),
        P::Phone(..) => (phone(), number).prop_map(|(phone, number)| P::Phone(phone, number)),
        P::Paging(_) => any::<bool>().prop_map(P::Paging),
        P::MobileEnabled(_) => any::<bool>().prop_map(P::MobileEnabled),
    })
}

fn setting_line() -> impl Strategy<Value = SettingLine> {
    use SettingLine as L;
    forms!(L {
        L::AddPrompt(..) => (option::of(trid()), add_prompt()).prop_map(|(trid, value)| L::AddPrompt(trid, value)),
        L::Privacy(..) => (option::of(trid()), privacy()).prop_map(|(trid, value)| L::Privacy(trid, value)),
        L::Own(_) => property().prop_map(L::Own),
        L::Contact(..) => (option::of(handle()), property())
            .prop_map(|(handle, property)| L::Contact(handle, property)),
    })
}

fn contact_line(dialect: Dialect) -> impl Strategy<Value = ContactLine> {
    use ContactLine as L;
    let nickname = prop_oneof![4 => named_text().prop_map(|(_, text)| text), 1 => Just(Text::encode(""))];
    let added = (trid(), contact_handle(), nickname, guid(), option::of(group_ref(dialect)));
    // For every list, the answer to ADD repeats the request, adds the list version, and has no
    // GUID.
    let addition = if is_old(dialect) { add().boxed() } else { repeated_adc(dialect).boxed() };
    forms!(L {
        L::Added { .. } if !is_old(dialect) => added.prop_map(
            |(trid, handle, nickname, contact, group)| L::Added { trid, handle, nickname, contact, group }
        ),
        L::Addition(_) => addition.prop_map(L::Addition),
        L::Removal(_) => rem(dialect).prop_map(L::Removal),
        L::ReverseAdded { .. } => (handle(), display_name())
            .prop_map(|(handle, name)| L::ReverseAdded { handle, name }),
        L::ReverseRemoved(_) => handle().prop_map(L::ReverseRemoved),
    })
}

fn group_line(dialect: Dialect) -> impl Strategy<Value = GroupLine> {
    use GroupLine as L;
    forms!(L {
        L::Added { .. } => (trid(), group_name(), group_ref(dialect))
            .prop_map(|(trid, name, group)| L::Added { trid, name, group }),
        L::Renamed(_) => reg(dialect).prop_map(L::Renamed),
        L::Removed { .. } => (trid(), group_ref(dialect)).prop_map(|(trid, group)| L::Removed { trid, group }),
        L::Listed { .. } => (group_name(), group_ref(dialect))
            .prop_map(|(name, group)| L::Listed { name: name.value().to_owned(), group }),
    })
}

fn presence(dialect: Dialect) -> impl Strategy<Value = PresenceInfo> {
    let shown = Status::ALL.into_iter().filter(|status| *status != Status::Hidden);
    (select(shown.collect::<Vec<_>>()), lax_handle(), display_name(), capabilities(), picture(dialect)).prop_map(
        |(status, handle, name, capabilities, object)| PresenceInfo { status, handle, name, capabilities, object },
    )
}

fn presence_line(dialect: Dialect) -> impl Strategy<Value = PresenceLine> {
    use PresenceLine as L;
    forms!(L {
        L::Changed(_) => chg(dialect).prop_map(L::Changed),
        L::Initial(..) => (trid(), presence(dialect)).prop_map(|(trid, presence)| L::Initial(trid, presence)),
        L::Online(_) => presence(dialect).prop_map(L::Online),
        L::Offline(_) => lax_handle().prop_map(L::Offline),
        L::Published(_) => trid().prop_map(L::Published),
        L::Message(..) => (lax_handle(), option::of(personal_message()))
            .prop_map(|(handle, message)| L::Message(handle, message)),
    })
}

fn ring() -> impl Strategy<Value = Rng> {
    (any::<u32>(), word(), cookie(), lax_handle(), display_name())
        .prop_map(|(session, address, cookie, caller, name)| Rng { session, address, cookie, caller, name })
}

fn service_line() -> impl Strategy<Value = ServiceLine> {
    use ServiceLine as L;
    forms!(L {
        L::Challenge(..) => (trid(), "[0-9]{20}").prop_map(|(trid, challenge)| L::Challenge(trid, challenge)),
        L::ChallengeMet(_) => trid().prop_map(L::ChallengeMet),
        L::Switchboard { .. } => (trid(), word(), cookie())
            .prop_map(|(trid, address, cookie)| L::Switchboard { trid, address, cookie }),
        L::Ring(_) => ring().prop_map(L::Ring),
        L::Calls(..) => (trid(), any::<bool>()).prop_map(|(trid, on)| L::Calls(trid, on)),
        L::Config { .. } => (trid(), word(), payload(4000))
            .prop_map(|(trid, file, document)| L::Config { trid, file, document }),
        L::Subscription(_) => trid().prop_map(L::Subscription),
        L::Url { .. } => (trid(), word(), word(), any::<u32>())
            .prop_map(|(trid, target, login, site)| L::Url { trid, target, login, site }),
        L::Message(_) => payload(MAX_MESSAGE).prop_map(L::Message),
        L::Notification(_) => payload(MAX_MESSAGE).prop_map(L::Notification),
    })
}

fn out_reason() -> impl Strategy<Value = OutReason> {
    use OutReason as R;
    forms!(R {
        R::SignedInElsewhere => Just(R::SignedInElsewhere),
        R::ShuttingDown => Just(R::ShuttingDown),
        R::ListsMoved => Just(R::ListsMoved),
        R::TermsOfUse => Just(R::TermsOfUse),
        R::Closed(_) => any::<u32>().prop_map(R::Closed),
    })
}

/// Returns every line that a notification server can send to a reader of `dialect`.
pub(crate) fn ns_server(dialect: Dialect) -> impl Strategy<Value = ServerCommand> {
    use ServerCommand as S;
    let next_ping = if dialect >= Dialect::Msnp9 { any::<u32>().boxed() } else { Just(0).boxed() };
    forms!(S {
        2 * S::SignIn(_) => sign_in_answer(dialect).prop_map(S::SignIn),
        1 * S::Out(_) => option::of(out_reason()).prop_map(S::Out),
        1 * S::Qng(_) => next_ping.prop_map(S::Qng),
        1 * S::Syn(_) => syn_answer(dialect).prop_map(S::Syn),
        1 * S::Lst(_) => lst(dialect).prop_map(S::Lst),
        2 * S::Setting(_) => setting_line().prop_map(S::Setting),
        1 * S::Prp(_) => prp(dialect).prop_map(S::Prp),
        1 * S::Sbp(_) if !is_old(dialect) => sbp().prop_map(S::Sbp),
        1 * S::Rea(_) if is_old(dialect) => rea().prop_map(S::Rea),
        2 * S::Contact(_) => contact_line(dialect).prop_map(S::Contact),
        2 * S::Group(_) => group_line(dialect).prop_map(S::Group),
        3 * S::Presence(_) => presence_line(dialect).prop_map(S::Presence),
        4 * S::Service(_) => service_line().prop_map(S::Service),
        1 * S::Error(..) => (trid(), error_code()).prop_map(|(trid, code)| S::Error(trid, code)),
    })
}
