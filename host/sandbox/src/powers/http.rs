//! Endpoints the operator bound. Base address, credentials, proxy, certificates and redirects are the host's.

use std::pin::Pin;

/// An answer on its way. Dropping it ends the request.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

/// Sends requests.
pub trait Http: Send + Sync {
    /// Sends one request to an endpoint, by the operator's name for it.
    fn send<'a>(&'a self, endpoint: &'a str, request: HttpRequest) -> Sending<'a>;
}

/// What a plugin may say of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// E.g. `GET`.
    pub method: String,
    /// Below the endpoint's base, e.g. `/v1/query?x=1`.
    pub path_and_query: String,
    /// In the plugin's words; the host takes only those that carry no authority.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// E.g. 200.
    pub status: u16,
    /// Without those that carry authority.
    pub headers: Vec<(String, String)>,
    /// At most as long as the endpoint allows.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The endpoint's rules do not allow it.
    Denied(String),
    /// The run makes no connections.
    Offline,
    /// The endpoint did not answer in time.
    Timeout,
    /// The answer is longer than this many bytes.
    TooLarge(u64),
    /// The connection failed.
    Transport(String),
}
