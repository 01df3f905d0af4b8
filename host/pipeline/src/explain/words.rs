//! Scanners that report the same finding with another rating or another fix.

use std::cmp::Ordering;

use chiron_formats::json::{Finding, Severity};

use super::facts::{self, Facts, fixes, reporters, severity};
use super::{Cause, Reason};

/// Each later scanner's word held against the first one's.
pub(super) fn differences(finding: &Finding, facts: &Facts<'_>) -> Vec<Reason> {
    let steps = reporters(finding);
    let Some((first, others)) = steps.split_first() else { return Vec::new() };
    let mut reasons = Vec::new();
    for other in others {
        reasons.extend(rating(finding, first, other));
        reasons.extend(fix(finding, first, other, facts));
    }
    reasons
}

fn rating(finding: &Finding, first: &str, other: &str) -> Option<Reason> {
    let (mine, theirs) = (severity(finding, first), severity(finding, other));
    if mine == theirs {
        return None;
    }
    let scores = finding.scores.iter().map(|score| match score.value {
        Some(value) => format!("{} {value:.1}", score.system),
        None => format!("{} {}", score.system, score.vector),
    });
    let scores: Vec<_> = scores.collect();
    let known = if scores.is_empty() {
        "the report holds no ratings of the record".to_owned()
    } else {
        format!("known are {}", scores.join(", "))
    };
    let text = format!("{other} rates it {}, and {first} {}: {known}", word(theirs), word(mine));
    Some(Reason { scanner: other.to_owned(), cause: Cause::Rating, text })
}

fn fix(finding: &Finding, first: &str, other: &str, facts: &Facts<'_>) -> Option<Reason> {
    let (mine, theirs) = (fixes(finding, first), fixes(finding, other));
    if mine == theirs {
        return None;
    }
    let listed = |fixes: &[&str]| if fixes.is_empty() { "no fix".to_owned() } else { fixes.join(", ") };
    let said = format!("{other} names {}, and {first} {}", listed(&theirs), listed(&mine));
    let ecosystem = facts.asked(finding).as_ref().and_then(facts::versioned).map(|(ecosystem, _)| ecosystem);
    if let ([mine], [theirs], Some(ecosystem)) = (&mine[..], &theirs[..], ecosystem)
        && chiron_advisories::compare(ecosystem, mine, theirs).is_ok_and(Ordering::is_eq)
    {
        let text = format!("{said}: by the order of {ecosystem} that is one version, written in two ways");
        return Some(Reason { scanner: other.to_owned(), cause: Cause::VersionOrder, text });
    }
    let (cause, why) = match (records(finding, first), records(finding, other)) {
        (a, b) if a != b => (Cause::Record, format!("they matched {} and {}", b.join(", "), a.join(", "))),
        _ => (Cause::Range, "they read other ranges of the same record".to_owned()),
    };
    Some(Reason { scanner: other.to_owned(), cause, text: format!("{said}: {why}") })
}

fn records<'a>(finding: &'a Finding, step: &str) -> Vec<&'a str> {
    let own = finding.matched.iter().filter(|matched| matched.step == step);
    let mut ids: Vec<_> = own.map(|matched| matched.id.as_str()).collect();
    ids.dedup();
    ids
}

/// The word in sentences.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::None => "none",
        Severity::Unknown => "not at all",
    }
}
