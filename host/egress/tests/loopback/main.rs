//! Requests against real servers on this machine: what is sent, what is followed, what is refused, what ends.

mod addresses;
mod credentials;
mod limits;
mod proxies;
mod redirects;
mod server;
mod tls;
