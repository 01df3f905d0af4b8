//! An advisory engine without a database behind it.

use chiron_model::advisory::{Candidate, DatabaseId, Evaluation, Match, Which};
use chiron_model::purl::Purl;
use chiron_sandbox::powers::{Advisories, PowerError, RangeEvent, VersionError};

/// A database that has heard of one package.
pub struct OnePackage;

impl Advisories for OnePackage {
    fn databases(&self) -> Vec<DatabaseId> {
        Vec::new()
    }
    fn lookup(&self, purl: &Purl, _: Which) -> Result<Vec<Candidate>, PowerError> {
        match purl.as_str() {
            "pkg:pypi/heard-of@1" => Ok(vec![Candidate {
                database: "one".to_owned(),
                id: "ONE-1".to_owned(),
                aliases: Vec::new(),
                modified: String::new(),
                withdrawn: false,
                category: "vulnerability".to_owned(),
                summary: String::new(),
                scores: Vec::new(),
                evaluation: Evaluation::Affected(Match {
                    fixed: vec!["2".to_owned()],
                    last_affected: None,
                    matched_by: "range".to_owned(),
                }),
                properties: Vec::new(),
            }]),
            "pkg:nobody/covers@1" => Err(PowerError::BadInput("not covered".to_owned())),
            "pkg:pypi/broken@1" => Err(PowerError::Unavailable("broken".to_owned())),
            _ => Ok(Vec::new()),
        }
    }
    fn get(&self, _: &str, _: &str) -> Result<Vec<u8>, PowerError> {
        Err(PowerError::BadInput("no such record".to_owned()))
    }
    fn compare(&self, ecosystem: &str, _: &str, _: &str) -> Result<std::cmp::Ordering, VersionError> {
        Err(VersionError::UnknownEcosystem(ecosystem.to_owned()))
    }
    fn contains(&self, ecosystem: &str, _: &str, _: &[RangeEvent]) -> Result<bool, VersionError> {
        Err(VersionError::UnknownEcosystem(ecosystem.to_owned()))
    }
}
