//! `[keys.NAME.keyless]`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SecretTable, WitnessTable};

/// `[keys.NAME.keyless]`: a key that is made for the run, certified by Fulcio for the identity that a token names, logged in
/// Rekor and timestamped. Token, key and traffic stay in the host.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeylessTable {
    /// Where the identity token is. Left out: what CI gives, by GitHub Actions (`id-token: write`) or in the variable
    /// SIGSTORE_ID_TOKEN (GitLab, `id_tokens`).
    #[serde(default)]
    pub token: Option<SecretTable>,
    /// Whom the token has to be made for.
    #[serde(default = "audience")]
    pub audience: String,
    /// Who has to sign: what the certificate has to name. Left out: whoever the token is about.
    #[serde(default)]
    pub identity: Option<String>,
    /// Who has to vouch for that. Left out: whoever issued the token.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Which services sign: a `signing_config.json`, relative to this file; or that of a TUF repository, as for `trusted_root`. Left out:
    /// Sigstore's public ones.
    #[serde(default)]
    pub signing_config: Option<String>,
    /// Whom to believe of them: a `trusted_root.json`, relative to this file; or `tuf`, `tuf:NAME`, as `chiron verify --trusted-root`. Left out:
    /// Sigstore's public instance, as of this version.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// PEM file with certificate authorities that are trusted besides the system's, relative to this file.
    #[serde(default)]
    pub ca: Option<String>,
    /// `environment` (HTTPS_PROXY, ALL_PROXY, NO_PROXY; the default), `none`, or the address of a proxy.
    #[serde(default)]
    pub proxy: Option<String>,
    /// Whether services at loopback and private addresses may be reached.
    #[serde(default)]
    pub private_addresses: bool,
    /// Whether services may be reached by http://, at private addresses only. A token would go in the open.
    #[serde(default)]
    pub plaintext_unsafe: bool,
    /// Longest time for one request. Each is tried three times at most.
    #[serde(default = "timeout")]
    pub timeout: String,
}

/// The same services, asked for a certificate too: for whoever the token is about.
impl From<WitnessTable> for KeylessTable {
    fn from(table: WitnessTable) -> Self {
        let WitnessTable { signing_config, trusted_root, ca, proxy, private_addresses, plaintext_unsafe, timeout } =
            table;
        let who = Self { audience: audience(), ..Self::default() };
        Self { signing_config, trusted_root, ca, proxy, private_addresses, plaintext_unsafe, timeout, ..who }
    }
}

fn audience() -> String {
    "sigstore".to_owned()
}

pub(super) fn timeout() -> String {
    "15s".to_owned()
}
