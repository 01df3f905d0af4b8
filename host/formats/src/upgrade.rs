//! The way out of a component's findings, in words. Which version that is, the pipeline has found out.

use chiron_model::advice::Advice;
use chiron_model::finding::Finding;

/// Ids that are named; the others are counted.
const NAMED: usize = 2;

/// What is not all well after the upgrade: "clears 3 of 4; GHSA-… has no fix". None where it ends everything and brings nothing.
pub(crate) fn remark(advice: &Advice, findings: &[&Finding]) -> Option<String> {
    let mut parts = Vec::new();
    if !advice.leaves.is_empty() {
        let left = findings.iter().filter(|finding| advice.leaves.contains(&finding.id));
        let (unfixed, rest): (Vec<_>, Vec<_>) = left.partition(|finding| finding.fixed_versions.is_empty());
        let ids = |findings: &[&&Finding]| findings.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>();
        parts.push(format!("clears {} of {}", findings.len().saturating_sub(advice.leaves.len()), findings.len()));
        parts.extend(said(&ids(&unfixed), "has no fix", "have no fix"));
        parts.extend(said(&ids(&rest), "stays", "stay"));
    }
    parts.extend(said(&advice.brings, "comes with it", "come with it"));
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn said(ids: &[String], one: &str, several: &str) -> Option<String> {
    match ids {
        [] => None,
        [id] => Some(format!("{id} {one}")),
        ids if ids.len() <= NAMED => Some(format!("{} {several}", ids.join(" and "))),
        ids => Some(format!("{} and {} more {several}", ids[..NAMED].join(", "), ids.len() - NAMED)),
    }
}

/// What stands where no version is the way out.
pub(crate) fn without(findings: &[&Finding]) -> &'static str {
    if findings.iter().any(|finding| !finding.fixed_versions.is_empty()) {
        "see each for its fix"
    } else {
        "no fix known"
    }
}

#[cfg(test)]
mod tests {
    use chiron_model::severity::Severity;

    use super::*;
    use crate::sample;

    #[test]
    fn what_an_upgrade_does_not_do_is_said() {
        let findings: Vec<Finding> = [("A", "2"), ("B", ""), ("C", "9"), ("D", ""), ("E", "")]
            .map(|(id, fixed)| sample::finding(id, "c", Severity::High, fixed))
            .to_vec();
        let findings: Vec<_> = findings.iter().collect();
        let of = |leaves: &[&str], brings: &[&str]| {
            let texts = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
            remark(&Advice { leaves: texts(leaves), brings: texts(brings), ..Advice::default() }, &findings)
        };
        assert_eq!(of(&[], &[]), None);
        assert_eq!(of(&["B"], &[]).as_deref(), Some("clears 4 of 5; B has no fix"));
        assert_eq!(
            of(&["B", "C", "D", "E"], &[]).as_deref(),
            Some("clears 1 of 5; B, D and 1 more have no fix; C stays")
        );
        assert_eq!(of(&[], &["N", "M"]).as_deref(), Some("N and M come with it"));
        assert_eq!((without(&findings), without(&findings[1..2])), ("see each for its fix", "no fix known"));
    }
}
