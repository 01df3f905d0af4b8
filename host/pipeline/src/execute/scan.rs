//! Scanners: each is asked about the components it may see, in batches, side by side; those of content about files.

mod content;
pub(crate) mod covered;
mod set_aside;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chiron_model::component::Component;
use chiron_model::coverage::FileOutcome;
use chiron_model::finding::Claim;
use chiron_model::plugin::{Capability, PluginKind, Work};
use chiron_model::property;
use chiron_model::report::Note;
use chiron_model::step::{Failure, StepOutcome};
use chiron_sandbox::CallError;
use chiron_sandbox::powers::Advisories;
use futures_util::StreamExt as _;

use super::fallback;
use crate::databases::{self, Databases};
use crate::event::{Work as Doing, Working};
use crate::evidence::{Evidence, check_claim, union};
use crate::house::House;
use crate::plan::{Plan, PlannedStep};
use crate::powers::advisories::Engine;
use crate::powers::http::Egress;
use crate::powers::journal::StepJournal;
use crate::powers::tools::Sbom;

/// Components in one call. A batch of ordinary components is about 2 MiB once lifted; more only delays the first answer.
const BATCH_COMPONENTS: usize = 4096;

/// Property by which a scanner says that it wants all components of a subject in one call.
const NEEDS_ALL: &str = "chiron:needs-all-components";

/// What one scanner step did.
#[derive(Default)]
struct Answer {
    calls: u64,
    claims: Vec<Claim>,
    /// The account of files that were read; none for scanners that were asked about components.
    files: Vec<FileOutcome>,
    failures: Vec<Failure>,
}

impl Answer {
    fn failed(failure: Failure) -> Self {
        Self { failures: vec![failure], ..Self::default() }
    }

    /// What a step claimed before it failed stays: more findings are never fewer.
    fn add(self, step: &PlannedStep, house: &House, evidence: &mut Evidence) {
        let (claims, notes) = set_aside::take_out(&step.id, self.claims);
        evidence.claims.extend(claims);
        evidence.notes.extend(notes);
        evidence.files.extend(self.files);
        evidence.steps.push(super::outcome(step, house, self.calls, self.failures));
    }
}

/// What all scanners of a run are asked with.
struct Ground<'a> {
    plan: &'a Arc<Plan>,
    house: &'a House,
    egress: &'a Arc<Egress>,
    components: Arc<Vec<Component>>,
    engine: Option<Arc<Engine>>,
    /// Why nobody can ask the databases.
    broken: Option<Failure>,
}

impl Ground<'_> {
    async fn answer(&self, index: usize, ended: &[StepOutcome]) -> Answer {
        let step = &self.plan.steps[index];
        if !is_called(step, &self.components) {
            return Answer::default();
        }
        let broken = self.broken.clone().filter(|_| uses_engine(step));
        match broken.or_else(|| super::missing(step, self.egress)) {
            Some(failure) => Answer::failed(failure),
            None if step.plugin.work() == Work::ScanContent => self.read(index, ended).await,
            None => self.run(index, ended).await,
        }
    }
}

/// Without components there is nothing to ask about; content is there all the same.
fn is_called(step: &PlannedStep, components: &[Component]) -> bool {
    !components.is_empty() || step.plugin.work() == Work::ScanContent
}

/// Runs every scanner, in file order, and adds what they claim. Fallbacks run when those before them have failed.
///
/// Returns the databases, still open: merging asks them for aliases.
pub(crate) async fn run(
    plan: &Arc<Plan>,
    house: &House,
    egress: &Arc<Egress>,
    evidence: &mut Evidence,
) -> Option<Databases> {
    let called: Vec<_> =
        plan.of_kind(PluginKind::Scanner).filter(|step| is_called(step, &evidence.components)).collect();
    let primaries = fallback::primaries(plan, PluginKind::Scanner);
    let (databases, broken) = match open_told(plan, house, &called).await {
        Ok(Some((databases, notes))) => {
            evidence.notes.extend(notes);
            (Some(databases), None)
        }
        Ok(None) => (None, None),
        Err(failure) => (None, Some(failure)),
    };
    let engine = databases.as_ref().map(|databases| Arc::new(Engine::new(Arc::clone(&databases.open))));
    let verifying = databases.as_ref().map(|databases| databases::verify(databases, &house.observer));
    let components = Arc::new(std::mem::take(&mut evidence.components));
    let mut ground = Ground { plan, house, egress, components, engine, broken };
    let mut answers = Vec::new();
    for index in primaries {
        answers.push((index, ground.answer(index, &evidence.steps).await));
    }
    let damaged = match verifying {
        Some(task) => task.await.unwrap_or_else(|error| Err(host_failure(&error))).err(),
        None => None,
    };
    for (index, mut answer) in answers {
        let step = &plan.steps[index];
        // A database that is not what its digest says proves nothing: whoever asked it has failed.
        if let Some(failure) = damaged.as_ref().filter(|_| uses_engine(step)) {
            answer = Answer { calls: answer.calls, files: answer.files, ..Answer::failed(failure.clone()) };
        }
        answer.add(step, house, evidence);
    }
    // Only now it is known who failed: fallbacks that ask the same database have failed with it.
    ground.broken = ground.broken.or(damaged);
    while let Some(index) = fallback::next(plan, PluginKind::Scanner, &evidence.steps) {
        if house.observer.cancelled() {
            break;
        }
        ground.answer(index, &evidence.steps).await.add(&plan.steps[index], house, evidence);
    }
    fallback::settle(plan, PluginKind::Scanner, house, evidence);
    let Ground { components, engine, .. } = ground;
    evidence.components = Arc::try_unwrap(components).unwrap_or_else(|shared| (*shared).clone());
    if let (Some(databases), Some(engine)) = (&databases, engine) {
        evidence.databases = engine.databases();
        evidence.notes.extend(engine.notes());
        covered::mark(plan, databases, evidence);
    }
    databases
}

/// Opens them and tells of it, where anybody asks them.
async fn open_told(
    plan: &Arc<Plan>,
    house: &House,
    scanners: &[&PlannedStep],
) -> Result<Option<(Databases, Vec<Note>)>, Failure> {
    if !scanners.iter().any(|step| uses_engine(step)) {
        return Ok(None);
    }
    let mut opening = Working::on(Doing::OpenDatabases, &*house.observer);
    open(plan, house).await.map(Some).inspect_err(|failure| opening.failed(&failure.code))
}

async fn open(plan: &Arc<Plan>, house: &House) -> Result<(Databases, Vec<Note>), Failure> {
    let (plan, scratch) = (Arc::clone(plan), house.scratch.clone());
    let opening = tokio::task::spawn_blocking(move || {
        let databases = databases::open(&plan, &scratch)?;
        let notes = databases::age::check(&plan, &databases)?;
        Ok::<_, Failure>((databases, notes))
    });
    opening.await.map_err(|error| host_failure(&error))?
}

fn host_failure(error: &tokio::task::JoinError) -> Failure {
    Failure { code: "host".to_owned(), message: error.to_string(), hint: None }
}

/// Whether a scanner stands on the run's databases.
pub(crate) fn uses_engine(step: &PlannedStep) -> bool {
    step.grants.allows(Capability::Advisories)
}

impl Ground<'_> {
    async fn run(&self, index: usize, ended: &[StepOutcome]) -> Answer {
        let Self { plan, house, .. } = self;
        let step = &plan.steps[index];
        let batches = batches(plan, step, fallback::seen(step, ended).as_ref(), &self.components);
        let calls = batches.len() as u64;
        super::begin(step, house, calls);
        let tasks = batches.into_iter().zip(0..).map(|(batch, number)| {
            let (plan, house, components) = (Arc::clone(plan), (*house).clone(), Arc::clone(&self.components));
            let egress = Arc::clone(self.egress);
            let engine = self.engine.clone().map(|engine| engine as Arc<dyn Advisories>);
            tokio::spawn(async move { call(&plan, (index, number), batch, &components, &house, &egress, engine).await })
        });
        let mut answers = futures_util::stream::iter(tasks).buffered(house.jobs.max(1));
        let (mut claims, mut failures) = (Vec::new(), Vec::new());
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(Ok(found)) => claims.extend(found),
                Ok(Err(error)) => failures.push(super::failure(step, None, &error)),
                Err(error) => failures.push(super::failure(step, None, &CallError::Host { reason: error.to_string() })),
            }
        }
        failures.extend(fallback::idle(step, calls));
        Answer { calls, claims, failures, files: Vec::new() }
    }
}

/// Components that a step sees, by subject, in order; all of a subject at once where the scanner needs that.
fn batches(
    plan: &Plan,
    step: &PlannedStep,
    from: Option<&BTreeSet<String>>,
    components: &[Component],
) -> Vec<(usize, Vec<usize>)> {
    let place: BTreeMap<&str, usize> =
        plan.subjects.iter().enumerate().map(|(index, planned)| (planned.subject.name.as_str(), index)).collect();
    let mut by_subject: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, component) in components.iter().enumerate() {
        if let Some(&subject) = place.get(component.origin.subject.as_str()).filter(|_| sees(from, component)) {
            by_subject.entry(subject).or_default().push(index);
        }
    }
    let needs_all = property(&step.description.properties, NEEDS_ALL) == Some("true");
    let chunked = |(subject, all): (usize, Vec<usize>)| {
        let size = if needs_all { all.len() } else { BATCH_COMPONENTS };
        all.chunks(size.max(1)).map(|batch| (subject, batch.to_vec())).collect::<Vec<_>>()
    };
    by_subject.into_iter().flat_map(chunked).collect()
}

/// Whether a step that sees what these found is shown a component.
fn sees(from: Option<&BTreeSet<String>>, component: &Component) -> bool {
    from.is_none_or(|from| union::found_by_any(component, from))
}

async fn call(
    plan: &Plan,
    (step, number): (usize, u64),
    (subject, batch): (usize, Vec<usize>),
    components: &Arc<Vec<Component>>,
    house: &House,
    egress: &Egress,
    engine: Option<Arc<dyn Advisories>>,
) -> Result<Vec<Claim>, CallError> {
    let step = &plan.steps[step];
    let watch = StepJournal::begin(step, number, &house.observer);
    let mut powers = super::powers(step, &watch, egress, engine, None);
    powers.tools = super::tools(plan, step, || Some(sbom(plan, house, subject, components, batch.clone())));
    let batch: Vec<_> = batch.iter().map(|&index| &components[index]).collect();
    let call = step.call(&powers, &plan.time);
    let subject = &plan.subjects[subject].subject;
    let known: BTreeSet<_> = batch.iter().map(|component| component.id.as_str()).collect();
    let answer = step.plugin.scan(&call, subject, &batch).await.and_then(|claims| checked(claims, &known));
    watch.end(&answer);
    let mut claims = answer?;
    for claim in &mut claims {
        claim.origin.step.clone_from(&step.id);
        claim.origin.subject.clone_from(&subject.name);
    }
    Ok(claims)
}

/// Claims, if all of them can be believed.
fn checked(mut claims: Vec<Claim>, known: &BTreeSet<&str>) -> Result<Vec<Claim>, CallError> {
    claims.iter_mut().try_for_each(|claim| check_claim(claim, known))?;
    Ok(claims)
}

/// The components of a call, for programs that read documents.
fn sbom(plan: &Plan, house: &House, subject: usize, components: &Arc<Vec<Component>>, batch: Vec<usize>) -> Sbom {
    Sbom {
        pipeline: plan.pipeline.clone(),
        version: house.version,
        printed_at: plan.time.printed_at.to_string(),
        evaluated_at: plan.time.evaluated_at.to_string(),
        subject: plan.subjects[subject].subject.clone(),
        components: Arc::clone(components),
        batch,
    }
}
