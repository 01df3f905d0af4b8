//! Scanners of content: each is called once for every file or tree that it asks for, and shown the components that it may see.

use std::collections::BTreeMap;
use std::sync::Arc;

use chiron_model::component::Component;
use chiron_model::coverage::{Coverage, FileOutcome};
use chiron_model::finding::Claim;
use chiron_model::location::Location;
use chiron_model::step::{Failure, StepOutcome};
use chiron_sandbox::CallError;
use chiron_sandbox::powers::Advisories;
use futures_util::StreamExt as _;

use super::{Answer, Ground, checked, sbom, sees};
use crate::execute::fallback;
use crate::execute::job::{Input, Job, jobs, open};
use crate::house::House;
use crate::plan::{Plan, PlannedStep};
use crate::powers::advisories::Engine;
use crate::powers::http::Egress;
use crate::powers::journal::StepJournal;
use crate::subjects::PlannedSubject;

/// Everything that the calls of a step share.
struct Calls {
    plan: Arc<Plan>,
    index: usize,
    house: House,
    egress: Arc<Egress>,
    components: Arc<Vec<Component>>,
    /// Which of them the step sees.
    seen: Vec<usize>,
    engine: Option<Arc<Engine>>,
}

impl Ground<'_> {
    /// Calls a scanner of content. One that no file of the run is for has found nothing out: that is a failure, because a
    /// report that was to be read and is not there must not look like one without findings.
    pub(super) async fn read(&self, index: usize, ended: &[StepOutcome]) -> Answer {
        let step = &self.plan.steps[index];
        let subjects = self.plan.subjects.iter().enumerate();
        let jobs: Vec<_> = subjects.flat_map(|(s, subject)| jobs(step, s, subject)).collect();
        let calls = jobs.len() as u64;
        crate::execute::begin(step, self.house, calls);
        if jobs.is_empty() {
            return Answer::failed(nothing_to_read(step));
        }
        let from = fallback::seen(step, ended);
        let seen = |at: &usize| sees(from.as_ref(), &self.components[*at]);
        let shared = Arc::new(Calls {
            plan: Arc::clone(self.plan),
            index,
            house: self.house.clone(),
            egress: Arc::clone(self.egress),
            components: Arc::clone(&self.components),
            seen: (0..self.components.len()).filter(seen).collect(),
            engine: self.engine.clone(),
        });
        shared.all(jobs).await
    }
}

fn nothing_to_read(step: &PlannedStep) -> Failure {
    let reads =
        step.description.properties.iter().filter(|(key, _)| key == "chiron:reads").map(|(_, value)| value.as_str());
    let reads: Vec<_> = reads.collect();
    let reads = if reads.is_empty() { "what it reads".to_owned() } else { reads.join(", ") };
    let message = format!("no subject holds a file for it: {}", chiron_model::text::one_line(&reads));
    let hint = "name the file in `subjects`, or remove the step".to_owned();
    Failure { code: "nothing-to-read".to_owned(), message, hint: Some(hint) }
}

impl Answer {
    /// Adds what a call ended with, and the account of its file.
    fn take_up(&mut self, step: &PlannedStep, job: &Job, found: Result<Vec<Claim>, CallError>) {
        let outcome = match &found {
            Ok(claims) => FileOutcome { entries_read: claims.len() as u64, ..job.unit.outcome(Coverage::Read, None) },
            Err(error) => job.unit.outcome(Coverage::Failed, Some(error.to_string())),
        };
        // Of a tree a scanner gives no account, so that none is given of it.
        if matches!(job.input, Input::File(_)) {
            self.files.push(outcome);
        }
        match found {
            Ok(claims) => self.claims.extend(claims),
            Err(error) => self.failures.push(crate::execute::failure(step, Some(&job.unit.path), &error)),
        }
    }
}

impl Calls {
    /// Every call, in the order of files.
    async fn all(self: &Arc<Self>, jobs: Vec<(usize, Job)>) -> Answer {
        let calls = jobs.len() as u64;
        let tasks = jobs.into_iter().zip(0..).map(|((subject, job), number)| {
            let shared = Arc::clone(self);
            tokio::spawn(async move {
                let found = shared.call(number, subject, &job).await;
                (job, found)
            })
        });
        let mut ended = futures_util::stream::iter(tasks).buffered(self.house.jobs.max(1));
        let mut answer = Answer { calls, ..Answer::default() };
        let step = &self.plan.steps[self.index];
        while let Some(ended) = ended.next().await {
            match ended {
                Ok((job, found)) => answer.take_up(step, &job, found),
                Err(error) => {
                    let error = CallError::Host { reason: error.to_string() };
                    answer.failures.push(crate::execute::failure(step, None, &error));
                }
            }
        }
        answer
    }

    async fn call(&self, number: u64, subject: usize, job: &Job) -> Result<Vec<Claim>, CallError> {
        let Self { plan, house, components, .. } = self;
        let (step, planned) = (&plan.steps[self.index], &plan.subjects[subject]);
        let source = open(planned, &job.input).map_err(|error| unreadable(&error))?;
        let engine = self.engine.clone().map(|engine| engine as Arc<dyn Advisories>);
        let watch = StepJournal::begin(step, number, &house.observer);
        let mut powers = crate::execute::powers(step, &watch, &self.egress, engine, None);
        powers.tools =
            crate::execute::tools(plan, step, || Some(sbom(plan, house, subject, components, self.seen.clone())));
        let shown: Vec<_> = self.seen.iter().map(|&index| &components[index]).collect();
        let call = step.call(&powers, &plan.time);
        let subjects: BTreeMap<_, _> = shown.iter().map(|shown| (shown.id.as_str(), &shown.origin.subject)).collect();
        let known = subjects.keys().copied().collect();
        let answer = step.plugin.scan_content(&call, &job.subject, source, &shown).await;
        let answer = answer.and_then(|claims| checked(claims, &known));
        watch.end(&answer);
        let mut claims = answer?;
        for claim in &mut claims {
            claim.origin.step.clone_from(&step.id);
            // What is found of a component is found in that component's subject, wherever it was read.
            match claim.component.as_deref().and_then(|id| subjects.get(id)) {
                Some(subject) => claim.origin.subject.clone_from(subject),
                None => place(claim, job, planned),
            }
        }
        Ok(claims)
    }
}

/// Keeps places that the subject has; a claim without any is about what was read.
fn place(claim: &mut Claim, job: &Job, planned: &PlannedSubject) {
    claim.origin.subject.clone_from(&planned.subject.name);
    claim.locations.retain(|location| location.path != "." && planned.has_file(&location.path));
    if claim.locations.is_empty() {
        let path = if planned.listing().is_some() { job.unit.path.as_str() } else { "." };
        claim.locations.push(Location::file(path));
    }
}

fn unreadable(error: &chiron_archive::Error) -> CallError {
    CallError::Host { reason: format!("it cannot be read: {error}") }
}
