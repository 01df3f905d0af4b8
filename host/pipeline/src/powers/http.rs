//! Endpoints of the run, as the sandbox hands them out. What a plugin learns of a failure names no host; the operator's
//! log does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chiron_egress::{Client, Error, Machine, OpenError, Request};
use chiron_model::plugin::Capability;
use chiron_model::step::Failure;
use chiron_model::text::{cut, one_line};
use chiron_sandbox::powers::{Http, HttpError, HttpRequest, HttpResponse, Journal, Level, Sending};

use crate::house::House;
use crate::plan::{Plan, PlannedStep};

/// Failed requests of one call that the log tells of. A plugin can make them by the thousand.
const LINES_MAX: u32 = 10;

/// Characters of such a line.
const LINE_CHARS_MAX: usize = 500;

/// The endpoints that steps bound, by the operator's name, opened or not.
pub(crate) enum Egress {
    /// `--offline`: no secret is read, nothing is sent.
    Offline,
    /// Each with its client, or with why it has none.
    Open(BTreeMap<String, Result<Arc<Client>, Failure>>),
}

impl Egress {
    /// Reads secrets and certificates of every endpoint that a step bound.
    pub(crate) fn open(plan: &Plan, house: &House) -> Self {
        if house.offline {
            return Self::Offline;
        }
        let machine = Machine::new(&format!("chiron/{}", house.version));
        let opened = plan.endpoints.iter().map(|(name, endpoint)| {
            let client = Client::open(endpoint.clone(), &machine).map(Arc::new).map_err(|error| failure(name, &error));
            (name.clone(), client)
        });
        Self::Open(opened.collect())
    }

    /// Why a step cannot be called: an endpoint that it was promised is not there.
    pub(crate) fn missing(&self, step: &PlannedStep) -> Option<Failure> {
        match self {
            Self::Offline => None,
            Self::Open(clients) => {
                let mut bound = step.grants.names(Capability::Http).filter_map(|name| clients.get(name));
                bound.find_map(|client| client.as_ref().err().cloned())
            }
        }
    }

    /// The endpoints that one call of a step may use.
    pub(crate) fn of(&self, step: &PlannedStep, journal: &Arc<dyn Journal>) -> Option<Arc<dyn Http>> {
        if !step.grants.allows(Capability::Http) {
            return None;
        }
        let clients = match self {
            Self::Offline => None,
            Self::Open(clients) => {
                let opened = step.grants.names(Capability::Http).filter_map(|name| {
                    let client = clients.get(name)?.as_ref().ok()?;
                    Some((name.to_owned(), Arc::clone(client)))
                });
                Some(opened.collect())
            }
        };
        Some(Arc::new(Endpoints { clients, journal: Arc::clone(journal), lines: AtomicU32::new(0) }))
    }
}

fn failure(name: &str, error: &OpenError) -> Failure {
    let hint = match error {
        OpenError::Secret { .. } => format!("`token` and `headers` of [endpoints.{name}] say where secrets are"),
        OpenError::Authorities { .. } => format!("`ca` of [endpoints.{name}] names a PEM file of certificates"),
        OpenError::NoAuthorities => format!(
            "install the system's certificates, set SSL_CERT_FILE, or name the service's own authority: `ca` of [endpoints.{name}]"
        ),
        OpenError::Environment { .. } => {
            format!("correct the variable, or set `proxy` of [endpoints.{name}]: \"none\", or an address")
        }
        OpenError::Tls(_) => "this is a fault of the host".to_owned(),
    };
    let message = format!("the endpoint `{name}` cannot be used: {error}");
    Failure { code: "endpoint".to_owned(), message: one_line(&message), hint: Some(hint) }
}

struct Endpoints {
    /// None when offline.
    clients: Option<BTreeMap<String, Arc<Client>>>,
    journal: Arc<dyn Journal>,
    lines: AtomicU32,
}

impl Endpoints {
    async fn answer(&self, name: &str, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(clients) = &self.clients else { return Err(HttpError::Offline) };
        let client =
            clients.get(name).ok_or_else(|| HttpError::Denied("no endpoint of that name is open".to_owned()))?;
        let HttpRequest { method, path_and_query, headers, body } = request;
        match client.send(Request { method, path_and_query, headers, body }).await {
            Ok(answer) => Ok(HttpResponse { status: answer.status, headers: answer.headers, body: answer.body }),
            Err(error) => {
                self.tell(name, &error);
                Err(for_plugin(&error))
            }
        }
    }

    fn tell(&self, name: &str, error: &Error) {
        if self.lines.fetch_add(1, Ordering::Relaxed) < LINES_MAX {
            let line = one_line(&format!("the endpoint `{name}` gave no answer: {error}"));
            self.journal.log(Level::Warn, &cut(&line, LINE_CHARS_MAX), &[]);
        }
    }
}

impl Http for Endpoints {
    fn send<'a>(&'a self, endpoint: &'a str, request: HttpRequest) -> Sending<'a> {
        Box::pin(self.answer(endpoint, request))
    }
}

fn for_plugin(error: &Error) -> HttpError {
    let words = error.words();
    match error {
        Error::Timeout { .. } | Error::Idle { .. } => HttpError::Timeout,
        Error::TooLarge { limit } => HttpError::TooLarge(*limit),
        Error::Resolve { .. }
        | Error::Connect { .. }
        | Error::Proxy { .. }
        | Error::Tls { .. }
        | Error::Http { .. }
        | Error::Taken { .. } => HttpError::Transport(words),
        Error::Path(_)
        | Error::Method { .. }
        | Error::Header { .. }
        | Error::HeaderValue { .. }
        | Error::HeaderTwice { .. }
        | Error::HeaderSize { .. }
        | Error::Body { .. }
        | Error::BodyTooLarge { .. }
        | Error::RedirectOrigin { .. }
        | Error::RedirectDowngrade { .. }
        | Error::RedirectAddress(_)
        | Error::RedirectMethod { .. }
        | Error::Redirects { .. }
        | Error::Address { .. }
        | Error::PlaintextAddress { .. }
        | Error::Echo => HttpError::Denied(words),
    }
}
