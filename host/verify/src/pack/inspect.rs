//! Looking into a pack. Nothing is verified: what is shown is what the pack says of itself.

use std::path::Path;

use chiron_archive::Blob;
use chiron_trust::judge::{ClaimedBy, claimed};
use chiron_trust::verify::BUNDLE_BYTES_MAX;
use chiron_trust::{parse_json, pep740};
use serde::Serialize;
use serde_json::Value;

use super::PackError;
use super::manifest::Role;
use super::open::Pack;

/// Largest report of which the verdict is shown.
const REPORT_BYTES_MAX: usize = 256 << 20;

/// What a pack says of itself. Also the wire format of `-o json`.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// Always false: nothing was verified.
    pub verified: bool,
    /// What is wrong with the pack; `verify` would stop at it.
    pub faults: Vec<String>,
    /// Every file that is there, sorted by path.
    pub members: Vec<MemberSeen>,
}

/// A file of a pack.
#[derive(Clone, Debug, Serialize)]
pub struct MemberSeen {
    /// From the pack's root.
    pub path: String,
    /// What the manifest says that it is there for; none where it does not know the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// In bytes.
    pub size: u64,
    /// `sha256:…`, of the bytes that are there; none where they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Who signed, for attestations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<SignerSeen>,
    /// What it says, for reports of Chiron's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportSeen>,
}

/// Who signed, as a bundle has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignerSeen {
    /// The predicate type of what is signed; none for a signature over a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<String>,
    /// The hint at a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The identity in a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Who vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportSeen {
    /// Name of the pipeline.
    pub pipeline: String,
    /// `allow`, `warn` or `deny`.
    pub decision: String,
    /// Whether the run could judge.
    pub judged: bool,
}

/// Looks into a pack.
///
/// # Errors
/// When it cannot be read at all.
pub fn inspect(path: &Path) -> Result<Inspection, PackError> {
    let pack = Pack::open(path)?;
    let role = |path: &str| {
        let members = &pack.manifest.as_ref()?.members;
        let at = members.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        members.get(at).map(|entry| entry.role)
    };
    let members = pack.files.iter().map(|(path, blob)| seen(path, role(path), blob)).collect();
    Ok(Inspection { verified: false, faults: pack.faults, members })
}

fn seen(path: &str, role: Option<Role>, blob: &Blob) -> MemberSeen {
    let (signers, report) = match role {
        Some(Role::Attestation) => (signers(blob), None),
        Some(Role::Report) => (Vec::new(), report(blob)),
        Some(Role::Subject | Role::Sbom | Role::Checksums) | None => (Vec::new(), None),
    };
    let digest = blob.digest("sha256").ok().map(|digest| digest.to_string());
    MemberSeen { path: path.to_owned(), role, size: blob.size(), digest, signers, report }
}

fn signers(blob: &Blob) -> Vec<SignerSeen> {
    let Ok(bytes) = blob.read_all(BUNDLE_BYTES_MAX as u64) else { return Vec::new() };
    let bundles = match pep740::bundles(&bytes) {
        None => vec![bytes],
        Some(read) => read.unwrap_or_default(),
    };
    let one = |bundle: &Vec<u8>| {
        let claimed = claimed(bundle).ok()?;
        let none = SignerSeen { predicate_type: claimed.predicate_type, key: None, identity: None, issuer: None };
        Some(match claimed.by {
            ClaimedBy::Key { hint } => SignerSeen { key: Some(hint), ..none },
            ClaimedBy::Certificate { identity, issuer } => SignerSeen { identity, issuer, ..none },
        })
    };
    bundles.iter().filter_map(one).collect()
}

fn report(blob: &Blob) -> Option<ReportSeen> {
    let bytes = blob.read_all(REPORT_BYTES_MAX as u64).ok()?;
    let value = parse_json(&bytes, REPORT_BYTES_MAX).ok()?;
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    text("/schema").filter(|schema| schema.starts_with("chiron-report/"))?;
    Some(ReportSeen {
        pipeline: text("/pipeline")?,
        decision: text("/verdict/decision")?,
        judged: value.pointer("/verdict/judged").and_then(Value::as_bool)?,
    })
}
