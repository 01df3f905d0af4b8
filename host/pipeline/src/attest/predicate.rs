//! What statements about a run say. Wire formats: frozen structs, not our model with serde on it.

pub(super) mod provenance;
pub(super) mod scan;
pub(super) mod summary;

use serde_json::Value;

/// JSON Schemas of the predicates that are ours, by file name.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("scan.predicate.schema.json", schemars::schema_for!(scan::Scan<'_>).to_value()),
        ("provenance.predicate.schema.json", schemars::schema_for!(provenance::Provenance<'_>).to_value()),
    ]
}
