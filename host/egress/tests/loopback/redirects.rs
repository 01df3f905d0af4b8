//! Redirects: each hop is judged like a first request.

use chiron_egress::{Error, Origin, Request};

use crate::server::{Names, Server, endpoint, get, ok, open, open_with, to};

#[tokio::test]
async fn a_redirect_to_an_origin_that_is_not_listed_is_refused() {
    let other = Server::start(|_| ok("stolen")).await;
    let port = other.port;
    let server = Server::start(move |_| to(302, &format!("http://b.test:{port}/"))).await;
    let error = get(&open(endpoint(&format!("http://a.test:{}", server.port))), "/").await.unwrap_err();
    assert!(matches!(error, Error::RedirectOrigin { .. }), "{error}");
    assert!(!error.words().contains("b.test"), "{}", error.words());
    assert_eq!(other.seen(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_to_an_address_that_nobody_may_reach_is_refused() {
    let server = Server::start(|_| to(302, "http://b.test/latest/meta-data/")).await;
    let names = Names::but(&[("b.test", &["169.254.169.254"])]);
    let mut endpoint = endpoint(&format!("http://a.test:{}", server.port));
    endpoint.redirects.insert(Origin::parse("http://b.test").unwrap());
    let error = get(&open_with(endpoint, names), "/").await.unwrap_err();
    assert!(matches!(error, Error::Address { .. }), "{error}");
}

#[tokio::test]
async fn redirects_end_after_five() {
    let server = Server::start(|path| match path.trim_start_matches('/').parse::<u32>() {
        Ok(0) => ok("arrived"),
        Ok(left) => to(302, &format!("/{}", left - 1)),
        Err(_) => to(302, "/round"),
    })
    .await;
    let client = open(endpoint(&format!("http://a.test:{}", server.port)));
    assert_eq!(get(&client, "/5").await.unwrap().body, b"arrived");
    assert_eq!(get(&client, "/6").await, Err(Error::Redirects { limit: 5 }));
    assert_eq!(get(&client, "/round").await, Err(Error::Redirects { limit: 5 }));
}

#[tokio::test]
async fn each_hop_is_resolved_once_and_what_it_resolved_to_is_connected_to() {
    let server = Server::start(|path| if path == "/a" { to(302, "/b") } else { ok("b") }).await;
    let names = Names::but(&[]);
    let client = open_with(endpoint(&format!("http://a.test:{}", server.port)), std::sync::Arc::clone(&names));
    get(&client, "/a").await.unwrap();
    assert_eq!(*names.asked.lock().unwrap(), ["a.test", "a.test"]);
}

#[tokio::test]
async fn a_post_that_is_redirected_becomes_a_get_without_its_body() {
    let server = Server::start(|path| if path == "/form" { to(303, "/done") } else { ok("done") }).await;
    let request = Request {
        method: "POST".into(),
        path_and_query: "/form".into(),
        headers: vec![("content-type".into(), "text/plain".into())],
        body: b"secret form".to_vec(),
    };
    open(endpoint(&format!("http://a.test:{}", server.port))).send(request).await.unwrap();
    let seen = server.seen();
    assert!(
        seen[1].starts_with("GET /done ") && !seen[1].contains("content-type") && !seen[1].contains("form"),
        "{seen:?}"
    );
}
