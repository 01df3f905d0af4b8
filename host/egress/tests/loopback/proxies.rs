//! Through a proxy: a tunnel, in which TLS is the endpoint's own.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use chiron_egress::{Endpoint, Error, Proxy, ProxyChoice};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::server::{Names, get, open_with};
use crate::tls;

/// A proxy that leads every tunnel to one port; what it was asked for.
async fn start(port: u16, status: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let own = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                kept.lock().unwrap().push(String::from_utf8(head).unwrap());
                client.write_all(format!("HTTP/1.1 {status}\r\nvia: test\r\n\r\n").as_bytes()).await.unwrap();
                let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (own, asked)
}

fn through(endpoint: Endpoint, port: u16) -> Endpoint {
    let proxy = Proxy::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    Endpoint { proxy: ProxyChoice::Through(proxy), private_addresses: false, ..endpoint }
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_and_tls_is_with_the_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (config, pem) = tls::authority("a.test");
    let port = tls::start(config).await;
    let (proxy, asked) = start(port, "200 Connected").await;
    let names = Names::but(&[]);
    let client = open_with(through(tls::endpoint("https://a.test", folder.path(), &pem), proxy), Arc::clone(&names));
    assert_eq!(get(&client, "/").await.unwrap().body, b"hello");
    assert_eq!(*asked.lock().unwrap(), ["CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"]);
    // The proxy resolves the name; nobody else does.
    assert_eq!(*names.asked.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (_, pem) = tls::authority("a.test");
    let (proxy, _) = start(9, "407 Who are you").await;
    let client = open_with(through(tls::endpoint("https://a.test", folder.path(), &pem), proxy), Names::but(&[]));
    let error = get(&client, "/").await.unwrap_err();
    assert!(matches!(&error, Error::Proxy { reason, .. } if reason.contains("407")), "{error}");
}

#[tokio::test]
async fn this_machine_and_private_addresses_are_refused_before_the_proxy_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (_, pem) = tls::authority("a.test");
    let (proxy, asked) = start(9, "200 Connected").await;
    for base in
        ["https://localhost", "https://api.localhost", "https://10.0.0.1", "https://[::1]", "https://169.254.169.254"]
    {
        let client = open_with(through(tls::endpoint(base, folder.path(), &pem), proxy), Names::but(&[]));
        let error = get(&client, "/").await.unwrap_err();
        assert!(matches!(error, Error::Address { .. }), "{base}: {error}");
    }
    assert!(asked.lock().unwrap().is_empty());
}
