//! Files: taken as they come, only where they changed, and from where an attempt broke off.

use std::io;
use std::time::Duration;

use chiron_egress::{Download, Error, Fetched, FileHead, Partial, Sink, Validators};

use crate::server::{Reply, Server, endpoint, open, to};

#[derive(Default)]
struct Kept {
    start: u64,
    bytes: Vec<u8>,
    refuse: bool,
}

impl Sink for Kept {
    fn begin(&mut self, head: &FileHead) -> io::Result<()> {
        self.start = head.start;
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.refuse {
            return Err(io::Error::other("the disk is full"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn download() -> Download {
    Download {
        path_and_query: "/file".to_owned(),
        known: None,
        partial: None,
        limit: 1000,
        idle: Duration::from_millis(400),
        within: Duration::from_secs(15),
    }
}

async fn fetch(reply: &'static str, download: Download) -> (Result<Fetched, Error>, Kept, Vec<String>) {
    let server = Server::start(move |_| Reply::Bytes(reply.replace('\n', "\r\n").into_bytes())).await;
    let client = open(endpoint(&format!("http://a.test:{}", server.port)));
    let mut kept = Kept::default();
    let fetched = client.download(&download, &mut kept).await;
    (fetched, kept, server.seen())
}

const FILE: &str =
    "HTTP/1.1 200 OK\ncontent-length: 5\netag: \"v1\"\nlast-modified: Tue, 01 Jul 2025 00:00:00 GMT\n\nwhole";

#[tokio::test]
async fn a_file_is_taken_with_what_tells_its_version() {
    let (fetched, kept, _) = fetch(FILE, download()).await;
    let Ok(Fetched::Whole(head)) = fetched else { panic!("{fetched:?}") };
    assert_eq!((head.start, head.total, kept.bytes.as_slice()), (0, Some(5), b"whole".as_slice()));
    assert_eq!(head.validators.of_a_part(), Some("\"v1\""));
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent() {
    let known = Validators { etag: Some("\"v1\"".to_owned()), last_modified: Some("d".to_owned()) };
    let asked = Download { known: Some(known), ..download() };
    let (fetched, kept, seen) = fetch("HTTP/1.1 304 Same\n\n", asked).await;
    assert_eq!((fetched, kept.bytes.len()), (Ok(Fetched::NotModified), 0));
    let head = seen[0].to_lowercase();
    assert!(head.contains("if-none-match: \"v1\"") && head.contains("if-modified-since: d"), "{head}");
    // To a request without a condition it is no answer.
    assert_eq!(fetch("HTTP/1.1 304 Same\n\n", download()).await.0, Ok(Fetched::Status(304)));
}

#[tokio::test]
async fn the_rest_of_a_file_is_asked_for_by_its_version() {
    let rest = || Download { partial: Some(Partial { bytes: 3, validator: "\"v1\"".to_owned() }), ..download() };
    let answer = "HTTP/1.1 206 Part\ncontent-length: 2\ncontent-range: bytes 3-4/5\n\nle";
    let (fetched, kept, seen) = fetch(answer, rest()).await;
    assert!(matches!(fetched, Ok(Fetched::Whole(FileHead { start: 3, total: Some(5), .. }))), "{fetched:?}");
    assert_eq!((kept.start, kept.bytes.as_slice()), (3, b"le".as_slice()));
    let head = seen[0].to_lowercase();
    assert!(head.contains("range: bytes=3-") && head.contains("if-range: \"v1\""), "{head}");
    // Another version comes whole.
    let (fetched, kept, _) = fetch(FILE, rest()).await;
    assert!(matches!(fetched, Ok(Fetched::Whole(FileHead { start: 0, .. }))), "{fetched:?}");
    assert_eq!(kept.bytes, b"whole");
    for wrong in [
        "HTTP/1.1 206 Part\ncontent-length: 2\ncontent-range: bytes 2-3/5\n\nol",
        "HTTP/1.1 206 Part\ncontent-length: 2\n\nle",
    ] {
        let (fetched, kept, _) = fetch(wrong, rest()).await;
        assert!(matches!(fetched, Err(Error::Http { .. })), "{fetched:?}");
        assert!(kept.bytes.is_empty());
    }
    assert_eq!(fetch("HTTP/1.1 416 No\ncontent-length: 0\n\n", rest()).await.0, Ok(Fetched::Status(416)));
}

#[tokio::test]
async fn what_is_no_file_is_not_taken() {
    let (fetched, kept, _) = fetch("HTTP/1.1 404 No\ncontent-length: 4\n\nnone", download()).await;
    assert_eq!((fetched, kept.bytes.len()), (Ok(Fetched::Status(404)), 0));
    let coded = "HTTP/1.1 200 OK\ncontent-encoding: gzip\ncontent-length: 4\n\nxxxx";
    assert!(matches!(fetch(coded, download()).await.0, Err(Error::Http { .. })));
    assert!(matches!(fetch(FILE, Download { limit: 4, ..download() }).await.0, Err(Error::TooLarge { limit: 4 })));
    // Announced by nobody, and still too much.
    let silent = "HTTP/1.1 200 OK\n\nwhole";
    assert!(matches!(fetch(silent, Download { limit: 4, ..download() }).await.0, Err(Error::TooLarge { limit: 4 })));
}

#[tokio::test]
async fn a_file_that_is_cut_short_is_an_error_and_what_came_is_kept() {
    let (fetched, kept, _) = fetch("HTTP/1.1 200 OK\ncontent-length: 9\n\nwhole", download()).await;
    assert!(matches!(fetched, Err(Error::Http { .. })), "{fetched:?}");
    assert_eq!(kept.bytes, b"whole");
}

#[tokio::test]
async fn a_server_that_stops_talking_is_left_and_one_that_drips_is_bounded() {
    for (reply, expected) in [
        (Reply::Silence, Error::Idle { limit_ms: 400 }),
        (Reply::Drip("HTTP/1.1 200 OK\r\n\r\n".to_owned()), Error::Timeout { limit_ms: 900 }),
    ] {
        let reply = std::sync::Mutex::new(Some(reply));
        let server = Server::start(move |_| reply.lock().unwrap().take().unwrap()).await;
        let client = open(endpoint(&format!("http://a.test:{}", server.port)));
        let asked = Download { within: Duration::from_millis(900), ..download() };
        assert_eq!(client.download(&asked, &mut Kept::default()).await, Err(expected));
    }
}

#[tokio::test]
async fn a_redirect_leads_to_the_same_place_only_and_a_full_disk_ends_it() {
    let server = Server::start(|path| match path {
        "/file" => to(302, "/moved"),
        "/moved" => crate::server::ok("whole"),
        _ => to(302, "http://b.test/"),
    })
    .await;
    let client = open(endpoint(&format!("http://a.test:{}", server.port)));
    let mut kept = Kept::default();
    assert!(matches!(client.download(&download(), &mut kept).await, Ok(Fetched::Whole(_))));
    assert_eq!(kept.bytes, b"whole");
    let away = Download { path_and_query: "/away".to_owned(), ..download() };
    assert!(matches!(client.download(&away, &mut kept).await, Err(Error::RedirectOrigin { .. })));
    let mut full = Kept { refuse: true, ..Kept::default() };
    let refused = client.download(&download(), &mut full).await;
    assert_eq!(refused, Err(Error::Taken { reason: "the disk is full".to_owned() }));
}
