//! What will run, on what, with which powers. Grants are final from here.

mod bases;
pub(crate) mod budget;
mod ceilings;
mod databases;
mod fallback;
mod inputs;
pub mod keyless;
mod publish;
mod services;
mod settings;
mod step;
pub mod token;
mod tools;
mod walking;
pub mod witness;

use std::path::PathBuf;

use chiron_archive::Walk;
use chiron_egress::Endpoint;
use chiron_model::digest::Digest;
use chiron_model::plugin::{Capability, PluginKind};
use chiron_model::report::{Note, Setting};
use chiron_sandbox::Limits;
use chiron_verify::Wanted;

pub use inputs::Inputs;
use services::Services;
pub use step::PlannedStep;
pub use tools::{PlannedTool, PlannedTools};

use crate::config::file::{Attest, KeyTable, Limit, OnEmpty, StepTable};
use crate::config::{PipelineConfig, endpoints};
use crate::enrich::Enrichments;
use crate::error::Error;
use crate::house::{House, Time};
use crate::lock::{self, Locked};
use crate::mistake::{Mistake, MistakeClass};
use crate::registry::{self, Origin, Resolved};
use crate::standing::Standing;
use crate::subjects::{self, PlannedSubject};

/// A run, decided. Nothing of it changes once plugin code does its work.
pub struct Plan {
    /// Name of the pipeline.
    pub pipeline: String,
    /// What is judged, sorted as the file lists it.
    pub subjects: Vec<PlannedSubject>,
    /// Subjects that could not be read: name and reason. An account of each stands in the report.
    pub unreadable: Vec<(String, String)>,
    /// Every step, in file order, `gate` last among the policies.
    pub steps: Vec<PlannedStep>,
    /// Advisory databases, in order.
    pub databases: Vec<PlannedDatabase>,
    /// What else is known about CVEs.
    pub enrichments: Enrichments,
    /// Keys in files and variables that steps bind, by name.
    pub keys: Vec<(String, KeyTable)>,
    /// Keys in tokens that steps bind.
    pub tokens: Vec<token::PlannedToken>,
    /// Keyless sessions that steps bind.
    pub keyless: Vec<keyless::PlannedKeyless>,
    /// Who witnesses what bound keys sign.
    pub witnesses: Vec<witness::PlannedWitness>,
    /// Endpoints that steps bind, by name. Where their secrets are, and none of them.
    pub endpoints: Vec<(String, Endpoint)>,
    /// Programs that steps bind.
    pub tools: PlannedTools,
    /// What people said about findings.
    pub standing: Standing,
    /// What subjects are held against before anything looks at them.
    pub verify: Option<Wanted>,
    /// Limits on reading subjects.
    pub archive_limits: chiron_archive::Limits,
    /// What nothing to scan means.
    pub on_empty: OnEmpty,
    /// The folder paths are relative to.
    pub folder: PathBuf,
    /// Folder for statements.
    pub attestations: PathBuf,
    /// Statements about the run, each once, in the file's order.
    pub attest: Vec<Attest>,
    /// Of pipeline.toml, as it was read.
    pub config: Digest,
    /// The clocks.
    pub time: Time,
    /// Remarks so far.
    pub notes: Vec<Note>,
    /// Settings in force.
    pub settings: Vec<Setting>,
    /// Files that the pipeline extends: name and digest.
    pub bases: Vec<(String, String)>,
}

fn each_once(words: &[Attest]) -> Vec<Attest> {
    let first = |(index, word): &(usize, &Attest)| !words[..*index].contains(word);
    words.iter().enumerate().filter(first).map(|(_, word)| *word).collect()
}

/// Where an advisory database comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedDatabase {
    /// The pipeline's name for it.
    pub name: String,
    /// A folder with an index, or records to be indexed for this run.
    pub source: DatabaseSource,
    /// The digest that the lock pins.
    pub pinned: Option<String>,
    /// Longest time since it was updated or imported, in seconds.
    pub max_age_s: Option<u64>,
}

/// An index, or records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseSource {
    /// Made by `chiron db import`.
    Index(PathBuf),
    /// OSV records.
    Records(PathBuf),
    /// No folder was given and this machine has no home.
    Nowhere,
}

/// Name of the gate.
pub(crate) const GATE: &str = "gate";

/// Decides a run.
///
/// # Errors
/// Every mistake, those that were found before and those that only show once plugins and subjects are known, at its line.
pub async fn build(config: &PipelineConfig, mut mistakes: Vec<Mistake>, house: &House) -> Result<Plan, Error> {
    let (tables, resolved) = resolve(config, house, &mut mistakes)?;
    refuse_idle_overrides(&resolved, house)?;
    let locked = lock::enforce(config, &resolved, house, &mut mistakes)?;
    refuse_unlocked(&locked, house)?;
    let walk = walking::rules(config, house, &mut mistakes);
    let (subjects, mut notes) = find_subjects(config, &walk, &mut mistakes)?;
    for operator in &house.operators {
        operator.outside(subjects.iter().map(|(_, path)| path.as_path()))?;
    }
    mistakes.extend(fallback::check(config, &resolved));
    let (mut steps, wrong) = step::plan_all(config, &tables, &resolved, house).await;
    mistakes.extend(wrong);
    mistakes.extend(steps_not_as_locked(config, &steps, &locked));
    let endpoints = bound_endpoints(config, &steps);
    let tools = tools::plan(config, &mut steps, house, &mut mistakes).await?;
    mistakes.extend(publish::check(config, &steps));
    let place = keyless::Place { folder: &config.folder, now: house.time.evaluated_at };
    let keyless = keyless::plan(config, &steps, publish::logs(config), place, &mut mistakes);
    let witnesses = witness::plan(config, &steps, place, &mut mistakes);
    let tokens = token::plan(config, &steps, &mut mistakes);
    mistakes.extend(ceilings::of_what_is_bound(config, house, &endpoints, &tools));
    let asked = Services { keyless: &keyless, witnesses: &witnesses };
    mistakes.extend(ceilings::of_services(config, house, asked));
    mistakes.extend(ceilings::of_modules(config, house, &tokens));
    let enrichments = Enrichments::open(config, &mut mistakes);
    let standing = Standing::open(config, house, &mut mistakes);
    if !mistakes.is_empty() {
        mistakes.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        mistakes.dedup();
        return Err(config.document.fail(mistakes).into());
    }
    let archive_limits = chiron_archive::Limits::default();
    let (subjects, unreadable) = hash_all(subjects, &archive_limits, walk).await?;
    notes.extend(walking::notes(&subjects));
    notes.extend(bases::notes(config));
    notes.extend(run_notes(&locked, &resolved, house));
    notes.extend(tools.notes());
    let mut planned = databases::plan(config, &locked, house)?;
    databases::limit_age(&mut planned, config);
    let verify = config.file.verify.as_ref().filter(|table| table.before_run);
    Ok(Plan {
        pipeline: config.file.pipeline.name.clone(),
        subjects,
        unreadable,
        databases: planned,
        enrichments,
        keys: bound_keys(config, &steps),
        steps,
        archive_limits,
        on_empty: config.file.pipeline.on_empty,
        folder: config.folder.clone(),
        attestations: config.folder.join(&config.file.pipeline.attestations),
        attest: each_once(&config.file.pipeline.attest),
        config: Digest::sha256_of(config.document.text.as_bytes()),
        time: house.time,
        notes,
        settings: settings::of_run(config, house, &endpoints, asked, &tokens, &tools, &standing),
        tokens,
        keyless,
        witnesses,
        standing,
        verify: verify.map(|table| table.wanted(&config.folder)),
        bases: bases::named(config),
        endpoints,
        tools,
    })
}

/// A `--plugin` that replaces nothing is a slip of the pen: the run would test another plugin than its author thinks.
fn refuse_idle_overrides(resolved: &[Option<Resolved>], house: &House) -> Result<(), Error> {
    let replaced = |name: &str| {
        let mut overridden = resolved.iter().flatten().filter(|plugin| matches!(plugin.origin, Origin::Override(_)));
        // One that could not be read is a mistake already.
        overridden.any(|plugin| plugin.name == name) || resolved.iter().any(Option::is_none)
    };
    match house.overrides.keys().find(|name| !replaced(name)) {
        Some(name) => Err(Error::Refused {
            setting: format!("--plugin {name}=…"),
            why: "because no step uses a plugin of that name",
        }),
        None => Ok(()),
    }
}

/// Where an operator says so, a pipeline runs as it was reviewed or not at all.
fn refuse_unlocked(locked: &Locked, house: &House) -> Result<(), Error> {
    match house.operators.iter().find(|operator| *locked == Locked::No && !operator.file.allow.unlocked) {
        Some(operator) => Err(Error::NotAllowed {
            what: format!("running without {}", lock::LOCK_FILE),
            operator: operator.name.clone(),
            key: "unlocked",
        }),
        None => Ok(()),
    }
}

fn steps_not_as_locked(config: &PipelineConfig, steps: &[PlannedStep], locked: &Locked) -> Vec<Mistake> {
    let Locked::Yes(lock) = locked else { return Vec::new() };
    let objection = |step: &PlannedStep| {
        let message = lock.objection_to_step(step)?;
        let pointer = match config.file.steps.iter().position(|table| table.id == step.id) {
            Some(index) => format!("/step/{index}/uses"),
            None => "/gate".to_owned(),
        };
        let hint = Some(lock::HOW_TO_UPDATE.to_owned());
        Some(config.document.mistake(MistakeClass::Plugin, &pointer, message, "not as locked", hint))
    };
    steps.iter().filter_map(objection).collect()
}

/// The steps of the file and, where no step is the gate, the gate; with their plugins where those could be read.
pub(crate) fn resolve(
    config: &PipelineConfig,
    house: &House,
    mistakes: &mut Vec<Mistake>,
) -> Result<(Vec<StepTable>, Vec<Option<Resolved>>), Error> {
    let mut tables = config.file.steps.clone();
    let keep = |result: Result<Resolved, Mistake>| result.map_err(|mistake| mistakes.push(mistake)).ok();
    let mut resolved: Vec<_> = registry::resolve(config, house).into_iter().map(keep).collect();
    if !tables.iter().any(|step| config.file.is_gate(step)) {
        resolved.push(Some(registry::builtin(GATE, house).map_err(Error::Bug)?));
        tables.push(step::gate_table(config));
    }
    Ok((tables, resolved))
}

type Found = (Vec<(String, PathBuf)>, Vec<Note>);

fn find_subjects(config: &PipelineConfig, walk: &Walk, mistakes: &mut Vec<Mistake>) -> Result<Found, Error> {
    let (found, unmatched) = subjects::expand(&config.folder, &config.file.pipeline.subjects, walk)?;
    let mut notes = Vec::new();
    for miss in unmatched {
        let pattern = &config.file.pipeline.subjects[miss.index];
        if miss.is_glob && miss.reason == "nothing matches" {
            let message = format!("the pattern `{pattern}` matches nothing");
            notes.push(Note { code: "empty-pattern".to_owned(), message });
        } else {
            let pointer = format!("/pipeline/subjects/{}", miss.index);
            let hint = Some("subjects are paths or globs, relative to pipeline.toml".to_owned());
            mistakes.push(config.document.mistake(MistakeClass::Config, &pointer, miss.reason, "not there", hint));
        }
    }
    Ok((found, notes))
}

/// Hashes every subject side by side; one that cannot be read does not stop the others.
async fn hash_all(
    subjects: Vec<(String, PathBuf)>,
    limits: &chiron_archive::Limits,
    walk: Walk,
) -> Result<(Vec<PlannedSubject>, Vec<(String, String)>), Error> {
    let limits = limits.clone();
    let hash = move |(name, path): (String, PathBuf)| {
        subjects::hash(name.clone(), path, &limits, &walk).map_err(|reason| (name, reason.to_string()))
    };
    let hashed: Vec<_> = tokio::task::spawn_blocking(move || {
        use rayon::prelude::*;
        subjects.into_par_iter().map(hash).collect()
    })
    .await
    .map_err(|error| Error::Bug(error.to_string()))?;
    let (mut read, mut unreadable) = (Vec::new(), Vec::new());
    for subject in hashed {
        match subject {
            Ok(subject) => read.push(subject),
            Err(unread) => unreadable.push(unread),
        }
    }
    Ok((read, unreadable))
}

fn bound_keys(config: &PipelineConfig, steps: &[PlannedStep]) -> Vec<(String, KeyTable)> {
    let bound = |name: &String| steps.iter().any(|step| step.grants.names(Capability::Signing).any(|key| key == name));
    let here =
        config.file.keys.iter().filter(|(name, key)| key.keyless.is_none() && key.pkcs11.is_none() && bound(name));
    here.map(|(name, key)| (name.clone(), key.clone())).collect()
}

fn bound_endpoints(config: &PipelineConfig, steps: &[PlannedStep]) -> Vec<(String, Endpoint)> {
    let bound = |name: &String| steps.iter().any(|step| step.grants.names(Capability::Http).any(|it| it == name));
    let tables = config.file.endpoints.iter().filter(|(name, _)| bound(name));
    let read = tables.map(|(name, table)| Some((name.clone(), endpoints::endpoint(name, table, &config.folder)?)));
    read.flatten().collect()
}

fn run_notes(locked: &Locked, resolved: &[Option<Resolved>], house: &House) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |code: &str, message: String| notes.push(Note { code: code.to_owned(), message });
    for plugin in resolved.iter().flatten().filter(|plugin| matches!(plugin.origin, Origin::Override(_))) {
        note("plugin-override", format!("the plugin `{}` was replaced with --plugin", plugin.name));
    }
    let unsigned = |plugin: &&Resolved| matches!(plugin.origin, Origin::File(_)) && plugin.vouched.by.is_none();
    for plugin in resolved.iter().flatten().filter(unsigned) {
        let message = format!("the plugin `{}` is a file that was not held against a signature", plugin.name);
        note("unsigned-plugin", message);
    }
    if *locked == Locked::No {
        note("unlocked", "this run was not held against a chiron.lock; make one with `chiron lock`".to_owned());
    }
    if house.time.frozen {
        note("frozen-time", format!("judged as of {}, by --at", house.time.evaluated_at));
    }
    notes
}

impl Plan {
    /// Steps of a kind, in file order.
    pub fn of_kind(&self, kind: PluginKind) -> impl Iterator<Item = &PlannedStep> {
        self.steps.iter().filter(move |step| step.plugin.kind() == kind)
    }
}

/// The limits of a step, for people: what every call spends, and what else is not as usual.
#[must_use]
pub fn limit_words(limits: &Limits) -> Vec<(&'static str, String)> {
    let usual = Limits::default();
    let told = |limit: &Limit| {
        matches!(limit, Limit::Deadline | Limit::Cpu | Limit::Memory | Limit::Output)
            || limit.of(limits) != limit.of(&usual)
    };
    Limit::ALL.into_iter().filter(told).map(|limit| (limit.key(), limit.words(limit.of(limits)))).collect()
}
