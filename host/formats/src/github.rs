//! Annotations of GitHub Actions: workflow commands on standard output.
//!
//! Texts of others stand on one line inside commands of ours, with what could end the message or a parameter encoded, so
//! they make no commands. GitHub shows ten errors, ten warnings and ten notices of a step: the worst come first.

use chiron_model::coverage::{Coverage, FileOutcome};
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::location::Location;
use chiron_model::report::Report;
use chiron_model::step::{Ending, StepOutcome};
use chiron_model::text;
use chiron_model::verdict::Decision;

use crate::disk::{Disk, OnDisk};
use crate::level::Level;
use crate::objection::{self, Objection};
use crate::places::Places;
use crate::sentence;

/// Longest message, in characters: an annotation is a remark, the report has the rest.
const MESSAGE_CHARS_MAX: usize = 2000;

/// Writes the verdict, what went wrong, objections of policies and findings that are not set aside.
pub(crate) fn encode(report: &Report) -> String {
    let (places, disk) = (Places::new(report), Disk::new(report));
    let mut lines = vec![verdict(report)];
    lines.extend(report.steps.iter().filter_map(step));
    lines.extend(report.files.iter().filter_map(|file| of_file(file, &disk)));
    lines.extend(objection::all(report).iter().map(|objection| of_policy(objection, &places, &disk)));
    let mut findings: Vec<&Finding> = report.findings.iter().filter(|finding| applies(finding)).collect();
    findings.sort_by_key(|finding| finding.severity.rank());
    lines.extend(findings.into_iter().map(|finding| of_finding(finding, &places, &disk)));
    lines.concat()
}

fn applies(finding: &Finding) -> bool {
    match finding.status {
        FindingStatus::Affected | FindingStatus::Unknown => true,
        FindingStatus::Suppressed(_) => false,
    }
}

fn verdict(report: &Report) -> String {
    let level = match report.verdict.decision {
        Decision::Deny => Level::Error,
        Decision::Warn => Level::Warning,
        Decision::Allow | Decision::NotApplicable => Level::Note,
    };
    let judged = if report.verdict.judged { "" } else { " (the run could not be judged)" };
    command(level, "Chiron", None, &format!("{}: {}{judged}", report.pipeline, report.verdict.decision.word()))
}

fn step(step: &StepOutcome) -> Option<String> {
    let Ending::Failed(failure) = &step.ending else { return None };
    let level = if step.is_broken() { Level::Error } else { Level::Warning };
    let hint = failure.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    let message = format!("step {} failed ({}): {}{hint}", step.id, failure.code, failure.message);
    Some(command(level, "Chiron: a step failed", None, &message))
}

fn of_file(file: &FileOutcome, disk: &Disk<'_>) -> Option<String> {
    let (level, what) = match file.coverage {
        Coverage::Read | Coverage::Unsupported => return None,
        Coverage::Partly => (Level::Warning, "was read only partly"),
        Coverage::Failed => (Level::Error, "could not be read"),
    };
    let why = file.reason.as_deref().unwrap_or("no reason given");
    let place = disk.find(&file.origin.subject, &Location::file(file.path.clone()));
    Some(command(level, "Chiron: coverage", Some(&place), &format!("{} {what}: {why}", file.path)))
}

fn of_policy(objection: &Objection<'_>, places: &Places<'_>, disk: &Disk<'_>) -> String {
    let component = objection.reason.component.as_deref().and_then(|id| places.component(id));
    let place = component.and_then(|component| places.of_component(component).into_iter().next());
    let place = place.map(|(subject, place)| disk.find(subject, &place));
    let level = if objection.denies { Level::Error } else { Level::Warning };
    let title = format!("{}: {}", objection.step, objection.reason.rule_id);
    command(level, &title, place.as_ref(), &objection.sentence())
}

fn of_finding(finding: &Finding, places: &Places<'_>, disk: &Disk<'_>) -> String {
    let place = places.of(finding).into_iter().next();
    let place = place.map(|(subject, place)| disk.find(subject, &place));
    let title = format!("{} ({})", finding.id, finding.severity);
    let message = sentence::whole(finding, places.component_of(finding));
    command(Level::of(finding.severity), &title, place.as_ref(), &message)
}

fn command(level: Level, title: &str, place: Option<&OnDisk>, message: &str) -> String {
    let word = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut parameters = Vec::new();
    if let Some(place) = place.filter(|place| !place.path.is_empty()) {
        parameters.push(format!("file={}", parameter(&place.path)));
        parameters.extend(place.line.map(|line| format!("line={line}")));
    }
    parameters.push(format!("title={}", parameter(&text::cut(title, MESSAGE_CHARS_MAX))));
    format!("::{word} {}::{}\n", parameters.join(","), data(&text::cut(message, MESSAGE_CHARS_MAX)))
}

/// The message: what the runner decodes is encoded.
fn data(text: &str) -> String {
    text::one_line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A parameter's value: also what ends it.
fn parameter(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample;

    /// As the runner reads a line: word, parameters, message.
    fn read(line: &str) -> (String, Vec<(String, String)>, String) {
        let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (word, parameters) = head.split_once(' ').unwrap();
        let decode = |text: &str| text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
        let parameters = parameters.split(',').map(|pair| {
            let (key, value) = pair.split_once('=').unwrap();
            (key.to_owned(), decode(&value.replace("%3A", ":").replace("%2C", ",")))
        });
        (word.to_owned(), parameters.collect(), decode(message))
    }

    fn check(foreign: &str) {
        let report = sample::with_text(foreign);
        let text = encode(&report);
        // Verdict, four failed steps, two files, two objections at most, four findings that are not suppressed.
        let objections = objection::all(&report).len();
        assert_eq!(text.lines().count(), 1 + 4 + 2 + objections + 4);
        for line in text.lines() {
            let (word, parameters, message) = read(line);
            assert!(["error", "warning", "notice"].contains(&word.as_str()));
            assert!(parameters.iter().all(|(key, _)| ["file", "line", "title"].contains(&key.as_str())));
            assert!(!message.contains(['\n', '\r']));
        }
        let (_, parameters, message) = read(text.lines().last().unwrap());
        let finding = &report.findings[4];
        let title = text::one_line(&text::cut(&format!("{} ({})", finding.id, finding.severity), MESSAGE_CHARS_MAX));
        assert_eq!(parameters.last().unwrap(), &("title".to_owned(), title));
        let whole = sentence::whole(finding, report.component("c5"));
        assert_eq!(message, text::one_line(&text::cut(&whole, MESSAGE_CHARS_MAX)));
    }

    #[test]
    fn the_worst_finding_comes_first() {
        let text = encode(&sample::report());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "::error title=Chiron::release: deny");
        assert_eq!(
            lines[1],
            "::warning title=Chiron%3A a step failed::step extra failed (deadline): the call took longer than 30 s; \
             raise `limits.deadline` of the step"
        );
        assert_eq!(
            lines[6],
            "::error file=dist/app.whl,title=GHSA-m9g8-fxxm-xg86 (critical)::Django 4.2.0 is affected by \
             GHSA-m9g8-fxxm-xg86: SQL injection in HasKey(lhs, rhs) on Oracle. Upgrade to one of 4.2.17, 5.0.10."
        );
        assert!(!text.contains("PYSEC-2024-1"));
    }

    #[test]
    fn no_text_of_somebody_else_is_a_command() {
        sample::NASTY.iter().for_each(|text| check(text));
        check(&"::error::x\n%".repeat(10_000));
    }

    proptest! {
        #[test]
        fn any_text_stays_in_its_message(text: String) {
            check(&text);
        }
    }
}
