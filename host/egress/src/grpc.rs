//! One call over gRPC: a request with one message, an answer with one (gRPC over HTTP/2, "Request-Response" without streams). It goes
//! the way that everything goes: dialled, checked, with the endpoint's credentials, on a connection of its own.

use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::client::Client;
use crate::error::Error;
use crate::exchange::Hop;
use crate::method::Method;

/// What stands before a message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// Why a call got no answer.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// The way there.
    #[error(transparent)]
    Transport(#[from] Error),
    /// The other side speaks HTTP/2, and no gRPC.
    #[error("it does not answer in gRPC: {0}")]
    NotGrpc(String),
    /// It answers that it does not.
    #[error("it answers with gRPC status {0}")]
    Status(u32),
}

impl Client {
    /// Calls a method, e.g. `/package.Service/Method`, with an encoded message, and returns the encoded answer.
    ///
    /// # Errors
    /// See [`GrpcError`].
    pub async fn unary(&self, method: &'static str, message: Vec<u8>) -> Result<Vec<u8>, GrpcError> {
        let limit = self.endpoint.timeout;
        let answer = tokio::time::timeout(limit, self.call(method, message)).await;
        answer.unwrap_or_else(|_| Err(Error::Timeout { limit_ms: limit.as_millis() }.into()))
    }

    async fn call(&self, method: &'static str, message: Vec<u8>) -> Result<Vec<u8>, GrpcError> {
        let origin = self.endpoint.base.origin.clone();
        let (target, fields) = (method.to_owned(), HeaderMap::new());
        let hop = Hop { method: Method::Post, origin, target, fields, body: framed(&message) };
        let broken = |error: hyper::Error| Error::Http { from: hop.origin.clone(), reason: error.to_string() };
        let stream = self.dialler.speaking(b"h2").dial(&hop.origin).await?;
        let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the sender, and with the runtime at the latest.
        let connection = tokio::spawn(connection);
        let answer = async {
            let response = sender.send_request(self.request(&hop)?).await.map_err(broken)?;
            let (head, body) = response.into_parts();
            if !head.status.is_success() {
                return Err(GrpcError::NotGrpc(format!("status {}", head.status.as_u16())));
            }
            let limit = usize::try_from(self.endpoint.response_bytes_max).unwrap_or(usize::MAX);
            let body = Limited::new(body, limit).collect().await;
            let body = body.map_err(|error| GrpcError::NotGrpc(error.to_string()))?;
            let status = |fields: &HeaderMap| fields.get("grpc-status")?.to_str().ok()?.parse::<u32>().ok();
            // An answer without a message has its status in the head.
            let status = body.trailers().and_then(status).or_else(|| status(&head.headers));
            match status {
                Some(0) => unframed(body.to_bytes()),
                Some(status) => Err(GrpcError::Status(status)),
                None => Err(GrpcError::NotGrpc("no grpc-status".to_owned())),
            }
        }
        .await;
        connection.abort();
        answer
    }

    fn request(&self, hop: &Hop) -> Result<hyper::Request<Full<Bytes>>, GrpcError> {
        let uri = format!("{}{}", hop.origin, hop.target);
        let mut fields = self.own_fields(hop);
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        fields.insert(header::TE, HeaderValue::from_static("trailers"));
        let request = hyper::Request::post(uri).body(Full::new(hop.body.clone()));
        let mut request = request.map_err(|error| GrpcError::NotGrpc(error.to_string()))?;
        *request.headers_mut() = fields;
        Ok(request)
    }
}

impl crate::dial::Dialler {
    /// The same, offering another protocol where TLS is spoken (ALPN).
    fn speaking(&self, protocol: &[u8]) -> Self {
        let tls = self.tls.as_ref().map(|config| {
            let mut config = rustls::ClientConfig::clone(config);
            config.alpn_protocols = vec![protocol.to_vec()];
            Arc::new(config)
        });
        Self {
            resolver: Arc::clone(&self.resolver),
            tls,
            proxy: self.proxy.clone(),
            environment: self.environment.clone(),
            private_addresses: self.private_addresses,
        }
    }
}

fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

fn unframed(mut bytes: Bytes) -> Result<Vec<u8>, GrpcError> {
    let broken = || GrpcError::NotGrpc("its message is damaged or compressed".to_owned());
    if bytes.len() < PREFIX_BYTES || bytes.get_u8() != 0 {
        return Err(broken());
    }
    let length = bytes.get_u32() as usize;
    if bytes.len() == length { Ok(bytes.to_vec()) } else { Err(broken()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_framed_and_unframed() {
        assert_eq!(framed(b"ab").as_ref(), b"\0\0\0\0\x02ab");
        assert_eq!(unframed(framed(b"ab")).unwrap(), b"ab");
        for wrong in [b"".as_slice(), b"\x01\0\0\0\0", b"\0\0\0\0\x02a", b"\0\0\0\0\0a"] {
            assert!(unframed(Bytes::copy_from_slice(wrong)).is_err(), "{wrong:?}");
        }
    }
}
