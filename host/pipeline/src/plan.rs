//! What will run, on what, with which powers. Grants are final from here.

mod bases;
pub(crate) mod budget;
mod databases;
mod fallback;
mod inputs;
pub mod keyless;
mod publish;
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
use chiron_trust::judge::{RootOrigin, TrustRoot};
use chiron_verify::Wanted;

pub use inputs::Inputs;
use keyless::Way;
pub use step::PlannedStep;
pub use tools::{PlannedTool, PlannedTools};

use crate::config::file::{Attest, KeyTable, Limit, OnEmpty, StepTable};
use crate::config::{PipelineConfig, endpoints};
use crate::enrich::Enrichments;
use crate::error::Error;
use crate::house::{House, LockMode, Time};
use crate::lock::{self, Locked};
use crate::mistake::{Mistake, MistakeClass};
use crate::operator::Operator;
use crate::operator::ceiling::Objection;
use crate::registry::{self, Origin, Resolved};
use crate::standing::Standing;
use crate::subjects::{self, PlannedSubject};
use crate::vouched::UNSIGNED;

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
    mistakes.extend(beyond_ceilings(config, house, &endpoints, &tools));
    let asked = Services { keyless: &keyless, witnesses: &witnesses };
    mistakes.extend(services_beyond_ceilings(config, house, asked));
    mistakes.extend(modules_beyond_ceilings(config, house, &tokens));
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
        settings: settings(config, house, &endpoints, asked, &tokens, &tools, &standing),
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

/// What is bound and lies beyond what an operator allows.
fn beyond_ceilings(
    config: &PipelineConfig,
    house: &House,
    endpoints: &[(String, Endpoint)],
    tools: &PlannedTools,
) -> Vec<Mistake> {
    let mistake = |table: String, Objection { key, message, hint }: Objection| {
        let (class, pointer) = (MistakeClass::Plugin, format!("{table}/{key}"));
        config.document.mistake(class, &pointer, message, "beyond the ceiling", Some(hint))
    };
    let mut mistakes = Vec::new();
    for operator in &house.operators {
        let unsigned = config.file.pipeline.allow_unsigned_plugins_unsafe;
        let objection = operator.objection_to_setting(UNSIGNED).filter(|_| unsigned);
        mistakes.extend(objection.map(|objection| mistake("/pipeline".to_owned(), objection)));
        for (name, endpoint) in endpoints {
            let objections = operator.objections_to_endpoint(endpoint).into_iter();
            mistakes.extend(objections.map(|objection| mistake(format!("/endpoints/{name}"), objection)));
        }
        for planned in &tools.tools {
            let objections = operator.objections_to_tool(&planned.tool).into_iter();
            mistakes.extend(objections.map(|objection| mistake(format!("/tools/{}", planned.tool.name), objection)));
        }
    }
    mistakes
}

/// What keys ask services for.
#[derive(Clone, Copy)]
struct Services<'a> {
    keyless: &'a [keyless::PlannedKeyless],
    witnesses: &'a [witness::PlannedWitness],
}

impl<'a> Services<'a> {
    fn by_key(self) -> impl Iterator<Item = Asking<'a>> {
        let keyless = self.keyless.iter().map(|session| Asking {
            name: &session.name,
            table: "keyless",
            ways: session.ways().collect(),
            root: &session.root,
        });
        let witnesses = self.witnesses.iter().map(|witness| Asking {
            name: &witness.name,
            table: "witness",
            ways: witness.ways().collect(),
            root: &witness.root,
        });
        keyless.chain(witnesses)
    }
}

/// A key that asks services.
struct Asking<'a> {
    name: &'a str,
    /// The key of its table.
    table: &'static str,
    /// That requests may take.
    ways: Vec<&'a Way>,
    /// What the answers are held against.
    root: &'a TrustRoot,
}

/// Services that keys ask are reached like endpoints, and capped like them.
fn services_beyond_ceilings(config: &PipelineConfig, house: &House, services: Services<'_>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for operator in &house.operators {
        for Asking { name, table, ways, .. } in services.by_key() {
            let objections = ways.into_iter().flat_map(|way| operator.objections_to_endpoint(&way.endpoint));
            mistakes.extend(objections.map(|Objection { message, hint, .. }| {
                let (class, pointer) = (MistakeClass::Plugin, format!("/keys/{name}/{table}"));
                config.document.mistake(class, &pointer, message, "beyond the ceiling", Some(hint))
            }));
        }
    }
    mistakes
}

/// The module of a token is code that no sandbox holds.
fn modules_beyond_ceilings(config: &PipelineConfig, house: &House, tokens: &[token::PlannedToken]) -> Vec<Mistake> {
    let pairs = house.operators.iter().flat_map(|operator| tokens.iter().map(move |token| (operator, token)));
    let objection = |(operator, token): (&Operator, &token::PlannedToken)| {
        let Objection { key, message, hint } = operator.objection_to_module(&token.module)?;
        let (class, pointer) = (MistakeClass::Plugin, format!("/keys/{}/{key}", token.name));
        Some(config.document.mistake(class, &pointer, message, "beyond the ceiling", Some(hint)))
    };
    pairs.filter_map(objection).collect()
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

/// Settings in force, with where each came from. Paths are named as they were given, never made absolute.
fn settings(
    config: &PipelineConfig,
    house: &House,
    endpoints: &[(String, Endpoint)],
    services: Services<'_>,
    tokens: &[token::PlannedToken],
    tools: &PlannedTools,
    standing: &Standing,
) -> Vec<Setting> {
    let mut settings = house.settings.clone();
    let add = |settings: &mut Vec<Setting>, key: &str, value: String, given: bool| {
        let file = if house.lock == LockMode::NotUsed { "command" } else { "pipeline.toml" };
        let source = if given { file } else { "default" }.to_owned();
        settings.push(Setting { key: key.to_owned(), value, source });
    };
    let on_empty = if config.file.pipeline.on_empty == OnEmpty::Pass { "pass" } else { "fail" };
    add(&mut settings, "pipeline.on_empty", on_empty.to_owned(), config.file.pipeline.on_empty != OnEmpty::default());
    if config.file.pipeline.allow_unsigned_plugins_unsafe {
        add(&mut settings, &format!("pipeline.{UNSIGNED}"), "true".to_owned(), true);
    }
    for (name, endpoint) in endpoints {
        let key = format!("endpoints.{name}");
        add(&mut settings, &key, endpoint.base.origin.to_string(), true);
        if endpoint.plaintext {
            add(&mut settings, &format!("{key}.plaintext_unsafe"), "true".to_owned(), true);
        }
        if endpoint.private_addresses {
            add(&mut settings, &format!("{key}.private_addresses"), "true".to_owned(), true);
        }
    }
    for Asking { name, table, ways, root } in services.by_key() {
        let key = format!("keys.{name}.{table}");
        add(&mut settings, &key, keyless::origins(ways.iter().copied()), true);
        if ways.iter().any(|way| way.endpoint.plaintext) {
            add(&mut settings, &format!("{key}.plaintext_unsafe"), "true".to_owned(), true);
        }
        if ways.iter().any(|way| way.endpoint.private_addresses) {
            add(&mut settings, &format!("{key}.private_addresses"), "true".to_owned(), true);
        }
        if root.origin() != RootOrigin::Embedded {
            add(&mut settings, &format!("{key}.trusted_root"), root.digest().to_string(), true);
        }
    }
    for (name, age) in config.file.databases.iter().filter_map(|(name, table)| Some((name, table.max_age.as_ref()?))) {
        add(&mut settings, &format!("databases.{name}.max_age"), age.clone(), true);
    }
    if config.file.verify.as_ref().is_some_and(|table| table.before_run) {
        add(&mut settings, "verify.before_run", "true".to_owned(), true);
    }
    let gate = config.file.gate.clone().unwrap_or_default();
    for operator in &house.operators {
        let value = operator.digest.to_string();
        settings.push(Setting { key: "operator".to_owned(), value, source: operator.source.to_owned() });
    }
    for (key, value) in gate {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let source = bases::source(config, &format!("/gate/{key}"));
        match source {
            Some(source) => settings.push(Setting { key: format!("gate.{key}"), value, source }),
            None => add(&mut settings, &format!("gate.{key}"), value, true),
        }
    }
    settings.extend(tokens.iter().flat_map(token::PlannedToken::settings));
    settings.extend(tools.settings());
    settings.extend(standing.settings());
    settings.extend(walking::settings(config));
    settings.extend(bases::settings(config));
    settings.sort();
    settings.dedup_by(|a, b| a.key == b.key && (a.key != "operator" || a == b));
    settings
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
