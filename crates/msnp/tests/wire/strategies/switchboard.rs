//! The commands and lines of a switchboard. They borrow their payload.

use super::*;

/// All byte values, including line ends.
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

/// Returns any message within the limit. No message claims to be peer-to-peer data, because such data would have to be
/// valid.
fn message() -> impl Strategy<Value = &'static [u8]> {
    prop_oneof![
        Just(b"".as_slice()),
        Just(b"OUT\r\nOUT\r\n".as_slice()),
        Just(NOISE.as_slice()),
        (0..MAX_MESSAGE, 0..MAX_MESSAGE).prop_map(|(one, other)| &NOISE[one.min(other)..one.max(other)]),
    ]
}

fn ack_flag() -> impl Strategy<Value = AckFlag> {
    use AckFlag::{Always, Data, Never, OnFailure, OnSuccess};
    select(&[Never, OnFailure, Always, Data, OnSuccess])
}

/// Returns every command that a client can send to a switchboard.
pub(crate) fn sb_client() -> impl Strategy<Value = sb::ClientCommand<'static>> {
    use sb::ClientCommand as C;
    let session = option::of(any::<u32>());
    forms!(C<'static> {
        C::Usr { .. } => (trid(), option::of(lax_handle()), cookie())
            .prop_map(|(trid, handle, cookie)| C::Usr { trid, handle, cookie }),
        C::Ans { .. } => (trid(), option::of(lax_handle()), cookie(), session)
            .prop_map(|(trid, handle, cookie, session)| C::Ans { trid, handle, cookie, session }),
        C::Cal { .. } => (trid(), lax_handle()).prop_map(|(trid, callee)| C::Cal { trid, callee }),
        C::Msg { .. } => (trid(), ack_flag(), message())
            .prop_map(|(trid, flag, payload)| C::Msg { trid, flag, payload }),
        C::Out => Just(C::Out),
    })
}

fn participant(dialect: Dialect) -> impl Strategy<Value = Participant> {
    (lax_handle(), display_name(), capabilities()).prop_map(move |(handle, name, capabilities)| Participant {
        handle,
        name,
        capabilities: (dialect >= Dialect::Msnp12).then_some(capabilities),
    })
}

/// Returns every line that a switchboard can send to a reader of `dialect`.
pub(crate) fn sb_server(dialect: Dialect) -> impl Strategy<Value = sb::ServerCommand<'static>> {
    use sb::ServerCommand as S;
    forms!(S<'static> {
        S::Opened { .. } => (trid(), lax_handle(), display_name())
            .prop_map(|(trid, handle, name)| S::Opened { trid, handle, name }),
        S::Roster { .. } => (trid(), any::<u32>(), any::<u32>(), participant(dialect))
            .prop_map(|(trid, index, total, who)| S::Roster { trid, index, total, who }),
        S::Joined(_) => trid().prop_map(S::Joined),
        S::Join(_) => participant(dialect).prop_map(S::Join),
        S::Ringing(..) => (trid(), any::<u32>()).prop_map(|(trid, session)| S::Ringing(trid, session)),
        S::Message { .. } => (lax_handle(), display_name(), message())
            .prop_map(|(handle, name, payload)| S::Message { handle, name, payload }),
        S::Ack(_) => trid().prop_map(S::Ack),
        S::Nak(_) => trid().prop_map(S::Nak),
        S::Bye(..) => (lax_handle(), any::<bool>()).prop_map(|(handle, idle)| S::Bye(handle, idle)),
        S::Error(..) => (trid(), error_code()).prop_map(|(trid, code)| S::Error(trid, code)),
    })
}
