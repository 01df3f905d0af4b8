//! Which statements there are about a run, and which of them a denied run gets.

use chiron_formats::cyclonedx::Contents;
use chiron_formats::{Format, Options, encode};
use chiron_model::report::Report;
use chiron_model::statement::{
    CYCLONEDX_PREDICATE, PROVENANCE_PREDICATE, SCAN_PREDICATE, SUMMARY_PREDICATE, Statement,
};

use super::predicate::{provenance, scan, summary};
use super::publish;
use crate::config::file::Attest;
use crate::error::Error;
use crate::plan::Plan;

/// The statements that the pipeline asks for, in its order.
///
/// # Errors
/// Never in practice: every predicate has a JSON form.
pub(super) fn all(plan: &Plan, report: &Report) -> Result<Vec<Statement>, Error> {
    let mut statements = Vec::new();
    for attest in &plan.attest {
        match attest {
            Attest::Scan | Attest::Sbom | Attest::Provenance | Attest::Summary => {
                statements.push(statement(*attest, plan, report)?);
            }
            Attest::Publish => statements.extend(publish::all(&plan.subjects)),
        }
    }
    Ok(statements)
}

/// Whether a statement holds of a run that denied: the two that say so.
pub(super) fn survives_denial(statement: &Statement) -> bool {
    matches!(statement.predicate_type.as_str(), SCAN_PREDICATE | SUMMARY_PREDICATE)
}

fn statement(attest: Attest, plan: &Plan, report: &Report) -> Result<Statement, Error> {
    let (predicate_type, predicate) = match attest {
        Attest::Scan => (SCAN_PREDICATE, scan::scan(report)?),
        Attest::Sbom => (CYCLONEDX_PREDICATE, sbom(report)?),
        Attest::Provenance => (PROVENANCE_PREDICATE, provenance::provenance(plan, report)?),
        Attest::Summary => (SUMMARY_PREDICATE, summary::summary(plan, report)?),
        // One for each subject, above.
        Attest::Publish => return Err(Error::Bug("publish is no statement about the whole run".to_owned())),
    };
    Ok(Statement {
        subjects: plan.subjects.iter().map(|planned| planned.subject.clone()).collect(),
        predicate_type: predicate_type.to_owned(),
        predicate,
    })
}

/// Components alone: what is in a subject stays true when advisories change.
fn sbom(report: &Report) -> Result<Vec<u8>, Error> {
    let options = Options { contents: Contents::ComponentsOnly, ..Options::default() };
    encode(report, Format::CycloneDxJson, &options).map_err(|error| Error::Bug(error.to_string()))
}
