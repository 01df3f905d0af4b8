//! Only what is new: findings that an earlier report has, no less severe, are set aside.

use std::collections::HashMap;

use chiron_formats::json;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::finding::{ClaimStatus, Finding, FindingStatus, NearMiss, SuppressedBy, Suppression};
use chiron_model::purl::Purl;
use chiron_model::report::Note;
use chiron_model::severity::Severity;
use chiron_standing::Glance;

/// Largest report that is read, in bytes. One of 20,000 components is about 30 MiB.
pub(crate) const REPORT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// An earlier report's findings, by every id of their alias groups. Those groups are what databases asserted to that run.
#[derive(Debug)]
pub(crate) struct Baseline {
    name: String,
    evaluated_at: String,
    known: Vec<Known>,
    by_id: HashMap<String, Vec<usize>>,
}

/// What an earlier run found.
#[derive(Debug)]
struct Known {
    package: String,
    severity: Severity,
    category: String,
    sure: bool,
}

impl Baseline {
    /// Reads a report.
    ///
    /// # Errors
    /// In words: what is no report, or one of another version.
    pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let report: json::Report = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if report.schema != json::SCHEMA {
            let found = chiron_model::text::one_line(&report.schema);
            return Err(format!("it is a report of the version `{found}`, and this is `{}`", json::SCHEMA));
        }
        let (mut known, mut by_id) = (Vec::new(), HashMap::<String, Vec<usize>>::new());
        for finding in &report.findings {
            // What was set aside then was not accepted as it is: it has to be set aside again, or judged.
            let was = match (finding.status, &finding.suppression) {
                (json::Status::Suppressed, Some(suppression)) if suppression.by == SuppressedBy::Baseline.word() => {
                    suppression.was
                }
                (json::Status::Suppressed, _) => continue,
                (status, _) => status,
            };
            for id in &finding.advisories {
                by_id.entry(id.clone()).or_default().push(known.len());
            }
            known.push(Known {
                package: finding.component.as_ref().map_or_else(String::new, package_of_wire),
                severity: severity(finding.severity),
                category: finding.category.clone(),
                sure: was == json::Status::Affected,
            });
        }
        Ok(Self { name: name.to_owned(), evaluated_at: report.evaluated_at, known, by_id })
    }

    /// Sets aside what was known. Says how much of what was known is gone.
    pub(crate) fn apply(&self, findings: &mut [Finding], glance: &Glance<'_>) -> Vec<Note> {
        let mut seen = vec![false; self.known.len()];
        let mut raised = Vec::new();
        for finding in findings {
            let package = glance.component(finding).map_or_else(String::new, |c| package(c.purl.as_ref(), &c.name));
            let ids = finding.advisories.iter().filter_map(|id| self.by_id.get(id)).flatten();
            let same: Vec<usize> = ids.copied().filter(|&index| self.known[index].package == package).collect();
            same.iter().for_each(|&index| seen[index] = true);
            if same.is_empty() || matches!(finding.status, FindingStatus::Suppressed(_)) {
                continue;
            }
            match same.iter().find_map(|&index| is_no_worse(finding, &self.known[index])) {
                Some(was) => finding.status = FindingStatus::Suppressed(self.suppression(was)),
                None => {
                    let known: Vec<_> = same.iter().map(|&index| self.known[index].severity.to_string()).collect();
                    finding.near_misses.push(NearMiss {
                        by: SuppressedBy::Baseline.word(),
                        source: self.name.clone(),
                        about: format!("{} as it was on {}: {}", finding.id, self.evaluated_at, known.join(", ")),
                        reason: "it is worse now: more severe, surer, or of another kind".to_owned(),
                    });
                    raised.push(format!(
                        "{} is in the baseline {}, and worse now: it counts as new",
                        finding.id, self.name
                    ));
                }
            }
        }
        self.notes(raised, seen.iter().filter(|&&seen| !seen).count())
    }

    fn suppression(&self, was: ClaimStatus) -> Suppression {
        Suppression {
            reason: format!("known since the report of {}", self.evaluated_at),
            was,
            expires: None,
            by: SuppressedBy::Baseline,
            source: self.name.clone(),
            owner: None,
        }
    }

    fn notes(&self, raised: Vec<String>, gone: usize) -> Vec<Note> {
        let note = |code: &str, message: String| Note { code: code.to_owned(), message };
        let mut notes: Vec<_> = raised.into_iter().map(|message| note("baseline-worse", message)).collect();
        if gone > 0 {
            let (total, name) = (self.known.len(), &self.name);
            let message =
                format!("of {total} findings in the baseline {name}, {gone} are gone: a new baseline would be smaller");
            notes.push(note("baseline-gone", message));
        }
        notes
    }
}

/// Its status, where a finding is no worse than it was: not more severe, not surer, not of a worse kind. Of what nobody rates any
/// more it cannot be told.
fn is_no_worse(finding: &Finding, known: &Known) -> Option<ClaimStatus> {
    let sure = finding.status == FindingStatus::Affected;
    let raised = match (finding.severity, known.severity) {
        (now, before) if now == before => false,
        (Severity::Unknown, _) | (_, Severity::Unknown) => true,
        (now, before) => now.rank() < before.rank(),
    };
    let is_known = !raised && (known.sure || !sure) && finding.category == known.category;
    is_known.then_some(if sure { ClaimStatus::Affected } else { ClaimStatus::Unknown })
}

/// The package without its version: an upgrade that keeps a problem brings none.
fn package(purl: Option<&Purl>, name: &str) -> String {
    let Some(purl) = purl else { return name.to_owned() };
    let full = purl.full_name();
    let name = Ecosystem::of(purl).map_or_else(|| full.clone(), |ecosystem| ecosystem.canonical_name(&full));
    format!("{}/{name}", purl.kind())
}

fn package_of_wire(component: &json::FindingComponent) -> String {
    let purl = component.purl.as_deref().and_then(|purl| Purl::parse(purl).ok());
    package(purl.as_ref(), &component.name)
}

fn severity(severity: json::Severity) -> Severity {
    match severity {
        json::Severity::Critical => Severity::Critical,
        json::Severity::High => Severity::High,
        json::Severity::Medium => Severity::Medium,
        json::Severity::Low => Severity::Low,
        json::Severity::None => Severity::None,
        json::Severity::Unknown => Severity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(severity: Severity, sure: bool) -> Known {
        Known { package: String::new(), severity, category: "vulnerability".to_owned(), sure }
    }

    fn finding(severity: Severity, status: FindingStatus) -> Finding {
        Finding {
            id: "A".to_owned(),
            advisories: vec!["A".to_owned()],
            matched: Vec::new(),
            silent: Vec::new(),
            unsure: Vec::new(),
            fingerprint: String::new(),
            category: "vulnerability".to_owned(),
            status,
            unknown_reason: None,
            component: None,
            title: String::new(),
            message: String::new(),
            severity,
            scores: Vec::new(),
            epss: None,
            kev: None,
            fixed_versions: Vec::new(),
            last_affected: None,
            locations: Vec::new(),
            proofs: Vec::new(),
            subjects: Vec::new(),
            vex: Vec::new(),
            near_misses: Vec::new(),
        }
    }

    /// What was medium and became high is to be seen again.
    #[test]
    fn a_raised_severity_is_new_and_a_lowered_one_is_not() {
        use Severity::{High, Low, Medium, Unknown};
        for (before, now, expected) in [
            (Medium, High, false),
            (High, High, true),
            (High, Low, true),
            (Unknown, High, false),
            (High, Unknown, false),
            (Unknown, Unknown, true),
        ] {
            let no_worse = is_no_worse(&finding(now, FindingStatus::Affected), &known(before, true));
            assert_eq!(no_worse.is_some(), expected, "{before} {now}");
        }
        assert_eq!(is_no_worse(&finding(High, FindingStatus::Affected), &known(High, false)), None);
        assert_eq!(is_no_worse(&finding(High, FindingStatus::Unknown), &known(High, true)), Some(ClaimStatus::Unknown));
        let malware = Finding { category: "malicious".to_owned(), ..finding(High, FindingStatus::Affected) };
        assert_eq!(is_no_worse(&malware, &known(High, true)), None);
    }

    #[test]
    fn packages_are_compared_without_version_and_spelling() {
        let of = |purl: &str| package(Purl::parse(purl).ok().as_ref(), "x");
        assert_eq!(of("pkg:pypi/Foo_Bar@1"), of("pkg:pypi/foo-bar@2"));
        assert_ne!(of("pkg:pypi/foo"), of("pkg:npm/foo"));
    }

    #[test]
    fn what_is_no_report_is_refused_in_words() {
        assert!(Baseline::read("b.json", b"{}").unwrap_err().contains("missing field"));
        assert!(Baseline::read("b.json", b"{").is_err());
    }
}
