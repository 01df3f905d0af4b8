//! Generators: each is asked once about every file it reads, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chiron_archive::FileEntry;
use chiron_model::component::Origin;
use chiron_model::coverage::{Coverage, Inventory};
use chiron_model::plugin::{PluginKind, Work};
use chiron_model::report::Note;
use chiron_sandbox::CallError;
use futures_util::StreamExt as _;

use super::job::{Input, Job, file_name, jobs, open};
use super::{fallback, includes};
use crate::evidence::{Evidence, Unit, check_inventory, ownership, union};
use crate::house::House;
use crate::plan::Plan;
use crate::powers::http::Egress;
use crate::powers::journal::StepJournal;

/// Left-out entries of one subject that stand in the account of files; a note counts them all.
const LEFT_OUT_MAX: usize = 100;

/// Other images and attestations that are named beside the one that was read; the rest is counted.
const SET_ASIDE_LISTED: usize = 10;

/// Files that some generator was asked about: (subject, path).
type Asked = BTreeSet<(String, String)>;

/// Runs every generator, in file order, and adds what they found.
pub(crate) async fn run(plan: &Arc<Plan>, house: &House, egress: &Arc<Egress>, evidence: &mut Evidence) {
    const KIND: PluginKind = PluginKind::SbomGenerator;
    let mut asked = Asked::new();
    for index in fallback::primaries(plan, KIND) {
        run_or_fail(plan, index, house, egress, evidence, &mut asked).await;
    }
    while let Some(index) = fallback::next(plan, KIND, &evidence.steps).filter(|_| !house.observer.cancelled()) {
        run_or_fail(plan, index, house, egress, evidence, &mut asked).await;
    }
    fallback::settle(plan, KIND, house, evidence);
    for subject in evidence.forget_what_stand_ins_read() {
        asked.remove(&(subject, ".".to_owned()));
    }
    evidence.dedup_relations();
    leave_to_scanners(plan, &mut asked);
    account_for_the_rest(plan, evidence, &asked);
    set_aside(plan, evidence);
    ownership::join(evidence, |subject, path| {
        let mut named = plan.subjects.iter().filter(|planned| planned.subject.name == subject);
        named.any(|planned| planned.has_file(path))
    });
    union::unite(evidence);
}

/// Runs a step, unless it is clear before that it fails.
async fn run_or_fail(
    plan: &Arc<Plan>,
    index: usize,
    house: &House,
    egress: &Arc<Egress>,
    evidence: &mut Evidence,
    asked: &mut Asked,
) {
    let step = &plan.steps[index];
    match super::missing(step, egress) {
        Some(failure) => evidence.steps.push(super::outcome(step, house, 0, vec![failure])),
        None => run_step(plan, index, house, egress, evidence, asked).await,
    }
}

/// What a scanner of content will be called with is not for generators to account for.
fn leave_to_scanners(plan: &Plan, asked: &mut Asked) {
    for step in plan.steps.iter().filter(|step| step.plugin.work() == Work::ScanContent) {
        let all = plan.subjects.iter().enumerate().flat_map(|(index, planned)| jobs(step, index, planned));
        let files = all.filter(|(_, job)| matches!(job.input, Input::File(_)));
        asked.extend(files.map(|(_, job)| (job.unit.origin.subject, job.unit.path)));
    }
}

/// Says what lies beside an image and was not looked at.
fn set_aside(plan: &Plan, evidence: &mut Evidence) {
    for planned in &plan.subjects {
        let Some(Ok(image)) = &planned.image else { continue };
        if image.set_aside.is_empty() {
            continue;
        }
        let name = &planned.subject.name;
        let (listed, others) = image.set_aside.split_at(image.set_aside.len().min(SET_ASIDE_LISTED));
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let message = format!(
            "of `{name}` the image for {} was read ({}); not looked at: {}{more}",
            image.platform,
            image.id,
            listed.join(", ")
        );
        evidence.notes.push(Note { code: "image-part-not-read".to_owned(), message });
    }
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
    let places: BTreeSet<String> = jobs.iter().map(|(subject, job)| job.place(&plan.subjects[*subject])).collect();
    super::begin(step, house, calls);
    let tasks = jobs.into_iter().zip(0..).map(|((subject, job), number)| {
        let (plan, house, egress) = (Arc::clone(plan), house.clone(), Arc::clone(egress));
        tokio::spawn(async move {
            let answer = call(&plan, (index, number), subject, &job, &house, &egress).await;
            (job.place(&plan.subjects[subject]), job, answer)
        })
    });
    let mut answers = futures_util::stream::iter(tasks).buffered(house.jobs.max(1));
    let mut failures = Vec::new();
    while let Some(ended) = answers.next().await {
        let (place, Job { unit, input, .. }, answer) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                failures.push(super::failure(step, None, &CallError::Host { reason: error.to_string() }));
                continue;
            }
        };
        let mut read = |path: &str| asked.insert((unit.origin.subject.clone(), path.to_owned()));
        match answer {
            Ok(mut inventory) => {
                includes::settle(&place, &places, &mut inventory);
                // What was read of a tree is what its account names.
                match &input {
                    Input::Tree(_) => inventory.files.iter().for_each(|file| _ = read(&file.path)),
                    Input::File(_) | Input::Whole => _ = read(&unit.path),
                }
                evidence.extend_inventory(&unit, inventory);
            }
            Err(error) => {
                let paths = if let Input::Tree(marks) = input { marks } else { vec![unit.path.clone()] };
                for path in paths {
                    read(&path);
                    let unit = Unit::new(unit.origin.clone(), path);
                    evidence.give_up(&unit, &error.to_string());
                }
                failures.push(super::failure(step, Some(&unit.path), &error));
            }
        }
    }
    drop(answers);
    failures.extend(fallback::idle(step, calls));
    evidence.steps.push(super::outcome(step, house, calls, failures));
}

async fn call(
    plan: &Plan,
    (step, number): (usize, u64),
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
    let watch = StepJournal::begin(step, number, &house.observer);
    let mut powers = super::powers(step, &watch, egress, None, None);
    powers.tools = super::tools(plan, step, || None);
    let call = step.call(&powers, &plan.time);
    let answer = step.plugin.generate(&call, &job.subject, source).await;
    let answer = answer.and_then(|mut found| check_inventory(&mut found).map(|()| found));
    watch.end(&answer);
    let mut inventory = answer?;
    for location in inventory.components.iter_mut().flat_map(|component| &mut component.locations) {
        let layer = plan.subjects[subject].layer(&job.unit.join(&location.path));
        location.layer = layer.or(location.layer.take());
    }
    Ok(inventory)
}

fn unreadable(error: &chiron_archive::Error) -> Inventory {
    let unit = Unit::new(Origin::default(), ".".to_owned());
    Inventory { files: vec![unit.outcome(Coverage::Failed, Some(error.to_string()))], ..Inventory::default() }
}

/// Every file that no generator read: of no kind that any of them knows, a link, or something that cannot be opened.
fn account_for_the_rest(plan: &Plan, evidence: &mut Evidence, asked: &Asked) {
    for (subject, reason) in &plan.unreadable {
        let origin = Origin { step: String::new(), subject: subject.clone() };
        let unit = Unit::new(origin, file_name(subject));
        evidence.files.push(unit.outcome(Coverage::Failed, Some(reason.clone())));
    }
    for planned in &plan.subjects {
        let subject = &planned.subject;
        let origin = Origin { step: String::new(), subject: subject.name.clone() };
        let mut account = |path: &str, coverage: Coverage, reason: String| {
            evidence.files.push(Unit::new(origin.clone(), path.to_owned()).outcome(coverage, Some(reason)));
        };
        let is_read = |path: &str| asked.contains(&(subject.name.clone(), path.to_owned()));
        let name = file_name(&subject.name);
        if let Some(Err(reason)) = &planned.image {
            let path = if subject.is_file() { name.as_str() } else { "." };
            account(path, Coverage::Failed, format!("an image that cannot be read: {reason}"));
            continue;
        }
        if is_read(".") {
            continue;
        }
        let Some(listing) = planned.listing() else {
            if !is_read(&name) {
                account(&name, Coverage::Unsupported, format!("no generator reads {}", subject.media_type));
            }
            continue;
        };
        for broken in listing.unreadable {
            account(&broken.path, Coverage::Failed, broken.reason.clone());
        }
        let unread = listing.files.iter().filter(|file| !is_read(&file.path));
        // A system is mostly files that nobody asks about, and which nobody would look up one by one.
        if planned.image.is_some() {
            if let Some(reason) = in_short(unread, listing.links.len(), listing.others.len()) {
                account(".", Coverage::Unsupported, reason);
            }
            continue;
        }
        for file in unread {
            account(&file.path, Coverage::Unsupported, format!("no generator reads {}", file.media_type));
        }
        for link in listing.links {
            let leads = if leads_out(&link.path, &link.target) { " that leads out of the folder" } else { "" };
            account(&link.path, Coverage::Unsupported, format!("a symbolic link{leads}, which is not followed"));
        }
        for out in planned.snapshot.left_out.iter().take(LEFT_OUT_MAX) {
            account(&out.path, Coverage::Unsupported, format!("left out: {}", out.why));
        }
        for path in listing.others {
            account(path, Coverage::Unsupported, "a FIFO, socket or device, which is not opened".to_owned());
        }
    }
}

/// What no generator reads of an image, counted: `9 files that no generator reads (7 text/plain, 2 application/json), 1 link`.
fn in_short<'a>(files: impl Iterator<Item = &'a FileEntry>, links: usize, others: usize) -> Option<String> {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files {
        *types.entry(&file.media_type).or_default() += 1;
    }
    let total: usize = types.values().sum();
    let mut by_count: Vec<_> = types.into_iter().collect();
    by_count.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let types: Vec<_> = by_count.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
    let mut parts = Vec::new();
    if total > 0 {
        parts.push(format!("{total} files that no generator reads ({})", types.join(", ")));
    }
    for (count, what) in [(links, "links, which are not followed"), (others, "devices and FIFOs")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Whether the target of a link, as it is written, lies outside of the folder. Other links on the way are not looked at.
fn leads_out(path: &str, target: &str) -> bool {
    let mut depth = path.split('/').count() - 1;
    let inside = |part: &str| match part {
        "" | "." => true,
        ".." => depth.checked_sub(1).is_some_and(|less| {
            depth = less;
            true
        }),
        _ => {
            depth += 1;
            true
        }
    };
    target.starts_with('/') || !target.split('/').all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_link_leads_is_told_by_its_text() {
        for (path, target, out) in [
            ("a", "b", false),
            ("a", "..", true),
            ("x/a", "..", false),
            ("x/a", "../../y", true),
            ("x/a", "./../y/../z", false),
            ("a", "/etc/passwd", true),
            ("x/a", "b/../../..", true),
        ] {
            assert_eq!(leads_out(path, target), out, "{path} -> {target}");
        }
    }
}
