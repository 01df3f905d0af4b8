//! One request and its answer, over a connection of its own.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper_util::rt::TokioIo;

use crate::dial::Stream;
use crate::error::Error;
use crate::method::Method;
use crate::origin::Origin;
use crate::redirect;

/// Largest head of an answer, in bytes. Servers stay below 16 KiB.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Most fields of an answer's head.
const FIELDS_MAX: usize = 128;

/// One request, to one origin.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) origin: Origin,
    /// Path and query, checked.
    pub(crate) target: String,
    /// The plugin's fields, checked.
    pub(crate) fields: HeaderMap,
    pub(crate) body: Bytes,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: HeaderMap,
    /// Empty for a redirect that will be followed: nobody reads it.
    pub(crate) body: Vec<u8>,
}

/// Takes what comes back.
pub(crate) trait Taker: Send {
    /// Looks at the head, before anything of the body. False: nobody wants the body.
    fn head(&mut self, hop: &Hop, status: u16, fields: &HeaderMap) -> Result<bool, Error>;
    /// Largest body that is taken from now on, in bytes, and the limit that is named where there is more.
    fn limit(&self) -> (u64, u64);
    /// Takes a piece of the body.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error>;
}

/// A body that is kept in memory.
struct Memory {
    limit: u64,
    bytes: Vec<u8>,
}

impl Taker for Memory {
    fn head(&mut self, _: &Hop, status: u16, fields: &HeaderMap) -> Result<bool, Error> {
        Ok(redirect::location(status, fields).is_none())
    }

    fn limit(&self) -> (u64, u64) {
        (self.limit, self.limit)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

/// Sends a request with the host's own fields added to the plugin's, and reads at most `limit` bytes of body. Nothing is
/// spawned: dropping the future closes the connection.
pub(crate) async fn exchange(stream: Box<dyn Stream>, hop: &Hop, own: HeaderMap, limit: u64) -> Result<Answer, Error> {
    let mut memory = Memory { limit, bytes: Vec::new() };
    let (status, fields) = exchange_into(stream, hop, own, &mut memory, None).await?;
    Ok(Answer { status, fields, body: memory.bytes })
}

/// The same with a body that goes wherever `taker` takes it. `idle` is the longest wait for the head, and for each piece
/// of the body.
pub(crate) async fn exchange_into(
    stream: Box<dyn Stream>,
    hop: &Hop,
    own: HeaderMap,
    taker: &mut dyn Taker,
    idle: Option<Duration>,
) -> Result<(u16, HeaderMap), Error> {
    let broken = |error: hyper::Error| http_error(hop, &error);
    let request = request(hop, own)?;
    let mut builder = Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX).max_headers(FIELDS_MAX);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let mut answer = pin!(read(sender, request, hop, taker, idle));
    tokio::select! {
        biased;
        answer = &mut answer => return answer,
        // The connection may end before its last bytes were taken; how it ended is told by whoever reads from it.
        _ = connection => {}
    }
    answer.await
}

async fn read(
    mut sender: SendRequest<Full<Bytes>>,
    request: hyper::Request<Full<Bytes>>,
    hop: &Hop,
    taker: &mut dyn Taker,
    idle: Option<Duration>,
) -> Result<(u16, HeaderMap), Error> {
    let response = within(idle, sender.send_request(request)).await?.map_err(|error| http_error(hop, &error))?;
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    if taker.head(hop, status, &head.headers)? {
        read_body(body, hop, taker, idle).await?;
    }
    Ok((status, head.headers))
}

/// Waits no longer than that for the network.
async fn within<T>(idle: Option<Duration>, waiting: impl Future<Output = T>) -> Result<T, Error> {
    match idle {
        Some(limit) => {
            tokio::time::timeout(limit, waiting).await.map_err(|_| Error::Idle { limit_ms: limit.as_millis() })
        }
        None => Ok(waiting.await),
    }
}

/// Reads a body up to the limit, which counts bytes as they arrive: nothing is decompressed.
async fn read_body(mut body: Incoming, hop: &Hop, taker: &mut dyn Taker, idle: Option<Duration>) -> Result<(), Error> {
    let (most, limit) = taker.limit();
    let too_large = || Error::TooLarge { limit };
    // A length that was announced is believed only where it is too large.
    if body.size_hint().lower() > most {
        return Err(too_large());
    }
    let mut taken = 0;
    while let Some(frame) = within(idle, body.frame()).await? {
        let frame = frame.map_err(|error| http_error(hop, &error))?;
        let Ok(data) = frame.into_data() else { continue };
        taken += data.len() as u64;
        if taken > most {
            return Err(too_large());
        }
        taker.take(&data)?;
    }
    Ok(())
}

fn request(hop: &Hop, own: HeaderMap) -> Result<hyper::Request<Full<Bytes>>, Error> {
    let unwritable = |reason: String| Error::Http { from: hop.origin.clone(), reason };
    let mut request = hyper::Request::builder()
        .method(hop.method.wire())
        .uri(hop.target.as_str())
        .body(Full::new(hop.body.clone()))
        .map_err(|error| unwritable(error.to_string()))?;
    let fields = request.headers_mut();
    let host = HeaderValue::from_str(&hop.origin.authority()).map_err(|error| unwritable(error.to_string()))?;
    fields.insert(header::HOST, host);
    for (name, value) in &hop.fields {
        fields.insert(name.clone(), value.clone());
    }
    // Last, so that nothing a plugin says stands in the place of what the host says.
    for (name, value) in &own {
        fields.insert(name.clone(), value.clone());
    }
    fields.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    fields.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

pub(crate) fn http_error(hop: &Hop, error: &hyper::Error) -> Error {
    let mut reason = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        reason.push_str(&format!(": {source}"));
    }
    Error::Http { from: hop.origin.clone(), reason }
}
