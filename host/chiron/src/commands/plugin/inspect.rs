//! `chiron plugin inspect`: kind, interfaces, what it can touch in words, requests, rules, configuration.

use std::borrow::Cow;
use std::path::Path;

use chiron_model::plugin::Description;
use chiron_model::text::{inert, one_line};
use chiron_pipeline::ExitCode as Code;
use chiron_sandbox::{Foreign, Inspection, Plugin, inspect as read};

use super::Refusal;
use crate::commands::house;

/// Reads a component file or a builtin and tells what it is.
pub(super) async fn inspect(name: &str) -> Result<String, Refusal> {
    let bytes = bytes_of(name)?;
    let refused = |reason: String| (format!("{name}: {reason}"), Code::Plugin);
    let inspection = read(&bytes).map_err(|error| refused(error.to_string()))?;
    // One plugin: that it is not kept is not worth a word.
    let engine = house::engine(|_| ()).map_err(|error| (error.to_string(), Code::Bug))?;
    let plugin = Plugin::load(&engine, &bytes, inspection.clone()).map_err(|error| refused(error.to_string()))?;
    let description =
        plugin.describe().await.map_err(|error| refused(format!("it cannot describe itself: {error}")))?;
    Ok(text(&inspection, &description, bytes.len()))
}

fn bytes_of(name: &str) -> Result<Cow<'static, [u8]>, Refusal> {
    let builtin_name = name.strip_prefix("builtin:").unwrap_or(name);
    if let Some(builtin) = house::BUILTINS.iter().find(|builtin| builtin.name == builtin_name) {
        return Ok(Cow::Borrowed(builtin.bytes));
    }
    let names: Vec<_> = house::BUILTINS.iter().map(|builtin| builtin.name).collect();
    std::fs::read(Path::new(name)).map(Cow::Owned).map_err(|error| {
        (
            format!("`{name}` is neither a builtin ({}) nor a file that can be read: {error}", names.join(", ")),
            Code::Usage,
        )
    })
}

fn text(inspection: &Inspection, description: &Description, bytes: usize) -> String {
    let mut lines = vec![
        format!(
            "{} {}: {}",
            one_line(&description.name),
            one_line(&description.version),
            one_line(&description.summary)
        ),
        format!("kind     {} ({}@{})", inspection.kind, inspection.work.interface(), inspection.kind_version),
        format!("digest   {}", inspection.digest),
        format!("size     {} KiB", bytes.div_ceil(1024)),
        "\nIT CAN".to_owned(),
    ];
    for capability in &inspection.capabilities {
        let by_kind = [inspection.kind.default_capabilities(), inspection.work.own_capabilities()];
        let given = match (capability.is_ambient(), by_kind.concat().contains(capability)) {
            (true, _) => "every plugin may",
            (false, true) => "its kind may",
            (false, false) => "only where the step allows it",
        };
        lines.push(format!("  {} ({given}) [{capability}]", capability.meaning()));
    }
    match &inspection.foreign {
        None => {
            lines.push("  and nothing else: no environment, no files, no sockets, no clock, no randomness".to_owned())
        }
        Some(foreign) => wasi(&mut lines, foreign),
    }
    section(&mut lines, "IMPORTS", inspection.imports.iter().cloned());
    section(&mut lines, "EXPORTS", inspection.exports.iter().cloned());
    let requests = description
        .requests
        .iter()
        .map(|r| format!("{} `{}`: {}", one_line(&r.capability), one_line(&r.label), one_line(&r.purpose)));
    section(&mut lines, "ASKS FOR", requests);
    section(
        &mut lines,
        "RULES",
        description.rules.iter().map(|rule| format!("{}  {}", one_line(&rule.id), one_line(&rule.title))),
    );
    section(
        &mut lines,
        "PROPERTIES",
        description.properties.iter().map(|(key, value)| format!("{} = {}", one_line(key), one_line(value))),
    );
    lines.push(format!("\nCONFIGURATION (JSON Schema)\n{}\n", description.config_schema.trim()));
    // Whatever a component's author wrote, nobody who reads it obeys it: neither a terminal nor a CI runner.
    inert(&lines.join("\n")).into_owned()
}

/// A foreign runtime asks for more than it uses: what is answered, and what ends the call.
fn wasi(lines: &mut Vec<String>, foreign: &Foreign) {
    lines.push("  and nothing else. It was built for WASI, which no plugin gets:".to_owned());
    lines.extend(foreign.answered.iter().map(|answered| format!("    answered: {answered}")));
    if !foreign.traps.is_empty() {
        lines.push(format!("    ends the call, by name: {}", foreign.traps.join(", ")));
    }
}

fn section(lines: &mut Vec<String>, title: &str, items: impl Iterator<Item = String>) {
    let items: Vec<_> = items.map(|item| format!("  {item}")).collect();
    if !items.is_empty() {
        lines.push(format!("\n{title}"));
        lines.extend(items);
    }
}
