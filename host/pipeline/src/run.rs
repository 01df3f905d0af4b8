//! The straight line: text, plan, evidence, verdict, report, signatures.

use std::path::Path;
use std::sync::Arc;

use chiron_model::plugin::Capability;
use chiron_model::report::Report;
use chiron_model::step::{Ending, Failure};

use crate::attest::{self, Bundle};
use crate::config::{self, PipelineConfig};
use crate::error::Error;
use crate::event::{Event, Facts, Flag, Phase, Work, Working};
use crate::evidence::Evidence;
use crate::house::{House, LockMode};
use crate::lock::{self, LockedDatabase, LockedTool};
use crate::mistake::MistakeClass;
use crate::plan::{self, Plan};
use crate::powers::http::Egress;
use crate::{advice, assess, databases, execute, findings, verified};

/// What a run led to.
#[derive(Debug)]
pub struct Run {
    /// All that any door shows.
    pub report: Report,
    /// Signed files that were written.
    pub bundles: Vec<Bundle>,
    /// What nothing to scan means for this pipeline.
    pub on_empty: config::file::OnEmpty,
}

/// Reads pipeline.toml and decides what will run. Touches nothing, and gives no plugin a power.
///
/// # Errors
/// Every mistake in the file, and every plugin that is refused.
pub async fn plan(text: &str, path: &Path, house: &House) -> Result<(Plan, PipelineConfig), Error> {
    house.observer.on(Event::PhaseStarted(Phase::Plan));
    let (config, mistakes) = config::read(text, path);
    planned(&config, house);
    let plan = plan::build(&config, mistakes, house).await?;
    Ok((plan, config))
}

/// As [`plan`], for a configuration that a door made from flags.
///
/// # Errors
/// As [`plan`].
pub async fn plan_config(config: &PipelineConfig, house: &House) -> Result<Plan, Error> {
    house.observer.on(Event::PhaseStarted(Phase::Plan));
    planned(config, house);
    plan::build(config, Vec::new(), house).await
}

/// Runs a plan.
///
/// # Errors
/// When the host cannot do it at all. Findings, denials and failed plugins are in the report, not here.
pub async fn run(plan: Plan, house: &House) -> Result<Run, Error> {
    let plan = Arc::new(plan);
    let mut evidence = Evidence::default();
    if plan.verify.is_some() {
        house.observer.on(Event::PhaseStarted(Phase::Verify));
    }
    evidence.notes.extend(verified::before(&plan).await?);
    let egress = open(&plan, house).await?;
    house.observer.on(Event::PhaseStarted(Phase::Generate));
    execute::generate::run(&plan, house, &egress, &mut evidence).await;
    house.observer.on(Event::PhaseStarted(Phase::Scan));
    let databases = execute::scan::run(&plan, house, &egress, &mut evidence).await;
    house.go_on()?;
    house.observer.on(Event::PhaseStarted(Phase::Assess));
    let panel = findings::Panel::of(&plan, &evidence.steps);
    let judged = {
        let _merging = Working::on(Work::Merge, &*house.observer);
        findings::judge(&evidence, databases.as_ref(), &panel)
    };
    let mut found = judged.unwrap_or_else(|reason| give_up_on_findings(&mut evidence, &reason));
    let subjects: Vec<_> = plan.subjects.iter().map(|planned| planned.subject.clone()).collect();
    let now = plan.time.evaluated_at;
    let (vex, notes) = plan.standing.apply(&mut found, &evidence.components, &subjects, now);
    evidence.notes.extend(notes);
    plan.enrichments.apply(&mut found);
    let advice = advice::advise(&found, &evidence, databases.as_ref());
    let verdict = assess::assess(&plan, house, &egress, &mut evidence, &found).await;
    let mut report = report(&plan, house, evidence, found, verdict);
    report.advice = advice;
    report.vex = vex;
    house.go_on()?;
    house.observer.on(Event::PhaseStarted(Phase::Sign));
    let attested = attest::attest(&plan, house, &egress, &report).await?;
    report.verdict.judged &= !attested.outcomes.iter().any(chiron_model::step::StepOutcome::is_broken);
    if !report.verdict.judged {
        report.verdict.decision = chiron_model::verdict::Decision::Deny;
    }
    report.steps.extend(attested.outcomes);
    house.observer.on(Event::Reported(Box::new(Facts::of(&report, flags(&plan, house)))));
    Ok(Run { report, bundles: attested.bundles, on_empty: plan.on_empty })
}

fn planned(config: &PipelineConfig, house: &House) {
    house.observer.on(Event::Planned { pipeline: config.file.pipeline.name.clone() });
}

/// What kind of run this is.
fn flags(plan: &Plan, house: &House) -> Vec<(Flag, bool)> {
    let allows = |capability| plan.steps.iter().any(|step| step.grants.allows(capability));
    let set = |flag| match flag {
        Flag::Locked => house.lock == LockMode::Required,
        Flag::Offline => house.offline,
        Flag::Operator => !house.operators.is_empty(),
        Flag::FrozenTime => house.time.frozen,
        Flag::PluginOverride => !house.overrides.is_empty(),
        Flag::Tools => allows(Capability::Tools),
        Flag::Network => allows(Capability::Http),
        Flag::Signing => allows(Capability::Signing),
    };
    Flag::ALL.into_iter().map(|flag| (flag, set(flag))).collect()
}

/// From here on secrets of endpoints are in memory, until the run ends. Reading files and certificates takes a thread of its own.
async fn open(plan: &Arc<Plan>, house: &House) -> Result<Arc<Egress>, Error> {
    let (plan, house) = (Arc::clone(plan), house.clone());
    let opened = tokio::task::spawn_blocking(move || Egress::open(&plan, &house)).await;
    opened.map(Arc::new).map_err(|error| Error::Bug(error.to_string()))
}

/// A database that broke while findings were merged: every scanner that asked it has failed.
fn give_up_on_findings(evidence: &mut Evidence, reason: &str) -> Vec<chiron_model::finding::Finding> {
    let failure = Failure { code: "database-damaged".to_owned(), message: reason.to_owned(), hint: None };
    for step in evidence.steps.iter_mut().filter(|step| step.kind == chiron_model::plugin::PluginKind::Scanner) {
        if !step.was_not_needed() {
            step.ending = Ending::Failed(failure.clone());
            step.replaced_by = None;
        }
    }
    Vec::new()
}

fn report(
    plan: &Plan,
    house: &House,
    evidence: Evidence,
    findings: Vec<chiron_model::finding::Finding>,
    verdict: chiron_model::verdict::Verdict,
) -> Report {
    let mut notes: Vec<_> = plan.notes.iter().cloned().chain(evidence.notes).collect();
    notes.sort();
    notes.dedup();
    let mut files = evidence.files;
    files.sort_by(|a, b| {
        (&a.origin.subject, &a.path, &a.origin.step).cmp(&(&b.origin.subject, &b.path, &b.origin.step))
    });
    Report {
        pipeline: plan.pipeline.clone(),
        chiron_version: house.version.to_owned(),
        evaluated_at: plan.time.evaluated_at.to_string(),
        printed_at: plan.time.printed_at.to_string(),
        subjects: plan.subjects.iter().map(|planned| planned.subject.clone()).collect(),
        steps: evidence.steps,
        components: evidence.components,
        relations: evidence.relations,
        files,
        findings,
        advice: Vec::new(),
        databases: evidence.databases,
        enrichments: plan.enrichments.ids(),
        vex: Vec::new(),
        verdict,
        notes,
        settings: plan.settings.clone(),
    }
}

/// What `chiron lock` writes for a pipeline.
///
/// # Errors
/// Mistakes in the file, and plugins that cannot be loaded.
pub async fn lock_of(text: &str, path: &Path, house: &House) -> Result<lock::Lock, Error> {
    let (config, mut mistakes) = config::read(text, path);
    let (_, resolved) = plan::resolve(&config, house, &mut mistakes)?;
    // Planning refuses what would be refused in a run: a lock is made of what can run.
    let plan = plan::build(&config, mistakes, house).await?;
    refuse_absent(&config, &plan)?;
    let pins: Vec<_> =
        config.file.databases.iter().filter(|(_, table)| table.pin).map(|(name, _)| name.clone()).collect();
    let pinned = if pins.is_empty() { Vec::new() } else { pinned(&plan, house, &pins)? };
    let with_requests = resolved.iter().flatten().map(|plugin| {
        let step = plan.steps.iter().find(|step| step.record.name == plugin.name);
        (plugin, step.map(|step| lock::requests(&step.description)).unwrap_or_default())
    });
    let steps = plan.steps.iter().map(lock::LockedStep::of).collect();
    let lock = lock::Lock::of(with_requests, steps, pinned);
    let tools = locked_tools(&plan).await?;
    let before = lock::Lock::read(&lock::path_beside(&config.folder))?;
    Ok(lock.with_tools(tools, before.as_ref()))
}

/// A run can do without a step that others stand in for; a lock is about all of them.
fn refuse_absent(config: &PipelineConfig, plan: &Plan) -> Result<(), Error> {
    let absent = plan.steps.iter().filter_map(|step| Some((step, step.absent.as_ref()?)));
    let mistakes: Vec<_> = absent
        .map(|(step, failure)| {
            let place = config.file.steps.iter().position(|table| table.id == step.id).unwrap_or_default();
            let (pointer, message) = (format!("/step/{place}/uses"), failure.message.clone());
            config.document.mistake(MistakeClass::Plugin, &pointer, message, "cannot run here", failure.hint.clone())
        })
        .collect();
    if mistakes.is_empty() { Ok(()) } else { Err(config.document.fail(mistakes).into()) }
}

/// This machine's programs, each asked for its version where pipeline.toml says how: confined, as in a run.
async fn locked_tools(plan: &Plan) -> Result<Vec<LockedTool>, Error> {
    let mut rows = Vec::new();
    for planned in &plan.tools.tools {
        let (tool, arguments) = (Arc::clone(&planned.tool), planned.version_arguments.clone());
        let mut row = LockedTool {
            name: tool.name.clone(),
            platform: chiron_tools::platform(),
            version: String::new(),
            digest: tool.program.digest.to_string(),
        };
        if let Some(toolbox) = plan.tools.toolbox.as_ref().filter(|_| !arguments.is_empty()) {
            let runner = Arc::clone(toolbox.runner());
            let path = tool.program.path.clone();
            let asked = tokio::task::spawn_blocking(move || runner.version(&tool, &arguments));
            let asked = asked.await.map_err(|error| Error::Bug(error.to_string()))?;
            row.version = asked.map_err(|error| Error::io("ask the version of", path, error))?;
        }
        rows.push(row);
    }
    Ok(rows)
}

fn pinned(plan: &Plan, house: &House, pins: &[String]) -> Result<Vec<LockedDatabase>, Error> {
    let open = databases::open(plan, &house.scratch)
        .map_err(|failure| Error::io("open", "advisory database", failure.message))?;
    let all = open.open.iter().map(|database| database.id());
    let wanted = all.filter(|id| pins.contains(&id.name));
    Ok(wanted.map(|id| LockedDatabase { name: id.name.clone(), digest: id.digest.clone() }).collect())
}
