//! `chiron pep740`: its flags.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::verify::IdentityArgs;

/// `chiron pep740`
#[derive(Debug, Subcommand)]
pub(crate) enum Pep740Command {
    /// Make NAME.publish.attestation (or NAME.slsa.attestation) of a bundle about a wheel or source distribution
    Create(Pep740CreateArgs),
    /// Make Sigstore bundles of an attestation, or of what an index serves
    Bundle(Pep740BundleArgs),
}

/// `chiron pep740 create`
#[derive(Debug, Args)]
pub(crate) struct Pep740CreateArgs {
    /// Wheels and source distributions
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The bundle (default: those beside each file that hold a statement PEP 740 takes)
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `chiron pep740 bundle`
#[derive(Debug, Args)]
pub(crate) struct Pep740BundleArgs {
    /// NAME.publish.attestation, or NAME.provenance
    pub(crate) attestation: PathBuf,
    /// Where to write the bundle (default: NAME.sigstore.json in place of the last ending; numbered where there are several)
    #[arg(short, long = "output", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
