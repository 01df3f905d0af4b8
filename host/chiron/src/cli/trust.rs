//! Flags of `chiron trust`.

use std::path::PathBuf;

use chiron_trust::tuf::{Known, RepositoryName, TRUSTED_ROOT};
use clap::{Args, Subcommand};

use super::Shown;

/// `chiron trust`
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Fetch what is new of a TUF repository, verified from the root that it began with; the only connection that is ever made for a trust
    /// root. Use it with --trusted-root tuf, or tuf:NAME
    Update(TrustUpdateArgs),
    /// Show which trust roots are known here, what they hold and until when
    Show {
        /// Only this repository
        #[arg(value_parser = name)]
        name: Option<RepositoryName>,
        /// table or json
        #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
        output: Shown,
    },
    /// Print a file of a TUF repository as it was signed, for other tools; it is verified first
    Print {
        /// The repository
        #[arg(value_parser = name, default_value = Known::Sigstore.word())]
        name: RepositoryName,
        /// The file
        #[arg(long, default_value = TRUSTED_ROOT)]
        target: String,
        /// Print it although its time is over
        #[arg(long)]
        expired: bool,
    },
    /// Forget a TUF repository, the root that it began with and which versions were seen
    Remove {
        /// The repository
        #[arg(value_parser = name)]
        name: RepositoryName,
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// `chiron trust update`
#[derive(Debug, Args)]
pub(crate) struct TrustUpdateArgs {
    /// The repository: sigstore, github, or a name of your own [default: sigstore; with --root, a name made of the mirror's address]
    #[arg(value_parser = name)]
    pub(crate) name: Option<RepositoryName>,
    /// Where it is: https://, file:///, a folder, or http:// on this machine [default: the mirror that was asked last, or the owner's]
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,
    /// The root.json that trust begins with, on your word; needed once for a repository of your own
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    /// PEM file with certificates of authorities to trust besides the system's
    #[arg(long, env = "CHIRON_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Speak plain HTTP to mirrors at private addresses: whoever is on the way can hold back what is newer, until its time is over
    #[arg(long)]
    pub(crate) plaintext_unsafe: bool,
    /// Show what would be asked, and touch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Make no network connection: only mirrors in folders are read
    #[arg(long, env = "CHIRON_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,
}

fn name(text: &str) -> Result<RepositoryName, String> {
    RepositoryName::parse(text).map_err(|error| error.to_string())
}
