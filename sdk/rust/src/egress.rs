//! HTTP to endpoints that the operator bound to labels. Base address, credentials and TLS are the host's.

use crate::PluginError;
use crate::bindings::imports::chiron::egress::http;
pub use crate::bindings::imports::chiron::egress::http::{Error as HttpError, Request, Response};

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
