//! `chiron vex`: OpenVEX documents, added to and merged.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_model::digest::Digest;
use chiron_model::vex::VexStatus;
use chiron_pipeline::ExitCode as Code;
use chiron_standing::vex::write::{NO_ACTION, OpenVex, Part, Said, Thing, Vulnerability};
use chiron_standing::vex::{self, Document, VexFormat};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::output;
use crate::cli::{Global, VexAdd, VexCommand};
use crate::{door, time};

type Refusal = (String, Code);

pub(super) fn vex(command: VexCommand, global: &Global) -> ExitCode {
    let done = match command {
        VexCommand::Add(args) => add(args, global),
        VexCommand::Merge { files, author, output } => merge(&files, author, output.as_deref(), global),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((message, code)) => door::fail(&message, code),
    }
}

fn add(args: VexAdd, global: &Global) -> Result<(), Refusal> {
    let now = printed_now();
    let (file, dry_run, author) = (args.file.clone(), args.dry_run, args.author.clone());
    let said = said(args, now);
    let bytes = if file.exists() {
        appended(&file, &said, now)?
    } else {
        encode(&OpenVex::new(id_of(&said), author, now, tooling(), vec![said]))?
    };
    // What is written must be read again: a statement that OpenVEX refuses is refused here.
    read(&file.display().to_string(), &bytes)?;
    if dry_run {
        return print(&bytes);
    }
    write(&file, &bytes)?;
    if !global.quiet {
        let name = file.display();
        door::say(&format!("wrote {name}; name it: [vex] files = [\"{name}\"], or --vex {name}"));
    }
    Ok(())
}

fn said(args: VexAdd, now: Timestamp) -> Said {
    let parts: Vec<_> = args.subcomponent.into_iter().map(|id| Part { id }).collect();
    let action = args.action.or_else(|| (args.status == VexStatus::Affected).then(|| NO_ACTION.to_owned()));
    Said {
        vulnerability: Vulnerability { name: args.vulnerability, aliases: Vec::new() },
        timestamp: Some(now.to_string()),
        products: args.product.into_iter().map(|id| Thing { id, subcomponents: parts.clone() }).collect(),
        status: args.status.word(),
        status_notes: None,
        justification: args.justification.map(|justification| justification.word()),
        impact_statement: args.impact,
        action_statement: action,
    }
}

/// The document with one more statement, and everything else as it was.
fn appended(file: &Path, said: &Said, now: Timestamp) -> Result<Vec<u8>, Refusal> {
    let (name, bytes) = (file.display().to_string(), bytes(file)?);
    if read(&name, &bytes)?.format != VexFormat::OpenVex {
        return Err((format!("{name} is not OpenVEX: make it that with `chiron vex merge`"), Code::Usage));
    }
    let bug = |error: serde_json::Error| (error.to_string(), Code::Bug);
    let mut document: Value = serde_json::from_slice(&bytes).map_err(bug)?;
    let version = document.get("version").and_then(Value::as_u64).unwrap_or(1);
    document["version"] = json!(version.saturating_add(1));
    document["last_updated"] = json!(now.to_string());
    if let Some(statements) = document.get_mut("statements").and_then(Value::as_array_mut) {
        statements.push(serde_json::to_value(said).map_err(bug)?);
    }
    let mut bytes = serde_json::to_vec_pretty(&document).map_err(bug)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn merge(files: &[PathBuf], author: String, target: Option<&Path>, global: &Global) -> Result<(), Refusal> {
    let documents = files.iter().map(|file| read(&file.display().to_string(), &bytes(file)?));
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    let (statements, left_out) = vex::merge(&documents);
    let said: Vec<_> = statements.iter().map(Said::of).collect();
    let now = printed_now();
    let digests: String = documents.iter().map(|document| document.digest.to_string()).collect();
    let id = format!("urn:chiron:vex:{}", Digest::sha256_of(digests.as_bytes()).hex());
    let bytes = encode(&OpenVex::new(id, author, now, tooling(), said))?;
    match target {
        Some(target) => write(target, &bytes)?,
        None => print(&bytes)?,
    }
    if left_out > 0 {
        door::say(&format!(
            "warning: {left_out} statements name hashes or versions that OpenVEX has no place for, and were left out"
        ));
    }
    if !global.quiet {
        door::say(&format!("{} statements of {} documents", statements.len(), documents.len()));
    }
    Ok(())
}

/// A document of its own for its first statement.
fn id_of(said: &Said) -> String {
    let content = format!("{} {:?} {:?}", said.vulnerability.name, said.products, said.timestamp);
    format!("urn:chiron:vex:{}", Digest::sha256_of(content.as_bytes()).hex())
}

fn tooling() -> String {
    format!("chiron {}", env!("CARGO_PKG_VERSION"))
}

fn printed_now() -> Timestamp {
    time::of_run(None, time::AtInCi::Refused).map_or_else(|_| Timestamp::now(), |time| time.printed_at)
}

fn read(name: &str, bytes: &[u8]) -> Result<Document, Refusal> {
    vex::read(name, bytes).map_err(|error| (format!("{name} cannot be used: {error}"), Code::Usage))
}

fn encode(document: &OpenVex) -> Result<Vec<u8>, Refusal> {
    document.encode().map_err(|error| (error.to_string(), Code::Bug))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Refusal> {
    std::fs::read(path).map_err(|error| (format!("failed to read {}: {error}", path.display()), Code::Usage))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    write_atomically(path, bytes).map_err(|error| (format!("failed to write {}: {error}", path.display()), Code::Io))
}

fn print(bytes: &[u8]) -> Result<(), Refusal> {
    output::print(bytes).map_err(|_| ("standard output failed".to_owned(), Code::Io))
}
