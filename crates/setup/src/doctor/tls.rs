//! Shaking hands with a server over TLS 1.2 and 1.3, whatever certificate it shows: that is judged apart ([`super::certificate`]).

use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate::Shown;
use super::codes;
use super::finding::Finding;
use super::known::Known;
use super::old_tls;
use super::stream::AnyStream;
use swallowtail_base::lock;

/// Keeps the certificates, and lets every one pass.
#[derive(Debug)]
struct Onlooker {
    provider: Arc<CryptoProvider>,
    shown: Mutex<Option<Shown>>,
}

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let more = intermediates.iter().map(|certificate| certificate.clone().into_owned()).collect();
        *lock(&self.shown) = Some(Shown { certificate: end_entity.clone().into_owned(), more });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A handshake with these versions.
async fn handshake(
    stream: TcpStream,
    name: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<(TlsStream<TcpStream>, Option<Shown>), String> {
    let provider = Arc::new(ring::default_provider());
    let onlooker = Arc::new(Onlooker { provider: provider.clone(), shown: Mutex::new(None) });
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
    let config = config.map_err(|error| error.to_string())?.dangerous();
    let config = config.with_custom_certificate_verifier(onlooker.clone()).with_no_client_auth();
    let name =
        ServerName::try_from(name.to_owned()).map_err(|_| format!("{name:?} can be no name in a certificate"))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| error.to_string())?;
    let shown = lock(&onlooker.shown).take();
    Ok((stream, shown))
}

/// A connection over whichever version the server likes best, and the certificate that it shows there.
pub(super) async fn connect(
    stream: TcpStream,
    name: &str,
) -> Result<(AnyStream, Option<CertificateDer<'static>>), String> {
    let (stream, shown) = handshake(stream, name, &[&TLS13, &TLS12]).await.map_err(|why| format!("no TLS: {why}"))?;
    Ok((Box::new(stream), shown.map(|shown| shown.certificate)))
}

/// Which versions the server speaks. Windows 7 and later need 1.2; 1.3 is of no use to these clients, but no harm.
pub(super) async fn versions(known: &mut Known<'_>) -> Finding {
    let is_port = known.target.https.is_some();
    if is_port && !known.https_open {
        return Finding::skipped("the HTTPS port is not reached");
    }
    if !is_port && !known.http_open {
        return match known.target.proxy() {
            Some(_) => Finding::skipped("it comes by the HTTP port, which is not reached"),
            None => none(known, known.target.is_not_set("listen.https")),
        };
    }
    let (name, mut spoken, mut failed) = (known.tls_name(), Vec::new(), String::new());
    for (word, version) in [("1.2", &TLS12), ("1.3", &TLS13)] {
        let stream = match known.dial_tls().await {
            Ok(stream) => stream,
            Err(why) if is_port => return Finding::red(why, "see the HTTPS port above").shows(codes::NO_HTTPS),
            Err(why) => return none(known, format!("{}, and {why}", known.target.is_not_set("listen.https"))),
        };
        match handshake(stream, &name, &[version]).await {
            Ok((_, shown)) => {
                spoken.push(word);
                known.shown = shown;
            }
            Err(why) => failed = why,
        }
    }
    known.has_tls = !spoken.is_empty();
    let place = known.tls_place();
    match spoken[..] {
        ["1.3"] => Finding::red(
            format!("{place} speaks TLS 1.3 alone, which Windows of these clients' time never learnt"),
            "have whatever ends TLS there speak TLS 1.2 as well",
        )
        .shows(codes::NO_TLS),
        [] if known.wants_xp() && old_tls::is_spoken(known).await => {
            Finding::skipped(format!("{place} is for Windows XP alone: nothing newer than TLS 1.0 is spoken there"))
        }
        [] => Finding::red(
            format!("no handshake with TLS 1.2 or 1.3 comes about on {place}: {failed}"),
            "see that this is the port of listen.https, or of a terminator for TLS, and that it has a certificate",
        )
        .shows(codes::NO_TLS),
        _ => Finding::green(format!("TLS {} on {place}", spoken.join(" and "))),
    }
}

/// There is none. Official clients sign in over TLS and nothing else, those on Windows XP over another one than this.
fn none(known: &Known<'_>, why: String) -> Finding {
    match known.options.client {
        Some(client) if client.checks_certificate() => Finding::red(
            format!("{why}, and {} signs in over TLS alone", client.name),
            format!(
                "leave tls.own_root switched on, and give {} an address with port 443, or clients the proxy of the server; its root \
                 and the steps for this client are at /setup/{}",
                known.target.key("listen.https"),
                client.id,
            ),
        )
        .shows(codes::NO_HTTPS),
        _ => Finding::skipped(format!("{why}: unpatched Microsoft clients cannot sign in without TLS")),
    }
}
