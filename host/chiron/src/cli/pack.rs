//! `chiron pack`: its flags.

use std::path::PathBuf;

use chiron_archive::Packing;
use clap::{Args, Subcommand};

use super::verify::{ChecksArgs, VerifyFormat};

/// `chiron pack`
#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Put files and what speaks for them into one tar.gz or tar.zst
    Create(PackCreateArgs),
    /// Verify the files of a pack with the evidence in it, as `chiron verify` would
    Verify(Box<PackVerifyArgs>),
    /// Show what a pack says that it holds; verifies nothing
    Inspect(PackInspectArgs),
}

/// `chiron pack create`
#[derive(Debug, Args)]
pub(crate) struct PackCreateArgs {
    /// Files, and folders whose files all go in; evidence beside a file goes in with it
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The pack; its name says how it is compressed: .tar.gz, .tgz or .tar.zst
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// tar.gz or tar.zst, whatever the name says
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Packing>,
    /// An SBOM (CycloneDX or SPDX 2, JSON); may be repeated
    #[arg(long = "sbom", value_name = "FILE")]
    pub(crate) sboms: Vec<PathBuf>,
    /// A report, in any format; may be repeated
    #[arg(long = "report", value_name = "FILE")]
    pub(crate) reports: Vec<PathBuf>,
    /// A Sigstore bundle or PEP 740 attestation, or a folder of them; may be repeated
    #[arg(long = "attestation", visible_alias = "bundle", value_name = "PATH")]
    pub(crate) attestations: Vec<PathBuf>,
    /// Say what would go in, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `chiron pack verify`
#[derive(Debug, Args)]
pub(crate) struct PackVerifyArgs {
    /// The pack
    pub(crate) pack: PathBuf,
    #[command(flatten)]
    pub(crate) checks: ChecksArgs,
}

/// `chiron pack inspect`
#[derive(Debug, Args)]
pub(crate) struct PackInspectArgs {
    /// The pack
    pub(crate) pack: PathBuf,
    /// How to report
    #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
    pub(crate) output: VerifyFormat,
}
