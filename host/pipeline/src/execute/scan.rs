//! Scanners: each is asked about the components it may see, in batches, side by side; those of content about files.

mod content;
mod covered;
mod set_aside;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chiron_model::component::Component;
use chiron_model::coverage::FileOutcome;
use chiron_model::finding::Claim;
use chiron_model::plugin::{Capability, PluginKind, Work};
use chiron_model::property;
use chiron_model::report::Note;
use chiron_model::step::Failure;
use chiron_sandbox::CallError;
use chiron_sandbox::powers::Advisories;
use futures_util::StreamExt as _;

use crate::databases::{self, Databases};
use crate::event::Event;
use crate::evidence::{Evidence, check_claim};
use crate::house::House;
use crate::plan::{Plan, PlannedStep};
use crate::powers::advisories::Engine;
use crate::powers::http::Egress;
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
}

/// Runs every scanner, in file order, and adds what they claim.
///
/// Returns the databases, still open: merging asks them for aliases.
pub(crate) async fn run(
    plan: &Arc<Plan>,
    house: &House,
    egress: &Arc<Egress>,
    evidence: &mut Evidence,
) -> Option<Databases> {
    // Without components there is nothing to ask about; content is there all the same.
    let empty = evidence.components.is_empty();
    let is_called = |step: &&PlannedStep| !empty || step.plugin.work() == Work::ScanContent;
    let called: Vec<_> = plan.of_kind(PluginKind::Scanner).filter(is_called).collect();
    let (databases, broken) = match open(plan, house, &called).await {
        Ok(Some((databases, notes))) => {
            evidence.notes.extend(notes);
            (Some(databases), None)
        }
        Ok(None) => (None, None),
        Err(failure) => (None, Some(failure)),
    };
    let engine = databases.as_ref().map(|databases| Arc::new(Engine::new(Arc::clone(&databases.open))));
    let verifying = databases.as_ref().map(databases::verify);
    let components = Arc::new(std::mem::take(&mut evidence.components));
    let mut answers = Vec::new();
    for (index, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.plugin.kind() == PluginKind::Scanner) {
        let work = step.plugin.work();
        let answer = match (&broken, egress.missing(step)) {
            _ if !is_called(&step) => Answer::default(),
            (Some(failure), _) if uses_engine(step) => Answer::failed(failure.clone()),
            (_, Some(failure)) => Answer::failed(failure),
            _ if work == Work::ScanContent => {
                content::run_step(plan, index, house, egress, &components, engine.clone()).await
            }
            _ => run_step(plan, index, house, egress, &components, engine.clone()).await,
        };
        answers.push((step, answer));
    }
    evidence.components = Arc::try_unwrap(components).unwrap_or_else(|shared| (*shared).clone());
    let damaged = match verifying {
        Some(task) => task.await.unwrap_or_else(|error| Err(host_failure(&error))).err(),
        None => None,
    };
    for (step, mut answer) in answers {
        // A database that is not what its digest says proves nothing: whoever asked it has failed.
        if let Some(failure) = damaged.as_ref().filter(|_| uses_engine(step)) {
            answer = Answer { calls: answer.calls, files: answer.files, ..Answer::failed(failure.clone()) };
        }
        let (claims, notes) = set_aside::take_out(&step.id, answer.claims);
        evidence.claims.extend(claims);
        evidence.notes.extend(notes);
        evidence.files.extend(answer.files);
        evidence.steps.push(super::outcome(step, house, answer.calls, answer.failures));
    }
    if let (Some(databases), Some(engine)) = (&databases, engine) {
        evidence.databases = engine.databases();
        evidence.notes.extend(engine.notes());
        covered::mark(plan, databases, evidence);
    }
    databases
}

async fn open(
    plan: &Arc<Plan>,
    house: &House,
    scanners: &[&PlannedStep],
) -> Result<Option<(Databases, Vec<Note>)>, Failure> {
    if !scanners.iter().any(|step| uses_engine(step)) {
        return Ok(None);
    }
    let (plan, scratch) = (Arc::clone(plan), house.scratch.clone());
    let opening = tokio::task::spawn_blocking(move || {
        let databases = databases::open(&plan, &scratch)?;
        let notes = databases::age::check(&plan, &databases)?;
        Ok::<_, Failure>((databases, notes))
    });
    opening.await.map_err(|error| host_failure(&error))?.map(Some)
}

fn host_failure(error: &tokio::task::JoinError) -> Failure {
    Failure { code: "host".to_owned(), message: error.to_string(), hint: None }
}

fn uses_engine(step: &PlannedStep) -> bool {
    step.grants.allows(Capability::Advisories)
}

async fn run_step(
    plan: &Arc<Plan>,
    index: usize,
    house: &House,
    egress: &Arc<Egress>,
    components: &Arc<Vec<Component>>,
    engine: Option<Arc<Engine>>,
) -> Answer {
    let step = &plan.steps[index];
    let batches = batches(plan, step, components);
    let calls = batches.len() as u64;
    house.observer.on(Event::StepStarted { step: step.id.clone(), calls });
    let tasks = batches.into_iter().map(|batch| {
        let (plan, house, components) = (Arc::clone(plan), house.clone(), Arc::clone(components));
        let egress = Arc::clone(egress);
        let engine = engine.clone().map(|engine| engine as Arc<dyn Advisories>);
        tokio::spawn(async move { call(&plan, index, batch, &components, &house, &egress, engine).await })
    });
    let mut ended = futures_util::stream::iter(tasks).buffered(house.jobs.max(1));
    let (mut claims, mut failures) = (Vec::new(), Vec::new());
    while let Some(answer) = ended.next().await {
        house.observer.on(Event::CallEnded { step: step.id.clone() });
        match answer {
            Ok(Ok(found)) => claims.extend(found),
            Ok(Err(error)) => failures.push(super::failure(step, None, &error)),
            Err(error) => failures.push(super::failure(step, None, &CallError::Host { reason: error.to_string() })),
        }
    }
    Answer { calls, claims, failures, files: Vec::new() }
}

/// Components that a step sees, by subject, in order; all of a subject at once where the scanner needs that.
fn batches(plan: &Plan, step: &PlannedStep, components: &[Component]) -> Vec<(usize, Vec<usize>)> {
    let place: BTreeMap<&str, usize> =
        plan.subjects.iter().enumerate().map(|(index, planned)| (planned.subject.name.as_str(), index)).collect();
    let mut by_subject: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, component) in components.iter().enumerate() {
        if let Some(&subject) = place.get(component.origin.subject.as_str()).filter(|_| sees(step, component)) {
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

/// Whether a step is shown a component.
fn sees(step: &PlannedStep, component: &Component) -> bool {
    step.from.as_ref().is_none_or(|from| from.contains(&component.origin.step))
}

async fn call(
    plan: &Plan,
    step: usize,
    (subject, batch): (usize, Vec<usize>),
    components: &Arc<Vec<Component>>,
    house: &House,
    egress: &Egress,
    engine: Option<Arc<dyn Advisories>>,
) -> Result<Vec<Claim>, CallError> {
    let step = &plan.steps[step];
    let mut powers = super::powers(step, house, egress, engine, None);
    powers.tools = super::tools(plan, step, || Some(sbom(plan, house, subject, components, batch.clone())));
    let batch: Vec<_> = batch.iter().map(|&index| &components[index]).collect();
    let call = step.call(&powers, &plan.time);
    let subject = &plan.subjects[subject].subject;
    let mut claims = step.plugin.scan(&call, subject, &batch).await?;
    let known: BTreeSet<_> = batch.iter().map(|component| component.id.as_str()).collect();
    for claim in &mut claims {
        check_claim(claim, &known)?;
        claim.origin.step.clone_from(&step.id);
        claim.origin.subject.clone_from(&subject.name);
    }
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
