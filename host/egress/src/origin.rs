//! Where a request goes: scheme, host and port. Read strictly, so that what an address means does not depend on who
//! reads it: no user, no backslash, no half-written IP address, no wildcard.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::path::PathError;

/// Longest address that is read, in bytes.
pub(crate) const ADDRESS_BYTES_MAX: usize = 4096;

/// How it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// In the open.
    Http,
}

impl Scheme {
    pub(crate) const fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// A name to be resolved, or an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A DNS name, in lower case.
    Name(String),
    /// An IP address.
    Address(IpAddr),
}

/// Scheme, host and port (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// How.
    pub scheme: Scheme,
    /// Whom.
    pub host: Host,
    /// Where there.
    pub port: u16,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing.
    #[error("it is empty")]
    Empty,
    /// More than anyone writes.
    #[error("it is longer than {ADDRESS_BYTES_MAX} bytes")]
    TooLong,
    /// `example.com/api`
    #[error("it is not absolute: it does not begin with a scheme")]
    Relative,
    /// `ftp://...`
    #[error("its scheme is `{0}`")]
    Scheme(String),
    /// `https://user:password@...`
    #[error("it holds a user or a password")]
    UserInfo,
    /// `https://*.example.com`
    #[error("it holds a wildcard")]
    Wildcard,
    /// Neither a DNS name nor an IP address.
    #[error("`{0}` is neither a DNS name nor an IP address")]
    Host(String),
    /// No number from 1 to 65535.
    #[error("`{0}` is no port")]
    Port(String),
    /// `?...`
    #[error("it has a query")]
    Query,
    /// `#...`
    #[error("it has a fragment")]
    Fragment,
    /// An origin with a path.
    #[error("it has a path, and an origin has none")]
    HasPath,
    /// What no address holds: spaces, controls, backslashes, anything but ASCII.
    #[error("it holds the character {0:?}")]
    Character(char),
    /// A path that is not plain.
    #[error("its path {0}")]
    Path(#[from] PathError),
}

impl Origin {
    /// Reads an origin: an address without a path.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match split(text)? {
            (origin, "" | "/") => Ok(origin),
            (_, rest) if rest.starts_with('?') => Err(AddressError::Query),
            (_, rest) if rest.starts_with('#') => Err(AddressError::Fragment),
            (_, _) => Err(AddressError::HasPath),
        }
    }

    /// For the `Host` field: without the port where it is the scheme's own.
    pub(crate) fn authority(&self) -> String {
        if self.port == self.scheme.port() { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
        };
        write!(f, "{scheme}://{}", self.authority())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl Host {
    /// Whether it is this machine by its name (RFC 6761, 6.3).
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        matches!(self, Self::Name(name) if name == "localhost" || name.ends_with(".localhost"))
    }

    /// Reads a DNS name in ASCII, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError::Host(text.to_owned());
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']').and_then(|it| it.parse().ok()).ok_or_else(wrong)?;
            return Ok(Self::Address(address.into()));
        }
        let last = text.rsplit('.').next().unwrap_or_default();
        let digits =
            |text: &str, hex: bool| text.bytes().all(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() });
        let number = digits(last, false)
            || last.strip_prefix("0x").or(last.strip_prefix("0X")).is_some_and(|rest| digits(rest, true));
        // A name that ends in a number is read as an IPv4 address by resolvers: `127.1`, `0x7f.1`, `0X7F000001`, `2130706433`.
        if number {
            let address: Ipv4Addr = text.parse().map_err(|_| wrong())?;
            return Ok(Self::Address(address.into()));
        }
        let good = text.len() <= 253 && text.split('.').all(is_label);
        if good { Ok(Self::Name(text.to_ascii_lowercase())) } else { Err(wrong()) }
    }
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
}

/// Takes an address apart: its origin, and whatever follows.
pub(crate) fn split(text: &str) -> Result<(Origin, &str), AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.len() > ADDRESS_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    if let Some(odd) = text.chars().find(|&c| !c.is_ascii_graphic() || c == '\\') {
        return Err(AddressError::Character(odd));
    }
    let (scheme, rest) = text.split_once("://").ok_or(AddressError::Relative)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        other => return Err(AddressError::Scheme(other.to_owned())),
    };
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = split_authority(authority)?;
    Ok((Origin { scheme, host, port: port.unwrap_or(scheme.port()) }, rest))
}

/// Host, and port where one is given.
pub(crate) fn split_authority(authority: &str) -> Result<(Host, Option<u16>), AddressError> {
    if authority.contains('@') {
        return Err(AddressError::UserInfo);
    }
    if authority.contains('*') {
        return Err(AddressError::Wildcard);
    }
    let after_brackets = authority.find(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[after_brackets..].find(':') {
        Some(colon) => (&authority[..after_brackets + colon], Some(&authority[after_brackets + colon + 1..])),
        None => (authority, None),
    };
    let port = port.map(|text| port_number(text).ok_or_else(|| AddressError::Port(text.to_owned()))).transpose()?;
    Ok((Host::parse(host)?, port))
}

fn port_number(text: &str) -> Option<u16> {
    // `parse` alone would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_origin_prints_as_it_is_compared() {
        for (text, printed) in [
            ("https://Scan.Example.COM", "https://scan.example.com"),
            ("https://scan.example.com:443/", "https://scan.example.com"),
            ("HTTPS://scan.example.com:8443", "https://scan.example.com:8443"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("https://[2001:DB8::0:1]", "https://[2001:db8::1]"),
            ("https://my_service", "https://my_service"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        for (text, error) in [
            ("", AddressError::Empty),
            ("example.com", AddressError::Relative),
            ("//example.com", AddressError::Relative),
            ("https:/example.com", AddressError::Relative),
            ("ftp://example.com", AddressError::Scheme("ftp".into())),
            ("https://user:pw@example.com", AddressError::UserInfo),
            ("https://example.com@evil.example", AddressError::UserInfo),
            ("https://*.example.com", AddressError::Wildcard),
            ("https://*", AddressError::Wildcard),
            ("https://", AddressError::Host(String::new())),
            ("https://:443", AddressError::Host(String::new())),
            ("https://127.1", AddressError::Host("127.1".into())),
            ("https://0x7f.0.0.1", AddressError::Host("0x7f.0.0.1".into())),
            ("https://0x7f000001", AddressError::Host("0x7f000001".into())),
            ("https://0X7F000001", AddressError::Host("0X7F000001".into())),
            ("https://example.0X1", AddressError::Host("example.0X1".into())),
            ("https://0X", AddressError::Host("0X".into())),
            ("https://2130706433", AddressError::Host("2130706433".into())),
            ("https://127.0.0.01", AddressError::Host("127.0.0.01".into())),
            ("https://example.com.", AddressError::Host("example.com.".into())),
            ("https://a..b", AddressError::Host("a..b".into())),
            ("https://::1", AddressError::Port(":1".into())),
            ("https://[::1%lo]", AddressError::Host("[::1%lo]".into())),
            ("https://[::1]x", AddressError::Host("[::1]x".into())),
            ("https://example.com:", AddressError::Port(String::new())),
            ("https://example.com:0", AddressError::Port("0".into())),
            ("https://example.com:+1", AddressError::Port("+1".into())),
            ("https://example.com:65536", AddressError::Port("65536".into())),
            ("https://a:1:2", AddressError::Port("1:2".into())),
            ("https://example.com\\.evil.example", AddressError::Character('\\')),
            ("https://exa mple.com", AddressError::Character(' ')),
            ("https://example.com\r\nx: y", AddressError::Character('\r')),
            ("https://ex\u{e4}mple.com", AddressError::Character('\u{e4}')),
            ("https://example.com/x", AddressError::HasPath),
            ("https://example.com?x", AddressError::Query),
            ("https://example.com#x", AddressError::Fragment),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_the_same(text in "(https?)://([a-z0-9.-]{1,20}|\\[[0-9a-f:]{2,12}\\])(:[0-9]{1,5})?") {
            if let Ok(origin) = Origin::parse(&text) {
                prop_assert_eq!(Origin::parse(&origin.to_string()), Ok(origin));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            let _ = Origin::parse(&text);
            let _ = Origin::parse(&format!("https://{text}"));
        }
    }
}
