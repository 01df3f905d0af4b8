//! Components.

use chiron_model::Properties;
use chiron_model::component::Component as Model;
use chiron_model::digest::Digest;
use chiron_model::location::Location;

use super::license;
use super::wire::{Component, Evidence, Hash, Occurrence, Property};

/// The schema's limit on versions, in characters.
const VERSION_CHARS_MAX: usize = 1024;

/// Component types of CycloneDX 1.6.
const KINDS: [&str; 13] = [
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device",
    "device-driver",
    "firmware",
    "file",
    "machine-learning-model",
    "data",
    "cryptographic-asset",
];

/// A component under its reference.
pub(super) fn component(model: &Model, bom_ref: &str) -> Component {
    let kind = KINDS.into_iter().find(|kind| *kind == model.kind);
    let scope = scope(&model.scope);
    let (hashes, mut own) = hashes(&model.digests);
    own.push(Property::new("chiron:step", &model.origin.step));
    own.push(Property::new("chiron:subject", &model.origin.subject));
    if kind.is_none() {
        own.push(Property::new("chiron:type", &model.kind));
    }
    if scope.is_none_or(|scope| scope == "excluded") {
        own.push(Property::new("chiron:scope", &model.scope));
    }
    let version = version(model.version.as_ref());
    if let (None, Some(long)) = (&version, &model.version) {
        own.push(Property::new("chiron:version", long));
    }
    own.extend(properties(&model.properties));
    let (group, name) = split_name(model);
    Component {
        kind: kind.unwrap_or("library"),
        mime_type: None,
        bom_ref: Some(bom_ref.to_owned()),
        group,
        name,
        version,
        scope,
        hashes,
        licenses: license::choices(&model.licenses),
        purl: model.published_purl().map(|purl| purl.to_string()),
        evidence: evidence(&model.locations),
        properties: own,
    }
}

/// A version the schema allows. A longer one is no version anybody can use; it is kept as a property.
pub(super) fn version(version: Option<&String>) -> Option<String> {
    version.filter(|text| text.chars().count() <= VERSION_CHARS_MAX).cloned()
}

/// Digests under CycloneDX's names, and as properties where it has no name for them.
pub(super) fn hashes(digests: &[Digest]) -> (Vec<Hash>, Vec<Property>) {
    let (mut hashes, mut others) = (Vec::new(), Vec::new());
    for digest in digests {
        match algorithm(digest) {
            Some(alg) => hashes.push(Hash { alg, content: digest.hex().to_owned() }),
            None => others.push(Property::new("chiron:digest", digest.to_string())),
        }
    }
    (hashes, others)
}

/// Properties as they are: their keys are the contract's.
pub(super) fn properties(properties: &Properties) -> impl Iterator<Item = Property> {
    properties.iter().map(|(name, value)| Property::new(name, value))
}

/// The algorithm's name, if the digest has its length: the schema checks neither against the other, readers do.
fn algorithm(digest: &Digest) -> Option<&'static str> {
    match (digest.algorithm(), digest.hex().len()) {
        ("md5", 32) => Some("MD5"),
        ("sha1", 40) => Some("SHA-1"),
        ("sha256", 64) => Some("SHA-256"),
        ("sha384", 96) => Some("SHA-384"),
        ("sha512", 128) => Some("SHA-512"),
        ("blake2b", 64) => Some("BLAKE2b-256"),
        ("blake2b", 96) => Some("BLAKE2b-384"),
        ("blake2b", 128) => Some("BLAKE2b-512"),
        ("blake3", 64) => Some("BLAKE3"),
        _ => None,
    }
}

/// "excluded" is CycloneDX's word for "test and other non-runtime purposes".
fn scope(scope: &str) -> Option<&'static str> {
    match scope {
        "runtime" => Some("required"),
        "optional" => Some("optional"),
        "development" => Some("excluded"),
        _ => None,
    }
}

/// `@babel/core` is the name `core` in the group `@babel`; the purl says where the cut is.
fn split_name(model: &Model) -> (Option<String>, String) {
    let group = model.purl.as_ref().and_then(|purl| purl.namespace());
    let rest = group.and_then(|group| model.name.strip_prefix(group)?.strip_prefix('/'));
    match (group, rest) {
        (Some(group), Some(rest)) if !rest.is_empty() => (Some(group.to_owned()), rest.to_owned()),
        _ => (None, model.name.clone()),
    }
}

fn evidence(locations: &[Location]) -> Option<Evidence> {
    let occurrence = |location: &Location| Occurrence {
        location: location.path.clone(),
        line: location.line,
        additional_context: location.layer.as_ref().map(|layer| format!("layer {layer}")),
    };
    (!locations.is_empty()).then(|| Evidence { occurrences: locations.iter().map(occurrence).collect() })
}
