//! Known answers: pairs of package and version with the advisories that apply.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// One pair.
#[derive(Clone, Debug)]
pub struct Pair {
    /// As its ecosystem writes it, or worse.
    pub name: String,
    /// The same.
    pub version: String,
    /// Package URL.
    pub purl: String,
    /// What applies, sorted.
    pub ids: Vec<String>,
}

/// Reads a truth file.
#[must_use]
pub fn read(text: &str) -> Vec<Pair> {
    let pairs: Vec<Value> = serde_json::from_str(text).unwrap();
    pairs.iter().map(pair).collect()
}

fn pair(pair: &Value) -> Pair {
    let text = |key: &str| pair[key].as_str().unwrap().to_owned();
    let (ecosystem, name, version) = (text("ecosystem"), text("name"), text("version"));
    let kind = match ecosystem.as_str() {
        "PyPI" => "pypi",
        "crates.io" => "cargo",
        _ => "npm",
    };
    let path = match name.split_once('/').filter(|_| name.starts_with('@')) {
        Some((scope, rest)) => format!("{}/{}", escaped(scope), escaped(rest)),
        None => escaped(&name),
    };
    let mut ids: Vec<_> = pair["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.sort();
    Pair { purl: format!("pkg:{kind}/{path}@{}", escaped(&version)), name, version, ids }
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// One document that lists every pair, each under its index.
#[must_use]
pub fn document(pairs: &[Pair]) -> String {
    let component = |(index, pair): (usize, &Pair)| json!({ "type": "library", "bom-ref": format!("r{index}"), "name": pair.name, "version": pair.version, "purl": pair.purl });
    crate::bom::with(pairs.iter().enumerate().map(component).collect())
}

/// Ids by purl, of the affected findings of a report; `read` picks them from a finding.
#[must_use]
pub fn found(report: &Value, read: impl Fn(&Value) -> Vec<String>) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for finding in report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "affected") {
        let purl = finding["component"]["purl"].as_str().unwrap().to_owned();
        found.entry(purl).or_default().extend(read(finding));
    }
    for ids in found.values_mut() {
        ids.sort();
        ids.dedup();
    }
    found
}
