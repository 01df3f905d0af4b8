//! `chiron ignore`: suppressions, added, shown and taken out.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_formats::json;
use chiron_model::text::inert;
use chiron_pipeline::ExitCode as Code;
use chiron_standing::ignore::{self, Entry, Rule, Source, edit};
use jiff::Timestamp;

use super::output;
use crate::cli::{Global, IgnoreAdd, IgnoreCommand, Shown};
use crate::door;

type Refusal = (String, Code);

pub(super) fn ignore(command: IgnoreCommand, global: &Global) -> ExitCode {
    let done = match command {
        IgnoreCommand::Add(args) => add(args, global),
        IgnoreCommand::List { files, output } => list(&files, output),
        IgnoreCommand::Prune { file, unused_in, dry_run } => prune(&file, unused_in.as_deref(), dry_run, global),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((message, code)) => door::fail(&message, code),
    }
}

fn add(args: IgnoreAdd, global: &Global) -> Result<(), Refusal> {
    let before = if args.file.exists() { text(&args.file)? } else { String::new() };
    let IgnoreAdd { id, purl, path, reason, owner, expires, file, dry_run } = args;
    let entry = Entry { id, purl, path, reason, owner, expires };
    let name = file.display().to_string();
    if let Err(wrong) = ignore::rule(&entry, Source { file: name.clone(), line: None }) {
        let reasons: Vec<_> = wrong.into_iter().map(|(_, reason)| reason).collect();
        return Err((reasons.join("; "), Code::Usage));
    }
    let after = edit::with(&before, &entry).map_err(|error| (error.to_string(), Code::Bug))?;
    // What is written must be read again: also where the same was there before.
    rules(&name, after.as_bytes())?;
    if dry_run {
        return print(&after);
    }
    write(&file, &after)?;
    if !global.quiet {
        door::say(&format!("wrote {name}; name it: [ignore] files = [\"{name}\"], or --ignore-file {name}"));
    }
    Ok(())
}

fn list(files: &[std::path::PathBuf], output: Shown) -> Result<(), Refusal> {
    let mut all = Vec::new();
    for file in files {
        all.extend(rules(&file.display().to_string(), &bytes(file)?)?);
    }
    let now = Timestamp::now();
    match output {
        Shown::Json => {
            let rows: Vec<_> = all.iter().map(|rule| row(rule, now)).collect();
            let text = serde_json::to_string_pretty(&rows).map_err(|error| (error.to_string(), Code::Bug))?;
            print(&format!("{text}\n"))
        }
        Shown::Table => print(&all.iter().map(|rule| line(rule, now)).collect::<String>()),
    }
}

fn state(rule: &Rule, now: Timestamp) -> &'static str {
    match (&rule.idle, &rule.until) {
        (Some(_), _) => "idle",
        (None, Some(until)) if until.is_over(now) => "expired",
        (None, _) => "holds",
    }
}

fn row(rule: &Rule, now: Timestamp) -> serde_json::Value {
    serde_json::json!({
        "about": rule.about(),
        "id": rule.id,
        "state": state(rule, now),
        "until": rule.until.as_ref().map(ToString::to_string),
        "owner": rule.owner,
        "reason": rule.reason,
        "why_idle": rule.idle,
        "source": rule.source.to_string(),
    })
}

fn line(rule: &Rule, now: Timestamp) -> String {
    let until = rule.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
    let owner = rule.owner.as_ref().map(|owner| format!(" by {owner}")).unwrap_or_default();
    let why = rule.idle.as_deref().or(rule.reason.as_deref()).unwrap_or("no reason given");
    let text = format!("{:<8} {}{until}{owner}  {}\n         {why}", state(rule, now), rule.about(), rule.source);
    format!("{}\n", inert(&text))
}

fn prune(file: &Path, unused_in: Option<&Path>, dry_run: bool, global: &Global) -> Result<(), Refusal> {
    let (name, before) = (file.display().to_string(), text(file)?);
    let rules = rules(&name, before.as_bytes())?;
    let report = unused_in.map(report).transpose()?;
    let now = Timestamp::now();
    let mut going = BTreeSet::new();
    for rule in &rules {
        let over = rule.until.as_ref().is_some_and(|until| until.is_over(now));
        let unused = report.as_ref().is_some_and(|report| !is_used(rule, report));
        let why = match (over, unused) {
            (true, _) => "expired",
            (false, true) => "unused",
            (false, false) => continue,
        };
        door::say(&inert(&format!("{why}: {} ({})", rule.about(), rule.source)));
        going.extend(rule.source.line);
    }
    if !going.is_empty() && !dry_run {
        write(file, &edit::without(&before, &going))?;
    }
    if !global.quiet {
        let verb = if dry_run { "would take" } else { "took" };
        door::say(&format!("{verb} {} of {} entries out of {name}", going.len(), rules.len()));
    }
    Ok(())
}

/// Whether a report has a finding that an entry is about. One without an id is used where it set something aside.
fn is_used(rule: &Rule, report: &json::Report) -> bool {
    let source = rule.source.to_string();
    report.findings.iter().any(|finding| {
        let is_named = rule.id.as_ref().is_some_and(|id| finding.advisories.contains(id));
        is_named || finding.suppression.as_ref().is_some_and(|suppression| suppression.source == source)
    })
}

fn report(path: &Path) -> Result<json::Report, Refusal> {
    serde_json::from_slice(&bytes(path)?)
        .map_err(|error| (format!("{} is no report of chiron: {error}", path.display()), Code::Usage))
}

fn rules(name: &str, bytes: &[u8]) -> Result<Vec<Rule>, Refusal> {
    ignore::read(name, bytes).map_err(|complaints| {
        let lines: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        (lines.join("\n"), Code::Usage)
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Refusal> {
    std::fs::read(path).map_err(|error| (format!("failed to read {}: {error}", path.display()), Code::Usage))
}

fn text(path: &Path) -> Result<String, Refusal> {
    String::from_utf8(bytes(path)?).map_err(|_| (format!("{} is not UTF-8", path.display()), Code::Usage))
}

fn write(path: &Path, text: &str) -> Result<(), Refusal> {
    write_atomically(path, text.as_bytes())
        .map_err(|error| (format!("failed to write {}: {error}", path.display()), Code::Io))
}

fn print(text: &str) -> Result<(), Refusal> {
    output::print(text.as_bytes()).map_err(|_| ("standard output failed".to_owned(), Code::Io))
}
