//! Flags of `chiron db`.

use std::path::PathBuf;

use chiron_model::ecosystem::Ecosystem;
use clap::{Args, Subcommand, ValueEnum};

/// `chiron db`
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Fetch the exports of osv.dev, or of a mirror, and make the database of them
    Update(UpdateArgs),
    /// Make the database from OSV records: osv.dev exports (ECOSYSTEM/all.zip), zips, JSON files, folders of them
    Import {
        /// Where the records are
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        place: DbPlace,
        /// Read everything and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what the database holds, where it is from and how old it is
    Status {
        #[command(flatten)]
        place: DbPlace,
        /// table or json
        #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
        output: Shown,
    },
    /// Show what is different between two databases, by record
    Diff {
        /// The folder of a database, or OSV records
        old: PathBuf,
        /// The folder of a database, or OSV records
        new: PathBuf,
        /// table or json
        #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
        output: Shown,
    },
    /// Find records by id or alias, by package (pkg:pypi/django@4.2), or by words
    Search {
        /// What to look for; several words must all be met
        #[arg(required = true)]
        query: Vec<String>,
        #[command(flatten)]
        place: DbPlace,
        /// Most records that are shown as a table
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// table or json
        #[arg(short, long = "output", value_name = "FORMAT", default_value = "table")]
        output: Shown,
    },
    /// Compare every byte with the database's digest
    Verify {
        #[command(flatten)]
        place: DbPlace,
    },
    /// Print the folder of the database
    Path {
        #[command(flatten)]
        place: DbPlace,
    },
}

/// `chiron db update`
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// A mirror with ECOSYSTEM/all.zip below it (https://, file:///, or http:// on this machine); may be repeated, and is
    /// tried in this order [default: the exports of osv.dev]
    #[arg(long, value_name = "URL")]
    pub(crate) from: Vec<String>,
    /// Which export; may be repeated [default: those that the database holds, PyPI, npm and crates.io where there is none]
    #[arg(long = "ecosystem", value_name = "NAME", value_parser = ecosystem)]
    pub(crate) ecosystems: Vec<Ecosystem>,
    #[command(flatten)]
    pub(crate) place: DbPlace,
    /// PEM file with certificates of authorities to trust besides the system's
    #[arg(long, env = "CHIRON_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Speak plain HTTP to mirrors at private addresses: whoever is on the way can leave advisories out
    #[arg(long)]
    pub(crate) plaintext_unsafe: bool,
    /// Accept that records of the old database are gone in the new one
    #[arg(long)]
    pub(crate) allow_loss: bool,
    /// Show what would be asked for, and touch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Make no network connection: only mirrors in folders (file:///) are read
    #[arg(long, env = "CHIRON_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,
}

/// Where a database is.
#[derive(Clone, Debug, Args)]
pub(crate) struct DbPlace {
    /// Folder of the advisory database
    #[arg(long, env = "CHIRON_DB", value_name = "DIR")]
    pub(crate) db: Option<PathBuf>,
}

/// How commands about databases answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// By OSV's name, in any case.
fn ecosystem(text: &str) -> Result<Ecosystem, String> {
    let found = Ecosystem::ALL.into_iter().find(|ecosystem| ecosystem.osv_name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let known: Vec<_> = Ecosystem::ALL.iter().map(|ecosystem| ecosystem.osv_name()).collect();
        format!("the advisory engine knows: {}", known.join(", "))
    })
}
