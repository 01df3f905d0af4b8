//! The command line: flags, environment, help.

mod attest;
mod compare;
mod db;
mod key;
mod pack;
mod pep740;
mod plugin;
mod services;
mod standing;
mod telemetry;
mod trust;
mod verify;

use std::fmt;
use std::path::{Path, PathBuf};

use chiron_formats::{Format, Template};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::template;
pub(crate) use attest::AttestArgs;
pub(crate) use compare::{DiffArgs, DiffOutput, ExplainArgs, ExplainShown};
pub(crate) use db::{DbCommand, DbPlace, Shown, UpdateArgs};
pub(crate) use key::{COSIGN_PASSWORD, KeyCommand, PasswordArgs, PinArgs, given};
pub(crate) use pack::{PackCommand, PackCreateArgs, PackInspectArgs, PackVerifyArgs};
pub(crate) use pep740::{Pep740BundleArgs, Pep740Command, Pep740CreateArgs};
pub(crate) use plugin::{PluginCommand, PluginVerifyArgs};
pub(crate) use services::ServicesArgs;
pub(crate) use standing::{IgnoreAdd, IgnoreCommand, VexAdd, VexCommand, WordsArgs};
pub(crate) use telemetry::{LogFormat, TelemetryArgs};
pub(crate) use trust::{TrustCommand, TrustUpdateArgs};
pub(crate) use verify::{ChecksArgs, IdentityArgs, VerifyArgs, VerifyFormat};

/// Runs software supply-chain checks as sandboxed WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(name = "chiron", version, after_help = exit_codes(), propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Flags that every command knows.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Say more; may be repeated
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// How messages are written to standard error: for people, or as JSON, an object on each line
    #[arg(long, global = true, env = "CHIRON_LOG_FORMAT", value_name = "FORMAT", default_value = "human")]
    pub(crate) log_format: LogFormat,
}

/// What chiron does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the pipeline that a file declares
    Run(RunArgs),
    /// Find known vulnerabilities in packages, lock files, SBOMs and folders of them
    Scan(ScanArgs),
    /// List the components of packages, lock files, SBOMs and folders of them
    Sbom(SbomArgs),
    /// Show what is different between two SBOMs or two reports: components, and findings
    Diff(DiffArgs),
    /// Say why something is a finding, or is none: ranges, aliases, suppressions, VEX, paths, fixes, and why scanners do not agree
    Explain(ExplainArgs),
    /// Write chiron.lock: which plugins a pipeline was reviewed with
    Lock(LockArgs),
    /// Verify signatures, SBOMs, provenance and checksums of files and of all files in folders
    Verify(Box<VerifyArgs>),
    /// Carry files and what speaks for them in one archive
    #[command(subcommand, visible_alias = "bundle")]
    Pack(PackCommand),
    /// Turn Sigstore bundles into attestations that Python package indexes take, and back
    #[command(subcommand)]
    Pep740(Pep740Command),
    /// Run a command, and sign what it was run on and what it made
    Attest(Box<AttestArgs>),
    /// Make and replace signing keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Fetch and look at trust roots: whom to believe about signatures
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Fetch, make and look at the advisory database
    #[command(subcommand)]
    Db(DbCommand),
    /// Set findings aside, with reasons
    #[command(subcommand)]
    Ignore(IgnoreCommand),
    /// Say where products stand towards vulnerabilities
    #[command(subcommand)]
    Vex(VexCommand),
    /// Work with plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Look at and empty the cache of compiled plugins
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Write a pipeline.toml for what lies in a folder
    Init(InitArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands into a folder
    Man {
        /// The folder; it must be there
        dir: Option<PathBuf>,
    },
}

/// `chiron init`
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Print the file and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Replace a pipeline.toml that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `chiron run`
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The pipeline
    #[arg(default_value = "pipeline.toml")]
    pub(crate) pipeline: PathBuf,
    /// Show what would run, with which powers, and touch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Run again whenever something changes that the run stands on, and say what is different; Ctrl-C ends
    #[arg(long, conflicts_with_all = ["dry_run", "metrics_file", "trace_file"])]
    pub(crate) watch: bool,
    /// Require chiron.lock, covering everything
    #[arg(long, env = "CHIRON_LOCKED", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) locked: bool,
    /// Replace a plugin by a component file, for development (refused with --locked or CI=true)
    #[arg(long = "plugin", value_name = "NAME=PATH", value_parser = name_and_path)]
    pub(crate) plugins: Vec<(String, PathBuf)>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `chiron scan`
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Packages, images, executables, lock files, SBOMs, folders of them; `-` is standard input
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// What standard input is called: lock files are known by their names
    #[arg(long, value_name = "NAME", default_value = "stdin", value_parser = plain_name)]
    pub(crate) stdin_name: String,
    /// Scan again whenever something changes that the scan stands on, and say what is different; Ctrl-C ends
    #[arg(long, conflicts_with_all = ["metrics_file", "trace_file"])]
    pub(crate) watch: bool,
    /// Deny (exit 1) findings of this severity or worse; without it, report and exit 0
    #[arg(long, env = "CHIRON_FAIL_ON", value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Threshold>,
    /// Plugins that list components or find advisories: builtins, or component files; may be repeated. Where none of a kind is
    /// named, `cyclonedx` lists, and `osv` finds
    #[arg(long, value_name = "PLUGIN")]
    pub(crate) with: Vec<String>,
    /// With --fail-on: what findings without a severity, or that could not be decided, do
    #[arg(long, env = "CHIRON_UNKNOWN", value_name = "DECISION", default_value = "deny")]
    pub(crate) unknown: Decision,
    /// Deny (exit 1) what CISA's catalogue of known exploited vulnerabilities lists; needs --kev
    #[arg(long, requires = "kev")]
    pub(crate) fail_on_kev: bool,
    /// Deny (exit 1) findings whose EPSS score is this or more, from 0 to 1; needs --epss
    #[arg(long, value_name = "SCORE", requires = "epss", value_parser = probability)]
    pub(crate) fail_on_epss: Option<f64>,
    /// Deny nothing of which no fix is known
    #[arg(long, visible_alias = "ignore-unfixed")]
    pub(crate) only_fixed: bool,
    /// What nothing to scan means: fail (exit 5) or pass (exit 0)
    #[arg(long, env = "CHIRON_ON_EMPTY", value_name = "WORD", default_value = "fail")]
    pub(crate) on_empty: Empty,
    /// Longest time since the advisory database was updated or imported, e.g. 7d or 36h; with an older one the scan exits 6
    #[arg(long, env = "CHIRON_MAX_DB_AGE", value_name = "AGE", value_parser = age)]
    pub(crate) max_db_age: Option<String>,
    /// FIRST.org's EPSS scores (CSV, plain or gzip): how likely each CVE is to be exploited
    #[arg(long, env = "CHIRON_EPSS", value_name = "FILE")]
    pub(crate) epss: Option<PathBuf>,
    /// CISA's catalogue of Known Exploited Vulnerabilities (JSON)
    #[arg(long, env = "CHIRON_KEV", value_name = "FILE")]
    pub(crate) kev: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `chiron sbom`
#[derive(Debug, Args)]
pub(crate) struct SbomArgs {
    /// Packages, images, executables, lock files, SBOMs, folders of them; `-` is standard input
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// What standard input is called: lock files are known by their names
    #[arg(long, value_name = "NAME", default_value = "stdin", value_parser = plain_name)]
    pub(crate) stdin_name: String,
    /// Plugins that list components: builtins, or component files; may be repeated, and what several find is merged and says
    /// who found it. Where none is named, `cyclonedx` lists
    #[arg(long, value_name = "PLUGIN")]
    pub(crate) with: Vec<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Flags of everything that runs plugins.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Common {
    // What help says is put together from the formats that there are.
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", value_parser = output, help = output_help())]
    pub(crate) outputs: Vec<Output>,
    /// An advisory database: a folder made by `chiron db`, or OSV records (then indexed for this run); may be repeated, and
    /// an earlier one has the first word
    #[arg(long, env = "CHIRON_DB", value_name = "PATH")]
    pub(crate) db: Vec<PathBuf>,
    /// Make no network connection: plugins that ask an endpoint are told so
    #[arg(long, env = "CHIRON_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,
    /// Exit with N where findings or policy deny (instead of 1)
    #[arg(long, env = "CHIRON_EXIT_CODE", value_name = "N")]
    pub(crate) exit_code: Option<u8>,
    /// Judge expiry and age as of this time, RFC 3339 (refused when CI=true, unless the operator allows it)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<jiff::Timestamp>,
    /// The most that any pipeline may grant, spend or skip; caps beside /etc/chiron/operator.toml
    #[arg(long, env = "CHIRON_OPERATOR", value_name = "FILE")]
    pub(crate) operator: Option<PathBuf>,
    /// Calls to plugins made side by side (default: the number of cores)
    #[arg(long, env = "CHIRON_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// In the table: how each affected component came to be there
    #[arg(long)]
    pub(crate) tree: bool,
    #[command(flatten)]
    pub(crate) walking: WalkingArgs,
    #[command(flatten)]
    pub(crate) words: WordsArgs,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryArgs,
}

/// Flags about folders.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WalkingArgs {
    /// Leave out of folders what matches, as a line of .gitignore would; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = exclude)]
    pub(crate) exclude: Vec<String>,
    /// Look at what git ignores too, and at node_modules beside a lock file
    #[arg(long, env = "CHIRON_NO_IGNORE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_ignore: bool,
}

/// `chiron lock`
#[derive(Debug, Args)]
pub(crate) struct LockArgs {
    /// The pipeline
    #[arg(default_value = "pipeline.toml")]
    pub(crate) pipeline: PathBuf,
    /// Print the lock and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the lock although it differs from the one that is there
    #[arg(long)]
    pub(crate) update: bool,
    /// The most that any pipeline may grant, spend or skip; caps beside /etc/chiron/operator.toml
    #[arg(long, env = "CHIRON_OPERATOR", value_name = "FILE")]
    pub(crate) operator: Option<PathBuf>,
}

/// `chiron cache`
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show where it is and how much it holds
    Status,
    /// Remove every compiled plugin; they are compiled anew when needed
    Clean,
}

/// A format and where it goes; standard output where no file is named.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) form: Form,
    pub(crate) file: Option<PathBuf>,
}

/// What a report is written as.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// One of Chiron's formats.
    Format(Format),
    /// The user's own template.
    Template(Template),
}

impl Output {
    /// Whether a person sees the table.
    pub(crate) fn is_shown_table(&self) -> bool {
        self.file.is_none() && matches!(self.form, Form::Format(Format::Table))
    }
}

impl Form {
    /// What it is called in metrics: of a template, only that it is one.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Format(format) => format.word().to_owned(),
            Self::Template(_) => "template".to_owned(),
        }
    }

    /// Whether it is a bill of materials.
    pub(crate) fn is_sbom(&self) -> bool {
        matches!(self, Self::Format(format) if format.is_sbom())
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(format) => format.fmt(f),
            Self::Template(template) => write!(f, "template:{}", template.name()),
        }
    }
}

/// Severities that a gate can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Threshold {
    Critical,
    High,
    Medium,
    Low,
    /// Any finding that is rated, even zero.
    None,
}

impl Threshold {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::None => "none",
        }
    }
}

/// What nothing to scan means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Empty {
    Fail,
    Pass,
}

/// What a kind of finding does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Decision {
    Deny,
    Warn,
    Allow,
}

impl Decision {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Warn => "warn",
            Self::Allow => "allow",
        }
    }
}

fn output(text: &str) -> Result<Output, String> {
    let (format, file) = match text.split_once('=') {
        Some((_, "")) => {
            return Err(format!("`{text}` names no file: write FORMAT=FILE, or FORMAT alone for standard output"));
        }
        Some((format, file)) => (format, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let form = match format.strip_prefix("template:") {
        Some("") => return Err("`template:` names no template: write template:PATH, or template:PATH=FILE".to_owned()),
        Some(path) => Form::Template(template::load(Path::new(path))?),
        None => Form::Format(format.parse().map_err(|error: chiron_formats::FormatError| error.to_string())?),
    };
    Ok(Output { form, file })
}

/// The formats for `--help`, from the one place where they are defined.
fn output_help() -> String {
    let words = Format::ALL.map(Format::word).join(", ");
    format!(
        "Where and how to report; may be repeated. FORMAT is one of {words}, or template:PATH, a template of your own"
    )
}

fn probability(text: &str) -> Result<f64, String> {
    let read = text.parse().ok().filter(|score| (0.0..=1.0).contains(score));
    read.ok_or_else(|| "a number from 0 to 1".to_owned())
}

fn age(text: &str) -> Result<String, String> {
    let read = chiron_pipeline::config::units::age_s(text);
    read.map(|_| text.to_owned()).ok_or_else(|| "write e.g. 7d, 36h or 2w".to_owned())
}

fn exclude(text: &str) -> Result<String, String> {
    let pattern = text.to_owned();
    let read = chiron_archive::Walk::new(std::slice::from_ref(&pattern), chiron_archive::Litter::LeftOut);
    read.map(|_| pattern).map_err(|error| error.reason)
}

/// The name of a file, without a folder.
fn plain_name(text: &str) -> Result<String, String> {
    let plain = !matches!(text, "" | "." | "..") && !text.contains('/') && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err("a file name without a folder, such as Cargo.lock".to_owned()) }
}

fn name_and_path(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.to_owned(), PathBuf::from(path))),
        _ => Err(format!("`{text}` is not NAME=PATH")),
    }
}

/// The table of exit codes for `--help`, from the one place where they are defined.
fn exit_codes() -> String {
    let mut text = "Exit codes:\n".to_owned();
    for code in chiron_pipeline::ExitCode::ALL {
        text.push_str(&format!("  {:>3}  {}\n", code.number(), code.meaning()));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn outputs_are_read() {
        assert!(matches!(output("json").unwrap(), Output { form: Form::Format(Format::Json), file: None }));
        assert!(output("template:").unwrap_err().contains("names no template"));
        assert!(output("template:/no/such/file.j2=x").unwrap_err().contains("failed to read the template"));
        assert_eq!(output("cyclonedx-json=a=b").unwrap().file, Some(PathBuf::from("a=b")));
        assert!(output("json=").is_err() && output("yaml").is_err());
    }

    #[test]
    fn names_and_patterns_are_checked_at_the_door() {
        assert!(plain_name("Cargo.lock").is_ok());
        for wrong in ["", "..", "a/b", "a\nb"] {
            assert!(plain_name(wrong).is_err(), "{wrong:?}");
        }
        assert!(exclude("vendor/**").is_ok() && exclude("!x").is_err() && exclude("[z-a]").is_err());
    }
}
