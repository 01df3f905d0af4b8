//! TLS 1.2 and 1.3 by rustls, with ring. Trusted are the system's authorities, and those that an endpoint adds.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Largest file of authorities, in bytes. All that browsers trust are about 250 KiB.
const AUTHORITIES_BYTES_MAX: u64 = 1 << 20;

/// The authorities that this machine trusts. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others, as for OpenSSL. What cannot be
/// read of them is left out: an authority fewer refuses more.
pub(crate) fn system() -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    store
}

/// Adds the authorities of a PEM file; all of them or none.
pub(crate) fn add(store: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(AUTHORITIES_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > AUTHORITIES_BYTES_MAX {
        return Err(format!("it is longer than {AUTHORITIES_BYTES_MAX} bytes"));
    }
    let mut found = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| format!("it is no PEM: {error}"))?;
        store.add(certificate).map_err(|error| error.to_string())?;
        found += 1;
    }
    if found == 0 { Err("it holds no certificate in PEM".to_owned()) } else { Ok(()) }
}

/// A client that trusts these.
pub(crate) fn client(authorities: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_root_certificates(authorities).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_adds_nothing_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let mut store = RootCertStore::empty();
        assert!(add(&mut store, &path).is_err());
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "hello", broken] {
            std::fs::write(&path, text).unwrap();
            assert!(add(&mut store, &path).is_err(), "{text}");
        }
        assert!(store.is_empty());
    }
}
