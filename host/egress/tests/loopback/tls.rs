//! TLS: an authority of the operator's, and everything that must not pass.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chiron_egress::{Base, Client, Endpoint, Error, Machine, OpenError, ProxyChoice};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::server::{Names, get, ok, open_with, serve};

/// A server's settings for a name, and the PEM of the authority that vouches for it.
pub(crate) fn authority(name: &str) -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let private = PrivateKeyDer::try_from(leaf_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], private).unwrap();
    (Arc::new(config), pem)
}

/// A TLS server that answers `hello`; its port.
pub(crate) async fn start(config: Arc<ServerConfig>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = TlsAcceptor::from(Arc::clone(&config));
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, &|_| ok("hello"), &Mutex::default()).await;
                }
            });
        }
    });
    port
}

/// An endpoint with the authority of this PEM.
pub(crate) fn endpoint(base: &str, folder: &Path, pem: &str) -> Endpoint {
    std::fs::write(folder.join("ca.pem"), pem).unwrap();
    Endpoint {
        private_addresses: true,
        proxy: ProxyChoice::None,
        authorities: Some(folder.join("ca.pem")),
        ..Endpoint::at(Base::parse(base).unwrap())
    }
}

#[tokio::test]
async fn a_certificate_of_the_endpoints_own_authority_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (config, pem) = authority("a.test");
    let port = start(config).await;
    let client = open_with(endpoint(&format!("https://a.test:{port}"), folder.path(), &pem), Names::but(&[]));
    assert_eq!(get(&client, "/").await.unwrap().body, b"hello");
}

#[tokio::test]
async fn another_name_and_another_authority_are_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (config, pem) = authority("a.test");
    let (_, strangers) = authority("a.test");
    let port = start(config).await;
    for (name, pem) in [("b.test", &pem), ("127.0.0.1", &pem), ("a.test", &strangers)] {
        let endpoint = endpoint(&format!("https://{name}:{port}"), folder.path(), pem);
        let error = get(&open_with(endpoint, Names::but(&[])), "/").await.unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (_, pem) = authority("a.test");
    let server = crate::server::Server::start(|_| ok("in the open")).await;
    let endpoint = endpoint(&format!("https://a.test:{}", server.port), folder.path(), &pem);
    let client = open_with(Endpoint { timeout: std::time::Duration::from_secs(1), ..endpoint }, Names::but(&[]));
    let error = get(&client, "/").await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. } | Error::Timeout { .. }), "{error}");
}

#[test]
fn an_authority_that_is_not_there_is_named_when_the_endpoint_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = endpoint("https://a.test", folder.path(), "no certificate");
    let machine = Machine::resolving_by(Names::but(&[]), "chiron/0.0.0");
    assert!(matches!(Client::open(endpoint, &machine).err(), Some(OpenError::Authorities { .. })));
}
