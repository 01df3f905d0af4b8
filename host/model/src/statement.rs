//! in-toto statements: unsigned claims about subjects.

use crate::subject::Subject;

/// The in-toto Statement v1 type (in-toto Attestation Framework v1.0, "Statement").
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The DSSE payload type of an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What Chiron found and decided about the subjects of one run.
pub const SCAN_PREDICATE: &str = "https://chiron.dev/attestation/scan/v0.1";

/// How something came to be (SLSA provenance v1).
pub const PROVENANCE_PREDICATE: &str = "https://slsa.dev/provenance/v1";

/// What somebody's policy decided (SLSA verification summary v1).
pub const SUMMARY_PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

/// What is in something, in CycloneDX.
pub const CYCLONEDX_PREDICATE: &str = "https://cyclonedx.org/bom";

/// A claim: these subjects, this type, this predicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// At least one.
    pub subjects: Vec<Subject>,
    /// URI.
    pub predicate_type: String,
    /// JSON object, as bytes.
    pub predicate: Vec<u8>,
}
