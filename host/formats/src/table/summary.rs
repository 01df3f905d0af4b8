//! The first lines: how many, how bad, and what was decided.

use std::collections::HashSet;

use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::plugin::PluginKind;
use chiron_model::report::Report;
use chiron_model::severity::Severity;
use chiron_model::step::{Ending, StepOutcome};
use chiron_model::verdict::Decision;

use super::canvas::{Canvas, Line, Style};
use crate::json::Summary;

/// Draws them.
pub(super) fn draw(report: &Report, canvas: &mut Canvas) {
    let summary = Summary::from(report);
    let worst = affected(report).map(|finding| finding.severity).min_by_key(|s| s.rank());
    let style = match worst {
        Some(severity @ (Severity::Critical | Severity::High)) => Style::Rated(severity),
        Some(_) => Style::Strong,
        None if summary.unknown > 0 || !scanned(report) => Style::Warning,
        None => Style::Good,
    };
    canvas.paragraph(0, style, &counts(report, &summary), 4);
    decision(report, canvas);
    let mut about = vec![format!("chiron {}", report.chiron_version)];
    about.extend(Some(report.pipeline.clone()).filter(|name| !name.is_empty()));
    about.extend(subjects(report));
    canvas.line(Line::default().put(Style::Faint, &about.join(" · ")));
}

/// Counts with the right number: "1 finding", "2 findings".
pub(super) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

fn affected(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|f| f.status == FindingStatus::Affected)
}

fn scanned(report: &Report) -> bool {
    let answered = |step: &StepOutcome| step.kind == PluginKind::Scanner && step.ending == Ending::Succeeded;
    report.steps.iter().any(answered)
}

/// "3 findings in 2 of 27 components: 1 critical, 2 high; 1 unknown (1 suppressed)".
fn counts(report: &Report, summary: &Summary) -> String {
    let components = count(summary.components, "component");
    let mut text = if report.is_empty() {
        match summary.files.failed {
            0 => "Nothing to scan: no component was found".to_owned(),
            failed => format!("Nothing to scan: no component was found; {} could not be read", count(failed, "file")),
        }
    } else if summary.affected == 0 {
        // Nothing found because nobody looked is not the same as nothing found.
        let but = if scanned(report) { "" } else { ", but no scanner answered" };
        format!("No findings in {components}{but}")
    } else {
        let hit: HashSet<_> = affected(report).filter_map(|f| f.component.as_deref()).collect();
        let findings = count(summary.affected, "finding");
        // What is in no component is in files.
        let place = if hit.is_empty() { String::new() } else { format!(" in {} of {components}", hit.len()) };
        format!("{findings}{place}: {}", severities(report))
    };
    if summary.unknown > 0 {
        text.push_str(&format!("; {} could not be decided", summary.unknown));
    }
    if summary.suppressed > 0 {
        text.push_str(&format!(" ({} suppressed)", summary.suppressed));
    }
    text
}

fn severities(report: &Report) -> String {
    let word = |severity: Severity| match severity {
        Severity::Unknown => "unrated",
        Severity::None => "rated none",
        Severity::Critical | Severity::High | Severity::Medium | Severity::Low => severity.word(),
    };
    let counted = Severity::WORST_FIRST.into_iter().filter_map(|severity| {
        let number = affected(report).filter(|f| f.severity == severity).count();
        (number > 0).then(|| format!("{number} {}", word(severity)))
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// One line for each policy that decided so, or one that says why there is no decision.
fn decision(report: &Report, canvas: &mut Canvas) {
    if !report.verdict.judged {
        let broken = report.steps.iter().filter(|step| step.is_broken());
        let mut steps: Vec<String> = broken.map(|step| broken_by(step, report)).collect();
        if steps.is_empty() {
            steps.push("a required step gave no answer".to_owned());
        }
        canvas.paragraph(0, Style::Bad, &format!("NOT JUDGED: {}", steps.join(", ")), 3);
    }
    for step in report.steps.iter().filter(|step| step.replaced_by.is_some()) {
        let by = step.replaced_by.as_deref().unwrap_or_default();
        canvas.paragraph(0, Style::Warning, &format!("FALLBACK: step `{}` failed, `{by}` did its work", step.id), 2);
    }
    let empty_passes = report.settings.iter().any(|s| s.key == "pipeline.on_empty" && s.value == "pass");
    if report.is_empty() && report.verdict.decision != Decision::Deny && !empty_passes {
        return;
    }
    let (word, style) = match report.verdict.decision {
        Decision::Deny => ("DENIED", Style::Bad),
        Decision::Warn => ("PASSED with warnings", Style::Warning),
        Decision::Allow => ("PASSED", Style::Good),
        Decision::NotApplicable => return,
    };
    let policies = &report.verdict.policies;
    let deciding = policies.iter().filter(|p| p.decision == report.verdict.decision);
    if report.verdict.decision == Decision::Allow {
        let names: Vec<&str> = deciding.map(|policy| policy.step.as_str()).collect();
        canvas.paragraph(0, style, &format!("{word} by {}", names.join(", ")), 2);
        return;
    }
    let mut named = false;
    for policy in deciding {
        named = true;
        canvas.paragraph(0, style, &format!("{word} by {}: {}", policy.step, policy.summary), 3);
    }
    if !named {
        let failed = report.steps.iter().any(|step| matches!(step.ending, Ending::Failed(_)));
        let why = if failed { "a step failed" } else { "no policy says why" };
        canvas.paragraph(0, style, &format!("{word}: {why}"), 2);
    }
}

/// "step `osv` failed, and so did `grype`, which was tried for it".
fn broken_by(step: &StepOutcome, report: &Report) -> String {
    let tried = report.steps.iter().filter(|other| other.fallback_for.contains(&step.id) && other.failure().is_some());
    let tried: Vec<_> = tried.map(|other| format!("`{}`", other.id)).collect();
    match &tried[..] {
        [] => format!("step `{}` failed", step.id),
        [one] => format!("step `{}` failed, and so did {one}, which was tried for it", step.id),
        several => format!("step `{}` failed, and so did {}, which were tried for it", step.id, several.join(" and ")),
    }
}

fn subjects(report: &Report) -> Option<String> {
    match &report.subjects[..] {
        [] => None,
        [one] => Some(one.name.clone()),
        several => Some(count(several.len() as u64, "subject")),
    }
}
