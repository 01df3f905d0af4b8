//! Requests against real servers on this machine: what is sent, what is followed, what is refused, what ends.

#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions, but not in what those call")]

mod addresses;
mod credentials;
mod downloads;
mod limits;
mod proxies;
mod redirects;
mod server;
mod tls;
