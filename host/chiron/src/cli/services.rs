//! Flags about services that sign keyless or witness what a key signs, named as cosign names them.

use std::path::PathBuf;

use clap::Args;

/// Who takes part in a signature.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServicesArgs {
    /// Where the identity token is, when no key is given: a file, or env://NAME (default: what CI gives)
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(crate) identity_token: Option<String>,
    /// Which services sign: a signing_config.json (default: Sigstore's public ones; with a key: nobody is asked). With a key, the log
    /// and the timestamp authority that it names witness the signature
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_config: Option<String>,
    /// Whom to believe of them: Sigstore's trusted_root.json (default: that of the public instance, as of this version)
    #[arg(long, env = "CHIRON_TRUSTED_ROOT", value_name = "FILE")]
    pub(crate) trusted_root: Option<String>,
    /// PEM file with certificates of authorities to trust besides the system's
    #[arg(long, env = "CHIRON_CA", value_name = "FILE")]
    pub(crate) ca: Option<String>,
    /// environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY; the default), none, or the address of a proxy
    #[arg(long, value_name = "PROXY")]
    pub(crate) proxy: Option<String>,
    /// Services at loopback and private addresses may be reached
    #[arg(long)]
    pub(crate) private_addresses: bool,
    /// Services may be reached by http://, at private addresses only: a token would go in the open
    #[arg(long)]
    pub(crate) plaintext_unsafe: bool,
    /// Longest time for one request; each is tried three times at most
    #[arg(long, value_name = "TIME", default_value = "15s")]
    pub(crate) timeout: String,
    /// The most that may be asked; caps beside /etc/chiron/operator.toml
    #[arg(long, env = "CHIRON_OPERATOR", value_name = "FILE")]
    pub(crate) operator: Option<PathBuf>,
    /// Make no network connection: only a key that nobody witnesses signs
    #[arg(long, env = "CHIRON_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,
}
