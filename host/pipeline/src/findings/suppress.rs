//! `[[suppress]]`: findings set aside by id and package, with a reason, until a date.

use std::collections::BTreeMap;

use chiron_model::component::Component;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::finding::{ClaimStatus, Finding, FindingStatus, Suppression};
use chiron_model::purl::Purl;
use chiron_model::report::Note;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::file::SuppressTable;
use crate::config::units;

/// Marks findings, and remarks on suppressions that are expired or meet nothing.
pub(super) fn apply(
    findings: &mut [Finding],
    components: &BTreeMap<&str, &Component>,
    suppressions: &[SuppressTable],
    now: Timestamp,
) -> Vec<Note> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut notes = Vec::new();
    let mut note = |code: &str, message: String| notes.push(Note { code: code.to_owned(), message });
    for suppression in suppressions {
        let what = match &suppression.purl {
            Some(purl) => format!("{} in {purl}", suppression.id),
            None => suppression.id.clone(),
        };
        let expires = suppression.expires.as_deref().and_then(units::date);
        let expired = expires.is_some_and(|last| today > last);
        let mut met = false;
        for finding in findings.iter_mut().filter(|finding| applies(suppression, finding, components)) {
            met = true;
            if expired || matches!(finding.status, FindingStatus::Suppressed(_)) {
                continue;
            }
            let was =
                if finding.status == FindingStatus::Unknown { ClaimStatus::Unknown } else { ClaimStatus::Affected };
            finding.status = FindingStatus::Suppressed(Suppression {
                reason: chiron_model::text::one_line(&suppression.reason),
                was,
                expires: suppression.expires.clone(),
            });
        }
        match (met, expired, &suppression.expires) {
            (true, true, Some(date)) => {
                note("suppression-expired", format!("the suppression of {what} expired on {date}: it no longer holds"))
            }
            (false, _, _) => note("suppression-unused", format!("the suppression of {what} meets no finding")),
            _ => {}
        }
    }
    notes
}

/// By asserted alias and package; never by what a plugin claims.
fn applies(suppression: &SuppressTable, finding: &Finding, components: &BTreeMap<&str, &Component>) -> bool {
    if !finding.advisories.contains(&suppression.id) {
        return false;
    }
    let Some(wanted) = &suppression.purl else { return true };
    let found =
        finding.component.as_deref().and_then(|id| components.get(id)).and_then(|component| component.purl.as_ref());
    match (Purl::parse(wanted), found) {
        (Ok(wanted), Some(found)) => same_package(&wanted, found),
        _ => false,
    }
}

fn same_package(wanted: &Purl, found: &Purl) -> bool {
    let name = |purl: &Purl| match Ecosystem::of(purl) {
        Some(ecosystem) => ecosystem.canonical_name(&purl.full_name()),
        None => purl.full_name(),
    };
    let version = wanted.version().is_none_or(|version| found.version() == Some(version));
    wanted.kind() == found.kind() && name(wanted) == name(found) && version
}
