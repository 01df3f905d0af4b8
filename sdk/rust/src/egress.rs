//! HTTP to endpoints that the operator bound to labels. Base address, credentials and TLS are the host's.
//!
//! `describe` asks for a label (`.request("endpoint", "api", "what for")`); the operator binds it:
//! `[step.bind] endpoints.api = "NAME"`. Logic takes the trait, so that [`crate::fake`] can stand in for the host; the
//! component hands it [`HostHttp`].
//!
//! ```
//! use chiron_sdk::PluginError;
//! use chiron_sdk::egress::{Http, Request};
//!
//! fn is_banned(http: &dyn Http, purl: &str) -> Result<bool, PluginError> {
//!     // Below the operator's base; purls have to be encoded, as anything that is put into a path.
//!     let answer = http.send(&Request::get("api", &format!("/v1/banned?purl={}", purl.replace('&', "%26"))))?;
//!     match answer.status {
//!         200 => Ok(true),
//!         404 => Ok(false),
//!         // Neither yes nor no: an error, never "nothing found".
//!         other => Err(PluginError::Unavailable(format!("the service answers {other}"))),
//!     }
//! }
//!
//! let http = chiron_sdk::fake::FakeHttp::new().answer("api", "GET", "/v1/banned?purl=pkg:pypi/a@1", 200, "");
//! assert_eq!(is_banned(&http, "pkg:pypi/a@1"), Ok(true));
//! assert_eq!(is_banned(&http, "pkg:pypi/b@1"), Ok(false));
//! ```
//!
//! In a scanner's `scan`: `is_banned(&HostHttp, purl)`.

use crate::PluginError;
use crate::bindings::imports::chiron::egress::http;
pub use crate::bindings::imports::chiron::egress::http::{Error as HttpError, Request, Response};

impl Request {
    /// A `GET` of a path below the endpoint's base.
    #[must_use]
    pub fn get(endpoint: &str, path_and_query: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            method: "GET".to_owned(),
            path_and_query: path_and_query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A `POST` of JSON.
    #[must_use]
    pub fn post_json(endpoint: &str, path_and_query: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { method: "POST".to_owned(), headers, body, ..Self::get(endpoint, path_and_query) }
    }
}

/// Sends requests to bound endpoints.
pub trait Http {
    /// Sends one request.
    ///
    /// # Errors
    /// For a label that is not bound, and whatever goes wrong on the way.
    fn send(&self, request: &Request) -> Result<Response, HttpError>;
}

/// The host's HTTP, as a WIT import. Only a component may call it.
#[derive(Debug, Clone, Copy)]
pub struct HostHttp;

impl Http for HostHttp {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        http::send(request)
    }
}

impl From<HttpError> for PluginError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotBound(label) => Self::Denied(format!("no endpoint is bound to `{label}`")),
            HttpError::Denied(why) => Self::Denied(why),
            HttpError::Offline => Self::Unavailable("the run is offline".to_owned()),
            HttpError::Timeout => Self::Unavailable("the endpoint did not answer in time".to_owned()),
            HttpError::TooLarge(bytes) => Self::Other(format!("the answer is too large: {bytes} bytes")),
            HttpError::Transport(why) => Self::Unavailable(why),
            HttpError::Other(why) => Self::Other(why),
        }
    }
}
