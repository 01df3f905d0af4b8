//! PEP 740: a statement for each distribution that it is published, and the file that indexes take for it.

use std::collections::HashSet;

use chiron_model::statement::Statement;
use chiron_trust::pep740::{self, Distribution, PUBLISH};

use super::Bundle;
use crate::plan::Plan;
use crate::powers::keys::sha256_of;
use crate::subjects::PlannedSubject;

/// The statement about a subject; None where it is no wheel and no source distribution.
fn of(planned: &PlannedSubject) -> Option<Statement> {
    let name = file_name(planned);
    Distribution::parse(&name).ok()?;
    sha256_of(&planned.subject)?;
    // The format names files, not places.
    let subject = chiron_model::subject::Subject { name, ..planned.subject.clone() };
    Some(Statement { subjects: vec![subject], predicate_type: PUBLISH.to_owned(), predicate: b"{}".to_vec() })
}

/// The statements about subjects, each once: of a file that lies in two folders there is one.
pub(super) fn all(subjects: &[PlannedSubject]) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut seen = HashSet::new();
    for statement in subjects.iter().filter_map(of) {
        let files = statement.subjects.iter().map(|subject| (subject.name.clone(), subject.digests.clone()));
        if seen.insert(files.collect::<Vec<_>>()) {
            statements.push(statement);
        }
    }
    statements
}

/// What is written for a signed statement of this kind, beside each file that it is about; None for one of another kind.
///
/// # Errors
/// In words, when the bundle cannot be said as PEP 740 has it.
pub(super) fn beside(plan: &Plan, statement: &Statement, bundle: &[u8]) -> Result<Option<Vec<Bundle>>, String> {
    if statement.predicate_type != PUBLISH {
        return Ok(None);
    }
    let of = |planned: &&PlannedSubject| {
        statement
            .subjects
            .iter()
            .any(|subject| subject.digests == planned.subject.digests && subject.name == file_name(planned))
    };
    let write = |planned: &PlannedSubject| {
        let file = file_name(planned);
        let sha256 = planned.subject.digests.iter().find(|digest| digest.algorithm() == "sha256");
        let sha256 = sha256.ok_or("its subject has no SHA-256")?.hex();
        let bytes = pep740::from_bundle(bundle, &file, sha256).map_err(|error| error.to_string())?;
        Ok(Bundle { path: planned.path.with_file_name(pep740::file_name(&file, "publish")), bytes })
    };
    let bundles = plan.subjects.iter().filter(of).map(write).collect::<Result<Vec<_>, String>>()?;
    if bundles.is_empty() { Err("it is about no subject of this run".to_owned()) } else { Ok(Some(bundles)) }
}

fn file_name(planned: &PlannedSubject) -> String {
    planned.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
