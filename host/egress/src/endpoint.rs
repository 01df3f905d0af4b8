//! An endpoint as the operator defines it: where it is, and what may be asked there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::address::{AddressKind, Reach};
use crate::header::CredentialHeader;
use crate::method::Method;
use crate::origin::{AddressError, Host, Origin, Scheme, split};
use crate::path::Prefix;
use crate::proxy::ProxyChoice;
use crate::secret::SecretSource;

/// What every path of an endpoint is appended to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Scheme, host and port.
    pub origin: Origin,
    pub(crate) prefix: Prefix,
}

impl Base {
    /// Reads a base address, e.g. `https://scan.example.com/api/`.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (origin, path) = split(text)?;
        if path.contains('#') {
            return Err(AddressError::Fragment);
        }
        if path.contains('?') {
            return Err(AddressError::Query);
        }
        Ok(Self { origin, prefix: Prefix::parse(path)? })
    }
}

impl From<Origin> for Base {
    /// The root of an origin.
    fn from(origin: Origin) -> Self {
        Self { origin, prefix: Prefix::default() }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/", self.origin, self.prefix.text())
    }
}

/// An endpoint. Holds no secret, only where each is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Everything a plugin asks for lies below this.
    pub base: Base,
    /// Whether plain HTTP may be spoken, to private addresses.
    pub plaintext: bool,
    /// Whether private addresses may be reached.
    pub private_addresses: bool,
    /// Origins that a redirect may lead to, besides the base's own.
    pub redirects: BTreeSet<Origin>,
    /// What a request may do.
    pub methods: BTreeSet<Method>,
    /// Largest body of an answer, in bytes.
    pub response_bytes_max: u64,
    /// Longest time for one request, redirects and all.
    pub timeout: Duration,
    /// How it is reached.
    pub proxy: ProxyChoice,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<SecretSource>,
    /// Other fields with credentials.
    pub headers: BTreeMap<String, (CredentialHeader, SecretSource)>,
    /// PEM file with certificates of authorities that are trusted besides the system's.
    pub authorities: Option<PathBuf>,
}

/// Settings of an endpoint that do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// `http://` without the setting.
    #[error("it is reached in the open: whoever is on the way reads and changes everything")]
    Plaintext,
    /// `http://` to the internet.
    #[error("plain HTTP is spoken only to private addresses, and this is {}", .0.words())]
    PlaintextToPublic(AddressKind),
    /// `http://` without private addresses.
    #[error("plain HTTP is spoken only to private addresses, and those are not allowed")]
    PlaintextWithoutPrivate,
    /// An address that needs a setting.
    #[error("it is {}", .0.words())]
    Private(AddressKind),
    /// An address that nobody may reach.
    #[error("it is {}, which no endpoint may reach", .0.words())]
    Unreachable(AddressKind),
}

impl Endpoint {
    /// An endpoint with every other setting as it is by default.
    #[must_use]
    pub fn at(base: Base) -> Self {
        Self {
            base,
            plaintext: false,
            private_addresses: false,
            redirects: BTreeSet::new(),
            methods: BTreeSet::from(Method::DEFAULT),
            response_bytes_max: 16 << 20,
            timeout: Duration::from_secs(30),
            proxy: ProxyChoice::default(),
            token: None,
            headers: BTreeMap::new(),
            authorities: None,
        }
    }

    /// What in the settings does not go together, as far as it shows before a name is resolved.
    #[must_use]
    pub fn objections(&self) -> Vec<(&Origin, Objection)> {
        let origins = std::iter::once(&self.base.origin).chain(&self.redirects);
        origins.filter_map(|origin| self.objection(origin).map(|objection| (origin, objection))).collect()
    }

    fn objection(&self, origin: &Origin) -> Option<Objection> {
        let kind = match &origin.host {
            Host::Address(address) => Some(AddressKind::of(*address)),
            host if host.is_localhost() => Some(AddressKind::Loopback),
            Host::Name(_) => None,
        };
        let plain = origin.scheme == Scheme::Http;
        match kind.map(|kind| (kind, kind.reach())) {
            Some((kind, Reach::Never)) => Some(Objection::Unreachable(kind)),
            Some((kind, Reach::Public)) if plain => Some(Objection::PlaintextToPublic(kind)),
            _ if plain && !self.plaintext => Some(Objection::Plaintext),
            Some((kind, Reach::Private)) if !self.private_addresses => Some(Objection::Private(kind)),
            _ if plain && !self.private_addresses => Some(Objection::PlaintextWithoutPrivate),
            Some((_, Reach::Private | Reach::Public)) | None => None,
        }
    }

    /// Whether a request may be sent there at all.
    pub(crate) fn allows(&self, origin: &Origin) -> bool {
        *origin == self.base.origin || self.redirects.contains(origin)
    }

    /// Whether credentials are sent with a request: below the base, and nowhere else.
    pub(crate) fn is_own(&self, origin: &Origin, target: &str) -> bool {
        *origin == self.base.origin && self.base.prefix.covers(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::PathError;

    fn objection(base: &str, plaintext: bool, private_addresses: bool) -> Option<Objection> {
        let endpoint = Endpoint { plaintext, private_addresses, ..Endpoint::at(Base::parse(base).unwrap()) };
        endpoint.objections().first().map(|(_, objection)| *objection)
    }

    #[test]
    fn a_base_has_no_query_and_no_fragment_and_ends_in_a_slash() {
        for (text, printed) in [
            ("https://a.example", "https://a.example/"),
            ("https://a.example/", "https://a.example/"),
            ("https://a.example:444/api", "https://a.example:444/api/"),
            ("https://a.example/api/", "https://a.example/api/"),
        ] {
            assert_eq!(Base::parse(text).unwrap().to_string(), printed);
        }
        assert_eq!(Base::parse("https://a.example/?x"), Err(AddressError::Query));
        assert_eq!(Base::parse("https://a.example#x"), Err(AddressError::Fragment));
        assert!(matches!(Base::parse("https://a.example/../x"), Err(AddressError::Path(_))));
        assert!(matches!(Base::parse("https://a.example//x"), Err(AddressError::Path(_))));
        // With the slash of what comes below it, there would be two.
        for text in
            ["https://a.example/x%2f", "https://a.example/x%2F/", "https://a.example/%2f", "https://a.example/x%252f"]
        {
            assert_eq!(Base::parse(text), Err(AddressError::Path(PathError::EmptySegment)), "{text}");
        }
        assert_eq!(Base::parse("https://a.example/x%2fy").unwrap().to_string(), "https://a.example/x%2fy/");
    }

    #[test]
    fn plain_http_and_private_addresses_need_their_settings() {
        use AddressKind::{Loopback, Metadata, Public};
        for (base, plaintext, private, expected) in [
            ("https://a.example", false, false, None),
            ("https://93.184.216.34", false, false, None),
            ("http://a.example", false, true, Some(Objection::Plaintext)),
            ("http://a.example", true, false, Some(Objection::PlaintextWithoutPrivate)),
            ("http://a.example", true, true, None),
            ("http://93.184.216.34", true, true, Some(Objection::PlaintextToPublic(Public))),
            ("http://127.0.0.1", true, false, Some(Objection::Private(Loopback))),
            ("http://127.0.0.1", true, true, None),
            ("https://localhost", false, false, Some(Objection::Private(Loopback))),
            ("https://[::1]", false, true, None),
            ("https://169.254.169.254", false, true, Some(Objection::Unreachable(Metadata))),
        ] {
            assert_eq!(objection(base, plaintext, private), expected, "{base}");
        }
        let mut endpoint = Endpoint::at(Base::parse("https://a.example").unwrap());
        endpoint.redirects.insert(Origin::parse("http://b.example").unwrap());
        assert_eq!(endpoint.objections(), [(&Origin::parse("http://b.example").unwrap(), Objection::Plaintext)]);
    }
}
