//! HTTP to endpoints of the operator. The only crate that opens a connection.
//!
//! A plugin names a label; what it reaches, and with which credentials, stands in the operator's file. This crate parses
//! such a definition once ([`Endpoint`]), opens it when a run starts ([`Client`]: certificates, proxy, secrets), and sends
//! ([`Client::send`]). It depends on nothing of Chiron.
//!
//! - Every hop, redirects included, goes through one function (`dial.rs`), which resolves the name once, checks every
//!   address it resolved to, and connects to one of those very addresses.
//! - hyper speaks HTTP/1.1 on a connection that this crate made. A client library above it (reqwest) would resolve,
//!   follow, decompress and keep connections by rules of its own, each to be switched off and watched.
//! - A request has a connection of its own, and all of it lives in one future: dropping the future closes the connection.

mod address;
mod client;
mod dial;
mod download;
mod endpoint;
mod error;
mod exchange;
#[cfg(feature = "http2")]
mod grpc;
mod header;
mod method;
mod origin;
mod path;
mod proxy;
mod redirect;
mod resolve;
mod secret;
mod tls;

pub use address::{AddressKind, Reach};
pub use client::{Client, Machine, OpenError, Request, Response};
pub use download::{Download, Fetched, FileHead, Partial, Sink, Validators};
pub use endpoint::{Base, Endpoint, Objection};
pub use error::Error;
#[cfg(feature = "http2")]
pub use grpc::GrpcError;
pub use header::{CredentialHeader, CredentialHeaderError};
pub use method::Method;
pub use origin::{AddressError, Host, Origin, Scheme};
pub use path::PathError;
pub use proxy::{Proxy, ProxyChoice, ProxyError};
pub use resolve::{Resolve, Resolving, SystemResolver};
pub use secret::{Secret, SecretError, SecretSource};
