//! What a tool was told to ignore: no finding of this run, and not silent either.

use std::collections::{BTreeMap, BTreeSet};

use chiron_model::finding::Claim;
use chiron_model::property;
use chiron_model::report::Note;
use chiron_model::text::{cut, one_line};

/// Property by which a scanner says that somebody else set a match aside; the value says why.
const SET_ASIDE: &str = "chiron:set-aside";

/// Matches that are named for each reason; the rest is counted.
const LISTED: usize = 10;

/// Parts what a step claims from what it was told to ignore, which becomes notes: one for each reason.
pub(super) fn take_out(step: &str, claims: Vec<Claim>) -> (Vec<Claim>, Vec<Note>) {
    let (aside, claims): (Vec<_>, Vec<_>) =
        claims.into_iter().partition(|claim| property(&claim.properties, SET_ASIDE).is_some());
    let mut by_reason: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for claim in &aside {
        let reason = short(property(&claim.properties, SET_ASIDE).unwrap_or_default());
        by_reason.entry(reason).or_default().insert(short(&claim.message));
    }
    let notes = by_reason.into_iter().map(|(reason, matches)| {
        let named = matches.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = matches.len().saturating_sub(LISTED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        Note { code: "set-aside-by-tool".to_owned(), message: format!("{step}: not reported: {named}{more}: {reason}") }
    });
    let notes = notes.collect();
    (claims, notes)
}

fn short(text: &str) -> String {
    cut(&one_line(text), 200).into_owned()
}

#[cfg(test)]
mod tests {
    use chiron_model::component::Origin;
    use chiron_model::finding::ClaimStatus;
    use chiron_model::severity::Severity;

    use super::*;

    fn claim(id: &str, why: Option<&str>) -> Claim {
        Claim {
            rule_id: id.to_owned(),
            discriminator: String::new(),
            status: ClaimStatus::Affected,
            component: None,
            title: String::new(),
            message: id.to_owned(),
            severity: Severity::Unknown,
            scores: Vec::new(),
            aliases: Vec::new(),
            fixed_versions: Vec::new(),
            last_affected: None,
            locations: Vec::new(),
            proofs: Vec::new(),
            origin: Origin::default(),
            properties: why.map(|why| (SET_ASIDE.to_owned(), why.to_owned())).into_iter().collect(),
        }
    }

    #[test]
    fn what_was_ignored_becomes_a_note_for_each_reason_and_the_rest_stays() {
        let claims = vec![claim("A", Some("x\ny")), claim("B", None), claim("C", Some("x\ny")), claim("D", Some(""))];
        let (left, notes) = take_out("scan", claims);
        assert_eq!(left.iter().map(|claim| claim.rule_id.as_str()).collect::<Vec<_>>(), ["B"]);
        let said: Vec<_> = notes.iter().map(|note| note.message.as_str()).collect();
        assert_eq!(said.len(), 2);
        assert!(said[0].starts_with("scan: not reported: D") && said[1].starts_with("scan: not reported: A, C: x"));
        assert!(!said[1].contains('\n'));
    }
}
