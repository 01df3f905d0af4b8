//! Header fields: few may be said by a plugin, few by the operator, and what carries authority comes back to nobody.

use std::fmt;

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};

use crate::error::Error;

/// Fields of one request. More is no question any more.
const FIELDS_MAX: usize = 32;

/// Names and values of a request's fields together, in bytes. Servers refuse heads of more than about 8 KiB.
const FIELDS_BYTES_MAX: usize = 8192;

/// What a plugin may say: what it wants and what it sends. Everything else is refused by name: who asks, whom, for whom,
/// and where a message ends is the host's to say.
const FROM_PLUGIN: [HeaderName; 9] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_TYPE,
    header::CONTENT_LANGUAGE,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

/// What does not come back: authority, and what belongs to one connection. Besides everything that begins with `proxy-`.
const NOT_TO_PLUGIN: [&str; 15] = [
    "alt-svc",
    "authentication-info",
    "authorization",
    "connection",
    "cookie",
    "keep-alive",
    "location",
    "refresh",
    "set-cookie",
    "set-cookie2",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// What not even the operator sets: the host writes them, or they say where a message ends.
const OF_THE_HOST: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// The name of a field in which the operator sends a credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CredentialHeader(HeaderName);

/// Why a field cannot carry a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialHeaderError {
    /// No token (RFC 9110, 5.6.2).
    #[error("`{0}` is no name of a header field")]
    NoName(String),
    /// It says how a message is read, or by whom it was forwarded.
    #[error("the header field `{0}` is the host's to write")]
    OfTheHost(String),
}

impl CredentialHeader {
    /// `Authorization`.
    #[must_use]
    pub const fn authorization() -> Self {
        Self(header::AUTHORIZATION)
    }

    /// Reads a name.
    ///
    /// # Errors
    /// See [`CredentialHeaderError`].
    pub fn parse(text: &str) -> Result<Self, CredentialHeaderError> {
        let name: HeaderName = text.parse().map_err(|_| CredentialHeaderError::NoName(text.to_owned()))?;
        let taken = OF_THE_HOST.contains(&name.as_str()) || name.as_str().starts_with("proxy-");
        if taken { Err(CredentialHeaderError::OfTheHost(name.to_string())) } else { Ok(Self(name)) }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn name(&self) -> &HeaderName {
        &self.0
    }
}

impl fmt::Display for CredentialHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}

/// The fields of a plugin's request, if it may say all of them. None is left out silently.
pub(crate) fn from_plugin(fields: &[(String, String)]) -> Result<HeaderMap, Error> {
    let size: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    if fields.len() > FIELDS_MAX || size > FIELDS_BYTES_MAX {
        return Err(Error::HeaderSize { fields_max: FIELDS_MAX, bytes_max: FIELDS_BYTES_MAX });
    }
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        let refused = || Error::Header { name: name.clone() };
        let known: HeaderName = name.parse().map_err(|_| refused())?;
        if !FROM_PLUGIN.contains(&known) {
            return Err(refused());
        }
        // Visible ASCII: no CR, LF or NUL, and nothing that two readers would decode differently.
        let visible = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let value = HeaderValue::from_str(value).ok().filter(|_| visible);
        let value = value.ok_or_else(|| Error::HeaderValue { name: name.clone() })?;
        if map.insert(known, value).is_some() {
            return Err(Error::HeaderTwice { name: name.clone() });
        }
    }
    Ok(map)
}

/// What of an answer's fields reaches the plugin.
pub(crate) fn to_plugin(fields: &HeaderMap) -> Vec<(String, String)> {
    let harmless = |name: &str| !NOT_TO_PLUGIN.contains(&name) && !name.starts_with("proxy-");
    let kept = fields.iter().filter(|(name, _)| harmless(name.as_str()));
    kept.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// What describes a body that is not sent on (RFC 9110, 15.4).
pub(crate) fn forget_body(fields: &mut HeaderMap) {
    fields.remove(header::CONTENT_TYPE);
    fields.remove(header::CONTENT_LANGUAGE);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<HeaderMap, Error> {
        from_plugin(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn what_is_asked_for_may_be_said() {
        assert_eq!(one("Accept", "application/json").unwrap()["accept"], "application/json");
        assert!(FROM_PLUGIN.iter().all(|name| one(name.as_str(), "x").is_ok()));
    }

    #[test]
    fn authority_and_framing_are_refused_by_name() {
        for name in [
            "authorization",
            "Cookie",
            "HOST",
            "proxy-authorization",
            "proxy-connection",
            "connection",
            "keep-alive",
            "transfer-encoding",
            "content-length",
            "te",
            "trailer",
            "upgrade",
            "expect",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-real-ip",
            "x-http-method-override",
            "via",
            "origin",
            "referer",
            "user-agent",
            "accept-encoding",
            "content-encoding",
            "x-api-key",
            "sec-fetch-site",
            "metadata-flavor",
            "x-anything",
            "",
            "accept ",
            "a\r\nb",
            "a:b",
            "\0",
        ] {
            assert!(matches!(one(name, "x"), Err(Error::Header { name: named }) if named == name), "{name:?}");
        }
    }

    #[test]
    fn values_end_no_line() {
        for value in ["a\r\nhost: b", "a\nb", "a\rb", "a\0b", "\u{7f}", "\u{e4}"] {
            assert!(matches!(one("accept", value), Err(Error::HeaderValue { .. })), "{value:?}");
        }
    }

    #[test]
    fn many_and_long_and_doubled_fields_are_refused() {
        let field = |value: &str| ("accept".to_owned(), value.to_owned());
        assert!(matches!(from_plugin(&vec![field("a"); 33]), Err(Error::HeaderSize { .. })));
        assert!(matches!(from_plugin(&[field(&"a".repeat(9000))]), Err(Error::HeaderSize { .. })));
        assert!(matches!(from_plugin(&[field("a"), field("b")]), Err(Error::HeaderTwice { .. })));
    }

    #[test]
    fn authority_does_not_come_back() {
        let mut fields = HeaderMap::new();
        for name in NOT_TO_PLUGIN.into_iter().chain(["proxy-authenticate", "etag"]) {
            fields.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        assert_eq!(to_plugin(&fields), [("etag".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn a_credential_has_a_field_of_its_own() {
        assert_eq!(CredentialHeader::parse("X-Api-Key").unwrap().as_str(), "x-api-key");
        for name in ["host", "Content-Length", "proxy-authorization", "via"] {
            assert!(matches!(CredentialHeader::parse(name), Err(CredentialHeaderError::OfTheHost(_))), "{name}");
        }
        for name in ["", "x y", "x:", "x\r\n"] {
            assert!(matches!(CredentialHeader::parse(name), Err(CredentialHeaderError::NoName(_))), "{name}");
        }
    }
}
