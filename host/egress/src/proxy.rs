//! Proxies: none, one that the operator names, or those of the environment, as users know them from curl.

use std::net::IpAddr;

use base64::Engine as _;

use crate::origin::{AddressError, Host, Origin, Scheme, split, split_authority};
use crate::secret::Secret;

/// How an endpoint is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    #[default]
    Environment,
    /// Without one.
    None,
    /// Through this one.
    Through(Proxy),
}

/// A proxy that is asked for tunnels (`CONNECT`; RFC 9110, 9.3.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Where it is.
    pub origin: Origin,
    /// User and password, as they stand in its address.
    pub(crate) credentials: Option<Secret>,
}

/// Why a text is no proxy's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// No address at all.
    #[error("{0}")]
    Address(#[from] AddressError),
    /// Credentials in a file that is shown to everyone.
    #[error("it holds a user or a password")]
    Credentials,
}

impl Proxy {
    /// Reads a proxy's address of pipeline.toml, e.g. `http://proxy.example.com:3128`.
    ///
    /// # Errors
    /// See [`ProxyError`].
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        if text.contains('@') {
            return Err(ProxyError::Credentials);
        }
        Ok(Self { origin: Origin::parse(text)?, credentials: None })
    }

    /// Reads one of the environment: with user and password, and without a scheme, if need be.
    fn from_environment(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (login, rest) = rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
        let address = format!("{scheme}://{rest}");
        let (origin, path) = split(&address)?;
        if !matches!(path, "" | "/") {
            return Err(AddressError::HasPath);
        }
        let credentials = login.map(|login| {
            let login = zeroize::Zeroizing::new(percent_decoded(login));
            Secret::from_text(base64::engine::general_purpose::STANDARD.encode(&*login))
        });
        Ok(Self { origin, credentials })
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = &tail[2..];
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    decoded
}

/// What the environment says of proxies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    proxy: Option<Proxy>,
    except: String,
}

impl Environment {
    /// Reads the variables. The name of the one that cannot be read is the error, never its text.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, (&'static str, AddressError)> {
        let set = |name: &'static str| variable(name).filter(|text| !text.is_empty()).map(|text| (name, text));
        let found = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find_map(set);
        let read = |(name, text): (&'static str, String)| Proxy::from_environment(&text).map_err(|error| (name, error));
        let except = ["NO_PROXY", "no_proxy"].into_iter().find_map(set).map(|(_, text)| text).unwrap_or_default();
        Ok(Self { proxy: found.map(read).transpose()?, except })
    }

    /// The proxy for a destination.
    pub(crate) fn proxy_for(&self, origin: &Origin) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.excepted(origin))
    }

    fn excepted(&self, origin: &Origin) -> bool {
        let entries = self.except.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
        // From a proxy, this machine is another one.
        origin.host.is_localhost() || entries.into_iter().any(|entry| matches(entry, origin))
    }
}

/// One entry of NO_PROXY: `*`, a name with all below it, an address, a block of addresses; each perhaps with a port.
fn matches(entry: &str, origin: &Origin) -> bool {
    if entry == "*" {
        return true;
    }
    if let (Host::Address(address), Some((network, bits))) = (&origin.host, entry.split_once('/')) {
        return network.parse().is_ok_and(|network| bits.parse().is_ok_and(|bits| contains(network, bits, *address)));
    }
    let bare: Option<IpAddr> = entry.parse().ok();
    if let (Host::Address(address), Some(bare)) = (&origin.host, bare) {
        return *address == bare;
    }
    let name = entry.trim_start_matches("*.").trim_start_matches('.');
    let Ok((host, port)) = split_authority(name) else { return false };
    let same = match (&origin.host, &host) {
        (Host::Name(asked), Host::Name(name)) => {
            asked == name || asked.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'))
        }
        (asked, host) => asked == host,
    };
    same && port.is_none_or(|port| port == origin.port)
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V4(_) | IpAddr::V6(_), _) => false,
    }
}

/// Plain HTTP goes only to private addresses, and a proxy would take it elsewhere.
pub(crate) fn choose<'a>(choice: &'a ProxyChoice, environment: &'a Environment, origin: &Origin) -> Option<&'a Proxy> {
    match (choice, origin.scheme) {
        (ProxyChoice::None, _) | (_, Scheme::Http) => None,
        (ProxyChoice::Through(proxy), Scheme::Https) => Some(proxy),
        (ProxyChoice::Environment, Scheme::Https) => environment.proxy_for(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Environment::read(find).unwrap()
    }

    fn proxied(except: &str, destination: &str) -> bool {
        let environment = environment(&[("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", except)]);
        environment.proxy_for(&Origin::parse(destination).unwrap()).is_some()
    }

    #[test]
    fn the_environment_is_read_as_users_know_it() {
        for (variable, text, origin) in [
            ("HTTPS_PROXY", "http://proxy.example.com:3128/", "http://proxy.example.com:3128"),
            ("https_proxy", "proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("ALL_PROXY", "https://proxy.example.com", "https://proxy.example.com"),
        ] {
            assert_eq!(environment(&[(variable, text)]).proxy.unwrap().origin.to_string(), origin);
        }
        let proxy = environment(&[("HTTPS_PROXY", "http://user:p%40ss@proxy:3128")]).proxy.unwrap();
        assert_eq!(proxy.credentials.unwrap().header("Basic ").unwrap(), "Basic dXNlcjpwQHNz");
        let socks = |name: &str| (name == "ALL_PROXY").then(|| "socks5://proxy".to_owned());
        assert_eq!(Environment::read(socks).unwrap_err(), ("ALL_PROXY", AddressError::Scheme("socks5".to_owned())));
        assert!(environment(&[]).proxy.is_none() && environment(&[("HTTPS_PROXY", "")]).proxy.is_none());
    }

    #[test]
    fn no_proxy_excepts_names_with_all_below_them_addresses_and_blocks() {
        for (except, destination, through) in [
            ("", "https://example.com", true),
            ("*", "https://example.com", false),
            ("example.com", "https://example.com", false),
            ("other, example.com", "https://api.example.com", false),
            (".example.com", "https://api.example.com", false),
            ("*.example.com", "https://api.example.com", false),
            ("example.com", "https://notexample.com", true),
            ("example.com:8443", "https://example.com:8443", false),
            ("example.com:8443", "https://example.com", true),
            ("10.0.0.0/8", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://11.1.2.3", true),
            ("0.0.0.0/0", "https://11.1.2.3", false),
            ("10.1.2.3", "https://10.1.2.3", false),
            ("fd00::/8", "https://[fd12::1]", false),
            ("10.0.0.0/99", "https://10.1.2.3", true),
            ("", "https://localhost", false),
        ] {
            assert_eq!(proxied(except, destination), through, "{except} {destination}");
        }
    }

    #[test]
    fn a_files_proxy_holds_no_password_and_plain_http_takes_none() {
        assert_eq!(Proxy::parse("http://user:pw@proxy:3128"), Err(ProxyError::Credentials));
        assert_eq!(Proxy::parse("proxy:3128"), Err(ProxyError::Address(AddressError::Relative)));
        let through = ProxyChoice::Through(Proxy::parse("http://proxy:3128").unwrap());
        let none = Environment::default();
        assert!(choose(&through, &none, &Origin::parse("https://a").unwrap()).is_some());
        assert!(choose(&through, &none, &Origin::parse("http://10.0.0.1").unwrap()).is_none());
        assert!(choose(&ProxyChoice::None, &none, &Origin::parse("https://a").unwrap()).is_none());
    }
}
