//! `chiron db`: the advisory database.

mod diff;
mod import;
mod search;
mod status;
mod update;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_advisories::{Database, OpenError};
use chiron_pipeline::ExitCode as Code;

use super::output;
use crate::cli::{DbCommand, DbPlace, Global};
use crate::door;

/// Why a command did not do it, and what can be done about that.
struct Refusal {
    message: String,
    code: Code,
    help: Option<String>,
}

impl Refusal {
    fn new(message: impl Into<String>, code: Code) -> Self {
        Self { message: message.into(), code, help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

pub(super) async fn db(command: DbCommand, global: &Global) -> ExitCode {
    let done = match command {
        DbCommand::Update(args) => update::update(args, global).await,
        DbCommand::Import { paths, place, dry_run } => import::import(&paths, place, dry_run, global),
        DbCommand::Status { place, output } => status::status(place, output),
        DbCommand::Diff { old, new, output } => diff::diff(&old, &new, output),
        DbCommand::Search { query, place, limit, output } => search::search(&query.join(" "), place, limit, output),
        DbCommand::Verify { place } => verify::verify(place, global),
        DbCommand::Path { place } => folder(place).and_then(|folder| print(format!("{}\n", folder.display()))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal { message, code, help }) => {
            let code = door::fail(&message, code);
            if let Some(help) = help {
                door::say(&format!("  help: {}", chiron_model::text::inert(&help)));
            }
            code
        }
    }
}

fn folder(place: DbPlace) -> Result<PathBuf, Refusal> {
    let nowhere = || Refusal::new("HOME is not set: name the folder with --db", Code::Usage);
    place.db.or_else(chiron_advisories::default_dir).ok_or_else(nowhere)
}

fn open(folder: &Path) -> Result<Database, Refusal> {
    Database::open(folder, "default").map_err(|error| not_opened(&error))
}

fn not_opened(error: &OpenError) -> Refusal {
    Refusal::new(because(error), Code::NotJudged).help("make one with `chiron db update`, or `chiron db import PATH…`")
}

/// An error with everything beneath it.
fn because(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    text
}

fn print(text: String) -> Result<(), Refusal> {
    output::print(text.as_bytes()).map_err(|_| Refusal::new("standard output failed", Code::Io))
}

/// A number of bytes for a person.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Records in words.
fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}
