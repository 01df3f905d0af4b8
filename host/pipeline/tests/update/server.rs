//! A mirror on this machine: serves files as a good one does, and misbehaves where it is told to.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is said for a path.
#[derive(Clone)]
pub(crate) enum Served {
    /// A file of that version; conditions and ranges are honoured.
    File { bytes: Vec<u8>, version: &'static str },
    /// The same, but each connection breaks after so many bytes of body.
    Breaking { bytes: Vec<u8>, version: &'static str, after: usize },
    /// These bytes, whatever is asked.
    Raw(String),
}

/// A mirror, and what it was asked.
pub(crate) struct Server {
    pub(crate) base: String,
    files: Arc<Mutex<BTreeMap<String, Served>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
        let (files, seen) = (Arc::default(), Arc::default());
        let server = Self { base, files: Arc::clone(&files), seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&files), Arc::clone(&seen)));
            }
        });
        server
    }

    /// Serves something below `/ECOSYSTEM/all.zip` from now on.
    pub(crate) fn serve(&self, ecosystem: &str, served: Served) -> &Self {
        self.files.lock().unwrap().insert(format!("/{ecosystem}/all.zip"), served);
        self
    }

    /// Serves an export of that version.
    pub(crate) fn export(&self, ecosystem: &str, version: &'static str, bytes: Vec<u8>) -> &Self {
        self.serve(ecosystem, Served::File { bytes, version })
    }

    /// Heads of all requests since the last time.
    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

async fn serve(mut stream: TcpStream, files: Arc<Mutex<BTreeMap<String, Served>>>, seen: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let field = |name: &str| {
        let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")))?;
        Some(line.split_once(": ")?.1.to_owned())
    };
    let served = files.lock().unwrap().get(&path).cloned();
    let answer = match served {
        None => b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\nnot found".to_vec(),
        Some(Served::Raw(text)) => text.into_bytes(),
        Some(Served::File { bytes, version }) => file(&bytes, version, usize::MAX, field),
        Some(Served::Breaking { bytes, version, after }) => file(&bytes, version, after, field),
    };
    seen.lock().unwrap().push(head);
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

fn file(bytes: &[u8], version: &str, after: usize, field: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    let tag = format!("\"{version}\"");
    if field("if-none-match").as_ref() == Some(&tag) {
        return format!("HTTP/1.1 304 Not Modified\r\netag: {tag}\r\n\r\n").into_bytes();
    }
    let start = field("range").filter(|_| field("if-range").as_ref() == Some(&tag));
    let start: usize =
        start.map_or(0, |range| range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap());
    let (status, range) = match start {
        0 => ("200 OK", String::new()),
        _ => ("206 Partial Content", format!("content-range: bytes {start}-{}/{}\r\n", bytes.len() - 1, bytes.len())),
    };
    let rest = &bytes[start..];
    let mut answer =
        format!("HTTP/1.1 {status}\r\netag: {tag}\r\n{range}content-length: {}\r\n\r\n", rest.len()).into_bytes();
    answer.extend_from_slice(&rest[..rest.len().min(after)]);
    answer
}
