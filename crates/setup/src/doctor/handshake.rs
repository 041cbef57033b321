//! TLS handshakes that accept any certificate and record it. [`super::certificate`] judges the certificate.

use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion};
use swallowtail_base::lock;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::chain::CertificateChain;
use super::stream::AnyStream;

/// Accepts every certificate and records it.
#[derive(Debug)]
struct CertificateRecorder {
    provider: Arc<CryptoProvider>,
    shown: Mutex<Option<CertificateChain>>,
}

impl ServerCertVerifier for CertificateRecorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let more = intermediates.iter().map(|certificate| certificate.clone().into_owned()).collect();
        *lock(&self.shown) = Some(CertificateChain { certificate: end_entity.clone().into_owned(), more });
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

/// Does a handshake for a name with these TLS versions. Returns the stream and the certificates that the server showed.
///
/// # Errors
/// Returns why the handshake failed.
pub(super) async fn handshake(
    stream: TcpStream,
    name: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<(TlsStream<TcpStream>, Option<CertificateChain>), String> {
    let provider = Arc::new(ring::default_provider());
    let recorder = Arc::new(CertificateRecorder { provider: provider.clone(), shown: Mutex::new(None) });
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
    let config = config.map_err(|error| error.to_string())?.dangerous();
    let config = config.with_custom_certificate_verifier(recorder.clone()).with_no_client_auth();
    let name =
        ServerName::try_from(name.to_owned()).map_err(|_| format!("{name:?} cannot be a name in a certificate"))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| error.to_string())?;
    let shown = lock(&recorder.shown).take();
    Ok((stream, shown))
}

/// Does a handshake with the version that the server prefers. Returns the stream and the certificate that the server
/// showed.
///
/// # Errors
/// Returns why the handshake failed.
pub(super) async fn connect(
    stream: TcpStream,
    name: &str,
) -> Result<(AnyStream, Option<CertificateDer<'static>>), String> {
    let (stream, shown) =
        handshake(stream, name, &[&TLS13, &TLS12]).await.map_err(|why| format!("the TLS handshake failed: {why}"))?;
    Ok((Box::new(stream), shown.map(|shown| shown.certificate)))
}
