//! An endpoint on this machine that answers well and badly, by the path that it is asked for.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it knows its callers by, and what it sends back below `/echo`.
pub const TOKEN: &str = "s3cret-token-0123";

/// The heads of the requests that a server got.
pub type Seen = Arc<Mutex<Vec<String>>>;

/// A server on this machine: its port, and the requests it got.
pub fn server() -> (u16, Seen) {
    saying("hello")
}

/// One that answers with these words where nothing else is said about a path.
pub fn saying(words: &'static str) -> (u16, Seen) {
    answering(words, "http://evil.test/")
}

/// One that sends away to this address whoever asks for `/api/away`.
pub fn leading_to(away: &str) -> (u16, Seen) {
    answering("hello", away)
}

fn answering(words: &'static str, away: &str) -> (u16, Seen) {
    let away = away.to_owned();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (port, seen) = (listener.local_addr().unwrap().port(), Seen::default());
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (seen, away) = (Arc::clone(&kept), away.clone());
            std::thread::spawn(move || serve(stream, &seen, words, &away));
        }
    });
    (port, seen)
}

fn serve(mut stream: TcpStream, seen: &Seen, words: &str, away: &str) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(head);
    let ok = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // The client may be gone by then.
    let _ = match path.as_str() {
        "/api/away" => {
            let answer = format!("HTTP/1.1 302 Away\r\nlocation: {away}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes())
        }
        "/api/echo" => stream.write_all(ok(&format!("you said {TOKEN}")).as_bytes()),
        "/api/silence" => stream.read_to_end(&mut Vec::new()).map(|_| seen.lock().unwrap().push("closed".to_owned())),
        "/api/endless" => {
            let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while sent.is_ok() {
                sent = stream.write_all(&[b'x'; 65_536]);
            }
            sent
        }
        _ => stream.write_all(ok(words).as_bytes()),
    };
}
