//! `chiron:egress/http`: requests to endpoints the step bound. The plugin names a label; the rest is the host's.

use std::sync::Arc;

use chiron_model::plugin::Capability;
use chiron_model::text::one_line;

use crate::abi::powers::chiron::egress::http;
use crate::powers::{HttpError, HttpRequest};
use crate::state::State;
use crate::weigh::Weigh as _;

impl http::Host for State {
    async fn send(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, http::Error>> {
        let given = request.weight();
        let http::Request { endpoint: label, method, path_and_query, headers, body } = request;
        self.waiting_on(Capability::Http, given, |state| {
            let name = state.grants.bound(Capability::Http, &label).map(str::to_owned);
            let power = state.powers.http.as_ref().map(Arc::clone);
            let request = HttpRequest { method, path_and_query, headers, body };
            Ok(async move {
                let (Some(name), Some(power)) = (name, power) else {
                    return Err(http::Error::NotBound(one_line(&label)));
                };
                let answer = power.send(&name, request).await.map_err(http::Error::from)?;
                Ok(http::Response { status: answer.status, headers: answer.headers, body: answer.body })
            })
        })
        .await
    }
}

impl From<HttpError> for http::Error {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Denied(text) => Self::Denied(text),
            HttpError::Offline => Self::Offline,
            HttpError::Timeout => Self::Timeout,
            HttpError::TooLarge(limit) => Self::TooLarge(limit),
            HttpError::Transport(text) => Self::Transport(text),
        }
    }
}
