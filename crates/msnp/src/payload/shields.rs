//! The shields document, which disables features in clients (docs/protocol/http.md section 4).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use crate::Dialect;
use crate::xml::escape_xml;

/// The content of the shields document, which clients fetch with GCF. The document is advice, and a
/// client can ignore it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shields {
    /// The features that are disabled, by client version. Real documents have at least one entry.
    pub clients: Vec<ShieldedClients>,
    /// Texts that clients must not send, as regular expressions. In the document, these expressions
    /// are in base64. Only clients of MSNP12 know them.
    pub block_texts: Vec<String>,
}

/// The features that are disabled in clients of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShieldedClients {
    /// The major version, such as 7.
    pub major: u32,
    /// The minor version, such as 5.
    pub minor: u32,
    /// The builds of that version.
    pub builds: RangeInclusive<u32>,
    /// The disabled features.
    pub deny: BTreeSet<Feature>,
}

/// A feature that can be disabled in clients up to MSNP12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Voice clips.
    VoiceClips,
    /// Webcams.
    Camera,
    /// Audio.
    Audio,
    /// File transfers.
    FileTransfer,
    /// Links in messages.
    Links,
    /// Dynamic display pictures.
    DynamicPictures,
    /// Winks.
    Winks,
    /// Dynamic backgrounds.
    DynamicBackgrounds,
    /// `msnim:` links.
    ProtocolHandler,
}

impl Default for Shields {
    /// Returns the document of 145 bytes that disables nothing. It is the example in the seed
    /// document (msnp-wiki's page on MSNP12).
    fn default() -> Self {
        let nobody = ShieldedClients { major: 7, minor: 0, builds: 0..=9999, deny: BTreeSet::new() };
        Self { clients: vec![nobody], block_texts: Vec::new() }
    }
}

impl Shields {
    /// Returns the document for a client of this dialect. Before MSNP12, the element `block` is
    /// empty.
    #[must_use]
    pub fn document(&self, dialect: Dialect) -> String {
        let mut out = String::from(r#"<?xml version="1.0" encoding="utf-8" ?><config><shield>"#);
        for ShieldedClients { major, minor, builds, deny } in &self.clients {
            let (min, max) = (builds.start(), builds.end());
            let names: Vec<_> = deny.iter().map(|feature| feature.name()).collect();
            // If no feature is disabled, `deny` is a blank, as in the example of the seed document
            // (msnp-wiki's page on MSNP12).
            let deny = if names.is_empty() { " ".to_owned() } else { names.join(" ") };
            let _ = write!(out, r#"<cli maj="{major}" min="{minor}" minbld="{min}" maxbld="{max}" deny="{deny}" />"#);
        }
        out.push_str("</shield><block>");
        if dialect >= Dialect::Msnp12 && !self.block_texts.is_empty() {
            out.push_str("<regexp>");
            for text in &self.block_texts {
                let _ = write!(out, r#"<imtext value="{}" />"#, escape_xml(text));
            }
            out.push_str("</regexp>");
        }
        out.push_str("</block></config>");
        out
    }
}

impl Feature {
    /// All features.
    pub const ALL: [Self; 9] = [
        Self::VoiceClips,
        Self::Camera,
        Self::Audio,
        Self::FileTransfer,
        Self::Links,
        Self::DynamicPictures,
        Self::Winks,
        Self::DynamicBackgrounds,
        Self::ProtocolHandler,
    ];

    /// Returns the word in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VoiceClips => "voiceim",
            Self::Camera => "camera",
            Self::Audio => "audio",
            Self::FileTransfer => "filexfer",
            Self::Links => "hotlinks",
            Self::DynamicPictures => "ddp",
            Self::Winks => "winks",
            Self::DynamicBackgrounds => "dynamicbackgrounds",
            Self::ProtocolHandler => "protocolhandler",
        }
    }

    /// Returns the feature of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &str = concat!(
        r#"<?xml version="1.0" encoding="utf-8" ?><config><shield>"#,
        r#"<cli maj="7" min="0" minbld="0" maxbld="9999" deny=" " /></shield><block></block></config>"#,
    );
    const EXAMPLE: &str = concat!(
        r#"<?xml version="1.0" encoding="utf-8" ?><config><shield>"#,
        r#"<cli maj="7" min="5" minbld="0" maxbld="310" deny="voiceim winks" /></shield>"#,
        r#"<block><regexp><imtext value="ZXhhbXBsZVwuaW52YWxpZA==" /></regexp></block></config>"#,
    );

    fn example() -> Shields {
        let deny = BTreeSet::from([Feature::Winks, Feature::VoiceClips]);
        let clients = vec![ShieldedClients { major: 7, minor: 5, builds: 0..=310, deny }];
        Shields { clients, block_texts: vec!["ZXhhbXBsZVwuaW52YWxpZA==".to_owned()] }
    }

    #[test]
    fn the_length_of_the_default_shields_matches_the_example_in_msnp_wiki() {
        for dialect in [Dialect::Msnp11, Dialect::Msnp12] {
            assert_eq!(Shields::default().document(dialect), DEFAULT);
        }
        assert_eq!(DEFAULT.len(), 145);
    }

    #[test]
    fn the_shields_example_in_the_reference_has_216_bytes() {
        assert_eq!(example().document(Dialect::Msnp12), EXAMPLE);
        assert_eq!(EXAMPLE.len(), 216);
    }

    #[test]
    fn msnp11_clients_receive_an_empty_block_element() {
        let document = example().document(Dialect::Msnp11);
        assert!(document.ends_with(r#"deny="voiceim winks" /></shield><block></block></config>"#), "{document}");
    }

    #[test]
    fn a_blocked_text_cannot_break_out_of_its_attribute() {
        let shields = Shields { block_texts: vec!["\" /><x a='".to_owned()], ..Shields::default() };
        let document = shields.document(Dialect::Msnp12);
        assert!(document.contains(r#"<imtext value="&quot; /&gt;&lt;x a=&apos;" />"#), "{document}");
    }

    #[test]
    fn each_feature_is_found_by_its_name() {
        for feature in Feature::ALL {
            assert_eq!(Feature::from_name(feature.name()), Some(feature));
        }
        assert_eq!(Feature::from_name("Winks"), None);
    }
}
