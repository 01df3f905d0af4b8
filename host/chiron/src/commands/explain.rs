//! `chiron explain`: why something is a finding, or is none, and why scanners do not agree.

mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_advisories::Database;
use chiron_formats::json::{self, Report};
use chiron_model::purl::Purl;
use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::explain::{About, Answer, Document, Explanation};
use serde_json::to_value;

use super::output;
use crate::cli::{ExplainArgs, ExplainShown};
use crate::door;

/// A sentence, and the exit code.
type Stop = (String, Code);

/// A database, and the folder that one made for this question lies in.
type Opened = (Database, Option<tempfile::TempDir>);

pub(super) fn explain(args: &ExplainArgs) -> ExitCode {
    match explained(args) {
        Ok((text, code)) => {
            output::print(text.as_bytes()).map_or_else(|failed| failed, |()| ExitCode::from(code.number()))
        }
        Err((message, code)) => door::fail(&message, code),
    }
}

fn explained(args: &ExplainArgs) -> Result<(String, Code), Stop> {
    let words = Words::read(&args.about)?;
    let report = words.report.as_deref().map(report).transpose()?;
    let open = databases(&args.db, report.is_none())?;
    let (databases, _folders): (Vec<_>, Vec<_>) = open.into_iter().unzip();
    let named = words.id.is_some() || words.purl.is_some();
    let about = About::new(words.id, words.purl);
    let found = chiron_pipeline::explain::explain(report.as_ref(), &databases, &about)
        .map_err(|error| (error.to_string(), Code::NotJudged))?;
    let code = code(&found, named);
    match args.output {
        ExplainShown::Table => Ok((text::write(report.as_ref(), &found, named), code)),
        ExplainShown::Json => {
            let document = to_value(Document::of(found)).map_err(|error| (error.to_string(), Code::Bug))?;
            // What could act on a terminal is in the texts of others.
            Ok((format!("{}\n", chiron_model::text::inert(&format!("{document:#}"))), code))
        }
    }
}

/// Where a question was asked and cannot be answered, a script must not take the silence for "not affected". A finding of a report is
/// an answer, whatever it says.
fn code(found: &[Explanation], named: bool) -> Code {
    let unanswered =
        |explanation: &Explanation| explanation.answer == Answer::CannotTell && explanation.severity.is_none();
    if named && found.iter().any(unanswered) { Code::NotJudged } else { Code::Passed }
}

/// What the command line names.
#[derive(Default)]
struct Words {
    report: Option<PathBuf>,
    id: Option<String>,
    purl: Option<Purl>,
}

impl Words {
    /// A report is a file; a package begins with `pkg:`; what else is said is an id.
    fn read(given: &[String]) -> Result<Self, Stop> {
        let mut words = Self::default();
        for word in given {
            let is_path = word.ends_with(".json") || word.contains('/') || Path::new(word).is_file();
            let twice = if word.starts_with("pkg:") {
                let purl = Purl::parse(word).map_err(|error| (error.to_string(), Code::Usage))?;
                words.purl.replace(purl).is_some()
            } else if is_path {
                words.report.replace(PathBuf::from(word)).is_some()
            } else {
                words.id.replace(word.clone()).is_some()
            };
            if twice {
                return Err(("name one report, one id, and one package URL".to_owned(), Code::Usage));
            }
        }
        if words.report.is_none() && words.id.is_none() {
            let message =
                "name an id beside the package, or a report; `chiron db search PURL` lists the records about a package";
            return Err((message.to_owned(), Code::Usage));
        }
        Ok(words)
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

/// Those that are named; the user's own where nothing else could answer.
fn databases(named: &[PathBuf], alone: bool) -> Result<Vec<Opened>, Stop> {
    if !named.is_empty() || !alone {
        return named.iter().map(|path| open(path)).collect();
    }
    match chiron_advisories::default_dir() {
        Some(dir) if Database::is_in(&dir) => {
            let failed = |error: chiron_advisories::OpenError| (error.to_string(), Code::NotJudged);
            Ok(vec![(Database::open(&dir, "default").map_err(failed)?, None)])
        }
        _ => {
            let message = "there is neither a report nor an advisory database to ask: name one with --db, or make one with `chiron db update`";
            Err((message.to_owned(), Code::NotJudged))
        }
    }
}

/// A database that is there, or one made of records for as long as it is looked at.
fn open(path: &Path) -> Result<Opened, Stop> {
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
