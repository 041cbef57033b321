//! Creates the documents of the client configuration (docs/protocol/http.md section 3). They
//! contain only the settings that the operator has set. Original clients treat every element as
//! optional.

use std::fmt::Write as _;

use msnp::escape_xml;
use swallowtail_config::{ClientConfig, Tab};

/// The market (language and country) of the links. Other servers send this market to all clients,
/// and clients in every language accept it.
const MARKET: &str = "en-US";

/// The limits for tabs that a PC's manufacturer added. Other servers send the same values. No
/// client has such tabs.
const TAB_SETTINGS: &str =
    "<msntabsettings><oemtotallimit>1</oemtotallimit><oemdisplaylimit>1</oemdisplaylimit></msntabsettings>";

/// Returns `MsgrConfig` without an XML declaration.
pub(super) fn document(settings: &ClientConfig) -> String {
    let mut out = String::from("<MsgrConfig>");
    push_simple(settings, &mut out);
    if !settings.tabs.is_empty() {
        out.push_str("<TabConfig>");
        push_tabs(settings, &mut out);
        let _ = write!(out, "{TAB_SETTINGS}</TabConfig>");
    }
    push_links(settings, &mut out);
    out.push_str("</MsgrConfig>");
    out
}

/// Returns the answer to a GET.
pub(super) fn plain_answer(settings: &ClientConfig) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", document(settings))
}

/// Returns the answer to a POST.
pub(super) fn soap_answer(settings: &ClientConfig) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\
         <soap:Body><GetClientConfigResponse xmlns=\"http://www.msn.com/webservices/Messenger/Client\">\
         <GetClientConfigResult>{}</GetClientConfigResult></GetClientConfigResponse></soap:Body></soap:Envelope>",
        cdata(&document(settings))
    )
}

/// Returns the answer for `/svcs/mms/tabs.asp`. Clients 5.x expect two root elements, so the answer is not well-formed
/// XML.
pub(super) fn tabs_answer(settings: &ClientConfig) -> String {
    let mut out = format!("<?xml version=\"1.0\"?>{TAB_SETTINGS}");
    push_tabs(settings, &mut out);
    out
}

fn push_simple(settings: &ClientConfig, out: &mut String) {
    let _ = write!(
        out,
        "<Simple><Config><ExpiresInDays>{}</ExpiresInDays></Config><DisablePhoneDialer>{}</DisablePhoneDialer>\
         <MinFlashPlayer BuildNumber=\"60\" MajorVersion=\"7\" MinorVersion=\"0\"></MinFlashPlayer>\
         <Relay><Enabled>0</Enabled></Relay>",
        settings.expires_in_days,
        u8::from(settings.disable_phone_dialer),
    );
    if !settings.trusted_domains.is_empty() {
        out.push_str("<TrustedDomains>");
        for domain in &settings.trusted_domains {
            let _ = write!(out, "<domain name=\"{}\"></domain>", escape_xml(domain));
        }
        out.push_str("</TrustedDomains>");
    }
    out.push_str("<ErrorResponseTable></ErrorResponseTable></Simple>");
}

fn push_tabs(settings: &ClientConfig, out: &mut String) {
    out.push_str("<msntabdata>");
    settings.tabs.iter().for_each(|tab| push_tab(tab, out));
    out.push_str("</msntabdata>");
}

fn push_links(settings: &ClientConfig, out: &mut String) {
    if settings.search.is_none() && settings.today.is_none() && settings.terms_of_use.is_none() {
        return;
    }
    let _ = write!(out, "<LocalizedConfig Market=\"{MARKET}\">");
    if let Some(search) = &settings.search {
        let _ = write!(out, "<MSNSearch><SearchURL>{}</SearchURL></MSNSearch>", escape_xml(search));
    }
    if let Some(today) = &settings.today {
        let _ = write!(out, "<MsnTodayConfig><MsnTodayURL>{}</MsnTodayURL></MsnTodayConfig>", escape_xml(today));
    }
    if let Some(terms) = &settings.terms_of_use {
        // With site ID 0, the client does not sign in to the page.
        let _ = write!(
            out,
            "<TermsOfUse><TermsOfUseSID>0</TermsOfUseSID><TermsOfUseURL>{}</TermsOfUseURL></TermsOfUse>",
            escape_xml(terms)
        );
    }
    out.push_str("</LocalizedConfig>");
}

fn push_tab(tab: &Tab, out: &mut String) {
    let _ = write!(
        out,
        "<tab><type>page</type><contenturl>{}</contenturl><hiturl>{}</hiturl><image>{}</image><name>{}</name>\
         <tooltip>{}</tooltip><siteid>{}</siteid><notificationid>{}</notificationid></tab>",
        escape_xml(&tab.page),
        escape_xml(tab.hit()),
        escape_xml(&tab.image),
        escape_xml(&tab.name),
        escape_xml(tab.tooltip()),
        tab.site_id,
        tab.notification_id,
    );
}

/// The answer to a POST that the server cannot read.
pub(super) const FAULT: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body><S:Fault><faultcode>S:Client</faultcode>\
    <faultstring>Invalid Request</faultstring></S:Fault></S:Body></S:Envelope>";

/// Returns a text as CDATA. If the text contains the end marker of a CDATA section, the text is
/// divided there into two sections.
fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::escape::resolve_predefined_entity;
    use quick_xml::events::Event;

    use super::*;

    fn full() -> ClientConfig {
        let tab = Tab {
            page: "http://a.example/news?a=1&b=2".to_owned(),
            hit: Some("http://a.example/hit".to_owned()),
            image: "http://a.example/news.png".to_owned(),
            name: "News".to_owned(),
            tooltip: Some("What's new".to_owned()),
            site_id: 3,
            notification_id: 4,
        };
        let second = Tab { hit: None, tooltip: None, site_id: 0, notification_id: 0, ..tab.clone() };
        ClientConfig {
            expires_in_days: 0,
            disable_phone_dialer: false,
            trusted_domains: vec!["a.example".to_owned(), "b.example".to_owned()],
            today: Some("http://a.example/today".to_owned()),
            terms_of_use: Some("https://a.example/terms".to_owned()),
            search: Some("https://a.example/?q=$QUERY$&c".to_owned()),
            tabs: vec![tab, second],
        }
    }

    const DEFAULT: &str = concat!(
        "<MsgrConfig><Simple><Config><ExpiresInDays>1</ExpiresInDays></Config><DisablePhoneDialer>1</DisablePhoneDialer>",
        r#"<MinFlashPlayer BuildNumber="60" MajorVersion="7" MinorVersion="0"></MinFlashPlayer>"#,
        "<Relay><Enabled>0</Enabled></Relay><ErrorResponseTable></ErrorResponseTable></Simple></MsgrConfig>",
    );
    const TABS: &str = concat!(
        "<msntabdata><tab><type>page</type><contenturl>http://a.example/news?a=1&amp;b=2</contenturl>",
        "<hiturl>http://a.example/hit</hiturl><image>http://a.example/news.png</image><name>News</name>",
        "<tooltip>What&apos;s new</tooltip><siteid>3</siteid><notificationid>4</notificationid></tab>",
        "<tab><type>page</type><contenturl>http://a.example/news?a=1&amp;b=2</contenturl>",
        "<hiturl>http://a.example/news?a=1&amp;b=2</hiturl><image>http://a.example/news.png</image><name>News</name>",
        "<tooltip>News</tooltip><siteid>0</siteid><notificationid>0</notificationid></tab></msntabdata>",
    );
    const SETTINGS: &str =
        "<msntabsettings><oemtotallimit>1</oemtotallimit><oemdisplaylimit>1</oemdisplaylimit></msntabsettings>";

    #[test]
    fn the_default_document_contains_only_the_element_named_simple() {
        let config = ClientConfig::default();
        assert_eq!(plain_answer(&config), format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{DEFAULT}"));
        let envelope = format!(
            "{}<![CDATA[{DEFAULT}]]>{}",
            concat!(
                r#"<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/""#,
                r#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">"#,
                r#"<soap:Body><GetClientConfigResponse xmlns="http://www.msn.com/webservices/Messenger/Client">"#,
                "<GetClientConfigResult>",
            ),
            "</GetClientConfigResult></GetClientConfigResponse></soap:Body></soap:Envelope>",
        );
        assert_eq!(soap_answer(&config), envelope);
        assert_eq!(tabs_answer(&config), format!("<?xml version=\"1.0\"?>{SETTINGS}<msntabdata></msntabdata>"));
    }

    #[test]
    fn the_full_document_has_all_settings() {
        let expected = format!(
            "{}<TabConfig>{TABS}{SETTINGS}</TabConfig>{}",
            concat!(
                "<MsgrConfig><Simple><Config><ExpiresInDays>0</ExpiresInDays></Config>",
                "<DisablePhoneDialer>0</DisablePhoneDialer>",
                r#"<MinFlashPlayer BuildNumber="60" MajorVersion="7" MinorVersion="0"></MinFlashPlayer>"#,
                r#"<Relay><Enabled>0</Enabled></Relay><TrustedDomains><domain name="a.example"></domain>"#,
                r#"<domain name="b.example"></domain></TrustedDomains>"#,
                "<ErrorResponseTable></ErrorResponseTable></Simple>",
            ),
            concat!(
                r#"<LocalizedConfig Market="en-US">"#,
                "<MSNSearch><SearchURL>https://a.example/?q=$QUERY$&amp;c</SearchURL></MSNSearch>",
                "<MsnTodayConfig><MsnTodayURL>http://a.example/today</MsnTodayURL></MsnTodayConfig>",
                "<TermsOfUse><TermsOfUseSID>0</TermsOfUseSID><TermsOfUseURL>https://a.example/terms</TermsOfUseURL>",
                "</TermsOfUse></LocalizedConfig></MsgrConfig>",
            ),
        );
        assert_eq!(document(&full()), expected);
        assert_eq!(tabs_answer(&full()), format!("<?xml version=\"1.0\"?>{SETTINGS}{TABS}"));
    }

    /// Returns the names of all elements in order, and all texts.
    fn read(document: &str) -> (Vec<String>, Vec<String>) {
        let mut reader = Reader::from_str(document);
        let (mut names, mut texts, mut text) = (Vec::new(), Vec::new(), String::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    names.push(start.name().as_ref().to_owned());
                    for attribute in start.attributes() {
                        texts.push(
                            attribute
                                .unwrap()
                                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                                .unwrap()
                                .into_owned(),
                        );
                    }
                }
                Event::Text(piece) => text.push_str(&piece),
                Event::CData(piece) => text.push_str(&piece),
                Event::GeneralRef(name) => text.push_str(resolve_predefined_entity(&name).unwrap()),
                Event::End(_) if text.is_empty() => {}
                Event::End(_) => texts.push(std::mem::take(&mut text)),
                Event::Decl(_) => {}
                Event::Eof => return (names, texts),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn every_document_can_be_parsed() {
        for config in [ClientConfig::default(), full()] {
            let whole = document(&config);
            assert_eq!(read(&plain_answer(&config)).0, read(&whole).0);
            assert_eq!(read(&soap_answer(&config)).1.last(), Some(&whole));
            assert_eq!(read(&tabs_answer(&config)).0.iter().filter(|name| *name == "tab").count(), config.tabs.len());
        }
        assert!(read(FAULT).1.contains(&"Invalid Request".to_owned()));
    }

    #[test]
    fn a_text_from_the_operator_cannot_break_out_of_its_element() {
        let hostile = "http://a/</name>]]><x y='z'\"&amp;<!--<![CDATA[?>";
        let text = || hostile.to_owned();
        let tab =
            Tab { page: text(), hit: None, image: text(), name: text(), tooltip: None, site_id: 0, notification_id: 0 };
        let config = ClientConfig {
            trusted_domains: vec![text(), text()],
            today: Some(text()),
            terms_of_use: Some(text()),
            search: Some(text()),
            tabs: vec![tab.clone(), tab],
            ..full()
        };
        for (hostile_answer, tame_answer) in [
            (plain_answer(&config), plain_answer(&full())),
            (read(&soap_answer(&config)).1.pop().unwrap(), document(&full())),
            (tabs_answer(&config), tabs_answer(&full())),
        ] {
            let (names, texts) = read(&hostile_answer);
            assert_eq!(names, read(&tame_answer).0);
            assert!(texts.iter().filter(|text| *text == hostile).count() >= 10, "{texts:?}");
        }
    }

    #[test]
    fn a_cdata_section_can_contain_its_end_marker() {
        for text in ["]]>", "a]]>b]]]>]]", "]]>]]>", "<![CDATA[]]>", "]"] {
            assert_eq!(read(&format!("<a>{}</a>", cdata(text))).1, [text]);
        }
    }
}
