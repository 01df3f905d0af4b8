//! Flags about what people said: suppressions, VEX, baselines.

use std::path::PathBuf;

use chiron_model::vex::{Justification, VexStatus};
use clap::{Args, Subcommand};

use super::Shown;

/// Files that are heard before the gate.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WordsArgs {
    /// Suppressions: `[[suppress]]` in TOML, .trivyignore, .trivyignore.yaml, osv-scanner.toml, .grype.yaml; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) ignore_file: Vec<PathBuf>,
    /// A VEX document: OpenVEX, CSAF or CycloneDX; may be repeated, and of contradicting statements the newer holds
    #[arg(long, value_name = "FILE")]
    pub(crate) vex: Vec<PathBuf>,
    /// An earlier report (-o json=FILE): findings that it has, no less severe, are set aside
    #[arg(long, value_name = "REPORT")]
    pub(crate) baseline: Option<PathBuf>,
}

/// `chiron ignore`
#[derive(Debug, Subcommand)]
pub(crate) enum IgnoreCommand {
    /// Set a finding aside, with a reason
    Add(IgnoreAdd),
    /// Show what ignore files say, whosever they are
    List {
        /// The files
        #[arg(default_value = DEFAULT_FILE)]
        files: Vec<PathBuf>,
        /// table or json
        #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
        output: Shown,
    },
    /// Take out what has expired, and what a report shows to be unused
    Prune {
        /// The file
        #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
        file: PathBuf,
        /// A report (-o json) of a run with this file: entries about none of its findings go too
        #[arg(long, value_name = "REPORT")]
        unused_in: Option<PathBuf>,
        /// Say what would go and write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Our own file, unless another is named.
const DEFAULT_FILE: &str = "chiron-ignore.toml";

/// `chiron ignore add`
#[derive(Debug, Args)]
pub(crate) struct IgnoreAdd {
    /// The vulnerability or rule, by any id of its alias group
    #[arg(required_unless_present_any = ["purl", "path"])]
    pub(crate) id: Option<String>,
    /// Only in this package; `*` is any text, and without a version it means all versions
    #[arg(long)]
    pub(crate) purl: Option<String>,
    /// Only in places like this glob
    #[arg(long, value_name = "GLOB")]
    pub(crate) path: Option<String>,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// Who answers for it
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// The last day on which it holds, e.g. 2027-01-31
    #[arg(long, value_name = "DATE")]
    pub(crate) expires: Option<String>,
    /// The file; made where it is not there
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub(crate) file: PathBuf,
    /// Print the file and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `chiron vex`
#[derive(Debug, Subcommand)]
pub(crate) enum VexCommand {
    /// Add a statement to an OpenVEX document
    Add(VexAdd),
    /// Make one OpenVEX document of several, whatever their formats
    Merge {
        /// The documents
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Who says so
        #[arg(long, default_value = "Chiron")]
        author: String,
        /// Where to write it; standard output where no file is named
        #[arg(short, long = "output", value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// `chiron vex add`
#[derive(Debug, Args)]
pub(crate) struct VexAdd {
    /// The vulnerability
    pub(crate) vulnerability: String,
    /// What it is about: a package URL, or another id; may be repeated
    #[arg(long, required = true)]
    pub(crate) product: Vec<String>,
    /// The part of the product that is meant: a package URL; may be repeated
    #[arg(long)]
    pub(crate) subcomponent: Vec<String>,
    /// not_affected, affected, fixed or under_investigation
    #[arg(long, value_parser = status)]
    pub(crate) status: VexStatus,
    /// Why not affected: component_not_present, vulnerable_code_not_present, vulnerable_code_not_in_execute_path,
    /// vulnerable_code_cannot_be_controlled_by_adversary or inline_mitigations_already_exist
    #[arg(long, value_parser = justification)]
    pub(crate) justification: Option<Justification>,
    /// Why not affected, in words
    #[arg(long, value_name = "TEXT")]
    pub(crate) impact: Option<String>,
    /// What to do where affected
    #[arg(long, value_name = "TEXT")]
    pub(crate) action: Option<String>,
    /// Who says so, for a new document
    #[arg(long, default_value = "Chiron")]
    pub(crate) author: String,
    /// The document; made where it is not there
    #[arg(long, value_name = "FILE", default_value = "openvex.json")]
    pub(crate) file: PathBuf,
    /// Print the document and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn status(word: &str) -> Result<VexStatus, String> {
    VexStatus::from_word(word)
        .ok_or_else(|| format!("one of {}", VexStatus::WORST_FIRST.map(VexStatus::word).join(", ")))
}

fn justification(word: &str) -> Result<Justification, String> {
    Justification::from_word(word)
        .ok_or_else(|| format!("one of {}", Justification::ALL.map(Justification::word).join(", ")))
}
