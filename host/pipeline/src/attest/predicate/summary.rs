//! SLSA verification summary v1: the verdict, for those who want nothing else.

use std::collections::BTreeMap;

use chiron_model::report::Report;
use chiron_model::verdict::Decision;
use serde::Serialize;

use super::provenance::BUILDER;
use crate::error::Error;
use crate::plan::Plan;

/// Predicate `https://slsa.dev/verification_summary/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    verifier: Verifier<'a>,
    time_verified: &'a str,
    resource_uri: String,
    policy: Policy<'a>,
    verification_result: &'a str,
    /// Chiron judges what is in a subject, and no level of how it was built.
    verified_levels: [&'a str; 1],
    slsa_version: &'a str,
}

#[derive(Serialize)]
struct Verifier<'a> {
    id: &'a str,
    version: BTreeMap<&'static str, &'a str>,
}

#[derive(Serialize)]
struct Policy<'a> {
    uri: String,
    digest: BTreeMap<&'a str, &'a str>,
}

/// The predicate of a report, as JSON.
///
/// # Errors
/// Never in practice: the structs have a JSON form.
pub(in crate::attest) fn summary(plan: &Plan, report: &Report) -> Result<Vec<u8>, Error> {
    let passed = report.verdict.judged && report.verdict.decision != Decision::Deny;
    let summary = Summary {
        verifier: Verifier { id: BUILDER, version: BTreeMap::from([("chiron", report.chiron_version.as_str())]) },
        time_verified: &report.evaluated_at,
        resource_uri: format!("chiron:pipeline/{}", report.pipeline),
        policy: Policy {
            uri: format!("chiron:pipeline/{}", report.pipeline),
            digest: BTreeMap::from([(plan.config.algorithm(), plan.config.hex())]),
        },
        verification_result: if passed { "PASSED" } else { "FAILED" },
        verified_levels: ["SLSA_BUILD_LEVEL_UNEVALUATED"],
        slsa_version: "1.0",
    };
    serde_json::to_vec(&summary).map_err(|error| Error::Bug(error.to_string()))
}
