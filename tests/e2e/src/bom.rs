//! CycloneDX documents, as small as they can be.

use serde_json::{Value, json};

/// A document that lists these purls.
#[must_use]
pub fn of(purls: &[&str]) -> String {
    let components: Vec<_> =
        purls.iter().enumerate().map(|(index, purl)| component(&format!("c{index}"), purl)).collect();
    with(components)
}

/// A document with these components as they are.
#[must_use]
pub fn with(components: Vec<Value>) -> String {
    json!({ "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components }).to_string()
}

/// One component; name and version are read off the purl.
#[must_use]
pub fn component(reference: &str, purl: &str) -> Value {
    let last = purl.rsplit('/').next().unwrap_or(purl);
    let (name, version) = last.split_once('@').unwrap_or((last, ""));
    json!({ "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": purl })
}
