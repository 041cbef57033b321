//! `text/x-msnmsgr-datacast`: nudges, winks and voice clips (docs/protocol/payloads.md section 4).

use super::headers::{Headers, write_header, write_start};
use crate::MsnObjectFields;

pub(super) const TYPE: &str = "text/x-msnmsgr-datacast";

const NUDGE: &str = "1";
const WINK: &str = "2";
const VOICE_CLIP: &str = "3";

/// A message of the type `text/x-msnmsgr-datacast`. The field `ID` of the body selects the variant.
pub(super) enum Datacast {
    Nudge,
    Wink(MsnObjectFields),
    VoiceClip(MsnObjectFields),
}

impl Datacast {
    /// Reads the fields of the body. Returns `None` if the ID is missing or has no variant here.
    /// For example, the action texts of later clients have no variant. Also returns `None` if the
    /// object of a wink or a voice clip is missing or malformed.
    pub(super) fn read(fields: Headers<'_>) -> Option<Self> {
        let object = || MsnObjectFields::parse(fields.get("Data")?);
        match fields.get("ID")? {
            NUDGE => Some(Self::Nudge),
            WINK => object().map(Self::Wink),
            VOICE_CLIP => object().map(Self::VoiceClip),
            _ => None,
        }
    }
}

/// Appends the payload of a nudge.
pub(super) fn write_nudge(out: &mut Vec<u8>) {
    write(NUDGE, None, out);
}

/// Appends the payload of a wink.
pub(super) fn write_wink(object: &MsnObjectFields, out: &mut Vec<u8>) {
    write(WINK, Some(object), out);
}

/// Appends the payload of a voice clip.
pub(super) fn write_voice_clip(object: &MsnObjectFields, out: &mut Vec<u8>) {
    write(VOICE_CLIP, Some(object), out);
}

fn write(id: &str, object: Option<&MsnObjectFields>, out: &mut Vec<u8>) {
    write_start(out, TYPE);
    out.extend_from_slice(b"\r\n");
    write_header(out, "ID", id);
    if let Some(object) = object {
        write_header(out, "Data", object.to_xml());
    }
    out.extend_from_slice(b"\r\n");
}
