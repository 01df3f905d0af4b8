//! Statements that say no. Signed as they are, they endorse nothing.

use chiron_model::statement::{SCAN_PREDICATE, SUMMARY_PREDICATE};
use chiron_trust::statement::foreign::ForeignStatement;
use serde_json::Value;

/// in-toto test result.
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// Why a statement speaks against its subjects; None where it does not.
pub(crate) fn objection(statement: &ForeignStatement) -> Option<String> {
    let field = |name: &str| statement.predicate.get(name).and_then(Value::as_str).unwrap_or_default();
    let said = |name: &str, good: &[&str]| {
        let found = field(name);
        (!good.contains(&found)).then(|| format!("it says `{name}`: `{}`", found.escape_debug()))
    };
    match statement.predicate_type.as_str() {
        SCAN_PREDICATE => said("decision", &["allow", "warn"]).or_else(|| {
            let judged = statement.predicate.get("judged") == Some(&Value::Bool(true));
            (!judged).then(|| "it says that the run could not judge".to_owned())
        }),
        SUMMARY_PREDICATE => said("verificationResult", &["PASSED"]),
        TEST_RESULT => said("result", &["PASSED", "WARNED"]),
        _ => None,
    }
}
