//! `[verify]` with `before_run`: nothing looks at subjects of which it is not known that they are the ones that were meant.

use std::path::PathBuf;
use std::sync::Arc;

use chiron_model::report::Note;
use chiron_trust::judge::RootOrigin;
use chiron_verify::{Account, Missing, Outcome, SubjectAccount, WantedError};

use crate::error::Error;
use crate::plan::Plan;

/// Verifies the subjects of a run, where its pipeline asks for it.
///
/// # Errors
/// [`Error::SubjectsUnverified`]; keys, roots and bundles that cannot be read.
pub(crate) async fn before(plan: &Arc<Plan>) -> Result<Option<Note>, Error> {
    if plan.verify.is_none() {
        return Ok(None);
    }
    let plan = Arc::clone(plan);
    let done = tokio::task::spawn_blocking(move || verify(&plan)).await;
    done.map_err(|error| Error::Bug(error.to_string()))?
}

fn verify(plan: &Plan) -> Result<Option<Note>, Error> {
    let Some(wanted) = &plan.verify else { return Ok(None) };
    let paths: Vec<PathBuf> = plan.subjects.iter().map(|planned| planned.path.clone()).collect();
    if paths.is_empty() && plan.unreadable.is_empty() {
        // Nothing to scan is what the run then says.
        return Ok(None);
    }
    let request = wanted.request(&paths, plan.time.evaluated_at).map_err(|error| unusable(&error))?;
    let account = chiron_verify::verify(&request)
        .map_err(|chiron_verify::Error::Unreadable { path, reason }| Error::io("read", path, reason))?;
    let mut failed: Vec<_> = account.subjects.iter().filter(|subject| fails(subject, &request)).map(why).collect();
    failed.extend(plan.unreadable.iter().map(|(name, reason)| format!("{name}: {reason}")));
    failed.extend(others_than_planned(plan, &account));
    if !failed.is_empty() {
        return Err(Error::SubjectsUnverified { failed });
    }
    let passed = account.subjects.iter().filter(|subject| subject.passed()).count();
    let mut message = format!("{passed} of {} files were verified before the run", account.subjects.len());
    if let Some(root) = request.root.as_ref().filter(|root| root.origin() != RootOrigin::Embedded) {
        message.push_str(&format!(", against the trust root {}", root.digest()));
    }
    Ok(Some(Note { code: "subjects-verified".to_owned(), message }))
}

/// Skipped is no pass; it is no failure only where that was asked for.
fn fails(subject: &SubjectAccount, request: &chiron_verify::Request) -> bool {
    let failed = subject.checks.iter().any(|check| check.outcome == Outcome::Failed);
    failed || (!subject.passed() && request.missing == Missing::Fails)
}

fn why(subject: &SubjectAccount) -> String {
    let reasons: Vec<_> = subject
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Failed)
        .map(|check| format!("{}: {}", check.check, check.reason))
        .collect();
    let reasons = if reasons.is_empty() { "nothing speaks for it".to_owned() } else { reasons.join("; ") };
    format!("{}: {reasons}", subject.name)
}

/// What was verified is what was hashed when the run was planned, and is held to it whenever it is read.
fn others_than_planned(plan: &Plan, account: &Account) -> Vec<String> {
    let differs = |planned: &&crate::subjects::PlannedSubject| {
        let name = planned.path.display().to_string();
        let verified = account.subjects.iter().find(|subject| subject.name == name);
        let digests: Vec<_> = planned.subject.digests.iter().map(ToString::to_string).collect();
        planned.subject.is_file()
            && verified.and_then(|one| one.digest.as_ref()).is_none_or(|one| !digests.contains(one))
    };
    let changed = |planned: &crate::subjects::PlannedSubject| format!("{}: it changed meanwhile", planned.subject.name);
    plan.subjects.iter().filter(differs).map(changed).collect()
}

fn unusable(error: &WantedError) -> Error {
    Error::io("use", "[verify]", error)
}
