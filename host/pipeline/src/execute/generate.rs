//! Generators: each is asked once about every file it reads, side by side.

use std::collections::BTreeSet;
use std::sync::Arc;

use chiron_model::component::Origin;
use chiron_model::coverage::{Coverage, Inventory};
use chiron_model::plugin::PluginKind;
use chiron_model::subject::Subject;
use chiron_sandbox::{CallError, Source};
use futures_util::StreamExt as _;

use super::includes;
use crate::event::Event;
use crate::evidence::{Evidence, Unit, check_inventory};
use crate::house::House;
use crate::plan::{Plan, PlannedStep};
use crate::powers::content::{BlobPower, TreePower};
use crate::powers::http::Egress;
use crate::subjects::PlannedSubject;

/// One call to make.
struct Job {
    unit: Unit,
    subject: Subject,
    input: Input,
}

impl Job {
    /// The file's path from where the subjects are, by which files of different subjects find each other.
    fn place(&self, planned: &PlannedSubject) -> String {
        let name = planned.subject.name.trim_end_matches('/');
        match (&self.input, name) {
            (Input::Whole, name) => name.to_owned(),
            (Input::File(_), name) if planned.subject.is_file() => name.to_owned(),
            (Input::File(path), ".") => path.clone(),
            (Input::File(path), name) => format!("{name}/{path}"),
        }
    }
}

enum Input {
    /// A file of the subject, by its path there; `.` for a subject that is a file.
    File(String),
    /// The subject as it is.
    Whole,
}

/// Files that some generator was asked about: (subject, path).
type Asked = BTreeSet<(String, String)>;

/// Runs every generator, in file order, and adds what they found.
pub(crate) async fn run(plan: &Arc<Plan>, house: &House, egress: &Arc<Egress>, evidence: &mut Evidence) {
    let mut asked = Asked::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if step.plugin.kind() == PluginKind::SbomGenerator {
            match egress.missing(step) {
                Some(failure) => evidence.steps.push(super::outcome(step, house, 0, vec![failure])),
                None => run_step(plan, index, house, egress, evidence, &mut asked).await,
            }
        }
    }
    evidence.dedup_relations();
    account_for_the_rest(plan, evidence, &asked);
}

async fn run_step(
    plan: &Arc<Plan>,
    index: usize,
    house: &House,
    egress: &Arc<Egress>,
    evidence: &mut Evidence,
    asked: &mut Asked,
) {
    let step = &plan.steps[index];
    let jobs: Vec<_> = plan.subjects.iter().enumerate().flat_map(|(s, subject)| jobs(step, s, subject)).collect();
    let calls = jobs.len() as u64;
    let read: BTreeSet<String> = jobs.iter().map(|(subject, job)| job.place(&plan.subjects[*subject])).collect();
    house.observer.on(Event::StepStarted { step: step.id.clone(), calls });
    let tasks = jobs.into_iter().map(|(subject, job)| {
        let (plan, house, egress) = (Arc::clone(plan), house.clone(), Arc::clone(egress));
        tokio::spawn(async move {
            let answer = call(&plan, index, subject, &job, &house, &egress).await;
            (job.place(&plan.subjects[subject]), job.unit, answer)
        })
    });
    let mut answers = futures_util::stream::iter(tasks).buffered(house.jobs.max(1));
    let mut failures = Vec::new();
    while let Some(ended) = answers.next().await {
        house.observer.on(Event::CallEnded { step: step.id.clone() });
        let (place, unit, answer) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                failures.push(super::failure(step, None, &CallError::Host { reason: error.to_string() }));
                continue;
            }
        };
        asked.insert((unit.origin.subject.clone(), unit.path.clone()));
        match answer {
            Ok(mut inventory) => {
                includes::settle(&place, &read, &mut inventory);
                evidence.extend_inventory(&unit, inventory);
            }
            Err(error) => {
                evidence.files.push(unit.outcome(Coverage::Failed, Some(error.to_string())));
                failures.push(super::failure(step, Some(&unit.path), &error));
            }
        }
    }
    drop(answers);
    evidence.steps.push(super::outcome(step, house, calls, failures));
}

/// The files of a subject that a generator reads; the whole subject for one that names no inputs.
fn jobs(step: &PlannedStep, index: usize, planned: &PlannedSubject) -> Vec<(usize, Job)> {
    let subject = &planned.subject;
    let origin = Origin { step: step.id.clone(), subject: subject.name.clone() };
    let name = file_name(&subject.name);
    if step.inputs.whole() {
        let path = if subject.is_file() { name } else { ".".to_owned() };
        return vec![(index, Job { unit: Unit { origin, path }, subject: subject.clone(), input: Input::Whole })];
    }
    if subject.is_file() {
        if !step.inputs.reads(&name, &subject.media_type) {
            return Vec::new();
        }
        let unit = Unit { origin, path: name };
        return vec![(index, Job { unit, subject: subject.clone(), input: Input::File(".".to_owned()) })];
    }
    let wanted = planned.snapshot.files.iter().filter(|file| step.inputs.reads(&file.path, &file.media_type));
    wanted
        .map(|file| {
            let described = Subject {
                name: file.path.clone(),
                media_type: file.media_type.clone(),
                digests: vec![file.sha256.clone()],
                size: Some(file.size),
                properties: Vec::new(),
            };
            let unit = Unit { origin: origin.clone(), path: file.path.clone() };
            (index, Job { unit, subject: described, input: Input::File(file.path.clone()) })
        })
        .collect()
}

async fn call(
    plan: &Plan,
    step: usize,
    subject: usize,
    job: &Job,
    house: &House,
    egress: &Egress,
) -> Result<Inventory, CallError> {
    let step = &plan.steps[step];
    let source = match open(&plan.subjects[subject], &job.input) {
        Ok(source) => source,
        // The file is the problem, not the plugin: an account of the file, and the step goes on.
        Err(error) => return Ok(unreadable(&error)),
    };
    let mut powers = super::powers(step, house, egress, None, None);
    powers.tools = super::tools(plan, step, || None);
    let call = step.call(&powers, &plan.time);
    let mut inventory = step.plugin.generate(&call, &job.subject, source).await?;
    check_inventory(&mut inventory)?;
    Ok(inventory)
}

fn open(planned: &PlannedSubject, input: &Input) -> Result<Source, chiron_archive::Error> {
    let file = |blob| Source::File(Arc::new(BlobPower(blob)));
    match input {
        Input::File(path) => planned.snapshot.blob(path).map(file),
        Input::Whole => planned.snapshot.source().map(|source| match source {
            chiron_archive::Source::File(blob) => file(blob),
            chiron_archive::Source::Directory(tree) => Source::Directory(Arc::new(TreePower(tree))),
        }),
    }
}

fn unreadable(error: &chiron_archive::Error) -> Inventory {
    let unit = Unit { origin: Origin::default(), path: ".".to_owned() };
    Inventory { files: vec![unit.outcome(Coverage::Failed, Some(error.to_string()))], ..Inventory::default() }
}

/// Every file that no generator read: of no kind that any of them knows, a link, or something that cannot be opened.
fn account_for_the_rest(plan: &Plan, evidence: &mut Evidence, asked: &Asked) {
    for (subject, reason) in &plan.unreadable {
        let origin = Origin { step: String::new(), subject: subject.clone() };
        evidence.files.push(Unit { origin, path: file_name(subject) }.outcome(Coverage::Failed, Some(reason.clone())));
    }
    for planned in &plan.subjects {
        let subject = &planned.subject;
        let unit = |path: &str| Unit {
            origin: Origin { step: String::new(), subject: subject.name.clone() },
            path: path.to_owned(),
        };
        let is_read = |path: &str| asked.contains(&(subject.name.clone(), path.to_owned()));
        if is_read(".") {
            continue;
        }
        let name = file_name(&subject.name);
        if subject.is_file() && !is_read(&name) {
            let reason = format!("no generator reads {}", subject.media_type);
            evidence.files.push(unit(&name).outcome(Coverage::Unsupported, Some(reason)));
        }
        for file in planned.snapshot.files.iter().filter(|file| !is_read(&file.path)) {
            let reason = Some(format!("no generator reads {}", file.media_type));
            evidence.files.push(unit(&file.path).outcome(Coverage::Unsupported, reason));
        }
        for link in &planned.snapshot.links {
            let reason = Some("a symbolic link, which is not followed".to_owned());
            evidence.files.push(unit(&link.path).outcome(Coverage::Unsupported, reason));
        }
        for path in &planned.snapshot.others {
            let reason = Some("a FIFO, socket or device, which is not opened".to_owned());
            evidence.files.push(unit(path).outcome(Coverage::Unsupported, reason));
        }
        for broken in &planned.snapshot.unreadable {
            evidence.files.push(unit(&broken.path).outcome(Coverage::Failed, Some(broken.reason.clone())));
        }
    }
}

fn file_name(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}
