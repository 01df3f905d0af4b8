//! One component or dependency of a document.

use chiron_sdk::sbom::{Component, License};
use chiron_sdk::{Digest, Location};
use serde_json::{Map, Value};

use crate::listing::UNRESOLVED;
use crate::text::one_line;
use crate::{SELF, purl};

/// Properties carried over from one component.
const PROPERTIES_MAX: usize = 64;

/// Longest of what is kept of a name or a value, in characters.
const TEXT_MAX: usize = 1000;

/// A component, before it has an id that is its alone.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) bom_ref: Option<String>,
    /// Index of the component it is nested in.
    pub(crate) parent: Option<usize>,
    /// Whether the document is about it.
    pub(crate) is_root: bool,
    pub(crate) component: Component,
}

impl Part {
    /// Reads a component's own members. A member that names it and has the wrong type drops it: what is left would be
    /// another component.
    pub(crate) fn read(mut object: Map<String, Value>, parent: Option<usize>) -> Result<Self, String> {
        let name = take_text(&mut object, "name")?.unwrap_or_default();
        let label = one_line(&name, 100);
        if label.is_empty() {
            return Err("a component has no name".to_owned());
        }
        let mut text = |key| take_text(&mut object, key).map_err(|reason| format!("component `{label}`: {reason}"));
        let (group, version, kind) = (text("group")?, text("version")?, text("type")?);
        let (purl, scope, bom_ref) = (text("purl")?, text("scope")?, text("bom-ref")?);
        let name = match group.as_deref().map(str::trim) {
            Some(group) if !group.is_empty() && !name.starts_with(&format!("{group}/")) => format!("{group}/{name}"),
            _ => name,
        };
        let mut component = Component::new("", kind.as_deref().unwrap_or("library"), &name);
        component.version = version.filter(|version| !version.is_empty());
        component.scope = scope_word(scope);
        component.licenses = licenses(object.get("licenses"));
        component.digests = digests(object.get("hashes"));
        component.locations = vec![Location { path: SELF.to_owned(), line: None, layer: None }];
        component.properties = properties(object.get("properties"));
        if let Some(range) = take_text(&mut object, "versionRange")? {
            component.properties.push((UNRESOLVED.to_owned(), one_line(&range, TEXT_MAX)));
        }
        set_purl(&mut component, purl);
        Ok(Self { bom_ref: bom_ref.filter(|text| !text.is_empty()), parent, is_root: false, component })
    }
}

/// A component without a usable purl is still a component: nothing can be looked up for it, and it says why.
pub(crate) fn set_purl(component: &mut Component, purl: Option<String>) {
    let (key, value) = match purl.filter(|purl| !purl.is_empty()) {
        Some(purl) if purl::is_plausible(&purl) => {
            component.purl = Some(purl);
            return;
        }
        Some(purl) => ("chiron:unreadable-purl", one_line(&purl, 300)),
        None => ("chiron:note", "the SBOM gives no purl".to_owned()),
    };
    component.properties.push((key.to_owned(), value));
}

/// A text, or nothing; anything else is a mistake.
fn take_text(object: &mut Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match object.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{key}` is not a string")),
    }
}

/// CycloneDX says "required" where nothing is said.
fn scope_word(scope: Option<String>) -> String {
    match scope {
        None => "runtime".to_owned(),
        Some(word) if word.is_empty() || word == "required" => "runtime".to_owned(),
        Some(word) => one_line(&word, 60),
    }
}

fn entries(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn licenses(list: Option<&Value>) -> Vec<License> {
    let license = |entry: &Value| {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(|text| one_line(text, TEXT_MAX));
        if let Some(expression) = text(entry.get("expression")) {
            return Some(License::Expression(expression));
        }
        let license = entry.get("license")?;
        let id = text(license.get("id")).map(License::Expression);
        id.or_else(|| text(license.get("name")).map(License::Text))
    };
    entries(list).filter_map(license).collect()
}

/// Only digests that are some: the host refuses an inventory with a malformed one. Algorithms it cannot name (SHA3 and
/// BLAKE2b have hyphens) are left out.
fn digests(list: Option<&Value>) -> Vec<Digest> {
    let digest = |entry: &Value| {
        let (algorithm, length) = match entry.get("alg")?.as_str()? {
            "MD5" => ("md5", 32),
            "SHA-1" => ("sha1", 40),
            "SHA-256" => ("sha256", 64),
            "SHA-384" => ("sha384", 96),
            "SHA-512" => ("sha512", 128),
            "BLAKE3" => ("blake3", 64),
            _ => return None,
        };
        let value = entry.get("content")?.as_str()?.to_ascii_lowercase();
        let is_hex = value.len() == length && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| Digest { algorithm: algorithm.to_owned(), value })
    };
    entries(list).filter_map(digest).collect()
}

/// Carried over as they are, except what claims to be Chiron's: policies believe those keys, and an SBOM is a stranger's.
fn properties(list: Option<&Value>) -> Vec<(String, String)> {
    let property = |entry: &Value| {
        let key = one_line(entry.get("name")?.as_str()?, TEXT_MAX);
        let value = one_line(entry.get("value").and_then(Value::as_str).unwrap_or_default(), TEXT_MAX);
        (!key.is_empty() && !key.starts_with("chiron:")).then_some((key, value))
    };
    entries(list).filter_map(property).take(PROPERTIES_MAX).collect()
}

/// What one component has to do with others, by bom-ref.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) source: String,
    /// `depends-on` or `contains`.
    pub(crate) kind: &'static str,
    pub(crate) targets: Vec<String>,
}

impl Dependency {
    /// Reads one entry of `dependencies`.
    pub(crate) fn read(value: Value) -> Result<Self, String> {
        let wrong = |what: &str| format!("a dependency's `{what}` is malformed");
        let Value::Object(mut object) = value else {
            return Err("a dependency is not an object".to_owned());
        };
        let source = match take_text(&mut object, "ref") {
            Ok(Some(source)) => source,
            Ok(None) | Err(_) => return Err(wrong("ref")),
        };
        let targets = match object.remove("dependsOn") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(targets)) => targets
                .into_iter()
                .map(|target| if let Value::String(target) = target { Ok(target) } else { Err(wrong("dependsOn")) })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(wrong("dependsOn")),
        };
        Ok(Self { source, kind: "depends-on", targets })
    }
}
