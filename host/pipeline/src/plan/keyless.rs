//! Keyless sessions of the run, planned: which services are asked, by which way, and for whom. No token leaves this file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chiron_egress::{Base, Endpoint, Origin, Proxy, ProxyChoice, SecretSource};
use chiron_model::plugin::Capability;
use chiron_trust::judge::{RootError, RootSource, TrustRoot};
use chiron_trust::keyless::{IdentityToken, LogService, Logs, Services, ServicesError};
use chiron_trust::tuf::{Known, RepositoryName, SIGNING_CONFIG};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::PlannedStep;
use super::witness::PlannedLog;
use crate::config::file::{KeylessTable, WitnessTable};
use crate::config::{PipelineConfig, endpoints, units};
use crate::mistake::{Mistake, MistakeClass};
use crate::roots;

/// The variable in which CI hands out a token that was made for Sigstore.
pub(crate) const TOKEN_VARIABLE: &str = "SIGSTORE_ID_TOKEN";

/// Largest answer of a service, in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// What is read of a token's file, in bytes: four times what a token may be.
const TOKEN_FILE_BYTES_MAX: usize = 64 * 1024;

/// Largest file of services or trust, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// A session that the host opens when the run signs.
pub struct PlannedKeyless {
    /// The pipeline's name for the key.
    pub name: String,
    /// Where the identity token is.
    pub token: TokenSource,
    /// Whom it has to be made for.
    pub audience: String,
    /// Who has to sign.
    pub identity: Option<String>,
    /// Who has to vouch for that.
    pub issuer: Option<String>,
    /// Certifies.
    pub fulcio: Way,
    /// Logs.
    pub log: PlannedLog,
    /// Says when.
    pub timestamps: Option<Way>,
    /// What all of it is held against.
    pub root: Arc<TrustRoot>,
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What may be asked there.
    pub endpoint: Endpoint,
    /// What is asked, where the service has one address; empty otherwise.
    pub path: String,
}

/// Where an identity token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// In a variable or a file.
    Given(SecretSource),
    /// GitHub Actions makes one when it is asked.
    GitHub(Box<Way>),
}

impl TokenSource {
    /// The token, where no connection is needed for it.
    pub(crate) fn read(&self) -> Option<Result<Zeroizing<String>, String>> {
        match self {
            Self::GitHub(_) => None,
            Self::Given(SecretSource::Env(name)) => Some(match std::env::var(name) {
                Ok(text) => Ok(trimmed(Zeroizing::new(text))),
                Err(_) => Err(format!("the environment has no {name}")),
            }),
            // No configuration can say so: a token stands alone in its variable.
            Self::Given(SecretSource::Pair { variable, .. }) => {
                Some(Err(format!("{variable} holds more than a token")))
            }
            Self::Given(SecretSource::File(path)) => {
                Some(token_in(path).map_err(|error| format!("failed to read the token in {}: {error}", path.display())))
            }
        }
    }
}

/// Reads a file, and not much more of it than a token is long. Room for all of it at once: growing would leave copies behind.
fn token_in(path: &Path) -> std::io::Result<Zeroizing<String>> {
    use std::io::Read as _;
    let mut text = Zeroizing::new(String::with_capacity(TOKEN_FILE_BYTES_MAX));
    let most = u64::try_from(TOKEN_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    std::fs::File::open(path)?.take(most).read_to_string(&mut text)?;
    Ok(trimmed(text))
}

/// Without the line end that editors and `echo` write.
fn trimmed(text: Zeroizing<String>) -> Zeroizing<String> {
    Zeroizing::new(text.trim_ascii().to_owned())
}

impl PlannedKeyless {
    /// Identity and issuer that would sign, as far as that is known without asking anybody; or why it is not.
    ///
    /// # Errors
    /// In words, without a byte of the token.
    pub fn signer(&self) -> Result<(String, String), String> {
        let text = self.token.read().ok_or("GitHub Actions tells when the run signs")??;
        let token = IdentityToken::parse(text).map_err(|error| error.to_string())?;
        let identity = self.identity.clone().unwrap_or_else(|| token.identity());
        Ok((identity, self.issuer.clone().unwrap_or_else(|| token.issuer().to_owned())))
    }

    /// Every way that requests may take.
    pub(crate) fn ways(&self) -> impl Iterator<Item = &Way> {
        let github = if let TokenSource::GitHub(way) = &self.token { Some(&**way) } else { None };
        [&self.fulcio, &self.log.way].into_iter().chain(&self.timestamps).chain(github)
    }
}

/// Plans the sessions that steps bind. What is wrong with one is told at its key.
pub(super) fn plan(
    config: &PipelineConfig,
    steps: &[PlannedStep],
    logs: Logs,
    place: Place<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<PlannedKeyless> {
    let mut planned = Vec::new();
    for (name, table) in config.file.keys.iter().filter_map(|(name, key)| Some((name, key.keyless.as_ref()?))) {
        match read(name, table, logs, place) {
            Ok(session) if is_bound(steps, name) => planned.push(session),
            Ok(_) => {}
            Err(fault) => mistakes.push(fault.at(config, &format!("/keys/{name}/keyless"))),
        }
    }
    planned
}

/// Whether a step binds a key.
pub(super) fn is_bound(steps: &[PlannedStep], name: &str) -> bool {
    steps.iter().any(|step| step.grants.names(Capability::Signing).any(|key| key == name))
}

/// What is wrong with a table, at which of its keys.
#[derive(Debug)]
pub(crate) struct Fault {
    /// A pointer below the table; empty for the table itself.
    key: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Fault {
    pub(super) fn at(self, config: &PipelineConfig, table: &str) -> Mistake {
        let pointer = format!("{table}{}", self.key);
        config.document.mistake(MistakeClass::Config, &pointer, self.message, "cannot be used", Some(self.hint))
    }
}

pub(super) fn fault(key: &'static str, message: impl ToString, hint: &str) -> Fault {
    Fault { key, message: message.to_string(), hint: hint.to_owned() }
}

/// What a table says of services, whoever signs.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    signing_config: Option<&'a str>,
    trusted_root: Option<&'a str>,
    ca: Option<&'a str>,
    proxy: Option<&'a str>,
    private_addresses: bool,
    plaintext: bool,
    timeout: &'a str,
    place: Place<'a>,
}

/// Where paths begin, and the time by which roots are judged.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) now: Timestamp,
}

impl<'a> Asked<'a> {
    fn keyless(table: &'a KeylessTable, place: Place<'a>) -> Self {
        Self {
            signing_config: table.signing_config.as_deref(),
            trusted_root: table.trusted_root.as_deref(),
            ca: table.ca.as_deref(),
            proxy: table.proxy.as_deref(),
            private_addresses: table.private_addresses,
            plaintext: table.plaintext_unsafe,
            timeout: &table.timeout,
            place,
        }
    }

    pub(super) fn witness(table: &'a WitnessTable, place: Place<'a>) -> Self {
        Self {
            signing_config: table.signing_config.as_deref(),
            trusted_root: table.trusted_root.as_deref(),
            ca: table.ca.as_deref(),
            proxy: table.proxy.as_deref(),
            private_addresses: table.private_addresses,
            plaintext: table.plaintext_unsafe,
            timeout: &table.timeout,
            place,
        }
    }
}

/// Reads a table.
pub(crate) fn read(name: &str, table: &KeylessTable, logs: Logs, place: Place<'_>) -> Result<PlannedKeyless, Fault> {
    let asked = Asked::keyless(table, place);
    let services = services(&asked, logs)?;
    let (fulcio, rekor) = services.certifying().map_err(unfit)?;
    let token = match &table.token {
        Some(secret) => TokenSource::Given(endpoints::secret(secret, place.folder).ok_or_else(|| {
            let message = format!("the token of the key `{name}` needs exactly one of `env` and `file`");
            fault("/token", message, "{ env = \"MY_TOKEN\" }  or  { file = \"id.token\" }")
        })?),
        None => ambient(&table.audience, &asked)?,
    };
    Ok(PlannedKeyless {
        name: name.to_owned(),
        token,
        audience: table.audience.clone(),
        identity: table.identity.clone(),
        issuer: table.issuer.clone(),
        fulcio: way(fulcio, &asked)?,
        log: log(rekor, &asked)?,
        timestamps: services.timestamps.as_deref().map(|address| whole(address, &asked)).transpose()?,
        root: root(&asked)?,
    })
}

/// A signing configuration, in a file or in a TUF repository.
fn services_of(text: &str, place: Place<'_>) -> Result<Vec<u8>, Fault> {
    let key = "/signing_config";
    match source(key, text, place.folder)? {
        RootSource::File(path) => file_of(&path, key),
        RootSource::Repository { name, expired } => {
            RootSource::target(&name, expired, SIGNING_CONFIG, place.now).map_err(|error| unrooted(key, &error))
        }
    }
}

fn source(key: &'static str, text: &str, folder: &Path) -> Result<RootSource, Fault> {
    RootSource::parse(&RootSource::below(text, folder)).map_err(|error| unrooted(key, &error.into()))
}

fn unrooted(key: &'static str, error: &RootError) -> Fault {
    let hint = match error {
        RootError::Repository { name, reason } => roots::advice(name, reason),
        RootError::Name(_) => format!("tuf, or tuf:NAME, e.g. tuf:{}", RepositoryName::from(Known::Sigstore)),
        RootError::Unreadable { .. } | RootError::Json(_) | RootError::Unusable { .. } => {
            "a trusted_root.json, as Sigstore distributes it".to_owned()
        }
    };
    fault(key, error, &hint)
}

/// Which services there are.
pub(super) fn services(asked: &Asked<'_>, logs: Logs) -> Result<Services, Fault> {
    let services = match asked.signing_config {
        None => Services::embedded(logs),
        Some(text) => Services::from_json(&services_of(text, asked.place)?, logs),
    };
    services.map_err(unfit)
}

/// A signing configuration that does not serve.
pub(super) fn unfit(error: ServicesError) -> Fault {
    let hint = match error {
        ServicesError::NoPromise => {
            "attestations of PEP 740 (`publish`) have no place for a timestamp: name a log with majorApiVersion 1, or leave `publish` out"
        }
        ServicesError::Json(_)
        | ServicesError::Unusable { .. }
        | ServicesError::Missing(_)
        | ServicesError::Several(_)
        | ServicesError::NoTime
        | ServicesError::NoWitness => "a signing_config.json of version 0.2, as Sigstore distributes it by TUF",
    };
    fault("/signing_config", error, hint)
}

/// Whom to believe of them.
pub(super) fn root(asked: &Asked<'_>) -> Result<Arc<TrustRoot>, Fault> {
    let root = match asked.trusted_root {
        None => TrustRoot::embedded(),
        Some(text) => source("/trusted_root", text, asked.place.folder)?.load(asked.place.now),
    };
    root.map(Arc::new).map_err(|error| unrooted("/trusted_root", &error))
}

/// The way to a log.
pub(super) fn log(service: &LogService, asked: &Asked<'_>) -> Result<PlannedLog, Fault> {
    Ok(PlannedLog { way: way(&service.address, asked)?, version: service.version })
}

fn file_of(path: &Path, key: &'static str) -> Result<Vec<u8>, Fault> {
    let unreadable = |reason: String| {
        let message = format!("failed to read {}: {reason}", path.display());
        fault(key, message, "the path is relative to pipeline.toml")
    };
    let facts = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !facts.is_file() || facts.len() > FILE_BYTES_MAX {
        return Err(unreadable("it is no file of at most 4 MiB".to_owned()));
    }
    std::fs::read(path).map_err(|error| unreadable(error.to_string()))
}

/// A service with several addresses below one.
fn way(address: &str, asked: &Asked<'_>) -> Result<Way, Fault> {
    let base = Base::parse(address)
        .map_err(|error| fault("/signing_config", format!("the address `{address}` is refused: {error}"), ""))?;
    let mut endpoint = Endpoint::at(base);
    endpoint.response_bytes_max = ANSWER_BYTES_MAX;
    endpoint.plaintext = asked.plaintext;
    endpoint.private_addresses = asked.private_addresses;
    endpoint.authorities = asked.ca.map(|file| asked.place.folder.join(file));
    endpoint.timeout = units::duration_ms(asked.timeout).map(Duration::from_millis).ok_or_else(|| {
        fault("/timeout", format!("`{}` is not a duration", asked.timeout), "write e.g. \"15s\", \"500ms\"")
    })?;
    endpoint.proxy = match asked.proxy {
        None | Some("environment") => ProxyChoice::Environment,
        Some("none") => ProxyChoice::None,
        Some(proxy) => ProxyChoice::Through(Proxy::parse(proxy).map_err(|error| {
            fault("/proxy", format!("the proxy is refused: {error}"), "\"environment\", \"none\", or an address")
        })?),
    };
    if let Some((origin, objection)) = endpoint.objections().first() {
        let hint = "use https; or, for services on a private network, add: plaintext_unsafe = true and private_addresses = true";
        return Err(fault("", format!("{origin} is refused: {objection}"), hint));
    }
    Ok(Way { endpoint, path: String::new() })
}

/// A service that has exactly one address.
pub(super) fn whole(address: &str, asked: &Asked<'_>) -> Result<Way, Fault> {
    let begin = address.find("://").map_or(0, |place| place + 3);
    let end = address[begin..].find('/').map_or(address.len(), |place| begin + place);
    let (origin, path) = address.split_at(end);
    let path = if path.is_empty() { "/" } else { path };
    Ok(Way { path: path.to_owned(), ..way(origin, asked)? })
}

/// What CI gives. A job of GitHub that may not ask for tokens lacks both variables.
fn ambient(audience: &str, asked: &Asked<'_>) -> Result<TokenSource, Fault> {
    let (url, token) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    let (Ok(address), true) = (std::env::var(url), std::env::var_os(token).is_some()) else {
        return Ok(TokenSource::Given(SecretSource::Env(TOKEN_VARIABLE.to_owned())));
    };
    let mut way = whole(&address, asked)?;
    let join = if way.path.contains('?') { '&' } else { '?' };
    let plain = audience.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/".contains(c));
    if !plain {
        return Err(fault("/audience", "the audience cannot be asked for", "letters, digits and -._~:/"));
    }
    way.path = format!("{}{join}audience={audience}", way.path);
    way.endpoint.token = Some(SecretSource::Env(token.to_owned()));
    Ok(TokenSource::GitHub(Box::new(way)))
}

/// Where requests go, in the words of a setting.
pub(crate) fn origins<'a>(ways: impl Iterator<Item = &'a Way>) -> String {
    let mut origins: Vec<&Origin> = ways.map(|way| &way.endpoint.base.origin).collect();
    origins.dedup();
    origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
