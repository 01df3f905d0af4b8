//! Keyless signing: a session that the host opens for the run. Token, key and traffic stay here; plugins see bundles.
//!
//! What is asked of the services and what their answers are worth is `chiron-trust`'s; connections are `chiron-egress`'s.

mod service;
mod witness;

use std::sync::Mutex;

use chiron_egress::{Client, Machine, Request};
use chiron_model::statement::Statement;
use chiron_model::step::Failure;
use chiron_model::text::{cut, one_line};
use chiron_trust::judge::{Identity, Pattern, Signer, TrustRoot};
use chiron_trust::keyless::{IdentityToken, Log, Provider, Service, Session as Certified, TokenError, Witnesses};
use zeroize::Zeroizing;

use crate::plan::keyless::{PlannedKeyless, TokenSource, Way};
use service::{Open, ask};
use witness::Asked;
pub(crate) use witness::{Witnessed, refuse_unloggable};

/// Why a key does not sign, and what to do, in the operator's words: a plugin learns less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong. No byte of a token or a key is in it.
    pub reason: String,
    /// What to do; empty where nobody knows.
    pub hint: &'static str,
}

impl Trouble {
    pub(crate) fn new(reason: &str, hint: &'static str) -> Self {
        Self { reason: one_line(reason), hint }
    }

    pub(crate) fn of_services(reason: String) -> Self {
        Self::new(&reason, SERVICES)
    }

    fn of_token(error: &TokenError) -> Self {
        Self::new(&error.to_string(), token_hint(error))
    }

    /// As a failure of whoever signs with the key of this name.
    pub(crate) fn of_key(self, name: &str) -> Failure {
        let message = format!("the key `{name}` cannot be used: {}", self.reason);
        let hint = (!self.hint.is_empty()).then(|| self.hint.to_owned());
        Failure { code: "key".to_owned(), message: cut(&message, 2_000).into_owned(), hint }
    }

    /// Keeps what went wrong for the operator, and passes it on.
    fn kept(answer: Result<Vec<u8>, String>, trouble: &Mutex<Option<Self>>) -> Result<Vec<u8>, String> {
        if let (Err(reason), Ok(mut trouble)) = (&answer, trouble.lock()) {
            *trouble = Some(Self::of_services(reason.clone()));
        }
        answer
    }
}

/// Said where services would be asked and no connection is made.
pub(crate) const OFFLINE: &str = "services would be asked, and --offline makes no connection";

/// What to do about that.
pub(crate) const OFFLINE_HINT: &str =
    "sign without --offline, or with a key of your own that nobody witnesses: file = \"release.key\"";

/// The variable of GitLab is [`crate::plan::keyless::TOKEN_VARIABLE`].
const NO_TOKEN: &str = "in CI, let the job have a token: `permissions: id-token: write` (GitHub), `id_tokens` with SIGSTORE_ID_TOKEN (GitLab)";

const SERVICES: &str = "the signing configuration names the services, and the trust root whom to believe of them";

/// An open session.
pub(crate) struct Session {
    certified: Certified,
    /// A session is always logged.
    log: Log,
    asked: Asked,
    by: Signer,
    names: (String, String),
    trouble: Mutex<Option<Trouble>>,
}

/// Opens a session: reads the token, and has Fulcio certify a key that is made for it.
///
/// # Errors
/// Why nothing is signed. No byte of the token is in it.
pub(crate) async fn open(plan: &PlannedKeyless, machine: &Machine) -> Result<Session, Trouble> {
    let token = token(plan, machine).await?;
    let names = usable(plan, &token)?;
    let fulcio = Open::new(Service::Fulcio, &plan.fulcio, machine).map_err(Trouble::of_services)?;
    let asked = Asked::open(Some(&plan.log), plan.timestamps.as_ref(), &plan.root, machine)?;
    let certified = certify(&fulcio, &token).await.map_err(Trouble::of_services)?;
    let by = Identity { identity: Pattern::Exact(names.0.clone()), issuer: Pattern::Exact(names.1.clone()) };
    let (log, by) = (Log(plan.log.version), Signer::Identity(by));
    Ok(Session { certified, log, asked, by, names, trouble: Mutex::new(None) })
}

/// Looks at the token before anybody is asked, where it is at hand: who would sign, and whether it may be used now.
///
/// # Errors
/// Why nothing would be signed.
pub(crate) fn look(plan: &PlannedKeyless) -> Result<(), Trouble> {
    let Some(text) = given(plan) else { return Ok(()) };
    let token = IdentityToken::parse(text?).map_err(|error| Trouble::of_token(&error))?;
    usable(plan, &token).map(|_| ())
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

/// Who signs with a token that may be used now.
fn usable(plan: &PlannedKeyless, token: &IdentityToken) -> Result<(String, String), Trouble> {
    let checked = token.check(&plan.audience, jiff::Timestamp::now()).and_then(|()| signer(plan, token));
    checked.map_err(|error| Trouble::of_token(&error))
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

/// The token, where no connection is needed for it.
fn given(plan: &PlannedKeyless) -> Option<Result<Zeroizing<String>, Trouble>> {
    let missing = |reason: String| Trouble::new(&format!("there is no identity token: {reason}"), NO_TOKEN);
    plan.token.read().map(|read| read.map_err(missing))
}

async fn token(plan: &PlannedKeyless, machine: &Machine) -> Result<IdentityToken, Trouble> {
    let text = match (given(plan), &plan.token) {
        (Some(read), _) => read?,
        (None, TokenSource::GitHub(way)) => from_github(way, machine)
            .await
            .map_err(|reason| Trouble::new(&format!("GitHub Actions gives no identity token: {reason}"), ""))?,
        (None, TokenSource::Given(_)) => Zeroizing::new(String::new()),
    };
    IdentityToken::parse(text).map_err(|error| Trouble::of_token(&error))
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
    pub(crate) fn signer(&self) -> &Signer {
        &self.by
    }

    /// What has to stand in each bundle.
    pub(crate) fn needed(&self) -> Witnesses {
        self.asked.needed()
    }

    /// What it is held against.
    pub(crate) fn root(&self) -> &TrustRoot {
        self.asked.root()
    }

    /// What went wrong last.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().ok()?.take()
    }

    /// A bundle over a file.
    ///
    /// # Errors
    /// In words, for the operator.
    pub(crate) async fn file(&self, sha256: [u8; 32]) -> Result<Vec<u8>, String> {
        let draft = self.certified.file(sha256, self.log);
        Trouble::kept(self.asked.complete(draft, &self.by).await, &self.trouble)
    }

    /// A bundle over a statement.
    ///
    /// # Errors
    /// As [`Session::file`].
    pub(crate) async fn statement(&self, statement: &Statement) -> Result<Vec<u8>, String> {
        let draft = self.certified.statement(statement, self.log);
        Trouble::kept(self.asked.complete(draft, &self.by).await, &self.trouble)
    }
}
