//! One request and its answer, over a connection of its own.

use std::pin::pin;

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

/// Sends a request with the host's own fields added to the plugin's, and reads at most `limit` bytes of body. Nothing is
/// spawned: dropping the future closes the connection.
pub(crate) async fn exchange(stream: Box<dyn Stream>, hop: &Hop, own: HeaderMap, limit: u64) -> Result<Answer, Error> {
    let broken = |error: hyper::Error| http_error(hop, &error);
    let request = request(hop, own)?;
    let mut builder = Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX).max_headers(FIELDS_MAX);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let mut answer = pin!(read(sender, request, hop, limit));
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
    limit: u64,
) -> Result<Answer, Error> {
    let response = sender.send_request(request).await.map_err(|error| http_error(hop, &error))?;
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    let followed = redirect::location(status, &head.headers).is_some();
    let body = if followed { Vec::new() } else { read_body(body, hop, limit).await? };
    Ok(Answer { status, fields: head.headers, body })
}

/// Reads a body up to the limit, which counts bytes as they arrive: nothing is decompressed.
async fn read_body(mut body: Incoming, hop: &Hop, limit: u64) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge { limit };
    // A length that was announced is believed only where it is too large.
    if body.size_hint().lower() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| http_error(hop, &error))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() as u64 + data.len() as u64 > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
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

fn http_error(hop: &Hop, error: &hyper::Error) -> Error {
    let mut reason = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        reason.push_str(&format!(": {source}"));
    }
    Error::Http { from: hop.origin.clone(), reason }
}
