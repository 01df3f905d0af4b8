//! Why a request got no answer. The facts are the operator's: a plugin learns [`Error::words`], which name no host.

use std::net::IpAddr;

use crate::address::AddressKind;
use crate::origin::{AddressError, Origin};
use crate::path::PathError;

/// No answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A path that is not plainly below the base.
    #[error("the path {0}")]
    Path(#[from] PathError),
    /// A method that the endpoint does not allow, or none.
    #[error("the method `{method}` is not allowed")]
    Method {
        /// In the plugin's words.
        method: String,
    },
    /// A field that a plugin may not send.
    #[error("the header field `{name}` is not a plugin's to send")]
    Header {
        /// In the plugin's words.
        name: String,
    },
    /// A value that is not one line of visible ASCII.
    #[error("the header field `{name}` is not one line of visible ASCII")]
    HeaderValue {
        /// Of the field.
        name: String,
    },
    /// A field that stands there twice.
    #[error("the header field `{name}` is given twice")]
    HeaderTwice {
        /// Of the field.
        name: String,
    },
    /// Too many fields, or too long ones.
    #[error("a request has at most {fields_max} header fields of {bytes_max} bytes together")]
    HeaderSize {
        /// Fields.
        fields_max: usize,
        /// Bytes.
        bytes_max: usize,
    },
    /// A body where there is none.
    #[error("a {method} request has no body")]
    Body {
        /// `GET` or `HEAD`.
        method: &'static str,
    },
    /// A body that is too long.
    #[error("a request's body is longer than {limit} bytes")]
    BodyTooLarge {
        /// Bytes.
        limit: usize,
    },
    /// A redirect to an origin that the endpoint does not list.
    #[error("the answer redirects to {origin}, which the endpoint does not allow")]
    RedirectOrigin {
        /// Where to.
        origin: Origin,
    },
    /// A redirect from TLS into the open.
    #[error("the answer redirects from https to {origin}")]
    RedirectDowngrade {
        /// Where to.
        origin: Origin,
    },
    /// A redirect to what is no address.
    #[error("the answer redirects to what is no address: {0}")]
    RedirectAddress(AddressError),
    /// A redirect that would change the method into one that is not allowed.
    #[error("the answer redirects with the method {method}, which is not allowed")]
    RedirectMethod {
        /// `GET`.
        method: &'static str,
    },
    /// Redirects without end.
    #[error("more than {limit} redirects")]
    Redirects {
        /// How many are followed.
        limit: usize,
    },
    /// A name that resolves to, or is, an address that the endpoint may not reach.
    #[error("{host} is {address}, {}", kind.words())]
    Address {
        /// As it stands in the file, or in a redirect.
        host: String,
        /// One of its addresses.
        address: IpAddr,
        /// Of the address.
        kind: AddressKind,
    },
    /// Plain HTTP would go to the internet.
    #[error("{host} is {address}, {}, and plain HTTP is spoken only to private addresses", kind.words())]
    PlaintextAddress {
        /// As above.
        host: String,
        /// As above.
        address: IpAddr,
        /// As above.
        kind: AddressKind,
    },
    /// The server sent a credential back.
    #[error("the answer holds a credential that was sent with the request")]
    Echo,
    /// Not in time.
    #[error("no whole answer within {limit_ms} ms")]
    Timeout {
        /// Milliseconds.
        limit_ms: u128,
    },
    /// A server that stopped talking.
    #[error("nothing came for {limit_ms} ms")]
    Idle {
        /// Milliseconds.
        limit_ms: u128,
    },
    /// What came could not be kept, or is not what was asked for.
    #[error("{reason}")]
    Taken {
        /// From whoever took it.
        reason: String,
    },
    /// More than the endpoint allows.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: u64,
    },
    /// No address.
    #[error("failed to resolve {host}: {reason}")]
    Resolve {
        /// Which.
        host: String,
        /// From the system.
        reason: String,
    },
    /// No connection.
    #[error("failed to connect to {to}: {reason}")]
    Connect {
        /// Endpoint or proxy.
        to: Origin,
        /// From the system.
        reason: String,
    },
    /// No tunnel.
    #[error("the proxy {proxy} opens no tunnel: {reason}")]
    Proxy {
        /// Which.
        proxy: Origin,
        /// Its answer.
        reason: String,
    },
    /// No TLS.
    #[error("failed to establish TLS with {to}: {reason}")]
    Tls {
        /// Endpoint or proxy.
        to: Origin,
        /// From rustls.
        reason: String,
    },
    /// Not HTTP/1.1, or a connection that broke.
    #[error("{from} does not answer in HTTP: {reason}")]
    Http {
        /// Endpoint.
        from: Origin,
        /// From hyper.
        reason: String,
    },
}

impl Error {
    /// For whoever may not know where an endpoint is: names no host, no address, no reason of the network's.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Path(_)
            | Self::Method { .. }
            | Self::Header { .. }
            | Self::HeaderValue { .. }
            | Self::HeaderTwice { .. }
            | Self::HeaderSize { .. }
            | Self::Body { .. }
            | Self::BodyTooLarge { .. }
            | Self::RedirectMethod { .. }
            | Self::Redirects { .. }
            | Self::Echo
            | Self::Timeout { .. }
            | Self::Idle { .. }
            | Self::TooLarge { .. } => self.to_string(),
            Self::Taken { .. } => "the answer is not what was asked for".to_owned(),
            Self::RedirectOrigin { .. } => "the answer redirects to where the endpoint does not lead".to_owned(),
            Self::RedirectDowngrade { .. } => "the answer redirects from https to http".to_owned(),
            Self::RedirectAddress(_) => "the answer redirects to what is no address".to_owned(),
            Self::Address { kind, .. } | Self::PlaintextAddress { kind, .. } => {
                format!("the endpoint is at {}, which it may not reach", kind.words())
            }
            Self::Resolve { .. } => "the endpoint's name does not resolve".to_owned(),
            Self::Connect { .. } => "the endpoint cannot be connected to".to_owned(),
            Self::Proxy { .. } => "the proxy opens no tunnel to the endpoint".to_owned(),
            Self::Tls { .. } => "no TLS with the endpoint".to_owned(),
            Self::Http { .. } => "the endpoint does not answer in HTTP".to_owned(),
        }
    }
}
