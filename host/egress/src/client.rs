//! An endpoint, opened for a run: its secrets read, its certificates loaded. Sends requests, and follows redirects.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use rustls::RootCertStore;

use crate::dial::Dialler;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::exchange::{Answer, Hop, exchange};
use crate::header::{from_plugin, to_plugin};
use crate::method::Method;
use crate::origin::{AddressError, Origin, Scheme};
use crate::proxy::{Environment, ProxyChoice};
use crate::resolve::{Resolve, SystemResolver};
use crate::secret::{Secret, SecretError, SecretSource};
use crate::{redirect, tls};

/// Redirects that are followed. Services need one or two.
pub(crate) const REDIRECTS_MAX: usize = 5;

/// Largest body of a request, in bytes: an SBOM of 50,000 components is about this.
const BODY_BYTES_MAX: usize = 16 << 20;

/// What a plugin asks for, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// E.g. `GET`.
    pub method: String,
    /// Below the base, e.g. `/v1/query?x=1`.
    pub path_and_query: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
}

/// What came back, without what carries authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// E.g. 200.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// As it was sent: not decompressed.
    pub body: Vec<u8>,
}

/// Why an endpoint cannot be used in this run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A credential that is not there, or cannot be one.
    #[error("its {what}: {source}")]
    Secret {
        /// "token", "header x-api-key".
        what: String,
        /// Why.
        source: SecretError,
    },
    /// The file of authorities.
    #[error("its authorities in {}: {reason}", path.display())]
    Authorities {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Neither the system nor the endpoint names an authority.
    #[error("this machine trusts no certificate authority")]
    NoAuthorities,
    /// A variable that names a proxy in a way that cannot be read.
    #[error("the proxy in {variable} is no address of an HTTP proxy")]
    Environment {
        /// Which. Its text may hold a password, and stays out of the message.
        variable: &'static str,
    },
    /// rustls does not start.
    #[error("failed to set up TLS: {0}")]
    Tls(String),
}

/// What all endpoints of a run share.
pub struct Machine {
    resolver: Arc<dyn Resolve>,
    environment: Result<Environment, (&'static str, AddressError)>,
    authorities: OnceLock<RootCertStore>,
    user_agent: String,
}

impl Machine {
    /// This machine: its resolver, its environment, its authorities. `user_agent` is sent with each request.
    #[must_use]
    pub fn new(user_agent: &str) -> Self {
        Self::resolving_by(Arc::new(SystemResolver), user_agent)
    }

    /// The same with another resolver.
    #[must_use]
    pub fn resolving_by(resolver: Arc<dyn Resolve>, user_agent: &str) -> Self {
        let environment = Environment::read(|name| std::env::var(name).ok());
        Self { resolver, environment, authorities: OnceLock::new(), user_agent: user_agent.to_owned() }
    }
}

/// An endpoint that can be asked.
pub struct Client {
    pub(crate) endpoint: Endpoint,
    pub(crate) dialler: Dialler,
    user_agent: HeaderValue,
    credentials: Vec<Credential>,
}

/// A credential and the field it is sent in. The field's value is made for each request: only the secret is kept.
struct Credential {
    name: HeaderName,
    /// What stands before it: "Bearer ", or nothing.
    scheme: &'static str,
    secret: Secret,
}

impl Client {
    /// Opens an endpoint: reads its secrets and certificates. Connects to nothing.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(endpoint: Endpoint, machine: &Machine) -> Result<Self, OpenError> {
        let mut credentials = Vec::new();
        for (name, scheme, what, source) in sources(&endpoint) {
            let secret = Secret::read(source).map_err(|source| OpenError::Secret { what, source })?;
            credentials.push(Credential { name, scheme, secret });
        }
        let environment = match (&endpoint.proxy, &machine.environment) {
            (ProxyChoice::Environment, Ok(environment)) => environment.clone(),
            (ProxyChoice::Environment, Err((variable, _))) => return Err(OpenError::Environment { variable }),
            (ProxyChoice::None | ProxyChoice::Through(_), _) => Environment::default(),
        };
        let dialler = Dialler {
            resolver: Arc::clone(&machine.resolver),
            tls: trust(&endpoint, machine)?,
            proxy: endpoint.proxy.clone(),
            environment,
            private_addresses: endpoint.private_addresses,
        };
        let user_agent =
            HeaderValue::from_str(&machine.user_agent).unwrap_or_else(|_| HeaderValue::from_static("chiron"));
        Ok(Self { endpoint, dialler, user_agent, credentials })
    }

    /// Where requests go.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.endpoint.base.origin
    }

    /// Sends one request. Dropping the future closes its connection.
    ///
    /// # Errors
    /// See [`Error`]. An answer of any status is no error.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let hop = self.first(request)?;
        let limit = self.endpoint.timeout;
        let answer = tokio::time::timeout(limit, self.follow(hop)).await;
        answer.unwrap_or(Err(Error::Timeout { limit_ms: limit.as_millis() }))
    }

    fn first(&self, request: Request) -> Result<Hop, Error> {
        let method = Method::from_word(&request.method).filter(|method| self.endpoint.methods.contains(method));
        let method = method.ok_or(Error::Method { method: request.method })?;
        if !request.body.is_empty() && !method.takes_body() {
            return Err(Error::Body { method: method.word() });
        }
        if request.body.len() > BODY_BYTES_MAX {
            return Err(Error::BodyTooLarge { limit: BODY_BYTES_MAX });
        }
        Ok(Hop {
            method,
            origin: self.endpoint.base.origin.clone(),
            target: self.endpoint.base.prefix.join(&request.path_and_query)?,
            fields: from_plugin(&request.headers)?,
            body: Bytes::from(request.body),
        })
    }

    async fn follow(&self, mut hop: Hop) -> Result<Response, Error> {
        for _ in 0..=REDIRECTS_MAX {
            let stream = self.dialler.dial(&hop.origin).await?;
            let answer = exchange(stream, &hop, self.own_fields(&hop), self.endpoint.response_bytes_max).await?;
            match redirect::next(&self.endpoint, &hop, answer.status, &answer.fields)? {
                Some(next) => hop = next,
                None => return self.hand_over(answer),
            }
        }
        Err(Error::Redirects { limit: REDIRECTS_MAX })
    }

    /// What the host adds to a request. Credentials go to the endpoint's own origin, below its base, and nowhere else.
    pub(crate) fn own_fields(&self, hop: &Hop) -> HeaderMap {
        let mut fields = HeaderMap::new();
        fields.insert(header::USER_AGENT, self.user_agent.clone());
        if self.endpoint.is_own(&hop.origin, &hop.target) {
            let values = self.credentials.iter().map(|it| (it.name.clone(), it.secret.header(it.scheme)));
            fields.extend(values.filter_map(|(name, value)| Some((name, value?))));
        }
        fields
    }

    /// An answer that holds a credential, as servers that echo requests give, would hand it to the plugin.
    fn hand_over(&self, answer: Answer) -> Result<Response, Error> {
        let headers = to_plugin(&answer.fields);
        let echoed = |secret: &Secret| {
            secret.is_in(&answer.body) || headers.iter().any(|(_, value)| secret.is_in(value.as_bytes()))
        };
        if self.credentials.iter().any(|credential| echoed(&credential.secret)) {
            return Err(Error::Echo);
        }
        Ok(Response { status: answer.status, headers, body: answer.body })
    }
}

/// Fields, what stands before the credential in them, what they are called, and where they are from.
fn sources(endpoint: &Endpoint) -> Vec<(HeaderName, &'static str, String, &SecretSource)> {
    let token = endpoint.token.iter().map(|source| (header::AUTHORIZATION, "Bearer ", "token".to_owned(), source));
    let others = endpoint
        .headers
        .values()
        .map(|(header, source)| (header.name().clone(), "", format!("header {header}"), source));
    token.chain(others).collect()
}

/// Certificates, where TLS is spoken at all: loading them takes longer than most requests.
fn trust(endpoint: &Endpoint, machine: &Machine) -> Result<Option<Arc<rustls::ClientConfig>>, OpenError> {
    let mut origins = std::iter::once(&endpoint.base.origin).chain(&endpoint.redirects);
    if !origins.any(|origin| origin.scheme == Scheme::Https) {
        return Ok(None);
    }
    let mut authorities = machine.authorities.get_or_init(tls::system).clone();
    if let Some(path) = &endpoint.authorities {
        tls::add(&mut authorities, path).map_err(|reason| OpenError::Authorities { path: path.clone(), reason })?;
    }
    if authorities.is_empty() {
        return Err(OpenError::NoAuthorities);
    }
    tls::client(authorities).map(Some).map_err(|error| OpenError::Tls(error.to_string()))
}
