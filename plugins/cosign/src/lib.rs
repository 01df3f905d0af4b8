//! Signs the run's subjects and statements with the bound key, as Sigstore bundles.
//!
//! The mathematics, the key and the traffic to Fulcio and Rekor are the host's; this plugin decides what is signed and
//! under which names. What it signs, `cosign verify-blob --bundle` and `cosign verify-blob-attestation --bundle` read.

mod bundles;

use chiron_sdk::sign::{Keys, Request, Signed, Signer};
use chiron_sdk::{Description, Plugin, PluginError, config};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Cosign;

/// It takes no configuration: what is signed with what is the step's `bind` and the run's statements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

impl Plugin for Cosign {
    fn describe() -> Description {
        Description::new(
            "cosign",
            env!("CARGO_PKG_VERSION"),
            "Signs subjects and statements as Sigstore bundles that cosign verifies",
        )
        .request("key", bundles::KEY_LABEL, "signs the run's subjects and statements")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        config::parse::<Config>(text)?;
        Ok(Self)
    }
}

impl Signer for Cosign {
    fn sign(&self, request: &Request, keys: &dyn Keys) -> Result<Vec<Signed>, PluginError> {
        bundles::sign(request, keys)
    }
}

chiron_sdk::export!(Cosign as signer);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_the_one_key_it_needs() {
        let description = Cosign::describe();
        let requests: Vec<_> = description.requests.iter().map(|r| (r.capability.as_str(), r.label.as_str())).collect();
        assert_eq!(requests, [("key", "signing")]);
    }

    #[test]
    fn takes_no_configuration() {
        assert!(Cosign::configure("{}").is_ok());
        assert!(matches!(Cosign::configure(r#"{"key": "x"}"#), Err(PluginError::BadConfig(_))));
    }
}
