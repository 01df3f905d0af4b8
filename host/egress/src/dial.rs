//! THE way out: a name is resolved once, every address it resolved to is checked, and one of those is connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::{AddressKind, Reach};
use crate::error::Error;
use crate::origin::{Host, Origin, Scheme};
use crate::proxy::{Environment, Proxy, ProxyChoice, choose};
use crate::resolve::Resolve;

/// Longest wait for one address of several: a route that swallows packets must not eat the whole request's time.
const CONNECT: Duration = Duration::from_secs(5);

/// Longest head of a proxy's answer, in bytes.
const PROXY_HEAD_BYTES_MAX: usize = 8192;

/// A connection, plain or TLS, direct or through a tunnel.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects for one endpoint.
pub(crate) struct Dialler {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) proxy: ProxyChoice,
    pub(crate) environment: Environment,
    pub(crate) private_addresses: bool,
}

impl Dialler {
    /// A connection to an origin, with TLS where its scheme says so.
    pub(crate) async fn dial(&self, origin: &Origin) -> Result<Box<dyn Stream>, Error> {
        let stream = match choose(&self.proxy, &self.environment, origin) {
            Some(proxy) => self.tunnel(proxy, origin).await?,
            None => Box::new(connect(origin, &self.admitted(origin).await?).await?) as Box<dyn Stream>,
        };
        match origin.scheme {
            Scheme::Http => Ok(stream),
            Scheme::Https => self.encrypt(origin, stream).await,
        }
    }

    /// The addresses of an origin, if the endpoint may reach every one of them. One that it may not reach among others is
    /// how a name is made to pass a check and lead elsewhere.
    async fn admitted(&self, origin: &Origin) -> Result<Vec<IpAddr>, Error> {
        let addresses = self.resolve(origin).await?;
        addresses.iter().try_for_each(|&address| self.admit(origin, address))?;
        Ok(addresses)
    }

    async fn resolve(&self, origin: &Origin) -> Result<Vec<IpAddr>, Error> {
        let name = match &origin.host {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name,
        };
        let failed = |reason: String| Error::Resolve { host: name.clone(), reason };
        let found = self.resolver.resolve(name).await.map_err(|error| failed(error.to_string()))?;
        if found.is_empty() { Err(failed("it has no address".to_owned())) } else { Ok(found) }
    }

    fn admit(&self, origin: &Origin, address: IpAddr) -> Result<(), Error> {
        let kind = AddressKind::of(address);
        let host = origin.host.to_string();
        match (origin.scheme, kind.reach()) {
            (_, Reach::Private) if self.private_addresses => Ok(()),
            (Scheme::Https, Reach::Public) => Ok(()),
            (Scheme::Http, Reach::Public) => Err(Error::PlaintextAddress { host, address, kind }),
            (_, Reach::Private | Reach::Never) => Err(Error::Address { host, address, kind }),
        }
    }

    /// A tunnel through a proxy, which resolves names itself: only what shows without resolving is checked here.
    async fn tunnel(&self, proxy: &Proxy, origin: &Origin) -> Result<Box<dyn Stream>, Error> {
        match &origin.host {
            Host::Address(address) => self.admit(origin, *address)?,
            host if host.is_localhost() => self.admit(origin, IpAddr::from([127, 0, 0, 1]))?,
            Host::Name(_) => {}
        }
        // Where the proxy is, is the operator's word: most are private.
        let addresses = self.resolve(&proxy.origin).await?;
        let mut stream = Box::new(connect(&proxy.origin, &addresses).await?) as Box<dyn Stream>;
        if proxy.origin.scheme == Scheme::Https {
            stream = self.encrypt(&proxy.origin, stream).await?;
        }
        open_tunnel(proxy, origin, &mut stream)
            .await
            .map_err(|reason| Error::Proxy { proxy: proxy.origin.clone(), reason })?;
        Ok(stream)
    }

    async fn encrypt(&self, to: &Origin, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Error> {
        let failed = |reason: String| Error::Tls { to: to.clone(), reason };
        let name = match &to.host {
            Host::Address(address) => ServerName::IpAddress((*address).into()),
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|error| failed(error.to_string()))?,
        };
        let config = self.tls.as_ref().ok_or_else(|| failed("no authorities were loaded".to_owned()))?;
        let connected = TlsConnector::from(Arc::clone(config)).connect(name, stream).await;
        Ok(Box::new(connected.map_err(|error| failed(error.to_string()))?))
    }
}

/// Tries the addresses one after the other.
async fn connect(to: &Origin, addresses: &[IpAddr]) -> Result<TcpStream, Error> {
    let mut reason = "it has no address".to_owned();
    for &address in addresses {
        match tokio::time::timeout(CONNECT, TcpStream::connect(SocketAddr::new(address, to.port))).await {
            Ok(Ok(stream)) => {
                // Small writes of a head and a body must not wait for each other. Without it they only do.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => reason = format!("no connection within {} s", CONNECT.as_secs()),
        }
    }
    Err(Error::Connect { to: to.clone(), reason })
}

/// Asks for a tunnel (RFC 9110, 9.3.6). Nothing is read beyond the head of the answer: what follows is the endpoint's.
async fn open_tunnel(proxy: &Proxy, origin: &Origin, stream: &mut Box<dyn Stream>) -> Result<(), String> {
    let target = format!("{}:{}", origin.host, origin.port);
    let mut head = zeroize::Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes());
    if let Some(value) = proxy.credentials.as_ref().and_then(|secret| secret.header("Basic ")) {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await.map_err(|error| error.to_string())?;
    stream.flush().await.map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= PROXY_HEAD_BYTES_MAX {
            return Err(format!("its answer is longer than {PROXY_HEAD_BYTES_MAX} bytes"));
        }
        answer.push(stream.read_u8().await.map_err(|error| error.to_string())?);
    }
    let line = String::from_utf8_lossy(answer.split(|&byte| byte == b'\r').next().unwrap_or_default()).into_owned();
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).unwrap_or_default();
    match status.parse::<u16>() {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(format!("it answers {status}")),
        Err(_) => Err("it does not answer in HTTP".to_owned()),
    }
}
