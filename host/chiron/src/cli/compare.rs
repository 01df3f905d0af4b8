//! Flags of `chiron diff` and `chiron explain`.

use std::path::PathBuf;

use chiron_formats::diff::Shown;
use clap::{Args, ValueEnum};

/// `chiron diff`
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// A report of Chiron (-o json), an SBOM, or anything else that lists components: a lock file, a folder, an image
    pub(crate) old: PathBuf,
    /// What it is compared with
    pub(crate) new: PathBuf,
    // What help says is put together from the ways that there are.
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", value_parser = difference, help = difference_help())]
    pub(crate) outputs: Vec<DiffOutput>,
    /// Exit with 1 where something is different, as git does; without it, with 0
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// The most that any pipeline may grant, spend or skip; caps beside /etc/chiron/operator.toml
    #[arg(long, env = "CHIRON_OPERATOR", value_name = "FILE")]
    pub(crate) operator: Option<PathBuf>,
}

/// How a difference is shown, and where; standard output where no file is named.
#[derive(Clone, Debug)]
pub(crate) struct DiffOutput {
    pub(crate) shown: Shown,
    pub(crate) file: Option<PathBuf>,
}

/// `chiron explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A report of Chiron (-o json=FILE), any id of a vulnerability, a package URL, in any order. A report alone: everything that
    /// scanners do not agree about. An id and a package alone: what the advisory database says
    #[arg(value_name = "REPORT|ID|PURL", num_args = 1..=3, required = true)]
    pub(crate) about: Vec<String>,
    /// An advisory database to ask: a folder made by `chiron db`, or OSV records; may be repeated. Without a report, the
    /// user's own where none is named
    #[arg(long, env = "CHIRON_DB", value_name = "PATH")]
    pub(crate) db: Vec<PathBuf>,
    /// table or json
    #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
    pub(crate) output: ExplainShown,
}

/// How explanations are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainShown {
    /// For people.
    Table,
    /// For programs.
    Json,
}

fn difference(text: &str) -> Result<DiffOutput, String> {
    let (word, file) = match text.split_once('=') {
        Some((_, "")) => {
            return Err(format!("`{text}` names no file: write FORMAT=FILE, or FORMAT alone for standard output"));
        }
        Some((word, file)) => (word, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let found = Shown::ALL.into_iter().find(|shown| shown.word() == word);
    let shown = found.ok_or_else(|| format!("`{word}` is not a format: expected one of {}", words()))?;
    Ok(DiffOutput { shown, file })
}

fn difference_help() -> String {
    format!("How and where to show it; may be repeated. FORMAT is one of {}", words())
}

fn words() -> String {
    Shown::ALL.map(Shown::word).join(", ")
}
