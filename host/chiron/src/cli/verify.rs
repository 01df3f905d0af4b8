//! `chiron verify`: its flags, named as cosign and slsa-verifier name them.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// `chiron verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Files, and folders whose files are all verified (default with --pipeline: its subjects)
    #[arg(required_unless_present = "pipeline")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) checks: ChecksArgs,
}

/// What has to hold, and by whom: for files and for packs.
#[derive(Debug, Args)]
pub(crate) struct ChecksArgs {
    /// A pipeline.toml whose [verify] says what has to hold; flags replace what it says under the same name, and add checks
    #[arg(short, long, value_name = "FILE")]
    pub(crate) pipeline: Option<PathBuf>,
    /// Require a signature (the default; then the other checks are made where there is evidence)
    #[arg(long)]
    pub(crate) signatures: bool,
    /// Require an SBOM that is about the file
    #[arg(long)]
    pub(crate) sbom: bool,
    /// Require SLSA provenance by --builder-id, from --source-uri
    #[arg(long)]
    pub(crate) provenance: bool,
    /// Require the file's SHA-256 in a list as sha256sum writes it
    #[arg(long)]
    pub(crate) checksums: bool,
    /// Require all of them
    #[arg(long, conflicts_with_all = ["signatures", "sbom", "provenance", "checksums"])]
    pub(crate) all: bool,
    /// A Sigstore bundle, or a folder of them (default: those beside each file); may be repeated
    #[arg(long = "bundle", value_name = "PATH")]
    pub(crate) bundles: Vec<PathBuf>,
    /// The public key that has to have signed: a PEM file, env://NAME, or pkcs11:URI
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    /// Only statements of this predicate type count as a signature: a URI, or cosign's word for it
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) predicate_type: Option<String>,
    /// The builder that provenance has to name; without @VERSION, any version of it
    #[arg(long, value_name = "ID")]
    pub(crate) builder_id: Option<String>,
    /// The repository that provenance has to name; with @REF, that branch, tag or commit
    #[arg(long, value_name = "URI")]
    pub(crate) source_uri: Option<String>,
    /// An external parameter that provenance has to name, e.g. workflow.path=release.yml; may be repeated
    #[arg(long = "parameter", value_name = "PATH=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,
    /// Skip what is required and has no evidence, instead of failing; skipped is not passed
    #[arg(long)]
    pub(crate) allow_missing: bool,
    /// Make no network connection (verifying never makes one)
    #[arg(long, env = "CHIRON_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    #[allow(
        dead_code,
        reason = "holds whether or not it is given; scripts that say it everywhere should not fail here"
    )]
    pub(crate) offline: bool,
    /// How to report
    #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
    pub(crate) output: VerifyFormat,
}

/// An identity that has to have signed, and who vouches for it.
#[derive(Debug, Args)]
pub(crate) struct IdentityArgs {
    /// Whom to believe: a trusted_root.json; `tuf` or `tuf:NAME`, what `chiron trust update` fetched of Sigstore's or another TUF repository, as
    /// long as its time is not over; with `tuf-expired` also afterwards (default: that of Sigstore's public instance, as of this version)
    #[arg(long, env = "CHIRON_TRUSTED_ROOT", value_name = "FILE|tuf[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) trusted_root: Option<String>,
    /// The identity that has to have signed, exactly
    #[arg(long, value_name = "IDENTITY", conflicts_with = "certificate_identity_regexp")]
    pub(crate) certificate_identity: Option<String>,
    /// The same as an expression, which has to match all of it
    #[arg(long, value_name = "REGEXP")]
    pub(crate) certificate_identity_regexp: Option<String>,
    /// The provider that has to vouch for the identity, exactly
    #[arg(long, value_name = "URL", conflicts_with = "certificate_oidc_issuer_regexp")]
    pub(crate) certificate_oidc_issuer: Option<String>,
    /// The same as an expression, which has to match all of it
    #[arg(long, value_name = "REGEXP")]
    pub(crate) certificate_oidc_issuer_regexp: Option<String>,
}

impl IdentityArgs {
    /// Whether nobody in particular has to have signed.
    pub(crate) fn is_none(&self) -> bool {
        let Self { certificate_identity, certificate_identity_regexp, .. } = self;
        let Self { certificate_oidc_issuer, certificate_oidc_issuer_regexp, .. } = self;
        let named = [
            certificate_identity,
            certificate_identity_regexp,
            certificate_oidc_issuer,
            certificate_oidc_issuer_regexp,
        ];
        named.into_iter().all(Option::is_none)
    }
}

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyFormat {
    /// For people; -v gives reasons
    Table,
    /// Everything
    Json,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.is_empty() => Ok((path.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not PATH=VALUE")),
    }
}
