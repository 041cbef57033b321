//! MsgrConfig for msnp11-sdk, the library of meowsn and others (docs/protocol/http.md section 3).
//!
//! The library cannot read a document without a tab or without the address of MSN Today. Original
//! clients do not need the tab and the address, and would show them to their users. Therefore the
//! server adds a missing tab or address only for this library. The added tab and the added MSN
//! Today both open the home page of this server.

use msnp::client_config::ConfigRequest;
use swallowtail_config::{ClientConfig, Tab};

/// The path of the picture on the tab. meowsn fails if it cannot fetch the picture.
pub(super) const PICTURE_PATH: &str = "/Config/tab.png";
/// The picture on the tab: a PNG of 36x32 pixels.
pub(super) const PICTURE: &[u8] = include_bytes!("tab.png");

/// Returns whether msnp11-sdk sent a request. The library always sends the same values, and no country has the code 00.
pub(super) fn sent(request: &ConfigRequest) -> bool {
    request.country.as_deref() == Some("00")
        && (request.clcid, request.plcid) == (Some(0x0809), Some(0x0409))
        && request.geo_id == Some(32)
}

/// Returns the settings with a tab and an address of MSN Today. `origin` is the URL at which the client reaches this
/// server, such as `http://chat.example.com`.
pub(super) fn complete(settings: &ClientConfig, origin: &str) -> ClientConfig {
    let home = format!("{origin}/");
    let mut complete = settings.clone();
    if complete.tabs.is_empty() {
        complete.tabs.push(Tab {
            page: home.clone(),
            hit: None,
            image: format!("{origin}{PICTURE_PATH}"),
            name: "Swallowtail".to_owned(),
            tooltip: None,
            site_id: 0,
            notification_id: 0,
        });
    }
    complete.today.get_or_insert(home);
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn msnp11_sdk_is_identified_by_the_country_and_languages_and_location_in_its_request() {
        let country = Some("00".to_owned());
        let library =
            ConfigRequest { country, clcid: Some(0x809), plcid: Some(0x409), geo_id: Some(32), version: None };
        assert!(sent(&library));
        assert!(!sent(&ConfigRequest { country: Some("GB".to_owned()), ..library.clone() }));
        assert!(!sent(&ConfigRequest { geo_id: Some(242), ..library }));
        assert!(!sent(&ConfigRequest::default()));
    }

    #[test]
    fn missing_settings_are_filled_in_and_existing_settings_are_kept() {
        let complete = complete(&ClientConfig::default(), "http://a.example:8080");
        assert_eq!(complete.today.as_deref(), Some("http://a.example:8080/"));
        let [tab] = &complete.tabs[..] else { panic!("{:?}", complete.tabs) };
        assert_eq!((tab.page.as_str(), tab.hit()), ("http://a.example:8080/", "http://a.example:8080/"));
        assert_eq!(tab.image, "http://a.example:8080/Config/tab.png");
        assert_eq!(super::complete(&complete, "http://b.example"), complete);
    }
}
