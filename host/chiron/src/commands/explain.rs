//! `chiron explain`: why scanners do not agree.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_advisories::Database;
use chiron_formats::json::{self, FindingComponent, Report};
use chiron_model::purl::Purl;
use chiron_model::text::one_line;
use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::explain::{About, Document, Explanation, Says};
use serde_json::to_value;

use super::output;
use crate::cli::{ExplainArgs, ExplainShown};
use crate::door;

/// A sentence, and the exit code.
type Stop = (String, Code);

pub(super) fn explain(args: &ExplainArgs) -> ExitCode {
    match explained(args) {
        Ok(text) => output::print(text.as_bytes()).map_or_else(|code| code, |()| ExitCode::SUCCESS),
        Err((message, code)) => door::fail(&message, code),
    }
}

fn explained(args: &ExplainArgs) -> Result<String, Stop> {
    let report = report(&args.report)?;
    let about = about(&args.about)?;
    let open = args.db.iter().map(|path| open(path)).collect::<Result<Vec<_>, _>>()?;
    let (databases, _folders): (Vec<_>, Vec<_>) = open.into_iter().unzip();
    let found = chiron_pipeline::explain::explain(&report, &databases, &about)
        .map_err(|error| (error.to_string(), Code::NotJudged))?;
    if found.is_empty() && about != About::default() {
        let message = format!("no finding of {} is {}", args.report.display(), args.about.join(" in "));
        return Err((message, Code::Usage));
    }
    match args.output {
        ExplainShown::Table => Ok(table(&report, &found)),
        ExplainShown::Json => {
            let document = to_value(Document::of(found)).map_err(|error| (error.to_string(), Code::Bug))?;
            // What could act on a terminal is in the texts of others.
            Ok(format!("{}\n", chiron_model::text::inert(&format!("{document:#}"))))
        }
    }
}

fn report(path: &Path) -> Result<Report, Stop> {
    let bytes =
        std::fs::read(path).map_err(|error| (format!("failed to read {}: {error}", path.display()), Code::Usage))?;
    match json::read(&bytes) {
        Some(Ok(report)) => Ok(report),
        Some(Err(error)) => Err((format!("{}: {error}", path.display()), Code::Usage)),
        None => Err((format!("{} is no report of Chiron: make one with -o json=FILE", path.display()), Code::Usage)),
    }
}

/// An id, a package URL, or both, in any order.
fn about(words: &[String]) -> Result<About, Stop> {
    let mut about = About::default();
    for word in words {
        let twice = if word.starts_with("pkg:") {
            let purl = Purl::parse(word).map_err(|error| (error.to_string(), Code::Usage))?;
            about.purl.replace(purl).is_some()
        } else {
            about.id.replace(word.clone()).is_some()
        };
        if twice {
            return Err(("name one id, and one package URL".to_owned(), Code::Usage));
        }
    }
    Ok(about)
}

/// A database that is there, or one made of records for as long as it is looked at.
fn open(path: &Path) -> Result<(Database, Option<tempfile::TempDir>), Stop> {
    let failed = |reason: String| (format!("failed to open {}: {reason}", path.display()), Code::NotJudged);
    let name = path.file_name().map_or_else(|| "default".to_owned(), |name| name.to_string_lossy().into_owned());
    if Database::is_in(path) {
        return Database::open(path, &name).map(|database| (database, None)).map_err(|error| failed(error.to_string()));
    }
    let scratch = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let paths: [PathBuf; 1] = [path.to_owned()];
    chiron_advisories::import(&paths, scratch.path(), &|_| {}).map_err(|error| failed(error.to_string()))?;
    let database = Database::open(scratch.path(), &name).map_err(|error| failed(error.to_string()))?;
    Ok((database, Some(scratch)))
}

fn table(report: &Report, found: &[Explanation]) -> String {
    if found.is_empty() {
        let scanners = report.steps.iter().filter(|step| step.kind == "scanner" && step.calls > 0).count();
        return match scanners {
            0 | 1 => "nothing to explain: fewer than two scanners looked\n".to_owned(),
            _ => "nothing to explain: all scanners say the same\n".to_owned(),
        };
    }
    let mut text = String::new();
    for (number, Explanation { finding, advisories, component, opinions, reasons }) in found.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let others: Vec<_> = advisories.iter().filter(|id| *id != finding).map(String::as_str).collect();
        let parts = [finding.as_str(), &others.join(" "), "in", &place(component.as_ref())].map(one_line);
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        text.push_str(&format!("{}\n", parts.join(" ")));
        for opinion in opinions {
            text.push_str(&format!("  {}\n", one_line(&format!("{} {}", opinion.scanner, says(&opinion.says)))));
        }
        for reason in reasons {
            let because = format!("{}, {}: {}", reason.scanner, reason.cause.word(), reason.text);
            text.push_str(&format!("  why  {}\n", one_line(&because)));
        }
        if reasons.is_empty() {
            text.push_str("  all scanners that looked say the same\n");
        }
    }
    text
}

fn place(component: Option<&FindingComponent>) -> String {
    match component {
        Some(FindingComponent { name, version: Some(version), .. }) => format!("{name} {version}"),
        Some(FindingComponent { name, .. }) => name.clone(),
        None => "the subject".to_owned(),
    }
}

fn says(says: &Says) -> String {
    match says {
        Says::Reports { severity, fixed_versions, records } => {
            let severity =
                to_value(severity).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
            let fix = if fixed_versions.is_empty() {
                "no fix".to_owned()
            } else {
                format!("fixed in {}", fixed_versions.join(", "))
            };
            format!("reports it: {severity}, {fix}, by {}", records.join(", "))
        }
        Says::Nothing => "does not report it".to_owned(),
        Says::CannotTell { reason } => format!("cannot tell: {reason}"),
    }
}
