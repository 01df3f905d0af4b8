//! A server that answers by path, and a client that finds it under any name.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chiron_egress::{Base, Client, Endpoint, Error, Machine, ProxyChoice, Request, Resolve, Resolving, Response};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What a server says to a request.
pub(crate) enum Reply {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// This head, then bytes without end.
    Endless(String),
    /// This head, then a byte now and then.
    Drip(String),
    /// Nothing, without end.
    Silence,
}

/// `200` with a body.
pub(crate) fn ok(body: &str) -> Reply {
    Reply::Bytes(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

/// A redirect.
pub(crate) fn to(status: u16, location: &str) -> Reply {
    Reply::Bytes(format!("HTTP/1.1 {status} There\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n").into_bytes())
}

type Seen = Arc<Mutex<Vec<String>>>;

/// A server on this machine.
pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Seen,
}

impl Server {
    /// Answers each request by its path.
    pub(crate) async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (port, seen) = (listener.local_addr().unwrap().port(), Seen::default());
        let (answer, kept) = (Arc::new(answer), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&kept));
                tokio::spawn(async move { serve(stream, &*answer, &seen).await });
            }
        });
        Self { port, seen }
    }

    /// Heads and bodies of all requests so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// One request and its answer.
pub(crate) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &(dyn Fn(&str) -> Reply + Send + Sync),
    seen: &Mutex<Vec<String>>,
) {
    let Some(request) = read(&mut stream).await else { return };
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(request);
    // The client may be gone; that is for it to tell.
    let _ = match answer(&path) {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await,
        Reply::Endless(head) => endless(&mut stream, &head, &[b'x'; 65_536], Duration::ZERO).await,
        Reply::Drip(head) => endless(&mut stream, &head, b"x", Duration::from_millis(20)).await,
        Reply::Silence => std::future::pending().await,
    };
    let _ = stream.shutdown().await;
}

async fn endless(stream: &mut (impl AsyncWrite + Unpin), head: &str, more: &[u8], pause: Duration) -> io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    loop {
        stream.write_all(more).await?;
        stream.flush().await?;
        tokio::time::sleep(pause).await;
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Some(text);
            }
        }
        bytes.push(stream.read_u8().await.ok()?);
    }
}

/// Names and where they lead; it counts how often it was asked.
#[derive(Default)]
pub(crate) struct Names {
    known: BTreeMap<String, Vec<IpAddr>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Names {
    /// Every name leads to this machine, but these.
    pub(crate) fn but(others: &[(&str, &[&str])]) -> Arc<Self> {
        let addresses = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        let known = others.iter().map(|(name, list)| ((*name).to_owned(), addresses(list))).collect();
        Arc::new(Self { known, asked: Mutex::default() })
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        self.asked.lock().unwrap().push(name.to_owned());
        let found = self.known.get(name).cloned().unwrap_or_else(|| vec![IpAddr::from(Ipv4Addr::LOCALHOST)]);
        Box::pin(async move { Ok(found) })
    }
}

/// An endpoint in plain HTTP on this machine, reached directly.
pub(crate) fn endpoint(base: &str) -> Endpoint {
    Endpoint {
        plaintext: true,
        private_addresses: true,
        proxy: ProxyChoice::None,
        ..Endpoint::at(Base::parse(base).unwrap())
    }
}

/// Opened, with every name leading to this machine.
pub(crate) fn open(endpoint: Endpoint) -> Client {
    open_with(endpoint, Names::but(&[]))
}

/// Opened, with these names.
pub(crate) fn open_with(endpoint: Endpoint, names: Arc<Names>) -> Client {
    Client::open(endpoint, &Machine::resolving_by(names, "chiron/0.0.0")).unwrap()
}

/// A `GET`.
pub(crate) async fn get(client: &Client, path: &str) -> Result<Response, Error> {
    client
        .send(Request { method: "GET".into(), path_and_query: path.into(), headers: Vec::new(), body: Vec::new() })
        .await
}
