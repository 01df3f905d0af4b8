//! A collector on this machine: takes OTLP over HTTP, as a server does that trusts nobody.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Path.
    pub path: String,
    /// The head, in lower case but for values.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// How it treats who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// 200.
    Takes,
    /// Takes one request, and is then gone: whoever comes after it is cut off.
    DiesAfterOne,
    /// 503.
    Refuses,
    /// Takes the connection, and never answers.
    Silent,
}

/// A collector.
#[derive(Debug)]
pub struct Collector {
    /// Where it is.
    pub port: u16,
    seen: Arc<Mutex<Vec<Received>>>,
}

impl Collector {
    /// Starts one.
    #[must_use]
    pub fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (port, seen) = (listener.local_addr().unwrap().port(), Arc::default());
        let kept: Arc<Mutex<Vec<Received>>> = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().flatten() {
                match manner {
                    Manner::Silent => held.push(stream),
                    Manner::DiesAfterOne if !kept.lock().unwrap().is_empty() => drop(stream),
                    Manner::Takes | Manner::DiesAfterOne => serve(stream, "200 OK", &kept),
                    Manner::Refuses => serve(stream, "503 Service Unavailable", &kept),
                }
            }
        });
        Self { port, seen }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What came so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, status: &str, seen: &Mutex<Vec<Received>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).is_err() {
        return;
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(Received { path, head, body });
    // The client may be gone.
    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
}
