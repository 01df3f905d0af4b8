//! Which bundles are made, and what they are called.

use std::collections::BTreeSet;

use chiron_sdk::sign::{Keys, Request, Signed, SigningKey};
use chiron_sdk::{PluginError, Subject, progress};

/// The label of the key that the operator binds.
pub(crate) const KEY_LABEL: &str = "signing";

/// What a bundle is, to whoever stores it.
const BUNDLE_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// One bundle for each subject's bytes, then one for each statement.
pub(crate) fn sign(request: &Request, keys: &dyn Keys) -> Result<Vec<Signed>, PluginError> {
    let key = keys.open(KEY_LABEL)?;
    let mut names = BTreeSet::new();
    let mut signed = Vec::with_capacity(request.subjects.len() + request.statements.len());
    for subject in &request.subjects {
        progress::check()?;
        signed.push(sign_subject(subject, key.as_ref(), &mut names)?);
    }
    for statement in &request.statements {
        progress::check()?;
        let bytes = key.bundle_statement(&statement.subjects, &statement.predicate_type, &statement.predicate)?;
        let name = unique(&format!("{}.intoto", predicate_name(&statement.predicate_type)), &mut names);
        signed.push(Signed { name, media_type: BUNDLE_MEDIA_TYPE.to_owned(), bytes });
    }
    Ok(signed)
}

fn sign_subject(subject: &Subject, key: &dyn SigningKey, names: &mut BTreeSet<String>) -> Result<Signed, PluginError> {
    let bytes = key.bundle_subject(subject)?;
    // A bundle lies beside its subject: the host knows the place by the subject's whole name.
    Ok(Signed { name: unique(&subject.name, names), media_type: BUNDLE_MEDIA_TYPE.to_owned(), bytes })
}

/// The word in a predicate type that tells people what it is about: the last segment that is no version.
/// `https://chiron.dev/attestation/scan/v0.1` is "scan", `https://spdx.dev/Document` is "document".
fn predicate_name(predicate_type: &str) -> String {
    let path = predicate_type.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let word = path.rsplit('/').find(|segment| !segment.is_empty() && !is_version(segment)).unwrap_or_default();
    let name: String =
        word.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "statement".to_owned() } else { name.to_owned() }
}

fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix(['v', 'V']).unwrap_or(segment);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// The file name of a bundle, numbered from the second of the same stem on: two files of one name are one file.
fn unique(stem: &str, names: &mut BTreeSet<String>) -> String {
    let mut name = format!("{stem}.sigstore.json");
    let mut number = 2;
    while !names.insert(name.clone()) {
        name = format!("{stem}.{number}.sigstore.json");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeKeys};
    use chiron_sdk::keys::KeyError;
    use chiron_sdk::sign::Statement;

    use super::*;

    fn statement(predicate_type: &str) -> Statement {
        Statement {
            subjects: vec![fake::subject("dist/app.whl")],
            predicate_type: predicate_type.to_owned(),
            predicate: b"{}".to_vec(),
        }
    }

    #[test]
    fn signs_subjects_and_statements_under_names_of_their_own() {
        let request = Request {
            subjects: vec![fake::subject("dist/app.whl"), fake::subject("other/app.whl")],
            statements: vec![
                statement("https://chiron.dev/attestation/scan/v0.1"),
                statement("https://chiron.dev/attestation/scan/v0.1"),
                statement("https://cyclonedx.org/bom"),
            ],
        };
        let signed = sign(&request, &FakeKeys::new().key("signing")).unwrap();
        let names: Vec<&str> = signed.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "dist/app.whl.sigstore.json",
                "other/app.whl.sigstore.json",
                "scan.intoto.sigstore.json",
                "scan.intoto.2.sigstore.json",
                "bom.intoto.sigstore.json"
            ]
        );
        assert_eq!(signed[0].bytes, b"bundle(dist/app.whl;)");
        assert_eq!(signed[4].bytes, b"bundle(dist/app.whl;https://cyclonedx.org/bom)");
        assert!(signed.iter().all(|file| file.media_type == BUNDLE_MEDIA_TYPE));
    }

    #[test]
    fn names_a_statement_by_its_predicate_type() {
        assert_eq!(predicate_name("https://slsa.dev/verification_summary/v1"), "verification-summary");
        assert_eq!(predicate_name("https://spdx.dev/Document/v2.3"), "document");
        assert_eq!(predicate_name("https://in-toto.io/attestation/vulns/v0.1"), "vulns");
        assert_eq!(predicate_name("//"), "statement");
    }

    #[test]
    fn a_key_that_is_not_bound_or_fails_signs_nothing() {
        let request = Request { subjects: vec![fake::subject("a")], statements: Vec::new() };
        assert!(matches!(sign(&request, &FakeKeys::new()), Err(PluginError::Denied(_))));
        let failing = FakeKeys::new().key("signing").failing(KeyError::Provider("no token".to_owned()));
        assert_eq!(sign(&request, &failing).unwrap_err(), PluginError::Unavailable("no token".to_owned()));
    }

    #[test]
    fn a_cancelled_run_signs_nothing() {
        fake::telemetry::cancel();
        let request = Request { subjects: vec![fake::subject("a")], statements: Vec::new() };
        assert_eq!(sign(&request, &FakeKeys::new().key("signing")).unwrap_err(), PluginError::Cancelled);
    }
}
