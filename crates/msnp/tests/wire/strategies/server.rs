//! What servers say on a notification connection.

use super::client::*;
use super::*;

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
    let reasons = prop_oneof![
        Just(OutReason::SignedInElsewhere),
        Just(OutReason::ShuttingDown),
        Just(OutReason::ListsMoved),
        Just(OutReason::TermsOfUse),
        any::<u32>().prop_map(OutReason::Closed),
    ];
    let next_ping = if dialect >= Dialect::Msnp9 { any::<u32>().boxed() } else { Just(0).boxed() };
    let renamed = match is_old(dialect) {
        true => rea().prop_map(S::Rea).boxed(),
        false => sbp().prop_map(S::Sbp).boxed(),
    };
    prop_oneof![
        2 => sign_in_answer(dialect).prop_map(S::SignIn),
        1 => option::of(reasons).prop_map(S::Out),
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
