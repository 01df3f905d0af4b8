//! Addresses: what a name resolves to is checked, all of it.

use chiron_egress::{AddressKind, Base, Endpoint, Error, ProxyChoice};

use crate::server::{Names, Server, endpoint, get, ok, open_with};

async fn refused(base: &str, private_addresses: bool, addresses: &[&str]) -> Error {
    let endpoint = Endpoint { private_addresses, proxy: ProxyChoice::None, ..Endpoint::at(Base::parse(base).unwrap()) };
    // The system's authorities are not what is tested: where this machine has none, the client needs one to open.
    let folder = tempfile::tempdir().unwrap();
    let (_, authority) = crate::tls::authority("unused.test");
    std::fs::write(folder.path().join("ca.pem"), authority).unwrap();
    let endpoint = Endpoint { authorities: Some(folder.path().join("ca.pem")), ..endpoint };
    get(&open_with(endpoint, Names::but(&[("a.test", addresses)])), "/").await.unwrap_err()
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused() {
    for (address, kind) in [
        ("127.0.0.1", AddressKind::Loopback),
        ("10.1.2.3", AddressKind::Private),
        ("::ffff:192.168.1.1", AddressKind::Private),
        ("fd12::1", AddressKind::Private),
        ("100.64.0.1", AddressKind::Shared),
        ("169.254.169.254", AddressKind::Metadata),
        ("0.0.0.0", AddressKind::Unspecified),
    ] {
        let error = refused("https://a.test", false, &[address]).await;
        assert!(matches!(&error, Error::Address { kind: found, .. } if *found == kind), "{address}: {error}");
        assert!(!error.words().contains(address) && !error.words().contains("a.test"), "{}", error.words());
    }
}

#[tokio::test]
async fn one_bad_address_among_good_ones_is_refused() {
    let error = refused("https://a.test", false, &["93.184.216.34", "127.0.0.1"]).await;
    assert!(matches!(error, Error::Address { kind: AddressKind::Loopback, .. }), "{error}");
}

#[tokio::test]
async fn no_setting_opens_the_metadata_service() {
    let error = refused("https://a.test", true, &["169.254.169.254"]).await;
    assert!(matches!(error, Error::Address { kind: AddressKind::Metadata, .. }), "{error}");
}

#[tokio::test]
async fn plain_http_does_not_leave_the_private_network() {
    let client = open_with(endpoint("http://a.test"), Names::but(&[("a.test", &["93.184.216.34"])]));
    let error = get(&client, "/").await.unwrap_err();
    assert!(matches!(error, Error::PlaintextAddress { .. }), "{error}");
}

#[tokio::test]
async fn a_name_without_an_address_is_named() {
    assert!(matches!(refused("https://a.test", false, &[]).await, Error::Resolve { .. }));
}

#[tokio::test]
async fn the_next_address_is_tried_where_one_is_dead() {
    let server = Server::start(|_| ok("alive")).await;
    let names = Names::but(&[("a.test", &["127.0.0.9", "127.0.0.1"])]);
    let client = open_with(endpoint(&format!("http://a.test:{}", server.port)), names);
    assert_eq!(get(&client, "/").await.unwrap().body, b"alive");
}
