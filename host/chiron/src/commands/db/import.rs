//! `chiron db import`: from files that are there.

use std::path::{Path, PathBuf};

use chiron_advisories::{How, ImportError, ImportSummary, Malformed, Origin};
use chiron_pipeline::ExitCode as Code;
use jiff::Timestamp;

use super::{Refusal, because, folder};
use crate::cli::{DbPlace, Global};
use crate::commands::progress::Watch;
use crate::door;

/// Malformed records that are named; the others are counted.
const NAMED: usize = 10;

pub(super) fn import(paths: &[PathBuf], place: DbPlace, dry_run: bool, global: &Global) -> Result<(), Refusal> {
    let folder = folder(place)?;
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        return Err(Refusal::new(format!("{} is not there", missing.display()), Code::Usage));
    }
    let watch = Watch::new(global);
    let progress = |progress| watch.importing("import", progress);
    let scratch = if dry_run { Some(scratch()?) } else { None };
    let target = scratch.as_ref().map_or(folder.as_path(), |scratch| scratch.0.as_path());
    let imported = chiron_advisories::import(paths, target, &progress);
    watch.finish();
    let summary = imported.map_err(|error| Refusal::new(with_names(&error), Code::Io))?;
    let origin =
        Origin { digest: summary.digest.to_string(), how: How::Imported, at: Timestamp::now(), sources: Vec::new() };
    let unwritten = |error| Refusal::new(format!("failed to write in {}: {error}", target.display()), Code::Io);
    origin.write(target).map_err(unwritten)?;
    let verb = if dry_run { "would import" } else { "imported" };
    if !global.quiet {
        summary_lines(&summary, &folder, verb).iter().for_each(|line| door::say(line));
    }
    Ok(())
}

/// A failed import, with the records that could not be read named.
pub(super) fn with_names(error: &ImportError) -> String {
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

/// A folder that is gone afterwards, for a dry run.
struct Scratch(PathBuf);

fn scratch() -> Result<Scratch, Refusal> {
    let path = std::env::temp_dir().join(format!("chiron-dry-run-{}", std::process::id()));
    std::fs::create_dir_all(&path)
        .map_err(|error| Refusal::new(format!("failed to create {}: {error}", path.display()), Code::Io))?;
    Ok(Scratch(path))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What an import did; `verb` begins the first line.
pub(super) fn summary_lines(summary: &ImportSummary, folder: &Path, verb: &str) -> Vec<String> {
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
