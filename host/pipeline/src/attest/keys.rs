//! Reading the keys that steps bound. Neither a key nor a part of one reaches an error, a log or a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use chiron_model::step::Failure;
use chiron_trust::PrivateKey;

use crate::plan::Plan;

/// Loads every bound key.
pub(super) fn load(plan: &Plan) -> Result<BTreeMap<String, Arc<PrivateKey>>, Failure> {
    let mut keys = BTreeMap::new();
    for (name, table) in &plan.keys {
        let failed = |reason: String| Failure {
            code: "key".to_owned(),
            message: format!("the key `{name}` cannot be used: {reason}"),
            hint: Some(
                "a P-256 private key in PEM, e.g. from: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
                    .to_owned(),
            ),
        };
        let key = match (&table.file, &table.env) {
            (Some(file), _) => PrivateKey::load(&plan.folder.join(file)).map_err(|error| failed(error.to_string()))?,
            (None, Some(variable)) => {
                let text = std::env::var(variable).map_err(|_| failed(format!("the environment has no {variable}")))?;
                PrivateKey::from_pem(&text).map_err(|error| failed(error.to_string()))?
            }
            (None, None) => return Err(failed("it has neither `file` nor `env`".to_owned())),
        };
        keys.insert(name.clone(), Arc::new(key));
    }
    Ok(keys)
}
