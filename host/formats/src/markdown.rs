//! Markdown for a comment on a pull request: GitHub's and GitLab's flavours.
//!
//! It stays below the size that GitHub takes; what does not fit is counted, never dropped in silence. Texts of others
//! are escaped ([`escape`]): no link, mention, image or HTML of theirs is alive.

use chiron_model::coverage::{Coverage, FileOutcome};
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::report::{Note, Report};
use chiron_model::severity::Severity;
use chiron_model::step::{Ending, StepOutcome};
use chiron_model::text::cut;

mod escape;

pub(crate) use escape::{code, inert};

use crate::objection::{self, Objection};
use crate::places::Places;
use crate::{exploit, panel, publisher, sentence};

/// By which a CI job finds its comment again, to replace it.
const MARK: &str = "<!-- chiron:report -->";

/// Bytes for findings and for each of the other sections: together below GitHub's limit of 65,536 characters.
const FINDINGS_BYTES_MAX: usize = 30_000;
const SECTION_BYTES_MAX: usize = 7_000;

/// Longest text of somebody else in one place, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// Writes the report.
pub(crate) fn encode(report: &Report) -> String {
    let places = Places::new(report);
    let mut out = format!("{MARK}\n{}\n", verdict(report));
    let mut findings: Vec<&Finding> = report.findings.iter().filter(|finding| applies(finding)).collect();
    findings.sort_by_key(|finding| finding.severity.rank());
    let rows: Vec<String> = findings.iter().map(|finding| row(finding, &places)).collect();
    let head = "\n| severity | component | advisory | fixed in | title |\n|---|---|---|---|---|\n";
    section(&mut out, head, &rows, FINDINGS_BYTES_MAX);
    let disagreements: Vec<String> = findings.iter().filter_map(|finding| disagreement(finding, &places)).collect();
    section(&mut out, "\n**Scanners do not agree**\n\n", &disagreements, SECTION_BYTES_MAX);
    let objections: Vec<String> = objection::all(report).iter().map(of_policy).collect();
    section(&mut out, "\n**Policies object**\n\n", &objections, SECTION_BYTES_MAX);
    let steps: Vec<String> = report.steps.iter().filter_map(step).collect();
    section(&mut out, "\n**Steps that did not run to their end**\n\n", &steps, SECTION_BYTES_MAX);
    let files: Vec<String> = report.files.iter().filter_map(file).collect();
    section(&mut out, "\n**Not read in full**\n\n", &files, SECTION_BYTES_MAX);
    let aside: Vec<String> = report.findings.iter().filter_map(|finding| set_aside(finding, &places)).collect();
    section(&mut out, "\n**Set aside**\n\n", &aside, SECTION_BYTES_MAX);
    let notes: Vec<String> = report.notes.iter().map(note).collect();
    section(&mut out, "\n**Notes**\n\n", &notes, SECTION_BYTES_MAX);
    out
}

fn applies(finding: &Finding) -> bool {
    match finding.status {
        FindingStatus::Affected | FindingStatus::Unknown => true,
        FindingStatus::Suppressed(_) => false,
    }
}

/// The decision and the counts.
fn verdict(report: &Report) -> String {
    let judged = if report.verdict.judged { "" } else { " The run could not be judged." };
    let mut counts = Vec::new();
    for severity in Severity::WORST_FIRST {
        let same = |finding: &&Finding| applies(finding) && finding.severity == severity;
        match report.findings.iter().filter(same).count() {
            0 => {}
            count => counts.push(format!("{count} {severity}")),
        }
    }
    let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    format!(
        "### Chiron: {}\n\n{}: {} components, findings: {counts}.{judged}",
        report.verdict.decision.word(),
        short(&report.pipeline),
        report.components.len()
    )
}

/// A heading with as many rows as fit, and the count of the others. Nothing where there is no row.
fn section(out: &mut String, head: &str, rows: &[String], bytes_max: usize) {
    if rows.is_empty() {
        return;
    }
    out.push_str(head);
    let mut left = bytes_max;
    for (index, row) in rows.iter().enumerate() {
        if row.len() > left {
            out.push_str(&format!("\n… and {} more in the full report.\n", rows.len() - index));
            return;
        }
        left -= row.len();
        out.push_str(row);
    }
}

fn row(finding: &Finding, places: &Places<'_>) -> String {
    let advisory = match publisher::of(&finding.id) {
        Some(publisher) => format!("[{}]({})", inert(&finding.id), publisher.page),
        None => short(&finding.id),
    };
    let unknown = match finding.status {
        FindingStatus::Unknown => " (cannot be told)",
        FindingStatus::Affected | FindingStatus::Suppressed(_) => "",
    };
    let marks: String = exploit::marks(finding).iter().map(|mark| format!(", {mark}")).collect();
    let name = sentence::name(places.component_of(finding));
    let fixed = short(&finding.fixed_versions.join(", "));
    format!(
        "| {}{unknown}{marks} | {} | {advisory} | {fixed} | {} |\n",
        finding.severity,
        code(&cut(&name, TEXT_CHARS_MAX)),
        short(&finding.title)
    )
}

fn of_policy(objection: &Objection<'_>) -> String {
    let word = if objection.denies { "denies" } else { "warns" };
    format!("- {} {word}: {}\n", short(objection.step), short(&objection.sentence()))
}

fn step(step: &StepOutcome) -> Option<String> {
    let (word, why) = match &step.ending {
        Ending::Succeeded => return None,
        Ending::Skipped(_) if step.was_not_needed() => return None,
        Ending::Skipped(why) => ("was skipped", why),
        Ending::Failed(failure) => ("failed", &failure.message),
    };
    let by = step.replaced_by.as_ref().map(|by| format!(", {} did its work", short(by))).unwrap_or_default();
    Some(format!("- {} {word}{by}: {}\n", short(&step.id), short(why)))
}

fn disagreement(finding: &Finding, places: &Places<'_>) -> Option<String> {
    let said = panel::disagreement(finding)?;
    let name = sentence::name(places.component_of(finding));
    Some(format!("- {} in {}: {}\n", short(&finding.id), code(&cut(&name, TEXT_CHARS_MAX)), short(&said)))
}

fn file(file: &FileOutcome) -> Option<String> {
    let what = match file.coverage {
        Coverage::Read | Coverage::Unsupported => return None,
        Coverage::Partly => "was read only partly",
        Coverage::Failed => "could not be read",
    };
    let why = file.reason.as_deref().unwrap_or("no reason given");
    Some(format!("- {} {what}: {}\n", code(&cut(&file.path, TEXT_CHARS_MAX)), short(why)))
}

fn set_aside(finding: &Finding, places: &Places<'_>) -> Option<String> {
    let FindingStatus::Suppressed(suppression) = &finding.status else { return None };
    let name = sentence::name(places.component_of(finding));
    let until = suppression.expires.as_ref().map(|date| format!(" (until {})", short(date))).unwrap_or_default();
    Some(format!("- {} in {}{until}: {}\n", short(&finding.id), short(&name), short(&suppression.reason)))
}

fn note(note: &Note) -> String {
    format!("- {}\n", short(&note.message))
}

fn short(text: &str) -> String {
    inert(&cut(text, TEXT_CHARS_MAX))
}

#[cfg(test)]
mod tests;
