//! pipeline.toml: read once, all mistakes at once, each with its line.

pub(crate) mod databases;
pub mod document;
pub(crate) mod endpoints;
mod extend;
mod fallback;
pub mod file;
pub(crate) mod keys;
mod rebase;
mod repair;
mod secret;
pub(crate) mod signers;
#[cfg(test)]
mod told;
pub(crate) mod tools;
pub mod units;
mod validate;
mod verify;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chiron_model::plugin::Capability;
use chiron_sandbox::limits::SCHEMA_DEPTH_MAX;
use chiron_standing::ignore::Source;

pub use document::Document;
pub use extend::{Base, Bases};
pub use file::PipelineFile;
pub(crate) use repair::without;
pub(crate) use validate::{Checker, check_against};

use crate::mistake::{Mistake, MistakeClass, Mistakes, nearest};
use file::BindTable;

/// Deepest nesting of tables and arrays that is read.
pub(crate) const DEPTH_MAX: usize = 64;

/// A pipeline that is free of mistakes that its text alone can show.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// What the file says.
    pub file: PipelineFile,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
    /// Where everything stands, for errors that later phases find.
    pub document: Document,
    /// The files it extends.
    pub bases: Bases,
    /// What is unused or odd, and does not stop the run.
    pub warnings: Vec<Mistake>,
}

impl PipelineConfig {
    /// A setting of the gate, wherever the gate is configured.
    #[must_use]
    pub fn gate_setting(&self, key: &str) -> Option<&serde_json::Value> {
        let step = self.file.steps.iter().find(|step| self.file.is_gate(step));
        self.file.gate.as_ref().or(step.map(|step| &step.with))?.get(key)
    }
}

/// Reads the text of a pipeline.toml, and the files it extends.
///
/// # Errors
/// Every mistake in the text.
pub fn parse(text: &str, path: &Path) -> Result<PipelineConfig, Mistakes> {
    let (config, mistakes) = read(text, path);
    if mistakes.is_empty() { Ok(config) } else { Err(config.document.fail(mistakes)) }
}

/// Reads as much of a text as can be read, so that what is wrong with one part does not hide what is wrong with
/// another: a configuration in which mistaken parts are left out, and the mistakes.
#[must_use]
pub fn read(text: &str, path: &Path) -> (PipelineConfig, Vec<Mistake>) {
    let name = path.display().to_string();
    let (mut document, mut mistakes) = Document::parse(&name, text);
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let bases = extend::extend(&mut document, path, &mut mistakes);
    let violations = check_against(&file::schema(), &document, "pipeline.toml");
    let file = repair::lenient(&document.value, &violations, &mut mistakes, &document);
    mistakes.extend(violations.into_iter().map(|violation| violation.mistake));
    check_steps(&file, &document, &mut mistakes);
    fallback::check(&file, &document, &mut mistakes);
    check_gate(&file, &document, &mut mistakes);
    check_gate_age(&file, &document, &mut mistakes);
    check_values(&file, &document, &mut mistakes);
    keys::check(&file, &document, &mut mistakes);
    databases::check(&file, &document, &mut mistakes);
    endpoints::check(&file, &document, &mut mistakes);
    tools::check(&file, &document, &mut mistakes);
    signers::check(&file, &document, &mut mistakes);
    verify::check(&file, &document, &mut mistakes);
    let warnings = unused(&file, &document);
    (PipelineConfig { file, folder, document, bases, warnings }, mistakes)
}

/// What a plan would say of a configuration (TOML) under the configuration schema of a plugin (JSON Schema 2020-12), where
/// `limits.schema_depth` is as large as it can be.
///
/// # Errors
/// Why a schema is refused: remote references, patterns and nesting that would cost too much, or what is no schema.
pub fn objections(schema: &str, configuration: &str) -> Result<Vec<Mistake>, String> {
    let checker = Checker::parse(schema, SCHEMA_DEPTH_MAX).map_err(|reason| reason.to_string())?;
    let (document, mut mistakes) = Document::parse("configuration", configuration);
    let violations = checker.check(&document, "", &document.value, "the plugin");
    mistakes.extend(violations.into_iter().map(|violation| violation.mistake));
    Ok(mistakes)
}

/// Steps: ids are unique, `from` names earlier steps, key bindings name keys.
fn check_steps(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    for (index, step) in file.steps.iter().enumerate() {
        let earlier = &file.steps[..index];
        let at = |key: &str| format!("/step/{index}/{key}");
        if earlier.iter().any(|other| other.id == step.id) {
            let message = format!("two steps have the id `{}`", step.id);
            let hint = Some("ids name steps in the report: give each its own".to_owned());
            mistakes.push(document.mistake(MistakeClass::Config, &at("id"), message, "taken by a step above", hint));
        }
        for (place, id) in step.from.iter().flatten().enumerate() {
            if !earlier.iter().any(|other| other.id == *id) {
                let message = format!("`from` names `{id}`, which is no earlier step");
                let hint = nearest(id, earlier.iter().map(|other| other.id.as_str()))
                    .map(|near| format!("did you mean `{near}`?"));
                mistakes.push(document.mistake(
                    MistakeClass::Config,
                    &at(&format!("from/{place}")),
                    message,
                    "no such step above",
                    hint,
                ));
            }
        }
        for (capability, labels) in step.bind.iter().flat_map(BindTable::by_capability) {
            check_bindings(file, document, &at("bind"), capability, labels, mistakes);
        }
    }
}

/// What a label is bound to is defined in the file.
fn check_bindings(
    file: &PipelineFile,
    document: &Document,
    at: &str,
    capability: Capability,
    labels: &BTreeMap<String, String>,
    mistakes: &mut Vec<Mistake>,
) {
    let (key, thing) = (BindTable::key(capability), capability.bound_thing().unwrap_or_default());
    let defined = file.defined(capability);
    for (label, name) in labels.iter().filter(|(_, name)| !defined.contains(&name.as_str())) {
        let message = format!("the label `{label}` is bound to the {thing} `{name}`, which is not defined");
        let hint = match nearest(name, defined.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("define it:\n[{key}.{name}]\n{}", BindTable::example(capability)),
        };
        let pointer = format!("{at}/{key}/{label}");
        mistakes.push(document.mistake(
            MistakeClass::Config,
            &pointer,
            message,
            &format!("no such {thing}"),
            Some(hint),
        ));
    }
}

/// The gate: configured in one place, and its id is its own.
fn check_gate(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    if file.plugins.get("gate").is_some_and(|table| !matches!(table.source.as_str(), "gate" | "builtin:gate")) {
        let message = "the name `gate` belongs to the built-in gate".to_owned();
        let hint = Some("give the plugin another name: it runs as one more policy, before the gate".to_owned());
        mistakes.push(document.mistake(MistakeClass::Config, "/plugins/gate/source", message, "another plugin", hint));
    }
    for (index, step) in file.steps.iter().enumerate() {
        if file.is_gate(step) && file.gate.is_some() {
            let message = "the gate is configured twice, by this step and by [gate]".to_owned();
            let hint =
                Some("keep one of them: [gate] alone is enough, the gate always runs as the last policy".to_owned());
            let at = format!("/step/{index}/uses");
            mistakes.push(document.mistake(MistakeClass::Config, &at, message, "the gate", hint));
        }
        if !file.is_gate(step) && step.id == "gate" {
            let message = "the id `gate` is taken by the built-in gate, which always runs".to_owned();
            let hint = Some("give the step another id".to_owned());
            let at = format!("/step/{index}/id");
            mistakes.push(document.mistake(MistakeClass::Config, &at, message, "taken", hint));
        }
    }
}

/// An age in the gate's settings, which the host holds.
fn check_gate_age(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    let age = file.gate.as_ref().and_then(|gate| gate.get("max_database_age")).and_then(serde_json::Value::as_str);
    if let Some(age) = age.filter(|age| units::age_s(age).is_none()) {
        let (message, hint) = (format!("`{age}` is no age"), Some("write e.g. \"7d\", \"36h\", \"2w\"".to_owned()));
        let at = "/gate/max_database_age";
        mistakes.push(document.mistake(MistakeClass::Config, at, message, "cannot be read", hint));
    }
}

/// Values that a schema cannot judge: units, dates, subjects that leave the folder.
fn check_values(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    let mut wrong = |pointer: String, message: String, label: &str, hint: &str| {
        let hint = Some(hint.to_owned());
        mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, label, hint));
    };
    let tables = file
        .steps
        .iter()
        .enumerate()
        .filter_map(|(i, step)| Some((format!("/step/{i}/limits"), step.limits.as_ref()?)));
    for (place, limits) in tables.chain(file.limits.as_ref().map(|limits| ("/limits".to_owned(), limits))) {
        for (key, error) in limits.mistakes() {
            wrong(format!("{place}/{key}"), error, "cannot be read", "write e.g. \"30s\", \"500ms\", \"64 MiB\"");
        }
    }
    let mut seen = BTreeSet::new();
    for (index, table) in file.suppressions.iter().enumerate() {
        let at = |key: &str| format!("/suppress/{index}/{key}");
        if !seen.insert((table.id.as_deref(), table.purl.as_deref(), table.path.as_deref())) {
            let key = if table.id.is_some() { "id" } else { "purl" };
            wrong(at(key), "the same is suppressed above".to_owned(), "twice", "keep one of them");
        }
        let source = Source { file: "pipeline.toml".to_owned(), line: None };
        for (key, reason) in
            chiron_standing::ignore::rule(&crate::standing::entry(table), source).err().into_iter().flatten()
        {
            let (label, hint) = match key {
                "expires" => ("not a date", "write it as 2027-01-31"),
                "reason" => ("reason", "say why, and of what, for whoever reads the report next year"),
                "purl" => ("not a purl", "e.g. pkg:pypi/django@3.2.1, or without the version for all versions"),
                _ => ("not this", "e.g. id = \"CVE-2024-1234\", path = \"vendor/**\""),
            };
            wrong(at(key), reason, label, hint);
        }
    }
}

/// Definitions that nothing uses: helpful to know, no reason to stop.
fn unused(file: &PipelineFile, document: &Document) -> Vec<Mistake> {
    let mut warnings = Vec::new();
    let mut warn = |pointer: String, message: String, hint: &str| {
        let hint = Some(hint.to_owned());
        warnings.push(document.mistake(MistakeClass::Config, &pointer, message, "unused", hint));
    };
    for name in file.plugins.keys() {
        if !file.steps.iter().any(|step| step.uses == *name) {
            warn(
                format!("/plugins/{name}"),
                format!("no step uses the plugin `{name}`"),
                "remove it, or add a [[step]] with `uses`",
            );
        }
    }
    for capability in Capability::ALL.into_iter().filter(|capability| capability.bound_thing().is_some()) {
        let (key, thing) = (BindTable::key(capability), capability.bound_thing().unwrap_or_default());
        let bound = |name: &str| {
            let mut tables = file.steps.iter().filter_map(|step| step.bind.as_ref());
            tables
                .any(|bind| bind.by_capability().iter().any(|(c, l)| *c == capability && l.values().any(|n| n == name)))
        };
        for name in file.defined(capability).into_iter().filter(|name| !bound(name)) {
            warn(
                format!("/{key}/{name}"),
                format!("no step binds the {thing} `{name}`"),
                &format!("remove it, or bind it: [step.bind] {key}.LABEL = \"{name}\""),
            );
        }
    }
    warnings
}
