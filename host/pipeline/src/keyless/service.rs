//! Services that sign or witness: asked over connections that `chiron-egress` makes, a few times where that may help.

use std::time::Duration;

use chiron_egress::{Client, Error as EgressError, Machine, Request};
use chiron_model::text::{cut, one_line};
use chiron_trust::keyless::{IdentityToken, LogRequest, Service};

use crate::plan::keyless::Way;

/// How often a service is asked. One that fails for longer is down.
const TRIES: u32 = 3;

/// How long the host waits after the first failure; twice as long after the second.
const PAUSE: Duration = Duration::from_millis(500);

/// A service that can be asked.
pub(super) struct Open {
    service: Service,
    client: Client,
    pub(super) path: String,
}

impl Open {
    pub(super) fn new(service: Service, way: &Way, machine: &Machine) -> Result<Self, String> {
        let client = Client::open(way.endpoint.clone(), machine).map_err(|error| format!("{service}: {error}"))?;
        Ok(Self { service, client, path: way.path.clone() })
    }

    /// Sends, and gives the body of a good answer. `secret` is what no message may hold a piece of.
    pub(super) async fn post(
        &self,
        path: &str,
        media_type: &str,
        body: &[u8],
        secret: Option<&IdentityToken>,
    ) -> Result<Vec<u8>, String> {
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        let request =
            Request { method: "POST".to_owned(), path_and_query: path.to_owned(), headers, body: body.to_vec() };
        let answer = ask(&self.client, &request).await.map_err(|reason| self.says(&reason))?;
        match answer.status {
            200 | 201 => Ok(answer.body),
            status => Err(self.says(&refusal(status, &answer.body, secret))),
        }
    }

    /// Has the log keep an entry.
    pub(super) async fn enter(&self, entry: &LogRequest) -> Result<Vec<u8>, String> {
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let mut request = Request {
            method: "POST".to_owned(),
            path_and_query: entry.path.to_owned(),
            headers: vec![json],
            body: entry.body.clone(),
        };
        let mut answer = ask(&self.client, &request).await.map_err(|reason| self.says(&reason))?;
        if let (409, Some(path)) = (answer.status, entry.known_at(&answer.body)) {
            request = Request { method: "GET".to_owned(), path_and_query: path, headers: Vec::new(), body: Vec::new() };
            answer = ask(&self.client, &request).await.map_err(|reason| self.says(&reason))?;
        }
        match answer.status {
            200 | 201 => Ok(answer.body),
            status => Err(self.says(&refusal(status, &answer.body, None))),
        }
    }

    pub(super) fn says(&self, reason: &str) -> String {
        format!("{} at {}: {reason}", self.service, self.client.origin())
    }
}

/// An answer that asks nothing to be tried again.
pub(super) struct Answer {
    status: u16,
    pub(super) body: Vec<u8>,
}

/// Asks, and asks again where that may help, a few times.
pub(super) async fn ask(client: &Client, request: &Request) -> Result<Answer, String> {
    let mut reason = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE * attempt).await;
        }
        match client.send(request.clone()).await {
            Ok(answer) if answer.status == 429 || answer.status >= 500 => {
                reason = format!("it answers with status {}", answer.status);
            }
            Ok(answer) => return Ok(Answer { status: answer.status, body: answer.body }),
            Err(error) if passes(&error) => reason = error.to_string(),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(format!("{reason} (asked {TRIES} times)"))
}

/// Whether the next try may end otherwise.
fn passes(error: &EgressError) -> bool {
    match error {
        EgressError::Timeout { .. }
        | EgressError::Idle { .. }
        | EgressError::Resolve { .. }
        | EgressError::Connect { .. }
        | EgressError::Proxy { .. }
        | EgressError::Http { .. } => true,
        EgressError::Path(_)
        | EgressError::Method { .. }
        | EgressError::Header { .. }
        | EgressError::HeaderValue { .. }
        | EgressError::HeaderTwice { .. }
        | EgressError::HeaderSize { .. }
        | EgressError::Body { .. }
        | EgressError::BodyTooLarge { .. }
        | EgressError::RedirectOrigin { .. }
        | EgressError::RedirectDowngrade { .. }
        | EgressError::RedirectAddress(_)
        | EgressError::RedirectMethod { .. }
        | EgressError::Redirects { .. }
        | EgressError::Address { .. }
        | EgressError::PlaintextAddress { .. }
        | EgressError::Echo
        | EgressError::Taken { .. }
        | EgressError::TooLarge { .. }
        | EgressError::Tls { .. } => false,
    }
}

/// A refusal with the service's own words, where there are any that may be shown.
fn refusal(status: u16, body: &[u8], secret: Option<&IdentityToken>) -> String {
    let said = serde_json::from_slice::<serde_json::Value>(body).ok();
    let said = said.as_ref().and_then(|value| value.get("message")?.as_str()).unwrap_or_default();
    let leaks = secret.is_some_and(|token| token.is_in(body));
    if said.is_empty() || leaks {
        return format!("it refuses with status {status}");
    }
    format!("it refuses with status {status}: {}", cut(&one_line(said), 200))
}
