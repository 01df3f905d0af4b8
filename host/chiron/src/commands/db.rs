//! `chiron db`: the advisory database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_advisories::{Database, ImportError, ImportSummary, Malformed, Progress};
use chiron_pipeline::ExitCode as Code;
use serde_json::json;

use super::output;
use crate::cli::{DbCommand, DbPlace, Global, StatusFormat};
use crate::door;

/// Malformed records that are named; the others are counted.
const NAMED: usize = 10;

type Refusal = (String, Code);

pub(super) fn db(command: DbCommand, global: &Global) -> ExitCode {
    let done = match command {
        DbCommand::Import { paths, place, dry_run } => import(&paths, place, dry_run, global),
        DbCommand::Status { place, output } => status(place, output),
        DbCommand::Verify { place } => verify(place, global),
        DbCommand::Path { place } => folder(place).and_then(|folder| print(format!("{}\n", folder.display()))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((message, code)) => door::fail(&message, code),
    }
}

fn folder(place: DbPlace) -> Result<PathBuf, Refusal> {
    let nowhere = || ("HOME is not set: name the folder with --db".to_owned(), Code::Usage);
    place.db.or_else(chiron_advisories::default_dir).ok_or_else(nowhere)
}

fn import(paths: &[PathBuf], place: DbPlace, dry_run: bool, global: &Global) -> Result<(), Refusal> {
    let folder = folder(place)?;
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        return Err((format!("{} is not there", missing.display()), Code::Usage));
    }
    let watch = super::progress::Watch::new(global);
    let progress = |progress: Progress| {
        use chiron_pipeline::event::{Event, Observer as _};
        let (done, total, note) = match progress {
            Progress::Reading { source, done, total } => (done, Some(total), source.display().to_string()),
            Progress::Writing { records } => (records, None, "records being written".to_owned()),
        };
        watch.on(Event::Progress { step: "import".to_owned(), done, total, note });
    };
    let scratch = if dry_run { Some(scratch()?) } else { None };
    let target = scratch.as_ref().map_or(folder.as_path(), |scratch| scratch.0.as_path());
    let imported = chiron_advisories::import(paths, target, &progress);
    watch.finish();
    let summary = imported.map_err(|error| (with_names(&error), Code::Io))?;
    if !global.quiet {
        summary_lines(&summary, &folder, dry_run).iter().for_each(|line| door::say(line));
    }
    Ok(())
}

/// A failed import, with the records that could not be read named.
fn with_names(error: &ImportError) -> String {
    let mut text = because(error);
    if let ImportError::NoRecords { reasons, .. } = error {
        for line in reasons.iter().take(NAMED).map(named) {
            text.push_str(&format!("\n  {line}"));
        }
    }
    text
}

fn named(malformed: &Malformed) -> String {
    let member = malformed.member.as_ref().map(|member| format!(" {member}")).unwrap_or_default();
    format!("{}{member}: {}", malformed.file.display(), malformed.reason)
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

/// A folder that is gone afterwards, for a dry run.
struct Scratch(PathBuf);

fn scratch() -> Result<Scratch, Refusal> {
    let path = std::env::temp_dir().join(format!("chiron-dry-run-{}", std::process::id()));
    std::fs::create_dir_all(&path)
        .map_err(|error| (format!("failed to create {}: {error}", path.display()), Code::Io))?;
    Ok(Scratch(path))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn summary_lines(summary: &ImportSummary, folder: &Path, dry_run: bool) -> Vec<String> {
    let verb = if dry_run { "would import" } else { "imported" };
    let mut lines = vec![format!(
        "{verb} {} records about {} packages ({} withdrawn) into {}",
        summary.records,
        summary.packages,
        summary.withdrawn,
        folder.display()
    )];
    for (ecosystem, count) in &summary.ecosystems {
        lines.push(format!("  {ecosystem}: {count}"));
    }
    for (ecosystem, count) in &summary.skipped {
        lines.push(format!("  left out, no version order is known: {ecosystem}: {count}"));
    }
    if summary.malformed > 0 {
        lines.push(format!("  malformed, left out: {}", summary.malformed));
    }
    lines.extend(summary.reasons.iter().take(NAMED).map(|malformed| format!("    {}", named(malformed))));
    if summary.ignored > 0 {
        lines.push(format!("  JSON files that are no records, left out: {}", summary.ignored));
    }
    lines.push(format!("  built {}, {}", summary.built_at, summary.digest));
    lines
}

fn open(folder: &Path) -> Result<Database, Refusal> {
    Database::open(folder, "default").map_err(|error| {
        let advice = "make one with: chiron db import PATH…";
        (format!("{}; {advice}", because(&error)), Code::NotJudged)
    })
}

fn status(place: DbPlace, format: StatusFormat) -> Result<(), Refusal> {
    let folder = folder(place)?;
    let database = open(&folder)?;
    let id = database.id();
    match format {
        StatusFormat::Table => {
            let mut text = format!(
                "folder   {}\nrecords  {}\nbuilt    {}\ndigest   {}\n",
                folder.display(),
                id.records,
                id.built_at,
                id.digest
            );
            for (ecosystem, count) in database.ecosystems() {
                text.push_str(&format!("  {:<10} {count}\n", ecosystem.osv_name()));
            }
            print(text)
        }
        StatusFormat::Json => {
            let ecosystems: serde_json::Map<_, _> = database
                .ecosystems()
                .into_iter()
                .map(|(ecosystem, count)| (ecosystem.osv_name().to_owned(), json!(count)))
                .collect();
            let status = json!({
                "folder": folder.display().to_string(),
                "records": id.records,
                "built_at": id.built_at,
                "digest": id.digest,
                "ecosystems": ecosystems,
            });
            print(format!("{status:#}\n"))
        }
    }
}

fn verify(place: DbPlace, global: &Global) -> Result<(), Refusal> {
    let folder = folder(place)?;
    let database = open(&folder)?;
    database.verify().map_err(|error| (because(&error), Code::Unverified))?;
    if !global.quiet {
        door::say(&format!("{} is whole: {}", folder.display(), database.id().digest));
    }
    Ok(())
}

fn print(text: String) -> Result<(), Refusal> {
    output::print(text.as_bytes()).map_err(|_| ("standard output failed".to_owned(), Code::Io))
}
