//! Builds the document that switches off features of clients and blocks texts (docs/protocol/http.md section 4). The
//! content comes from the settings in `[shields]`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use msnp::Dialect;
use msnp::payload::{ShieldedClients, Shields};
use swallowtail_config::{ShieldsClient, ShieldsConfig};

/// Returns the document for a client of this dialect.
pub(super) fn document(settings: &ShieldsConfig, dialect: Dialect) -> String {
    let mut shields = Shields::default();
    if !settings.clients.is_empty() {
        shields.clients = settings.clients.iter().map(rule).collect();
    }
    shields.block_texts = settings.block_texts.iter().map(|text| STANDARD.encode(text)).collect();
    shields.document(dialect)
}

fn rule(client: &ShieldsClient) -> ShieldedClients {
    ShieldedClients {
        major: client.major,
        minor: client.minor,
        builds: client.min_build..=client.max_build,
        deny: client.deny.clone(),
    }
}

#[cfg(test)]
mod tests {
    use msnp::payload::Feature;

    use super::*;
    use swallowtail_config::Config;

    fn document(text: &str, dialect: Dialect) -> String {
        super::document(&Config::parse(text).unwrap().shields, dialect)
    }

    #[test]
    fn without_settings_the_shields_document_has_the_default_text() {
        for text in ["", "[shields]"] {
            assert_eq!(document(text, Dialect::Msnp12), Shields::default().document(Dialect::Msnp12));
        }
    }

    #[test]
    fn the_shields_document_matches_the_example_in_the_reference_byte_for_byte() {
        let text = "[shields]\nblock_texts = ['example\\.invalid']\n[[shields.client]]\nmajor = 7\nminor = 5\nmax_build = 310\n\
                    deny = [\"winks\", \"voiceim\", \"winks\"]";
        let expected = concat!(
            r#"<?xml version="1.0" encoding="utf-8" ?><config><shield>"#,
            r#"<cli maj="7" min="5" minbld="0" maxbld="310" deny="voiceim winks" /></shield>"#,
            r#"<block><regexp><imtext value="ZXhhbXBsZVwuaW52YWxpZA==" /></regexp></block></config>"#,
        );
        assert_eq!(document(text, Dialect::Msnp12), expected);
        assert!(document(text, Dialect::Msnp11).ends_with("<block></block></config>"));
    }

    #[test]
    fn configured_block_texts_change_only_the_block_element_of_the_shields_document() {
        let blocked = document("[shields]\nblock_texts = [\"a\", \"b\"]", Dialect::Msnp12);
        let expected = Shields::default()
            .document(Dialect::Msnp12)
            .replace("<block>", "<block><regexp><imtext value=\"YQ==\" /><imtext value=\"Yg==\" /></regexp>");
        assert_eq!(blocked, expected);
    }

    #[test]
    fn the_longest_shields_document_is_shorter_than_10_kib() {
        let names = Feature::ALL.map(|feature| format!("{:?}", feature.name())).join(", ");
        let client = format!(
            "[[shields.client]]\nmajor = 99\nminor = 99\nmin_build = 9999\nmax_build = 9999\ndeny = [{names}]\n"
        );
        let texts = format!("\"{}\",", "x".repeat(ShieldsConfig::MAX_TEXT)).repeat(ShieldsConfig::MAX_TEXTS);
        let text = format!("[shields]\nblock_texts = [{texts}]\n{}", client.repeat(ShieldsConfig::MAX_CLIENTS));
        let length = document(&text, Dialect::Msnp12).len();
        assert!(length < 10 * 1024, "{length}");
    }
}
