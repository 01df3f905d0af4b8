//! What people said before: suppressions, VEX and a baseline, read while planning, held against findings before any policy.

pub(crate) mod baseline;

use std::path::{Path, PathBuf};

use chiron_model::component::Component;
use chiron_model::digest::Digest;
use chiron_model::finding::Finding;
use chiron_model::report::{Note, Setting};
use chiron_model::subject::Subject;
use chiron_model::vex::VexDocument;
use chiron_standing::Glance;
use chiron_standing::ignore::{self, Entry, Rule, Rules, Source};
use chiron_standing::vex::{self, Document};
use jiff::Timestamp;

use crate::config::PipelineConfig;
use crate::config::file::SuppressTable;
use crate::house::House;
use crate::mistake::{Mistake, MistakeClass};
use baseline::Baseline;

/// The name that reports give to a pipeline's own file.
const PIPELINE: &str = "pipeline.toml";

/// Everything that was said, ready to be applied.
#[derive(Debug, Default)]
pub struct Standing {
    /// Suppressions, indexed.
    pub rules: Rules,
    /// VEX documents, in order.
    pub documents: Vec<Document>,
    baseline: Option<Baseline>,
    /// Files that were read, with their digests, for the report.
    settings: Vec<Setting>,
}

/// A file that people's words are read from.
struct Named<'a> {
    /// As it is shown.
    name: String,
    path: PathBuf,
    /// Where pipeline.toml names it; None for a flag.
    pointer: Option<String>,
    config: &'a PipelineConfig,
}

impl Standing {
    /// Reads all files that the configuration and the command line name.
    pub(crate) fn open(config: &PipelineConfig, house: &House, mistakes: &mut Vec<Mistake>) -> Self {
        let mut standing = Self::default();
        let mut rules = own_rules(config);
        for named in
            named(config, "/ignore/files", config.file.ignore.as_ref().map(|table| &table.files), &house.words.ignore)
        {
            let Some(bytes) = standing.read("ignore-file", &named, ignore::FILE_BYTES_MAX, mistakes) else { continue };
            match ignore::read(&named.name, &bytes) {
                Ok(read) => rules.extend(read),
                Err(complaints) => {
                    mistakes.extend(complaints.iter().map(|wrong| named.mistake(wrong.to_string(), IGNORE_HINT)))
                }
            }
        }
        standing.rules = Rules::new(rules);
        for named in named(config, "/vex/files", config.file.vex.as_ref().map(|table| &table.files), &house.words.vex) {
            let Some(bytes) = standing.read("vex", &named, vex::DOCUMENT_BYTES_MAX, mistakes) else { continue };
            match vex::read(&named.name, &bytes) {
                Ok(document) => standing.documents.push(document),
                Err(error) => mistakes.push(named.mistake(format!("{} cannot be used: {error}", named.name), VEX_HINT)),
            }
        }
        standing.open_baseline(config, house, mistakes);
        standing
    }

    fn open_baseline(&mut self, config: &PipelineConfig, house: &House, mistakes: &mut Vec<Mistake>) {
        let of_file = config.gate_setting("baseline").and_then(serde_json::Value::as_str).map(str::to_owned);
        // A flag takes the place of the file's.
        let flags: Vec<PathBuf> = house.words.baseline.iter().cloned().collect();
        let of_file: Vec<String> = of_file.filter(|_| flags.is_empty()).into_iter().collect();
        for mut named in named(config, "/gate/baseline", Some(&of_file), &flags) {
            named.pointer = named.pointer.map(|_| "/gate/baseline".to_owned());
            let Some(bytes) = self.read("baseline", &named, baseline::REPORT_BYTES_MAX, mistakes) else { continue };
            match Baseline::read(&named.name, &bytes) {
                Ok(baseline) => self.baseline = Some(baseline),
                Err(reason) => {
                    mistakes.push(named.mistake(format!("{} is no baseline: {reason}", named.name), BASELINE_HINT))
                }
            }
        }
    }

    fn read(&mut self, key: &str, named: &Named<'_>, most: usize, mistakes: &mut Vec<Mistake>) -> Option<Vec<u8>> {
        let too_large = |length: u64| length > most as u64;
        let read = match std::fs::metadata(&named.path) {
            Ok(found) if too_large(found.len()) => Err(format!("larger than {most} bytes")),
            Ok(_) => std::fs::read(&named.path).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(bytes) => {
                let value = format!("{} {}", named.name, Digest::sha256_of(&bytes));
                self.settings.push(Setting { key: key.to_owned(), value, source: named.source().to_owned() });
                Some(bytes)
            }
            Err(reason) => {
                mistakes.push(
                    named.mistake(format!("{} cannot be read: {reason}", named.name), "name a file that is there"),
                );
                None
            }
        }
    }

    /// Settings in force, for the report.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        self.settings.clone()
    }

    /// Sets findings aside: first by suppressions, then by VEX, then by what was there before. Whose word came first stands in the report.
    pub(crate) fn apply(
        &self,
        findings: &mut [Finding],
        components: &[Component],
        subjects: &[Subject],
        now: Timestamp,
    ) -> (Vec<VexDocument>, Vec<Note>) {
        let glance = Glance::new(components, subjects);
        let mut notes = self.rules.apply(findings, &glance, now);
        let heard = vex::apply(&self.documents, findings, &glance, now);
        notes.extend(heard.notes);
        if let Some(baseline) = &self.baseline {
            notes.extend(baseline.apply(findings, &glance));
        }
        (heard.documents, notes)
    }
}

const IGNORE_HINT: &str = "each suppression names an id or a package, a reason, and dates as 2027-01-31";
const VEX_HINT: &str =
    "OpenVEX, CSAF 2.0 and 2.1, and CycloneDX 1.4 to 1.7 as JSON are read; a document is used whole or not at all";
const BASELINE_HINT: &str = "a baseline is the report of an earlier run: chiron run -o json=baseline.json";

impl Named<'_> {
    fn source(&self) -> &'static str {
        if self.pointer.is_some() { PIPELINE } else { "flag" }
    }

    fn mistake(&self, message: String, hint: &str) -> Mistake {
        let pointer = self.pointer.as_deref().unwrap_or_default();
        let hint = Some(hint.to_owned());
        self.config.document.mistake(MistakeClass::Config, pointer, message, "this file", hint)
    }
}

/// Those of pipeline.toml, relative to it, then those of flags.
fn named<'a>(config: &'a PipelineConfig, key: &str, files: Option<&Vec<String>>, flags: &[PathBuf]) -> Vec<Named<'a>> {
    let of_file = files.into_iter().flatten().enumerate().map(|(index, name)| Named {
        name: shown(Path::new(name)),
        path: config.folder.join(name),
        pointer: Some(format!("{key}/{index}")),
        config,
    });
    let of_flag = flags.iter().map(|path| Named { name: shown(path), path: path.clone(), pointer: None, config });
    of_file.chain(of_flag).collect()
}

/// Reports hold no absolute path: two machines must agree on a report.
fn shown(path: &Path) -> String {
    if path.is_relative() {
        return path.display().to_string();
    }
    path.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The `[[suppress]]` of pipeline.toml and its bases. What is wrong with one was said when the file was read.
fn own_rules(config: &PipelineConfig) -> Vec<Rule> {
    let source = || Source { file: PIPELINE.to_owned(), line: None };
    config.file.suppressions.iter().filter_map(|table| ignore::rule(&entry(table), source()).ok()).collect()
}

/// A table of pipeline.toml as an entry of an ignore file.
pub(crate) fn entry(table: &SuppressTable) -> Entry {
    Entry {
        id: table.id.clone(),
        purl: table.purl.clone(),
        path: table.path.clone(),
        reason: table.reason.clone(),
        owner: table.owner.clone(),
        expires: table.expires.clone(),
    }
}
