//! CycloneDX 1.4 to 1.7: vulnerabilities with an analysis, in an SBOM or beside one.

use std::collections::HashMap;

use chiron_model::vex::{Justification, VexStatus};
use serde::Deserialize;

use super::{Identity, Product, Read, Statement, VexError, id, optional_time, parse};
use crate::text;

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "specVersion")]
    spec_version: Option<String>,
    metadata: Option<Metadata>,
    #[serde(default)]
    components: Vec<Component>,
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
struct Metadata {
    timestamp: Option<String>,
    component: Option<Component>,
    supplier: Option<Party>,
    manufacturer: Option<Party>,
    #[serde(default)]
    authors: Vec<Party>,
}

#[derive(Deserialize)]
struct Party {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "bom-ref")]
    bom_ref: Option<String>,
    #[serde(default)]
    name: String,
    purl: Option<String>,
    #[serde(default)]
    hashes: Vec<Hash>,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Hash {
    alg: String,
    content: String,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: Option<String>,
    #[serde(default)]
    references: Vec<Reference>,
    updated: Option<String>,
    analysis: Option<Analysis>,
    #[serde(default)]
    affects: Vec<Affected>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

#[derive(Deserialize)]
struct Analysis {
    state: Option<String>,
    justification: Option<String>,
    detail: Option<String>,
    #[serde(rename = "firstIssued")]
    first_issued: Option<String>,
    #[serde(rename = "lastUpdated")]
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(rename = "ref")]
    target: String,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: Option<String>,
    range: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Read, VexError> {
    let wire: Wire = parse(bytes)?;
    match wire.spec_version.as_deref() {
        Some("1.4" | "1.5" | "1.6" | "1.7") => {}
        other => {
            let version = text::name(other.unwrap_or("none"));
            return Err(VexError::Version { format: "CycloneDX", version });
        }
    }
    let vulnerabilities = wire.vulnerabilities.unwrap_or_default();
    // An SBOM, or what a scanner found: nobody has said anything about it.
    if !vulnerabilities.iter().any(|vulnerability| state(vulnerability).is_some()) {
        return Err(VexError::Foreign);
    }
    let meta = wire.metadata;
    let issued = optional_time(meta.as_ref().and_then(|meta| meta.timestamp.as_deref()), "the document")?;
    let mut known = HashMap::new();
    let roots = meta.as_ref().and_then(|meta| meta.component.as_ref()).into_iter();
    let mut open: Vec<&Component> = roots.chain(&wire.components).collect();
    while let Some(component) = open.pop() {
        known.extend(component.bom_ref.as_deref().map(|reference| (reference, component)));
        open.extend(&component.components);
    }
    let mut statements = Vec::new();
    for (index, vulnerability) in vulnerabilities.iter().enumerate() {
        let place = format!("vulnerability {}", index + 1);
        if let Some(mut statement) = one(vulnerability, &known, &place)? {
            statement.timestamp = statement.timestamp.or(issued);
            statements.push(statement);
        }
    }
    let party = meta.as_ref().and_then(|meta| {
        meta.supplier.as_ref().or(meta.manufacturer.as_ref()).or(meta.authors.first()).and_then(|p| p.name.as_deref())
    });
    Ok((party.and_then(text::explanation), statements))
}

fn state(vulnerability: &Vulnerability) -> Option<&str> {
    vulnerability.analysis.as_ref()?.state.as_deref()
}

fn one(wire: &Vulnerability, known: &HashMap<&str, &Component>, place: &str) -> Result<Option<Statement>, VexError> {
    let (Some(analysis), Some(state)) = (&wire.analysis, state(wire)) else { return Ok(None) };
    let status = match state {
        "not_affected" | "false_positive" => VexStatus::NotAffected,
        "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
        "exploitable" => VexStatus::Affected,
        "in_triage" => VexStatus::UnderInvestigation,
        other => return Err(VexError::invalid(place, format!("`{}` is not a state", text::name(other)))),
    };
    let (justification, spelled) = justification(analysis.justification.as_deref(), place)?;
    let detail = analysis.detail.as_deref().and_then(text::explanation);
    let why = match (state, spelled, detail) {
        (_, Some(word), Some(detail)) => Some(format!("{word}: {detail}")),
        (_, Some(word), None) => Some(word.to_owned()),
        ("false_positive", None, None) => Some("a false positive".to_owned()),
        (_, None, detail) => detail,
    };
    if wire.affects.is_empty() {
        return Err(VexError::invalid(place, "it names nothing that it affects"));
    }
    let products = wire.affects.iter().map(|affected| product(affected, known)).collect();
    let updated = optional_time(analysis.last_updated.as_deref(), place)?;
    let first = optional_time(analysis.first_issued.as_deref(), place)?;
    Ok(Some(Statement {
        vulnerability: id(wire.id.as_deref().unwrap_or_default(), place)?,
        aliases: wire.references.iter().map(|reference| text::name(&reference.id)).collect(),
        status,
        justification,
        text: why,
        timestamp: updated.or(first).or(optional_time(wire.updated.as_deref(), place)?),
        until: None,
        products,
    }))
}

/// CycloneDX has more words than the other formats. Those that have none there are kept as they are spelled.
fn justification<'a>(word: Option<&'a str>, place: &str) -> Result<(Option<Justification>, Option<&'a str>), VexError> {
    let Some(word) = word else { return Ok((None, None)) };
    let plain = match word {
        "code_not_present" => Justification::VulnerableCodeNotPresent,
        "code_not_reachable" => Justification::VulnerableCodeNotInExecutePath,
        "protected_by_compiler"
        | "protected_at_runtime"
        | "protected_at_perimeter"
        | "protected_by_mitigating_control" => Justification::InlineMitigationsAlreadyExist,
        "requires_configuration" | "requires_dependency" | "requires_environment" => return Ok((None, Some(word))),
        other => return Err(VexError::invalid(place, format!("`{}` is not a justification", text::name(other)))),
    };
    Ok((Some(plain), None))
}

fn product(affected: &Affected, known: &HashMap<&str, &Component>) -> Product {
    let target = affected.target.as_str();
    // BOM-Link (ECMA-424): urn:cdx:SERIAL/VERSION#REF. The reference of a component elsewhere is often its purl.
    let fragment = target.strip_prefix("urn:cdx:").and_then(|rest| rest.split_once('#')).map(|(_, fragment)| fragment);
    // A purl keeps its own encoding.
    let is_plain = |fragment: &str| fragment.starts_with("pkg:") || known.contains_key(fragment);
    let fragment = fragment.map(|fragment| if is_plain(fragment) { fragment.to_owned() } else { decoded(fragment) });
    let reference = fragment.as_deref().unwrap_or(target);
    let mut identity = match known.get(reference) {
        Some(component) => {
            let mut identity = Identity::of_text(component.purl.as_deref().unwrap_or(&component.name));
            component.hashes.iter().for_each(|hash| identity.add_hash(&hash.alg, &hash.content));
            identity
        }
        None => Identity::of_text(reference),
    };
    if !affected.versions.is_empty() {
        let exact = affected.versions.iter().filter_map(|version| version.version.clone()).collect();
        let ranges = affected.versions.iter().filter_map(|version| version.range.as_deref()).map(text::name).collect();
        identity.only(exact, ranges);
    }
    Product { identity, subcomponents: Vec::new() }
}

/// Percent-decoded; as it is where that is no text.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let hex = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}
