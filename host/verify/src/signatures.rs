//! Signatures: that somebody who was expected to signed this file.

use chiron_archive::Blob;
use chiron_trust::judge::{Signed, SignedContent, judge};
use chiron_trust::pep740;

use crate::account::{CheckResult, Tried, by};
use crate::artifact::File;
use crate::bundles::{Bundle, Form};
use crate::check::Check;
use crate::provenance;
use crate::request::Request;
use crate::verdict;

/// Statements that endorse a file as a release, whoever finds them beside it.
const ENDORSING: [&str; 3] = [
    "https://docs.pypi.org/attestations/publish/v1",
    "https://github.com/npm/attestation/tree/main/specs/publish/v0.1",
    "https://in-toto.io/attestation/release/v0.1",
];

/// Judges one bundle about one file by what was asked.
pub(crate) fn judged(bundle: &Bundle, blob: &Blob, request: &Request) -> Result<Signed, String> {
    let bytes = bundle.bytes.as_ref().map_err(|reason| format!("it cannot be read: {reason}"))?;
    let signer = request.signer.as_ref().ok_or("no key and no identity was given")?;
    let signed = judge(bytes, &File(blob), signer, request.root.as_ref()).map_err(|error| error.to_string())?;
    match (bundle.form, &signed.content) {
        (Form::Bundle, _) => {}
        (Form::Pep740, SignedContent::Statement(statement)) => {
            pep740::holds_for(statement, blob.name()).map_err(|error| error.to_string())?;
        }
        (Form::Pep740, SignedContent::File) => return Err("it signs the file, and holds no statement".to_owned()),
    }
    Ok(signed)
}

/// Whether there is something to look at.
pub(crate) fn relevant<'a>(bundles: &[&'a Bundle], request: &Request) -> Vec<&'a Bundle> {
    let counts = |bundle: &&&Bundle| match (bundle.kind(), &request.predicate_type) {
        (kind, Some(wanted)) => kind == Some(wanted) || bundle.named,
        (None, None) => true,
        // Beside a file may lie what was said about it, for and against. What was named was meant.
        (Some(kind), None) => bundle.named || ENDORSING.contains(&kind) || provenance::is_one(kind),
    };
    let mut relevant: Vec<_> = bundles.iter().filter(counts).copied().collect();
    relevant.sort_by_key(|bundle| bundle.kind().is_some());
    relevant
}

/// The first bundle that holds decides.
pub(crate) fn check(blob: &Blob, bundles: &[&Bundle], request: &Request) -> CheckResult {
    let mut tried = Vec::new();
    for bundle in bundles {
        let held = judged(bundle, blob, request).and_then(|signed| endorses(signed, request));
        match held {
            Ok(signed) => {
                let result = CheckResult::passed(Check::Signatures, by(&signed), &bundle.name);
                return CheckResult { tried, ..result }.signed(&signed);
            }
            Err(reason) => tried.push(Tried { evidence: bundle.name.clone(), reason }),
        }
    }
    CheckResult::failed(Check::Signatures, tried)
}

fn endorses(signed: Signed, request: &Request) -> Result<Signed, String> {
    match (&signed.content, &request.predicate_type) {
        (SignedContent::File, None) => Ok(signed),
        (SignedContent::File, Some(wanted)) => {
            Err(format!("it signs the file, and a statement `{wanted}` was asked for"))
        }
        (SignedContent::Statement(statement), wanted) => {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| **wanted != statement.predicate_type) {
                let found = statement.predicate_type.escape_debug();
                return Err(format!("the statement is of the type `{found}`, and `{wanted}` was asked for"));
            }
            match verdict::objection(statement) {
                Some(objection) => Err(format!("the statement speaks against the file: {objection}")),
                None => Ok(signed),
            }
        }
    }
}
