//! What is sent with a request, and what does not come back.

use std::path::Path;

use chiron_egress::{CredentialHeader, Error, Request, SecretSource};

use crate::server::{Reply, Server, endpoint, get, ok, open, to};

const TOKEN: &str = "s3cret-token-0123";
const KEY: &str = "s3cret-key-4567";

/// Files with a token and a key.
fn secrets(folder: &Path) -> (SecretSource, (CredentialHeader, SecretSource)) {
    let file = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).unwrap();
        SecretSource::File(folder.join(name))
    };
    (file("token", TOKEN), (CredentialHeader::parse("x-api-key").unwrap(), file("key", KEY)))
}

#[tokio::test]
async fn a_request_carries_the_hosts_fields_and_the_plugins() {
    let server = Server::start(|_| ok("fine")).await;
    let folder = tempfile::tempdir().unwrap();
    let mut endpoint = endpoint(&format!("http://a.test:{}/api", server.port));
    let (token, key) = secrets(folder.path());
    endpoint.token = Some(token);
    endpoint.headers.insert("x-api-key".into(), key);
    let request = Request {
        method: "POST".into(),
        path_and_query: "/v1/query?x=1".into(),
        headers: vec![("Content-Type".into(), "application/json".into())],
        body: b"{}".to_vec(),
    };
    let answer = open(endpoint).send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"fine"[..]));
    let seen = &server.seen()[0];
    assert!(seen.starts_with("POST /api/v1/query?x=1 HTTP/1.1\r\n") && seen.ends_with("\r\n\r\n{}"), "{seen}");
    for line in [
        &format!("host: a.test:{}", server.port),
        "content-type: application/json",
        "content-length: 2",
        "user-agent: chiron/0.0.0",
        "accept-encoding: identity",
        &format!("authorization: Bearer {TOKEN}"),
        &format!("x-api-key: {KEY}"),
    ] {
        assert!(seen.lines().any(|written| written == line), "{line}: {seen}");
    }
}

#[tokio::test]
async fn credentials_stay_with_their_origin_and_below_the_base() {
    let other = Server::start(|_| ok("there")).await;
    let port = other.port;
    let server = Server::start(move |path| match path {
        "/api/away" => to(307, &format!("http://b.test:{port}/x")),
        "/api/outside" => to(302, "/other/x"),
        "/api/inside" => to(302, "/api/x"),
        _ => ok("here"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut endpoint = endpoint(&format!("http://a.test:{}/api", server.port));
    let (token, key) = secrets(folder.path());
    endpoint.token = Some(token);
    endpoint.headers.insert("x-api-key".into(), key);
    endpoint.redirects.insert(chiron_egress::Origin::parse(&format!("http://b.test:{port}")).unwrap());
    let client = open(endpoint);
    assert_eq!(get(&client, "/away").await.unwrap().body, b"there");
    assert!(!other.seen()[0].contains("s3cret"), "{:?}", other.seen());
    for (path, carried) in [("/outside", false), ("/inside", true)] {
        assert_eq!(get(&client, path).await.unwrap().body, b"here");
        let seen = server.seen().pop().unwrap();
        assert_eq!((seen.contains(TOKEN), seen.contains(KEY)), (carried, carried), "{seen}");
    }
}

#[tokio::test]
async fn an_answer_that_echoes_a_credential_is_not_handed_over() {
    let server = Server::start(|path| match path {
        "/body" => ok(&format!("you said: Bearer {TOKEN}")),
        "/field" => Reply::Bytes(format!("HTTP/1.1 200 OK\r\nx-echo: {TOKEN}\r\ncontent-length: 0\r\n\r\n").into()),
        _ => ok("nothing of it"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut endpoint = endpoint(&format!("http://a.test:{}", server.port));
    endpoint.token = Some(secrets(folder.path()).0);
    let client = open(endpoint);
    for path in ["/body", "/field"] {
        assert_eq!(get(&client, path).await, Err(Error::Echo));
    }
    assert!(get(&client, "/none").await.is_ok());
}

#[tokio::test]
async fn fields_with_authority_do_not_come_back() {
    let head = "HTTP/1.1 401 No\r\nset-cookie: a=b\r\nwww-authenticate: Basic\r\nproxy-authenticate: Basic\r\netag: \"1\"\r\ncontent-length: 0\r\n\r\n";
    let server = Server::start(|_| Reply::Bytes(head.into())).await;
    let answer = get(&open(endpoint(&format!("http://a.test:{}", server.port))), "/").await.unwrap();
    assert_eq!(answer.status, 401);
    let names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["etag", "content-length"]);
}

#[tokio::test]
async fn what_a_plugin_may_not_say_is_refused_before_anything_is_sent() {
    let server = Server::start(|_| ok("")).await;
    let client = open(endpoint(&format!("http://a.test:{}/api", server.port)));
    let ask = |method: &str, path: &str, header: &str, body: &[u8]| Request {
        method: method.into(),
        path_and_query: path.into(),
        headers: if header.is_empty() { Vec::new() } else { vec![(header.into(), "x".into())] },
        body: body.to_vec(),
    };
    for request in [
        ask("DELETE", "/", "", b""),
        ask("CONNECT", "/", "", b""),
        ask("get", "/", "", b""),
        ask("GET", "/", "", b"body"),
        ask("GET", "/../x", "", b""),
        ask("GET", "//evil.test/", "", b""),
        ask("GET", "http://evil.test/", "", b""),
        ask("GET", "/", "host", b""),
        ask("GET", "/", "authorization", b""),
        ask("POST", "/", "transfer-encoding", b"x"),
        ask("POST", "/", "", &vec![0; (16 << 20) + 1]),
    ] {
        let words = format!("{} {} {:?}", request.method, request.path_and_query, request.headers);
        assert!(client.send(request).await.is_err(), "{words}");
    }
    assert_eq!(server.seen(), [""; 0]);
}
