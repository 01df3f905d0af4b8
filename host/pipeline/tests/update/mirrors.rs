//! What bad mirrors give, and that the next one is asked.

use chiron_pipeline::update::UpdateEvent;

use crate::server::{Served, Server};
use crate::work::{Work, export, reasons};

fn raw(text: &str) -> Served {
    Served::Raw(text.replace('\n', "\r\n"))
}

/// A page for people, with the status of a file.
const PAGE: &str =
    "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: 37\n\n<!DOCTYPE html><title>Log in</title>  ";

#[tokio::test]
async fn each_way_to_fail_is_named_and_leaves_the_old_database() {
    let server = Server::start().await;
    server.export("npm", "v1", export("npm", &["X-1"]));
    let work = Work::new(&[&server.base]);
    let _ = work.run().await.unwrap();
    let before = std::fs::read(work.update.folder.join("advisories.chdb")).unwrap();
    let whole = export("npm", &["X-1", "X-2"]);
    let mut flipped = whole.clone();
    flipped[50] ^= 1;
    let cut = Served::File { bytes: whole[..whole.len() - 40].to_vec(), version: "cut" };
    for (served, reason) in [
        (raw(PAGE), "it is no zip archive, a page for people: it begins with `<!DOCTYPE html>"),
        (raw("HTTP/1.1 200 OK\ncontent-length: 0\n\n"), "it is empty"),
        (raw("HTTP/1.1 200 OK\ncontent-length: 2\n\nPX"), "it is no zip archive: it begins with `PX`"),
        (cut, "it is a damaged zip archive"),
        (Served::File { bytes: flipped, version: "flipped" }, "it is a damaged zip archive: X-1.json"),
        (raw("HTTP/1.1 404 No\ncontent-length: 0\n\n"), "it answers 404: it does not have it"),
        (raw("HTTP/1.1 503 No\ncontent-length: 0\n\n"), "it answers 503: it is out of order"),
        (
            raw("HTTP/1.1 302 There\nlocation: https://elsewhere.example/x\n\n"),
            "it redirects to https://elsewhere.example",
        ),
        (raw("HTTP/1.1 200 OK\ncontent-length: 99999999999\n\n"), "longer than"),
        (raw("what?\n"), "does not answer in HTTP"),
    ] {
        server.serve("npm", served);
        let said = reasons(work.run().await);
        assert!(said.len() == 1 && said[0].contains(reason), "{reason}: {said:?}");
        assert_eq!(std::fs::read(work.update.folder.join("advisories.chdb")).unwrap(), before, "{reason}");
        assert_eq!(work.ids(), ["X-1"]);
    }
    // Nothing of all that stays in the way.
    server.export("npm", "v2", whole);
    assert_eq!(work.run().await.unwrap().added, 1);
}

#[tokio::test]
async fn mirrors_are_asked_in_order_and_only_until_one_gives_it() {
    let (first, second, third) = (Server::start().await, Server::start().await, Server::start().await);
    second.export("npm", "v1", export("npm", &["X-1"]));
    let work = Work::new(&[&first.base, &second.base, &third.base]);
    let _ = work.run().await.unwrap();
    assert_eq!((first.seen().len(), second.seen().len(), third.seen().len()), (1, 1, 0));
    let failed: Vec<_> = work.told().into_iter().filter(|event| matches!(event, UpdateEvent::Failed { .. })).collect();
    let [UpdateEvent::Failed { failure, .. }] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!(failure.address, format!("{}npm/all.zip", first.base));
    assert_eq!(work.origin().sources[0].from, second.base);
    // Another mirror's version says nothing here: the first one is asked for all of it.
    first.export("npm", "v1", export("npm", &["X-1"]));
    let _ = work.run().await.unwrap();
    assert!(!first.seen()[0].contains("if-none-match"));
    assert_eq!(work.origin().sources[0].from, first.base);
}

#[tokio::test]
async fn where_none_gives_it_each_is_told() {
    let server = Server::start().await;
    // Nobody listens on the port of a server that is gone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let work = Work::new(&[&format!("http://127.0.0.1:{gone}"), &server.base]);
    let error = work.run().await.unwrap_err().to_string();
    assert!(error.contains("no mirror gave the export of npm"), "{error}");
    assert!(error.contains(&format!("http://127.0.0.1:{gone}/npm/all.zip: failed to connect")), "{error}");
    assert!(error.contains(&format!("{}npm/all.zip: it answers 404", server.base)), "{error}");
}
