//! What has no end is ended, and what is too large is not taken.

use std::time::{Duration, Instant};

use chiron_egress::{Endpoint, Error};

use crate::server::{Reply, Server, endpoint, get, ok, open};

/// Far more than any of these takes: a hang is what it would show.
const HANG: Duration = Duration::from_secs(20);

async fn asked(reply: fn() -> Reply, timeout: Duration) -> Error {
    let server = Server::start(move |_| reply()).await;
    let base = endpoint(&format!("http://a.test:{}", server.port));
    let client = open(Endpoint { response_bytes_max: 100_000, timeout, ..base });
    let start = Instant::now();
    let error = get(&client, "/").await.unwrap_err();
    assert!(start.elapsed() < HANG, "{:?}", start.elapsed());
    error
}

const LONG: Duration = Duration::from_secs(15);
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_body_without_end_is_cut_off_at_the_limit() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n",
    ] {
        let server = Server::start(move |_| Reply::Endless(head.to_owned())).await;
        let base = endpoint(&format!("http://a.test:{}", server.port));
        let client = open(Endpoint { response_bytes_max: 100_000, timeout: LONG, ..base });
        assert_eq!(get(&client, "/").await, Err(Error::TooLarge { limit: 100_000 }), "{head}");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let server = Server::start(|path| ok(&"x".repeat(if path == "/fits" { 100 } else { 101 }))).await;
    let base = endpoint(&format!("http://a.test:{}", server.port));
    let client = open(Endpoint { response_bytes_max: 100, ..base });
    assert_eq!(get(&client, "/fits").await.unwrap().body.len(), 100);
    assert_eq!(get(&client, "/more").await, Err(Error::TooLarge { limit: 100 }));
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_time() {
    let error = asked(|| Reply::Drip("HTTP/1.1 200 OK\r\n\r\n".to_owned()), SHORT).await;
    assert_eq!(error, Error::Timeout { limit_ms: 300 });
    let error = asked(|| Reply::Drip("HTTP/1.1 200 OK\r\nx-slow: ".to_owned()), SHORT).await;
    assert_eq!(error, Error::Timeout { limit_ms: 300 });
}

#[tokio::test]
async fn a_server_that_says_nothing_ends_with_the_time() {
    assert_eq!(asked(|| Reply::Silence, SHORT).await, Error::Timeout { limit_ms: 300 });
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let error = asked(|| Reply::Endless("HTTP/1.1 200 OK\r\nx-long: ".to_owned()), LONG).await;
    assert!(matches!(error, Error::Http { .. }), "{error}");
    let many = || Reply::Bytes(format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(1_000)).into_bytes());
    let error = asked(many, LONG).await;
    assert!(matches!(error, Error::Http { .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_http_or_ends_early_is_an_error() {
    for bytes in [
        "",
        "hello\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let server = Server::start(move |_| Reply::Bytes(bytes.as_bytes().to_vec())).await;
        let error = get(&open(endpoint(&format!("http://a.test:{}", server.port))), "/").await.unwrap_err();
        assert!(matches!(error, Error::Http { .. }), "{bytes:?}: {error}");
    }
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_an_error() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = get(&open(endpoint(&format!("http://a.test:{free}"))), "/").await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
}

#[tokio::test]
async fn a_request_that_is_dropped_closes_its_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = open(endpoint(&format!("http://a.test:{}", listener.local_addr().unwrap().port())));
    let sending = tokio::time::timeout(SHORT, get(&client, "/"));
    let (dropped, accepted) = tokio::join!(sending, listener.accept());
    assert!(dropped.is_err());
    let (mut stream, _) = accepted.unwrap();
    let mut bytes = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes);
    tokio::time::timeout(HANG, read).await.unwrap().unwrap();
    assert!(bytes.starts_with(b"GET / HTTP/1.1\r\n"));
}
