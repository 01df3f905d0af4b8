//! What came of it: by subject and check.

use chiron_trust::judge::{Signed, SignedBy};
use serde::Serialize;

use crate::check::Check;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Evidence holds.
    Passed,
    /// Evidence does not hold, or what was asked for is not there.
    Failed,
    /// There was nothing to look at, and nobody asked.
    Skipped,
}

/// Everything, in order. Also the wire format of `-o json`.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Whether all of it holds.
    pub passed: bool,
    /// Sorted as given, then by path.
    pub subjects: Vec<SubjectAccount>,
}

/// What came of one file.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectAccount {
    /// Path, as it was reached.
    pub name: String,
    /// `sha256:…`; none where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// In the order of [`Check::ALL`].
    pub checks: Vec<CheckResult>,
}

/// What came of one check of one file.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// Its name.
    pub check: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// In words.
    pub reason: String,
    /// The file that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Who signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerAccount>,
    /// Other evidence, and why it did not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
}

/// Who signed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignerAccount {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    logged: bool,
    times: Vec<String>,
}

/// Evidence that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// The file.
    pub evidence: String,
    /// Why not.
    pub reason: String,
}

impl Account {
    /// Judges the whole: something was there, something passed of each subject, and nothing failed.
    pub(crate) fn new(subjects: Vec<SubjectAccount>) -> Self {
        let passed = !subjects.is_empty() && subjects.iter().all(SubjectAccount::passed);
        Self { passed, subjects }
    }
}

impl SubjectAccount {
    /// Whether something passed and nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let any = |outcome| self.checks.iter().any(|check| check.outcome == outcome);
        any(Outcome::Passed) && !any(Outcome::Failed)
    }

    /// Leaves out a folder that is nobody's business.
    pub(crate) fn without(&mut self, folder: &str) {
        let shorten = |text: &mut String| *text = text.replace(folder, "");
        shorten(&mut self.name);
        for check in &mut self.checks {
            shorten(&mut check.reason);
            check.evidence.iter_mut().for_each(shorten);
            check.tried.iter_mut().for_each(|tried| {
                shorten(&mut tried.evidence);
                shorten(&mut tried.reason);
            });
        }
    }
}

impl CheckResult {
    pub(crate) fn new(check: Check, outcome: Outcome, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { check: check.word(), outcome, reason, evidence: None, signer: None, tried: Vec::new() }
    }

    pub(crate) fn passed(check: Check, reason: impl Into<String>, evidence: &str) -> Self {
        Self { evidence: Some(evidence.to_owned()), ..Self::new(check, Outcome::Passed, reason) }
    }

    /// Failed, for the first of the reasons.
    pub(crate) fn failed(check: Check, mut tried: Vec<Tried>) -> Self {
        let first = if tried.is_empty() { None } else { Some(tried.remove(0)) };
        let (reason, evidence) = first.map_or_else(|| (String::new(), None), |one| (one.reason, Some(one.evidence)));
        Self { evidence, tried, ..Self::new(check, Outcome::Failed, reason) }
    }

    pub(crate) fn signed(self, signed: &Signed) -> Self {
        let (logged, times) = (signed.logged, signed.times.clone());
        let signer = match &signed.by {
            SignedBy::Key { key_id } => {
                SignerAccount { key: Some(key_id.clone()), identity: None, issuer: None, logged, times }
            }
            SignedBy::Identity { identity, issuer, .. } => SignerAccount {
                key: None,
                identity: Some(identity.clone()),
                issuer: Some(issuer.clone()),
                logged,
                times,
            },
        };
        Self { signer: Some(signer), ..self }
    }
}

/// Who signed, for a reason.
pub(crate) fn by(signed: &Signed) -> String {
    match &signed.by {
        SignedBy::Key { key_id } => format!("signed by the key {}", &key_id[..key_id.len().min(16)]),
        SignedBy::Identity { identity, issuer, .. } => format!("signed by {identity} ({issuer})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(outcomes: &[Outcome]) -> SubjectAccount {
        let checks = outcomes.iter().map(|outcome| CheckResult::new(Check::Sbom, *outcome, "")).collect();
        SubjectAccount { name: String::new(), digest: None, checks }
    }

    #[test]
    fn nothing_is_a_failure_and_skipped_is_never_passed() {
        use Outcome::{Failed, Passed, Skipped};
        assert!(!Account::new(Vec::new()).passed);
        assert!(!subject(&[]).passed() && !subject(&[Skipped, Skipped]).passed());
        assert!(subject(&[Passed, Skipped]).passed() && !subject(&[Passed, Failed]).passed());
        assert!(!Account::new(vec![subject(&[Passed]), subject(&[Skipped])]).passed);
    }
}
