//! A scanner that looked at a component and does not report what another one does.

use std::cmp::Ordering;

use chiron_advisories::{Database, Hit, LookupError};
use chiron_formats::json::Finding;
use chiron_model::advisory::{Candidate, Evaluation, Which};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use serde_json::Value;

use super::facts::{self, Facts, reporters};
use super::{Cause, Reason};

/// Findings of a scanner on the same component that are named as perhaps the same; the rest is counted.
const OTHERS_MAX: usize = 3;

/// Everything that can be told of why a scanner is silent; that it cannot be told, where there is nothing.
pub(super) fn of(step: &str, finding: &Finding, facts: &Facts<'_>) -> Result<Vec<Reason>, LookupError> {
    let silent = Silent { step, finding, facts };
    let mut reasons: Vec<(Cause, String)> = silent.owner().into_iter().collect();
    reasons.extend(silent.alias()?);
    reasons.extend(silent.order());
    reasons.extend(silent.records()?);
    if reasons.is_empty() {
        let hint = if facts.databases.is_empty() { "; a database may tell: --db" } else { "" };
        reasons.push((Cause::Unknown, format!("neither the report nor a given database tells why{hint}")));
    }
    reasons.sort_by_key(|(cause, _)| *cause);
    reasons.dedup();
    Ok(reasons.into_iter().map(|(cause, text)| Reason { scanner: step.to_owned(), cause, text }).collect())
}

struct Silent<'a> {
    step: &'a str,
    finding: &'a Finding,
    facts: &'a Facts<'a>,
}

impl Silent<'_> {
    fn owner(&self) -> Option<(Cause, String)> {
        let owner = facts::property(self.facts.component(self.finding)?, "chiron:owned-by")?;
        Some((Cause::Distribution, format!("the component belongs to {owner}, which is judged in its place")))
    }

    /// What it reports of the same component and nobody else does may be the same problem.
    fn alias(&self) -> Result<Option<(Cause, String)>, LookupError> {
        let others = self.facts.others_by(self.step, self.finding);
        for other in &others {
            if let Some(how) = self.related(other)? {
                let text =
                    format!("it reports {}, and {how}; no database of the run asserts that they are one", other.id);
                return Ok(Some((Cause::Alias, text)));
            }
        }
        if others.is_empty() {
            return Ok(None);
        }
        let named: Vec<_> = others.iter().take(OTHERS_MAX).map(|other| other.id.as_str()).collect();
        let more = others.len().saturating_sub(OTHERS_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let text = format!(
            "it alone reports {}{more} of the same component, which may be the same problem under another id",
            named.join(", ")
        );
        Ok(Some((Cause::Alias, text)))
    }

    /// What a given database says of two findings' ids.
    fn related(&self, other: &Finding) -> Result<Option<String>, LookupError> {
        for database in self.facts.databases {
            let name = &database.id().name;
            for id in &self.finding.advisories {
                if database.alias_group(id)?.iter().any(|alias| other.advisories.contains(alias)) {
                    return Ok(Some(format!("the database `{name}` asserts that it is {id}")));
                }
            }
            let both = [(&self.finding.advisories, &other.advisories), (&other.advisories, &self.finding.advisories)];
            for (ids, wanted) in both {
                for id in ids.iter().filter(|id| database.holds(id)) {
                    if let Some(key) = names_one_of(database.raw(id)?.as_deref(), wanted) {
                        return Ok(Some(format!("the record {id} names it as `{key}`, which merges nothing")));
                    }
                }
            }
        }
        Ok(None)
    }

    /// A version that is not before the fix by the ecosystem's order: who reports it compares otherwise.
    fn order(&self) -> Option<(Cause, String)> {
        let purl = self.facts.asked(self.finding)?;
        let (ecosystem, version) = facts::versioned(&purl)?;
        let fixes = &self.finding.fixed_versions;
        let past = |fix: &String| {
            chiron_advisories::compare(ecosystem, version, fix).is_ok_and(|order| order != Ordering::Less)
        };
        let last = fixes.last().filter(|_| fixes.iter().all(past))?;
        let by = reporters(self.finding).join(", ");
        let text = format!(
            "by the order of {ecosystem} {version} is not before the fix {last}, which {by} says that it needs"
        );
        Some((Cause::VersionOrder, text))
    }

    /// What the given databases hold about the finding's records.
    fn records(&self) -> Result<Vec<(Cause, String)>, LookupError> {
        let mut reasons = Vec::new();
        let Some(purl) = self.facts.asked(self.finding) else { return Ok(reasons) };
        let mut held = false;
        for database in self.facts.databases {
            for id in self.finding.advisories.iter().filter(|id| database.holds(id)) {
                held = true;
                let hits = chiron_advisories::search(database, id)?;
                if let Some(hit) = hits.into_iter().find(|hit| hit.id == **id) {
                    reasons.extend(self.record(database, &hit, &purl)?);
                }
            }
        }
        if !held && !self.facts.databases.is_empty() && self.facts.asks_databases(self.step) {
            let ids = self.finding.advisories.join(", ");
            let text = format!(
                "no given database holds {ids}: it stands on databases, and cannot report what they do not hold"
            );
            reasons.push((Cause::DatabaseDate, text));
        }
        Ok(reasons)
    }

    fn record(&self, database: &Database, hit: &Hit, purl: &Purl) -> Result<Option<(Cause, String)>, LookupError> {
        let (id, name) = (&hit.id, &database.id().name);
        if hit.withdrawn {
            let text =
                format!("its publisher withdrew {id}, says the database `{name}`: some scanners go on reporting it");
            return Ok(Some((Cause::Withdrawn, text)));
        }
        let all = Which { affected: true, unknown: true, unaffected: true, withdrawn: true };
        let found = match database.lookup(purl, all) {
            Ok(candidates) => candidates.into_iter().find(|candidate| candidate.id == *id),
            Err(error @ LookupError::Damaged { .. }) => return Err(error),
            Err(error) => return Ok(Some((Cause::Distribution, error.to_string()))),
        };
        Ok(match found {
            Some(candidate) => self.evaluated(&candidate, purl),
            None => Some(self.elsewhere(hit, purl)),
        })
    }

    fn evaluated(&self, candidate: &Candidate, purl: &Purl) -> Option<(Cause, String)> {
        let Candidate { id, database, modified, .. } = candidate;
        let version = purl.version().unwrap_or("without a version");
        match &candidate.evaluation {
            Evaluation::Unaffected { note } => {
                let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
                let text = format!("the record {id} of `{database}` leaves {version} out of its ranges{note}");
                Some((Cause::Range, text))
            }
            Evaluation::Unknown(reason) => {
                Some((Cause::NotJudged, format!("the record {id} of `{database}` cannot tell: {reason}")))
            }
            Evaluation::Affected(_) if self.facts.asks_databases(self.step) => {
                let built = self.facts.built_at(database)?;
                (modified.as_str() > built).then(|| {
                    let text = format!("{id} changed on {}, after the run's database of {}", day(modified), day(built));
                    (Cause::DatabaseDate, text)
                })
            }
            Evaluation::Affected(_) => {
                let text = format!(
                    "the record {id} of `{database}`, changed on {}, applies to {version}: the scanner has data of its own, which may be older or say otherwise",
                    day(modified)
                );
                Some((Cause::DatabaseDate, text))
            }
        }
    }

    /// A record about another package, by what this component is called.
    fn elsewhere(&self, hit: &Hit, purl: &Purl) -> (Cause, String) {
        let named: Vec<_> = hit.packages.iter().map(|(ecosystem, name)| format!("{name} of {ecosystem}")).collect();
        let named = if named.is_empty() { "no package".to_owned() } else { named.join(", ") };
        let own = Ecosystem::of(purl);
        let same_name = |(_, name): &(String, String)| name.eq_ignore_ascii_case(&purl.full_name());
        let elsewhere = |(ecosystem, _): &(String, String)| {
            own.is_none_or(|own| ecosystem.split(':').next() != Some(own.osv_name()))
        };
        let distributed = hit.packages.iter().any(|package| same_name(package) && elsewhere(package))
            || own.is_some_and(|_| matches!(purl.kind(), "deb" | "apk" | "rpm")) && hit.packages.iter().all(elsewhere);
        let cause = if distributed { Cause::Distribution } else { Cause::Name };
        (cause, format!("the record {} is about {named}, and the component is {}", hit.id, purl.as_str()))
    }
}

/// The key under which a record names one of these ids without merging it.
fn names_one_of(raw: Option<&[u8]>, ids: &[String]) -> Option<&'static str> {
    let record: Value = serde_json::from_slice(raw?).ok()?;
    ["related", "upstream"].into_iter().find(|key| {
        let listed = record.get(key).and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(Value::as_str).any(|named| ids.iter().any(|id| id == named))
    })
}

/// The day of a time.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}
