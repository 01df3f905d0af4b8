//! `[endpoints.NAME]`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[endpoints.NAME]`: where a plugin's requests go, and what they may be.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointTable {
    /// Everything a plugin asks for lies below this address, e.g. `https://scan.example.com/api/`.
    pub base: String,
    /// Sent as `Authorization: Bearer`, to `base` and nowhere else.
    #[serde(default)]
    pub token: Option<SecretTable>,
    /// Other header fields with credentials, e.g. `headers.x-api-key = { env = "ACME_KEY" }`.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretTable>,
    /// PEM file with certificate authorities that are trusted besides the system's, relative to this file.
    #[serde(default)]
    pub ca: Option<String>,
    /// `environment` (HTTPS_PROXY, ALL_PROXY, NO_PROXY; the default), `none`, or the address of a proxy.
    #[serde(default)]
    pub proxy: Option<String>,
    /// Whether loopback and private addresses may be reached. Link-local ones, and those at which a cloud hands out
    /// credentials, never are.
    #[serde(default)]
    pub private_addresses: bool,
    /// Whether `base` may begin with http://. Only private addresses are spoken to so.
    #[serde(default)]
    pub plaintext_unsafe: bool,
    /// Other origins that a redirect may lead to, e.g. `https://cdn.example.com`. They see no credential.
    #[serde(default)]
    pub redirects: Vec<String>,
    /// What requests may do.
    #[serde(default = "methods")]
    pub methods: Vec<MethodWord>,
    /// Largest body of an answer.
    #[serde(default = "response")]
    pub response: String,
    /// Longest time for one request, redirects and all.
    #[serde(default = "timeout")]
    pub timeout: String,
}

fn methods() -> Vec<MethodWord> {
    vec![MethodWord::Get, MethodWord::Head, MethodWord::Post]
}

fn response() -> String {
    "16 MiB".to_owned()
}

fn timeout() -> String {
    "30s".to_owned()
}

/// Where a secret is. It is read when a run starts, and stands in no file, log or report.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretTable {
    /// Environment variable that holds it.
    #[serde(default)]
    pub env: Option<String>,
    /// File that holds it, relative to this file.
    #[serde(default)]
    pub file: Option<String>,
}

/// A request method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum MethodWord {
    /// Reads.
    Get,
    /// Reads the head only.
    Head,
    /// Sends something to be processed.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl From<MethodWord> for chiron_egress::Method {
    fn from(word: MethodWord) -> Self {
        match word {
            MethodWord::Get => Self::Get,
            MethodWord::Head => Self::Head,
            MethodWord::Post => Self::Post,
            MethodWord::Put => Self::Put,
            MethodWord::Patch => Self::Patch,
            MethodWord::Delete => Self::Delete,
        }
    }
}
