//! `[endpoints]`, read into what the egress works with. What a schema cannot judge is judged here, with its hint.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chiron_egress::{
    AddressError, Base, CredentialHeader, Endpoint, Host, Objection, Origin, Proxy, ProxyChoice, Scheme, SecretSource,
};

use super::file::{EndpointTable, SecretTable};
use super::{Document, PipelineFile, units};
use crate::mistake::{Mistake, MistakeClass};

/// What is wrong with one key of an endpoint.
struct Fault {
    key: String,
    message: String,
    label: &'static str,
    hint: String,
}

fn fault(key: impl Into<String>, message: String, label: &'static str, hint: impl Into<String>) -> Fault {
    Fault { key: key.into(), message, label, hint: hint.into() }
}

/// Everything that is wrong with the endpoints of a file.
pub(super) fn check(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    for (name, table) in &file.endpoints {
        let Err(faults) = read(name, table, Path::new("")) else { continue };
        for Fault { key, message, label, hint } in faults {
            let pointer =
                if key.is_empty() { format!("/endpoints/{name}") } else { format!("/endpoints/{name}/{key}") };
            mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, label, Some(hint)));
        }
    }
}

/// An endpoint of a file without mistakes.
pub(crate) fn endpoint(name: &str, table: &EndpointTable, folder: &Path) -> Option<Endpoint> {
    read(name, table, folder).ok()
}

fn read(name: &str, table: &EndpointTable, folder: &Path) -> Result<Endpoint, Vec<Fault>> {
    let mut faults = Vec::new();
    let base = match Base::parse(&table.base) {
        Ok(base) => base,
        Err(error) => {
            let message = format!("the base of the endpoint `{name}` is refused: {error}");
            faults.push(fault("base", message, "no such address", address_hint(&error)));
            stand_in()
        }
    };
    let mut endpoint = Endpoint::at(base);
    endpoint.plaintext = table.plaintext_unsafe;
    endpoint.private_addresses = table.private_addresses;
    endpoint.methods = table.methods.iter().map(|&word| word.into()).collect();
    endpoint.authorities = table.ca.as_ref().map(|file| folder.join(file));
    if endpoint.methods.is_empty() {
        let message = format!("the endpoint `{name}` allows no method");
        faults.push(fault("methods", message, "empty", "leave it out for GET, HEAD and POST"));
    }
    read_redirects(name, table, &mut endpoint, &mut faults);
    read_limits(table, &mut endpoint, &mut faults);
    read_proxy(name, table, &mut endpoint, &mut faults);
    read_secrets(name, table, folder, &mut endpoint, &mut faults);
    if faults.is_empty() {
        faults.extend(
            endpoint.objections().into_iter().map(|(origin, objection)| objected(&endpoint, origin, objection)),
        );
    }
    if faults.is_empty() { Ok(endpoint) } else { Err(faults) }
}

/// An address for the rest to be checked with, where the real one cannot be read. RFC 6761 keeps it from existing.
fn stand_in() -> Base {
    let host = Host::Name("stand-in.invalid".to_owned());
    Base::from(Origin { scheme: Scheme::Https, host, port: 443 })
}

fn read_redirects(name: &str, table: &EndpointTable, endpoint: &mut Endpoint, faults: &mut Vec<Fault>) {
    for (index, text) in table.redirects.iter().enumerate() {
        match Origin::parse(text) {
            Ok(origin) => {
                endpoint.redirects.insert(origin);
            }
            Err(error) => {
                let message = format!("a redirect of the endpoint `{name}` is refused: {error}");
                let hint = "an origin: scheme, host and, if need be, port, e.g. \"https://cdn.example.com\"";
                faults.push(fault(format!("redirects/{index}"), message, "no origin", hint));
            }
        }
    }
}

fn read_limits(table: &EndpointTable, endpoint: &mut Endpoint, faults: &mut Vec<Fault>) {
    match units::size_bytes(&table.response) {
        Some(bytes) => endpoint.response_bytes_max = bytes,
        None => {
            let message = format!("`{}` is not a size", table.response);
            faults.push(fault("response", message, "cannot be read", "write e.g. \"16 MiB\""));
        }
    }
    match units::duration_ms(&table.timeout) {
        Some(ms) => endpoint.timeout = Duration::from_millis(ms),
        None => {
            let message = format!("`{}` is not a duration", table.timeout);
            faults.push(fault("timeout", message, "cannot be read", "write e.g. \"30s\", \"500ms\""));
        }
    }
}

fn read_proxy(name: &str, table: &EndpointTable, endpoint: &mut Endpoint, faults: &mut Vec<Fault>) {
    endpoint.proxy = match table.proxy.as_deref() {
        None | Some("environment") => ProxyChoice::Environment,
        Some("none") => ProxyChoice::None,
        Some(address) => match Proxy::parse(address) {
            Ok(proxy) => ProxyChoice::Through(proxy),
            Err(error) => {
                let message = format!("the proxy of the endpoint `{name}` is refused: {error}");
                let hint = "\"environment\", \"none\", or an address such as \"http://proxy.example.com:3128\"; a proxy that wants a password is named in HTTPS_PROXY";
                faults.push(fault("proxy", message, "no proxy", hint));
                return;
            }
        },
    };
}

fn read_secrets(name: &str, table: &EndpointTable, folder: &Path, endpoint: &mut Endpoint, faults: &mut Vec<Fault>) {
    if let Some(token) = &table.token {
        endpoint.token = secret(token, folder);
        if endpoint.token.is_none() {
            faults.push(two_sources("token", format!("the token of the endpoint `{name}`")));
        }
    }
    for (field, table) in &table.headers {
        let key = format!("headers/{field}");
        let header = CredentialHeader::parse(field);
        let source = secret(table, folder);
        match (header, source) {
            (Ok(header), Some(_)) if header == CredentialHeader::authorization() && endpoint.token.is_some() => {
                let message = format!("the endpoint `{name}` sends `authorization` twice");
                faults.push(fault(
                    key,
                    message,
                    "the token is sent so",
                    "keep one of `token` and `headers.authorization`",
                ));
            }
            (Ok(header), Some(source)) => {
                endpoint.headers.insert(field.to_ascii_lowercase(), (header, source));
            }
            (Ok(_), None) => faults.push(two_sources(&key, format!("the header `{field}` of the endpoint `{name}`"))),
            (Err(error), _) => {
                let hint = "a field of the service's own, e.g. headers.x-api-key = { env = \"ACME_KEY\" }";
                faults.push(fault(key, error.to_string(), "not this one", hint));
            }
        }
    }
}

pub(crate) fn secret(table: &SecretTable, folder: &Path) -> Option<SecretSource> {
    match (&table.env, &table.file) {
        (Some(variable), None) if !variable.is_empty() => Some(SecretSource::Env(variable.clone())),
        (None, Some(file)) if !file.is_empty() => Some(SecretSource::File(PathBuf::from(folder).join(file))),
        (_, _) => None,
    }
}

fn two_sources(key: &str, what: String) -> Fault {
    let message = format!("{what} needs exactly one of `env` and `file`");
    fault(key, message, "this secret", "{ env = \"ACME_TOKEN\" }  or  { file = \"acme.token\" }")
}

fn address_hint(error: &AddressError) -> String {
    match error {
        AddressError::Relative => "write it whole, e.g. \"https://api.example.com/\"".to_owned(),
        AddressError::Scheme(_) => "endpoints are reached by https".to_owned(),
        AddressError::UserInfo => "a secret stands in `token` or `headers`, never in an address".to_owned(),
        AddressError::Wildcard => "an endpoint is one host: define one for each".to_owned(),
        AddressError::Query | AddressError::Fragment => {
            "plugins append path and query to it: leave them out".to_owned()
        }
        AddressError::Host(_) => {
            "write names in ASCII (xn--…), IPv4 addresses with four decimal numbers, IPv6 addresses in brackets"
                .to_owned()
        }
        AddressError::Empty
        | AddressError::TooLong
        | AddressError::Port(_)
        | AddressError::HasPath
        | AddressError::Character(_)
        | AddressError::Path(_) => "e.g. \"https://api.example.com/v1/\"".to_owned(),
    }
}

/// Settings that do not go together, at the key that names the address.
fn objected(endpoint: &Endpoint, origin: &Origin, objection: Objection) -> Fault {
    let key = if *origin == endpoint.base.origin { "base" } else { "redirects" };
    let hint = match objection {
        Objection::Plaintext => {
            "use https; or, for a service on a private network, add: plaintext_unsafe = true and private_addresses = true"
        }
        Objection::PlaintextToPublic(_) => "use https",
        Objection::PlaintextWithoutPrivate | Objection::Private(_) => {
            "if plugins of this endpoint may reach your network, add: private_addresses = true"
        }
        Objection::Unreachable(_) => "use another address",
    };
    fault(key, format!("{origin} is refused: {objection}"), "this address", hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let table: EndpointTable = toml::from_str(text).unwrap();
        match read("acme", &table, Path::new("folder")) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.into_iter().map(|fault| fault.key).collect(),
        }
    }

    #[test]
    fn an_endpoint_is_read_with_its_defaults() {
        let table: EndpointTable =
            toml::from_str("base = \"https://a.example/api\"\ntoken = { file = \"t\" }\nca = \"ca.pem\"").unwrap();
        let endpoint = read("acme", &table, Path::new("folder")).ok().unwrap();
        let plain = Endpoint::at(Base::parse("https://a.example/api/").unwrap());
        let expected = Endpoint {
            token: Some(SecretSource::File(PathBuf::from("folder/t"))),
            authorities: Some(PathBuf::from("folder/ca.pem")),
            ..plain
        };
        assert_eq!(endpoint, expected);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_key_and_all_at_once() {
        let base = "base = \"https://a.example\"\n";
        for (text, expected) in [
            ("", &[][..]),
            ("redirects = [\"https://b.example\", \"c.example\"]", &["redirects/1"]),
            ("redirects = [\"http://b.example\"]", &["redirects"]),
            ("methods = []", &["methods"]),
            ("response = \"lots\"\ntimeout = \"soon\"", &["response", "timeout"]),
            ("proxy = \"proxy:3128\"", &["proxy"]),
            ("token = {}", &["token"]),
            ("token = { env = \"A\", file = \"b\" }", &["token"]),
            ("headers.host = { env = \"A\" }", &["headers/host"]),
            ("headers.x-key = {}", &["headers/x-key"]),
            ("token = { env = \"A\" }\nheaders.Authorization = { env = \"B\" }", &["headers/Authorization"]),
        ] {
            assert_eq!(keys(&format!("{base}{text}")), expected, "{text}");
        }
        assert_eq!(keys("base = \"a.example\"\nresponse = \"x\""), ["base", "response"]);
        assert_eq!(keys("base = \"http://10.0.0.1\""), ["base"]);
        assert_eq!(keys("base = \"http://10.0.0.1\"\nplaintext_unsafe = true\nprivate_addresses = true"), [""; 0]);
    }
}
