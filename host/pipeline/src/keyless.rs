//! Keyless signing: a session that the host opens for the run. Token, key and traffic stay here; plugins see bundles.
//!
//! What is asked of the services and what their answers are worth is `chiron-trust`'s; connections are `chiron-egress`'s.
//! The timestamp comes first: a log entry cannot be taken back.

use std::sync::Mutex;
use std::time::Duration;

use chiron_egress::{Client, Error as EgressError, Machine, Request};
use chiron_model::statement::Statement;
use chiron_model::step::Failure;
use chiron_model::text::{cut, one_line};
use chiron_trust::judge::{Identity, Pattern, Signer, TrustRoot};
use chiron_trust::keyless::{
    Draft, IdentityToken, Log, LogRequest, Provider, Service, Session as Certified, Signed, TokenError,
};
use zeroize::Zeroizing;

use crate::house::House;
use crate::plan::keyless::{PlannedKeyless, TOKEN_VARIABLE, TokenSource, Way};

/// How often a service is asked. One that fails for longer is down.
const TRIES: u32 = 3;

/// How long the host waits after the first failure; twice as long after the second.
const PAUSE: Duration = Duration::from_millis(500);

/// A service that can be asked.
struct Open {
    service: Service,
    client: Client,
    path: String,
}

/// An open session.
pub(crate) struct Session {
    name: String,
    certified: Certified,
    log: Log,
    rekor: Open,
    timestamps: Option<Open>,
    identity: Identity,
    names: (String, String),
    root: std::sync::Arc<TrustRoot>,
    /// What went wrong last, in the operator's words: a plugin learns less.
    trouble: Mutex<Option<String>>,
}

/// Opens a session: reads the token, and has Fulcio certify a key that is made for it.
///
/// # Errors
/// A failure that every signer of the run ends with. No byte of the token is in it.
pub(crate) async fn open(plan: &PlannedKeyless, house: &House) -> Result<Session, Failure> {
    if house.offline {
        let hint = "sign without --offline, or with a key of your own: file = \"release.key\"";
        return Err(failure(&plan.name, "keyless signing asks services, and --offline makes no connection", hint));
    }
    let machine = Machine::new(&format!("chiron/{}", house.version));
    let token = token(plan, &machine).await?;
    let now = jiff::Timestamp::now();
    let refused = |error: TokenError| failure(&plan.name, &error.to_string(), token_hint(&error));
    token.check(&plan.audience, now).map_err(refused)?;
    let names = signer(plan, &token).map_err(refused)?;
    let opened =
        |service, way: &Way| Open::new(service, way, &machine).map_err(|reason| failure(&plan.name, &reason, ""));
    let fulcio = opened(Service::Fulcio, &plan.fulcio)?;
    let rekor = opened(Service::Rekor, &plan.rekor)?;
    let timestamps = plan.timestamps.as_ref().map(|way| opened(Service::Timestamps, way)).transpose()?;
    let certified = certify(&fulcio, &token).await.map_err(|reason| failure(&plan.name, &reason, SERVICES))?;
    Ok(Session {
        name: plan.name.clone(),
        certified,
        log: Log(plan.log),
        rekor,
        timestamps,
        identity: Identity { identity: Pattern::Exact(names.0.clone()), issuer: Pattern::Exact(names.1.clone()) },
        names,
        root: std::sync::Arc::clone(&plan.root),
        trouble: Mutex::new(None),
    })
}

const SERVICES: &str = "`signing_config` and `trusted_root` of the key name the services and whom to believe of them";

fn failure(name: &str, reason: &str, hint: &str) -> Failure {
    let message = one_line(&format!("the key `{name}` cannot be used: {reason}"));
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    Failure { code: "key".to_owned(), message: cut(&message, 2_000).into_owned(), hint }
}

fn token_hint(error: &TokenError) -> &'static str {
    match error {
        TokenError::Expired { .. } => "tokens live for minutes: ask for it right before the run",
        TokenError::Early { .. } => "this machine's clock is wrong, or the provider's",
        TokenError::Malformed { .. } => "a JSON Web Token of an identity provider that Fulcio knows",
        TokenError::Audience { .. } => "ask the provider for a token for that audience, or set `audience` of the key",
        TokenError::Identity { .. } | TokenError::Issuer { .. } => {
            "`identity` and `issuer` of the key say who has to sign"
        }
    }
}

/// Who signs. Where the provider is known, a token of somebody else is refused before Fulcio is asked.
fn signer(plan: &PlannedKeyless, token: &IdentityToken) -> Result<(String, String), TokenError> {
    let (identity, issuer) = (token.identity(), token.issuer().to_owned());
    if let Some(expected) = plan.issuer.clone().filter(|expected| *expected != issuer) {
        return Err(TokenError::Issuer { found: issuer, expected });
    }
    match plan.identity.clone() {
        Some(expected) if expected != identity && token.provider() != Provider::Other => {
            Err(TokenError::Identity { found: identity, expected })
        }
        Some(expected) => Ok((expected, issuer)),
        None => Ok((identity, issuer)),
    }
}

async fn token(plan: &PlannedKeyless, machine: &Machine) -> Result<IdentityToken, Failure> {
    let text = match (plan.token.read(), &plan.token) {
        (Some(read), _) => read.map_err(|reason| {
            let hint = format!(
                "in CI, let the job have a token: `permissions: id-token: write` (GitHub), `id_tokens` with {TOKEN_VARIABLE} (GitLab)"
            );
            failure(&plan.name, &format!("there is no identity token: {reason}"), &hint)
        })?,
        (None, TokenSource::GitHub(way)) => {
            let failed = |reason: String| failure(&plan.name, &format!("GitHub Actions gives no identity token: {reason}"), "");
            from_github(way, machine).await.map_err(failed)?
        }
        (None, TokenSource::Given(_)) => Zeroizing::new(String::new()),
    };
    IdentityToken::parse(text).map_err(|error| failure(&plan.name, &error.to_string(), token_hint(&error)))
}

async fn from_github(way: &Way, machine: &Machine) -> Result<Zeroizing<String>, String> {
    #[derive(serde::Deserialize)]
    struct Answer {
        value: String,
    }
    let client = Client::open(way.endpoint.clone(), machine).map_err(|error| error.to_string())?;
    let request =
        Request { method: "GET".to_owned(), path_and_query: way.path.clone(), headers: Vec::new(), body: Vec::new() };
    let answer = Zeroizing::new(ask(&client, &request).await?.body);
    // The reader's own words could quote the token.
    let read = serde_json::from_slice::<Answer>(&answer).map_err(|_| "its answer holds no token".to_owned())?;
    Ok(Zeroizing::new(read.value))
}

async fn certify(fulcio: &Open, token: &IdentityToken) -> Result<Certified, String> {
    let (candidate, body) = Certified::begin(token).map_err(|error| error.to_string())?;
    let answer = fulcio.post("/api/v2/signingCert", "application/json", &body, Some(token)).await?;
    candidate.certified(&answer).map_err(|error| fulcio.says(&error.to_string()))
}

impl Session {
    /// Identity and issuer.
    pub(crate) fn names(&self) -> &(String, String) {
        &self.names
    }

    /// Who has to have signed what this session signs.
    pub(crate) fn signer(&self) -> Signer {
        Signer::Identity(self.identity.clone())
    }

    /// What it is held against.
    pub(crate) fn root(&self) -> &TrustRoot {
        &self.root
    }

    /// What went wrong last, as a failure of the step.
    pub(crate) fn trouble(&self) -> Option<Failure> {
        let reason = self.trouble.lock().ok()?.take()?;
        Some(failure(&self.name, &reason, SERVICES))
    }

    /// A bundle over a file.
    ///
    /// # Errors
    /// In words, for the operator.
    pub(crate) async fn file(&self, sha256: [u8; 32]) -> Result<Vec<u8>, String> {
        let draft = self.certified.file(sha256, self.log).map_err(|error| error.to_string());
        self.told(self.complete(draft).await)
    }

    /// A bundle over a statement.
    ///
    /// # Errors
    /// As [`Session::file`].
    pub(crate) async fn statement(&self, statement: &Statement) -> Result<Vec<u8>, String> {
        let draft = self.certified.statement(statement, self.log).map_err(|error| error.to_string());
        self.told(self.complete(draft).await)
    }

    async fn complete(&self, draft: Result<Draft, String>) -> Result<Vec<u8>, String> {
        let draft = draft?;
        let timestamp = match &self.timestamps {
            Some(authority) => {
                Some(authority.post(&authority.path, "application/timestamp-query", &draft.timestamp, None).await?)
            }
            None => None,
        };
        let log = self.rekor.enter(&draft.log).await?;
        let answers = Signed { log: &log, timestamp: timestamp.as_deref() };
        Certified::bundle(draft, &answers, &self.identity, &self.root).map_err(|error| error.to_string())
    }

    fn told(&self, answer: Result<Vec<u8>, String>) -> Result<Vec<u8>, String> {
        if let (Err(reason), Ok(mut trouble)) = (&answer, self.trouble.lock()) {
            *trouble = Some(reason.clone());
        }
        answer
    }
}

impl Open {
    fn new(service: Service, way: &Way, machine: &Machine) -> Result<Self, String> {
        let client = Client::open(way.endpoint.clone(), machine).map_err(|error| format!("{service}: {error}"))?;
        Ok(Self { service, client, path: way.path.clone() })
    }

    /// Sends, and gives the body of a good answer. `secret` is what no message may hold a piece of.
    async fn post(
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
    async fn enter(&self, entry: &LogRequest) -> Result<Vec<u8>, String> {
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

    fn says(&self, reason: &str) -> String {
        format!("{} at {}: {reason}", self.service, self.client.origin())
    }
}

/// An answer that asks nothing to be tried again.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

/// Asks, and asks again where that may help, a few times.
async fn ask(client: &Client, request: &Request) -> Result<Answer, String> {
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
