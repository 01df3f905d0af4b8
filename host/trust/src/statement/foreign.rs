//! in-toto statements that others wrote: Statement v1 and v0.1, with all that the specification lets stand in them.

use std::collections::{BTreeMap, HashSet};

use chiron_model::digest::Digest;
use chiron_model::statement::STATEMENT_TYPE;
use serde::Deserialize;
use serde_json::Value;

use super::{PAYLOAD_BYTES_MAX, StatementError, shape};
use crate::strict_json;

/// Statements before v1. npm's older provenance is of this type.
const STATEMENT_TYPE_V01: &str = "https://in-toto.io/Statement/v0.1";

/// Digests that bind: nobody finds another file that has one.
pub(crate) const STRONG: [&str; 3] = ["sha256", "sha384", "sha512"];

/// The most subjects. A release has hundreds; each one is compared with each file.
const SUBJECTS_MAX: usize = 20_000;

/// A statement as it was signed by somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignStatement {
    /// At least one.
    pub subjects: Vec<ForeignSubject>,
    /// URI.
    pub predicate_type: String,
    /// A JSON object; null where there is none.
    pub predicate: Value,
}

/// What a statement says that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignSubject {
    /// May be empty.
    pub name: String,
    /// By algorithm, lower-case hex; at least one that binds.
    pub digests: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<WireSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Deserialize)]
struct WireSubject {
    #[serde(default)]
    name: String,
    digest: BTreeMap<String, String>,
}

/// Reads a payload.
///
/// # Errors
/// When it is no statement: no subject, a subject without a digest that binds, a name that stands twice, no predicate type.
pub fn decode(payload: &[u8]) -> Result<ForeignStatement, StatementError> {
    let value = strict_json::parse(payload, PAYLOAD_BYTES_MAX).map_err(StatementError::Json)?;
    let wire: Wire = serde_json::from_value(value).map_err(|error| shape(&error))?;
    if wire.kind != STATEMENT_TYPE && wire.kind != STATEMENT_TYPE_V01 {
        return Err(StatementError::Type { found: wire.kind });
    }
    if wire.subject.is_empty() {
        return Err(StatementError::NoSubject);
    }
    if wire.subject.len() > SUBJECTS_MAX {
        return Err(StatementError::Shape { reason: format!("more than {SUBJECTS_MAX} subjects") });
    }
    if wire.predicate_type.is_empty() {
        return Err(StatementError::NoPredicateType);
    }
    if !(wire.predicate.is_object() || wire.predicate.is_null()) {
        return Err(StatementError::PredicateNotObject);
    }
    let mut names = HashSet::new();
    let mut subjects = Vec::with_capacity(wire.subject.len());
    for subject in wire.subject {
        // `_` is the specification's name for what has none.
        if !matches!(subject.name.as_str(), "" | "_") && !names.insert(subject.name.clone()) {
            return Err(StatementError::RepeatedSubject { name: subject.name });
        }
        subjects.push(read(subject)?);
    }
    Ok(ForeignStatement { subjects, predicate_type: wire.predicate_type, predicate: wire.predicate })
}

fn read(subject: WireSubject) -> Result<ForeignSubject, StatementError> {
    let name = subject.name;
    let mut digests = subject.digest;
    for algorithm in STRONG {
        if let Some(hex) = digests.get_mut(algorithm) {
            hex.make_ascii_lowercase();
            Digest::new(algorithm, hex)
                .map_err(|error| StatementError::Digest { name: name.clone(), reason: error.to_string() })?;
        }
    }
    if digests.is_empty() {
        return Err(StatementError::NoDigest { name });
    }
    Ok(ForeignSubject { name, digests })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(subjects: &str) -> String {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{subjects}],"predicateType":"p","predicate":{{}}}}"#
        )
    }

    #[test]
    fn reads_what_the_specification_allows_and_we_do_not_write() {
        let sha = "A".repeat(64);
        let subject = format!(r#"{{"digest":{{"sha256":"{sha}","gitCommit":"x"}},"uri":"u","annotations":{{"a":1}}}}"#);
        let read = decode(statement(&subject).as_bytes()).unwrap();
        assert_eq!(read.subjects[0].digests["sha256"], sha.to_lowercase());
        let older = statement(&subject).replace("/v1\"", "/v0.1\"");
        assert!(decode(older.as_bytes()).is_ok());
        let anonymous = format!("{subject},{subject}");
        assert_eq!(decode(statement(&anonymous).as_bytes()).unwrap().subjects.len(), 2);
    }

    #[test]
    fn refuses_what_binds_nothing() {
        let sha = "a".repeat(64);
        let named = format!(r#"{{"name":"n","digest":{{"sha256":"{sha}"}}}}"#);
        let fails = |text: String| decode(text.as_bytes()).unwrap_err();
        assert_eq!(fails(statement("")), StatementError::NoSubject);
        assert_eq!(fails(statement(&format!("{named},{named}"))), StatementError::RepeatedSubject { name: "n".into() });
        assert!(matches!(fails(statement(r#"{"name":"n","digest":{}}"#)), StatementError::NoDigest { .. }));
        assert!(matches!(fails(statement(r#"{"name":"n"}"#)), StatementError::Shape { .. }));
        assert!(matches!(fails(statement(&named.replace(&sha, "abc"))), StatementError::Digest { .. }));
        assert!(matches!(fails(statement(&named).replace("Statement/v1", "Link/v1")), StatementError::Type { .. }));
        assert!(matches!(fails(statement(&named).replace("subject", "subjects")), StatementError::Shape { .. }));
        assert!(matches!(fails("{}".to_owned()), StatementError::Shape { .. }));
    }
}
