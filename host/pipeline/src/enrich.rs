//! What others know about the CVEs of findings: EPSS and KEV, from files that the operator names.
//!
//! A finding is asked for by every CVE of its alias group, which only a database asserts (`findings/aliases.rs`).

use std::path::PathBuf;

use chiron_advisories::enrich::{EnrichError, Epss, Kev};
use chiron_model::finding::{self, Finding};
use chiron_model::report::Enrichment;

use crate::config::PipelineConfig;
use crate::mistake::{Mistake, MistakeClass};

/// Files of a run, read while planning: a damaged one stops the run before anything is done.
#[derive(Debug, Default)]
pub struct Enrichments {
    epss: Option<Epss>,
    kev: Option<Kev>,
}

impl Enrichments {
    /// Reads the files that the configuration names.
    pub(crate) fn open(config: &PipelineConfig, mistakes: &mut Vec<Mistake>) -> Self {
        let table = config.file.enrich.clone().unwrap_or_default();
        let path = |name: Option<String>| name.map(|name| config.folder.join(name));
        Self {
            epss: read("epss", path(table.epss), Epss::open, config, mistakes),
            kev: read("kev", path(table.kev), Kev::open, config, mistakes),
        }
    }

    /// Says of each finding what is known of its CVEs.
    pub(crate) fn apply(&self, findings: &mut [Finding]) {
        for finding in findings {
            let ids = &finding.advisories;
            finding.epss = self.epss.as_ref().and_then(|epss| highest(epss, ids));
            finding.kev = self.kev.as_ref().and_then(|kev| first(kev, ids));
        }
    }

    /// For the report.
    pub(crate) fn ids(&self) -> Vec<Enrichment> {
        let epss = self.epss.as_ref().map(|epss| Enrichment {
            kind: "epss".to_owned(),
            digest: epss.digest.to_string(),
            date: epss.date.clone(),
            entries: epss.len() as u64,
        });
        let kev = self.kev.as_ref().map(|kev| Enrichment {
            kind: "kev".to_owned(),
            digest: kev.digest.to_string(),
            date: kev.date.clone(),
            entries: kev.len() as u64,
        });
        epss.into_iter().chain(kev).collect()
    }
}

fn read<T>(
    key: &str,
    path: Option<PathBuf>,
    open: impl FnOnce(&std::path::Path) -> Result<T, EnrichError>,
    config: &PipelineConfig,
    mistakes: &mut Vec<Mistake>,
) -> Option<T> {
    open(&path?)
        .map_err(|error| {
            let hint = match key {
                "epss" => "it is the daily file of FIRST.org: epss_scores-YYYY-MM-DD.csv, or .csv.gz",
                _ => "it is CISA's file known_exploited_vulnerabilities.json",
            };
            let pointer = format!("/enrich/{key}");
            let hint = Some(hint.to_owned());
            mistakes.push(config.document.mistake(
                MistakeClass::Config,
                &pointer,
                error.to_string(),
                "cannot be used",
                hint,
            ));
        })
        .ok()
}

/// The highest score of a group: it is as likely to be exploited as the likeliest of its CVEs.
fn highest(epss: &Epss, ids: &[String]) -> Option<finding::Epss> {
    let scored = ids.iter().filter_map(|id| {
        let (score, percentile) = epss.of(id)?;
        Some(finding::Epss { cve: id.clone(), score, percentile })
    });
    // Ids are sorted: of equal scores the first by name stands.
    scored.reduce(|best, other| if other.score > best.score { other } else { best })
}

fn first(kev: &Kev, ids: &[String]) -> Option<finding::Kev> {
    ids.iter().find_map(|id| {
        let entry = kev.of(id)?;
        Some(finding::Kev {
            cve: id.clone(),
            added: entry.added.clone(),
            due: entry.due.clone(),
            ransomware: entry.ransomware,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epss(rows: &str) -> Epss {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("epss.csv");
        std::fs::write(&path, format!("#score_date:2025-05-01\ncve,epss,percentile\n{rows}")).unwrap();
        Epss::open(&path).unwrap()
    }

    #[test]
    fn of_several_cves_the_likeliest_speaks() {
        let epss = epss("CVE-2024-0001,0.1,0.5\nCVE-2024-0002,0.9,0.99\nCVE-2024-0003,0.9,0.99\n");
        let ids = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let found = highest(&epss, &ids(&["CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003", "GHSA-x"])).unwrap();
        assert_eq!((found.cve.as_str(), found.score), ("CVE-2024-0002", 0.9));
        assert_eq!(highest(&epss, &ids(&["CVE-2024-0009", "GHSA-x"])), None);
    }
}
