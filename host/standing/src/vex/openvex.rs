//! OpenVEX 0.2.0, and 0.0.1, in which vulnerabilities and products were plain texts.

use std::collections::BTreeMap;

use chiron_model::vex::{Justification, VexStatus};
use serde::Deserialize;

use super::write::NOTHING;
use super::{Identity, Product, Read, Statement, VexError, id, optional_time, parse};
use crate::{ignore, text};

/// How a document of ours says until when a statement holds: the format has no field for it.
pub(super) const UNTIL: &str = "chiron:until=";

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "@context")]
    context: Context,
    author: Option<String>,
    timestamp: Option<String>,
    statements: Option<Vec<WireStatement>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Context {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct WireStatement {
    vulnerability: Option<Vulnerability>,
    timestamp: Option<String>,
    last_updated: Option<String>,
    products: Option<Vec<WireProduct>>,
    /// 0.0.1: of all products of the statement.
    subcomponents: Option<Vec<String>>,
    status: Option<String>,
    justification: Option<String>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
    status_notes: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vulnerability {
    Text(String),
    Record {
        name: Option<String>,
        #[serde(rename = "@id")]
        id: Option<String>,
        #[serde(default)]
        aliases: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireProduct {
    Text(String),
    Record {
        #[serde(flatten)]
        component: Component,
        #[serde(default)]
        subcomponents: Vec<Component>,
    },
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "@id")]
    id: Option<String>,
    #[serde(default)]
    identifiers: BTreeMap<String, String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Read, VexError> {
    let wire: Wire = parse(bytes)?;
    check_context(&wire.context)?;
    let issued = optional_time(wire.timestamp.as_deref(), "the document")?;
    let Some(statements) = wire.statements else {
        return Err(VexError::invalid("the document", "it has no statements: it is half"));
    };
    let mut read = Vec::with_capacity(statements.len());
    for (index, statement) in statements.into_iter().enumerate() {
        let mut statement = one(statement, &format!("statement {}", index + 1))?;
        statement.timestamp = statement.timestamp.or(issued);
        // Chiron's own word for "nothing to state".
        if statement.vulnerability != NOTHING {
            read.push(statement);
        }
    }
    Ok((wire.author.as_deref().and_then(text::explanation), read))
}

fn check_context(context: &Context) -> Result<(), VexError> {
    let all = match context {
        Context::One(context) => std::slice::from_ref(context),
        Context::Several(contexts) => contexts.as_slice(),
    };
    let ours = all.iter().find_map(|context| context.strip_prefix("https://openvex.dev/ns"));
    let Some(version) = ours else { return Err(VexError::Foreign) };
    match version.trim_start_matches('/') {
        "" | "v0.0.1" | "v0.2.0" => Ok(()),
        other => Err(VexError::Version { format: "OpenVEX", version: text::name(other) }),
    }
}

fn one(wire: WireStatement, place: &str) -> Result<Statement, VexError> {
    let invalid = |reason: &str| VexError::invalid(place, reason);
    let (name, aliases) = match wire.vulnerability {
        Some(Vulnerability::Text(name)) => (name, Vec::new()),
        Some(Vulnerability::Record { name, id, aliases }) => {
            // Where only an IRI is given, its last part is the id: https://nvd.nist.gov/vuln/detail/CVE-2024-1.
            let last = |id: String| id.trim_end_matches('/').rsplit(['/', '#']).next().map(str::to_owned);
            (name.or_else(|| id.and_then(last)).unwrap_or_default(), aliases)
        }
        None => return Err(invalid("it names no vulnerability")),
    };
    let word = wire.status.ok_or_else(|| invalid("it has no status"))?;
    let status = VexStatus::from_word(&word);
    let status = status.ok_or_else(|| invalid(&format!("`{}` is not a status", text::name(&word))))?;
    let justification = match wire.justification.as_deref() {
        None | Some("") => None,
        Some(word) => Some(
            Justification::from_word(word)
                .ok_or_else(|| invalid(&format!("`{}` is not a justification", text::name(word))))?,
        ),
    };
    let impact = wire.impact_statement.as_deref().and_then(text::explanation);
    if status == VexStatus::NotAffected && justification.is_none() && impact.is_none() {
        return Err(invalid("it says `not_affected`, and neither justification nor impact statement"));
    }
    let action = wire.action_statement.as_deref().and_then(text::explanation);
    let notes = wire.status_notes.as_deref().unwrap_or_default();
    let until = notes.split_whitespace().find_map(|word| word.strip_prefix(UNTIL));
    let until = match until {
        None => None,
        Some(date) => Some(ignore::day(date).ok_or_else(|| invalid(&format!("`{}` is not a date", text::name(date))))?),
    };
    let shared: Vec<_> = wire.subcomponents.unwrap_or_default().iter().map(|text| Identity::of_text(text)).collect();
    let products: Vec<_> = wire.products.unwrap_or_default().into_iter().map(|wire| product(wire, &shared)).collect();
    if products.is_empty() {
        return Err(invalid("it names no product"));
    }
    let updated = optional_time(wire.last_updated.as_deref(), place)?;
    Ok(Statement {
        vulnerability: id(&name, place)?,
        aliases: aliases.iter().map(|alias| text::name(alias)).collect(),
        status,
        justification,
        text: impact.or(action),
        timestamp: updated.or(optional_time(wire.timestamp.as_deref(), place)?),
        until,
        products,
    })
}

fn product(wire: WireProduct, shared: &[Identity]) -> Product {
    match wire {
        WireProduct::Text(text) => Product { identity: Identity::of_text(&text), subcomponents: shared.to_vec() },
        WireProduct::Record { component, subcomponents } => Product {
            identity: identity(&component),
            subcomponents: subcomponents.iter().map(identity).chain(shared.iter().cloned()).collect(),
        },
    }
}

fn identity(component: &Component) -> Identity {
    let named = component.identifiers.get("purl").or(component.id.as_ref());
    let other = || component.identifiers.values().next().map(String::as_str);
    let mut identity = Identity::of_text(named.map(String::as_str).or_else(other).unwrap_or_default());
    for (algorithm, hex) in &component.hashes {
        identity.add_hash(algorithm, hex);
    }
    identity
}
