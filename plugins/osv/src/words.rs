//! What a finding says to people.

use chiron_sdk::advisory::{Candidate, Evaluation, Match};
use chiron_sdk::scan::Component;

use crate::scan::is_informational;

/// What the record is about; its id where it does not say.
pub(crate) fn title(candidate: &Candidate) -> String {
    match candidate.summary.trim() {
        "" => candidate.id.clone(),
        summary => summary.to_owned(),
    }
}

/// What is so, and what to do.
pub(crate) fn message(component: &Component, candidate: &Candidate) -> String {
    let what = match &component.version {
        Some(version) => format!("{} {version}", component.name),
        None => component.name.clone(),
    };
    let id = &candidate.id;
    match &candidate.evaluation {
        Evaluation::Unknown(reason) => format!("cannot tell whether {what} is affected by {id}: {reason}"),
        Evaluation::Affected(_) if candidate.category == "malicious" => {
            format!("{what} is malicious ({id}): remove it, and treat what it could reach as compromised")
        }
        Evaluation::Affected(_) if candidate.category == "withdrawn" => {
            format!("{what} is named by {id}, which its publisher has withdrawn")
        }
        Evaluation::Affected(matched) if is_informational(&candidate.category) => {
            format!("{what} is reported as {} ({id}){}", candidate.category, remedy(matched, ""))
        }
        Evaluation::Affected(matched) => format!("{what} is affected by {id}{}", remedy(matched, ": no fix is known")),
        Evaluation::Unaffected => format!("{what} is not affected by {id}"),
    }
}

/// "last affected" is not "fixed after": nobody has said that a later version is clean.
fn remedy(matched: &Match, nothing: &str) -> String {
    match (matched.fixed.as_slice(), &matched.last_affected) {
        ([], Some(last)) => format!(": no fix is known, the last version known to be affected is {last}"),
        ([], None) => nothing.to_owned(),
        (fixed, _) => format!(": upgrade to {}", fixed.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, candidate};

    use super::*;

    fn say(candidate: &Candidate) -> String {
        message(&fake::component("h2", "2.1"), candidate)
    }

    #[test]
    fn a_fix_is_an_upgrade_and_a_last_affected_version_is_not() {
        assert_eq!(say(&candidate("G", "2.2")), "h2 2.1 is affected by G: upgrade to 2.2");
        assert_eq!(say(&candidate("G", "")), "h2 2.1 is affected by G: no fix is known");
        let matched = Match { fixed: Vec::new(), last_affected: Some("2.1.214".to_owned()), matched_by: String::new() };
        let last = Candidate { evaluation: Evaluation::Affected(matched), ..candidate("G", "") };
        assert!(say(&last).ends_with("no fix is known, the last version known to be affected is 2.1.214"));
    }

    #[test]
    fn malware_and_informational_records_are_named_as_what_they_are() {
        let malware = Candidate { category: "malicious".to_owned(), ..candidate("MAL-1", "") };
        assert!(say(&malware).starts_with("h2 2.1 is malicious (MAL-1)"));
        let note = Candidate { category: "unmaintained".to_owned(), ..candidate("R", "") };
        assert_eq!(say(&note), "h2 2.1 is reported as unmaintained (R)");
    }

    #[test]
    fn an_unknown_status_says_why() {
        let mut versionless = fake::component("h2", "2.1");
        versionless.version = None;
        let unknown =
            Candidate { evaluation: Evaluation::Unknown("it has no version".to_owned()), ..candidate("G", "") };
        assert_eq!(message(&versionless, &unknown), "cannot tell whether h2 is affected by G: it has no version");
    }

    #[test]
    fn a_title_is_the_summary_or_else_the_id() {
        assert_eq!(title(&candidate("G", "")), "G");
        assert_eq!(title(&Candidate { summary: " boom ".to_owned(), ..candidate("G", "") }), "boom");
    }
}
