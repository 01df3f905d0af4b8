//! in-toto Statement v1: to the bytes that are signed, and back (in-toto Attestation Framework v1.0, "Statement").

pub mod foreign;

use std::collections::{BTreeMap, HashSet};

use chiron_model::digest::Digest;
use chiron_model::statement::{STATEMENT_TYPE, Statement};
use chiron_model::subject::Subject;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::strict_json::{self, JsonError};

/// Largest predicate that is signed. A scan of 20,000 components is about 2 MiB; a bundle may hold 16 MiB, and base64
/// makes a payload a third longer.
pub const PREDICATE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Largest payload that is read.
pub const PAYLOAD_BYTES_MAX: usize = 12 * 1024 * 1024;

/// A statement that Chiron neither signs nor accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The payload is not JSON that is read.
    #[error("the statement is {0}")]
    Json(JsonError),
    /// The predicate is not JSON that is read.
    #[error("the predicate is {0}")]
    Predicate(JsonError),
    /// The predicate is an array, a text, a number ...
    #[error("the predicate is not a JSON object")]
    PredicateNotObject,
    /// The JSON is not an in-toto statement.
    #[error("not an in-toto statement: {reason}")]
    Shape {
        /// The parser's words.
        reason: String,
    },
    /// Another version, or another thing.
    #[error("the statement's type is `{found}`, expected `{STATEMENT_TYPE}`")]
    Type {
        /// Its `_type`.
        found: String,
    },
    /// It is about nothing.
    #[error("the statement has no subject")]
    NoSubject,
    /// A subject has an empty name.
    #[error("subject {position} has no name")]
    NoName {
        /// From 1.
        position: usize,
    },
    /// A subject that nothing identifies.
    #[error("the subject `{name}` has no digest")]
    NoDigest {
        /// Its name.
        name: String,
    },
    /// Two subjects have one name.
    #[error("the subject `{name}` stands twice in the statement")]
    RepeatedSubject {
        /// Its name.
        name: String,
    },
    /// A subject has two digests of one algorithm.
    #[error("the subject `{name}` has two digests named `{algorithm}`")]
    RepeatedAlgorithm {
        /// Its name.
        name: String,
        /// Of the digests.
        algorithm: String,
    },
    /// A digest that is none.
    #[error("the subject `{name}`: {reason}")]
    Digest {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The predicate has no type.
    #[error("the statement has no predicate type")]
    NoPredicateType,
}

/// A statement as it was signed by somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedStatement {
    /// At least one, with unique names.
    pub subjects: Vec<DecodedSubject>,
    /// URI.
    pub predicate_type: String,
    /// A JSON object.
    pub predicate: Value,
}

/// What a statement says it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedSubject {
    /// Never empty.
    pub name: String,
    /// At least one, sorted.
    pub digests: Vec<Digest>,
}

/// The wire form. Frozen: field order is the order of the bytes that are signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<WireSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSubject {
    name: String,
    digest: BTreeMap<String, String>,
}

/// The JSON of a statement: the payload that is signed. The same statement gives the same bytes.
///
/// # Errors
/// When it has no subject, a subject without name or digest, two subjects of one name, no predicate type, or a predicate
/// that is not a JSON object within the limits.
pub fn encode(statement: &Statement) -> Result<Vec<u8>, StatementError> {
    if statement.predicate_type.is_empty() {
        return Err(StatementError::NoPredicateType);
    }
    let subjects = statement.subjects.iter().map(subject).collect::<Result<Vec<_>, _>>()?;
    check(subjects.iter().map(|s| (s.name.as_str(), s.digest.len())))?;
    let wire = Wire {
        kind: STATEMENT_TYPE.to_owned(),
        subject: subjects,
        predicate_type: statement.predicate_type.clone(),
        predicate: predicate(&statement.predicate)?,
    };
    serde_json::to_vec(&wire).map_err(|error| shape(&error))
}

/// Reads a payload back.
///
/// # Errors
/// When the payload is not a statement that [`encode`] could have written: also when it has fields that nothing here
/// reads, because they would be signed and published unseen.
pub fn decode(payload: &[u8]) -> Result<DecodedStatement, StatementError> {
    let value = strict_json::parse(payload, PAYLOAD_BYTES_MAX).map_err(StatementError::Json)?;
    // Asked first: a v0.1 statement should be called that, not a v1 with a wrong field.
    if let Some(found) = value.get("_type").and_then(Value::as_str)
        && found != STATEMENT_TYPE
    {
        return Err(StatementError::Type { found: found.to_owned() });
    }
    let wire: Wire = serde_json::from_value(value).map_err(|error| shape(&error))?;
    check(wire.subject.iter().map(|s| (s.name.as_str(), s.digest.len())))?;
    if wire.predicate_type.is_empty() {
        return Err(StatementError::NoPredicateType);
    }
    if !wire.predicate.is_object() {
        return Err(StatementError::PredicateNotObject);
    }
    Ok(DecodedStatement {
        subjects: wire.subject.into_iter().map(decode_subject).collect::<Result<_, _>>()?,
        predicate_type: wire.predicate_type,
        predicate: wire.predicate,
    })
}

/// Parses a predicate.
pub(crate) fn predicate(bytes: &[u8]) -> Result<Value, StatementError> {
    let value = strict_json::parse(bytes, PREDICATE_BYTES_MAX).map_err(StatementError::Predicate)?;
    if value.is_object() { Ok(value) } else { Err(StatementError::PredicateNotObject) }
}

fn subject(subject: &Subject) -> Result<WireSubject, StatementError> {
    let mut digest = BTreeMap::new();
    for one in &subject.digests {
        let known = digest.insert(one.algorithm().to_owned(), one.hex().to_owned());
        if known.is_some() {
            return Err(StatementError::RepeatedAlgorithm {
                name: subject.name.clone(),
                algorithm: one.algorithm().to_owned(),
            });
        }
    }
    Ok(WireSubject { name: subject.name.clone(), digest })
}

/// The rules both directions share, over (name, number of digests).
fn check<'a>(subjects: impl Iterator<Item = (&'a str, usize)>) -> Result<(), StatementError> {
    let mut names = HashSet::new();
    for (index, (name, digests)) in subjects.enumerate() {
        if name.is_empty() {
            return Err(StatementError::NoName { position: index + 1 });
        }
        let name_owned = || name.to_owned();
        if digests == 0 {
            return Err(StatementError::NoDigest { name: name_owned() });
        }
        if !names.insert(name) {
            return Err(StatementError::RepeatedSubject { name: name_owned() });
        }
    }
    if names.is_empty() {
        return Err(StatementError::NoSubject);
    }
    Ok(())
}

fn decode_subject(subject: WireSubject) -> Result<DecodedSubject, StatementError> {
    let mut digests = Vec::with_capacity(subject.digest.len());
    for (algorithm, hex) in &subject.digest {
        let digest = Digest::new(algorithm, hex)
            .map_err(|error| StatementError::Digest { name: subject.name.clone(), reason: error.to_string() })?;
        digests.push(digest);
    }
    digests.sort();
    Ok(DecodedSubject { name: subject.name, digests })
}

fn shape(error: &serde_json::Error) -> StatementError {
    StatementError::Shape { reason: error.to_string() }
}

#[cfg(test)]
mod tests;
