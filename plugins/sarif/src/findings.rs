//! From results to findings.

use chiron_plugin_report::{Components, Package, is_inside, plain, word};
use chiron_sdk::scan::{Finding, Proof, Status};
use chiron_sdk::{Location, PluginError};

use crate::document::{Document, FileName, Outcome, Physical, Run, Suppression, VERSION};
use crate::rule::{self, Ruled};

/// Places of one result that are kept.
const PLACES_MAX: usize = 16;

/// What a document says. Components are not looked for: SARIF names files, not packages.
///
/// # Errors
/// For another version, and for a run that did not get to its results or says that it failed: it has found nothing out.
pub(crate) fn of(document: Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
    let bad = |why: String| Err(PluginError::BadInput(why));
    if &*document.version != VERSION {
        return bad(format!("SARIF `{}` is not understood: {VERSION} is", plain(&document.version)));
    }
    if document.runs.is_empty() {
        return bad("it holds no run: nothing was looked at".to_owned());
    }
    let mut findings = Vec::new();
    for run in document.runs.iter() {
        let tool = rule::tool(&run.tool.driver);
        if run.invocations.iter().any(|invocation| invocation.execution_successful == Some(false)) {
            return bad(format!("the run of {tool} says that it failed"));
        }
        let Some(results) = &run.results else {
            let elsewhere = run.external_property_file_references.contains_key("results");
            let why = if elsewhere { "keeps its results in other files" } else { "did not get to its results" };
            return bad(format!("the run of {tool} {why}"));
        };
        for outcome in results.iter() {
            add(&mut findings, run, outcome, &tool, components)?;
        }
    }
    match findings.iter().find(|finding: &&Finding| finding.rule_id.trim().is_empty()) {
        Some(_) => bad("a result is of no rule, and of no tool".to_owned()),
        None => Ok(findings),
    }
}

fn add(
    findings: &mut Vec<Finding>,
    run: &Run,
    outcome: &Outcome,
    tool: &str,
    components: &Components<'_>,
) -> Result<(), PluginError> {
    // Nothing is wrong there, or nothing is any more (sections 3.27.9 and 3.27.24).
    if matches!(&*outcome.kind, "pass" | "notApplicable") || &*outcome.baseline_state == "absent" {
        return Ok(());
    }
    let ruled = rule::of(run, outcome);
    let finding = finding(run, outcome, &ruled, tool);
    match outcome.suppressions.iter().find(|suppression| holds(suppression)) {
        None => components.about_source(findings, finding),
        Some(suppression) => {
            let place = finding.discriminator;
            let package = Package { purl: String::new(), name: place, version: String::new() };
            components.set_aside(findings, &package, &ruled.id, &suppression.justification)
        }
    }
}

/// One that is under review or was rejected does not (section 3.35.3).
fn holds(suppression: &Suppression) -> bool {
    matches!(&*suppression.status, "" | "accepted")
}

fn finding(run: &Run, outcome: &Outcome, ruled: &Ruled<'_>, tool: &str) -> Finding {
    let message = ruled.message(outcome);
    let described = ruled.rule.map(|rule| &*rule.short_description.text).filter(|text| !text.is_empty());
    let title = described.or(Some(&*message)).filter(|text| !text.is_empty()).unwrap_or(&ruled.id);
    let mut finding = Finding::new(&ruled.id, title, &message)
        .property("chiron:category", "code")
        .property("chiron:matched-by", tool);
    let (severity, said) = ruled.severity(outcome);
    finding.severity = severity;
    finding.scores = word(&said).into_iter().collect();
    match &*outcome.kind {
        "informational" => finding.severity = chiron_sdk::scan::Severity::None,
        "open" | "review" => {
            finding.status = Status::Unknown;
            finding = finding.property("chiron:unknown-reason", &format!("{tool} leaves it open"));
        }
        _ => {}
    }
    if let Some(uri) = ruled.rule.map(|rule| &*rule.help_uri).filter(|uri| uri.starts_with("https://")) {
        finding = finding.property("chiron:url", uri);
        finding.proofs.push(Proof::Uri(uri.to_owned()));
    }
    let places = outcome.locations.iter().filter_map(|place| place.physical_location.as_ref());
    let shown: Vec<_> = places.take(PLACES_MAX).map(|place| show(&mut finding, run, place)).collect();
    // Two results of one rule are two, unless the tool itself says that they are one.
    let own = outcome.partial_fingerprints.iter().map(|(name, value)| format!("{name}={value}"));
    let own = own.collect::<Vec<_>>().join(" ");
    let place = shown.join(", ");
    finding.discriminator = if own.is_empty() { format!("{place} {message}").trim().to_owned() } else { own };
    finding.proofs.extend(shown.into_iter().map(Proof::Text));
    finding
}

/// Notes a place that may be the subject's, and says it for people.
fn show(finding: &mut Finding, run: &Run, place: &Physical) -> String {
    let Physical { artifact_location, region } = place;
    let listed = artifact_location
        .index
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| run.artifacts.get(index));
    let FileName { uri, .. } = match listed {
        Some(listed) if artifact_location.uri.is_empty() => &listed.location,
        _ => artifact_location,
    };
    let path = uri.strip_prefix("./").unwrap_or(uri).replace("%20", " ");
    let line = region.start_line.filter(|line| *line > 0);
    if is_inside(&path) && !path.contains(':') {
        finding.locations.push(Location { path: path.clone(), line, layer: None });
    }
    match (line, region.start_column) {
        (Some(line), Some(column)) => format!("{path}:{line}:{column}"),
        (Some(line), None) => format!("{path}:{line}"),
        (None, _) => path,
    }
}

#[cfg(test)]
mod tests {
    use chiron_plugin_report::{Report as _, SET_ASIDE, read};
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::FakeBlob;
    use chiron_sdk::scan::Severity;

    use super::*;
    use crate::Sarif;

    /// See the README beside it.
    const DOCUMENT: &str = include_str!("../tests/fixtures/tool.sarif");

    /// Recorded from the real osv-scanner 2.2.4.
    const RECORDED: &str = include_str!("../tests/fixtures/osv-scanner-2.2.sarif");

    fn scan(text: &str) -> Result<Vec<Finding>, String> {
        let document = read(&FakeBlob::new(text), Sarif::WHAT).map_err(|error| reason(&error))?;
        of(document, &Components::new(&[])).map_err(|error| reason(&error))
    }

    #[test]
    fn a_result_has_rule_level_message_and_place() {
        let findings = scan(DOCUMENT).unwrap();
        let injection = &findings[0];
        assert_eq!((injection.rule_id.as_str(), injection.severity), ("py/sql-injection", Severity::High));
        assert_eq!(injection.message, "This query depends on a user-provided value of `request`.");
        assert_eq!((injection.locations[0].path.as_str(), injection.locations[0].line), ("src/my app.py", Some(12)));
        assert_eq!((injection.component.as_ref(), injection.title.as_str()), (None, "SQL query built from user input"));
    }

    #[test]
    fn the_level_is_the_results_the_rules_or_a_warning() {
        let findings = scan(DOCUMENT).unwrap();
        let severities: Vec<_> = findings.iter().map(|finding| (finding.rule_id.as_str(), finding.severity)).collect();
        assert_eq!(
            severities[1..4],
            [("py/unused", Severity::Low), ("ext/1", Severity::Critical), ("example", Severity::Medium)]
        );
    }

    #[test]
    fn a_number_of_zero_rates_nothing() {
        let findings = scan(&DOCUMENT.replace("\"8.8\"", "\"0.0\"")).unwrap();
        assert_eq!(findings[0].severity, Severity::High, "the rule's level");
    }

    #[test]
    fn what_passed_is_no_finding_what_is_open_is_unknown_and_what_was_suppressed_is_set_aside() {
        let findings = scan(DOCUMENT).unwrap();
        assert_eq!(findings.len(), 6, "{findings:#?}");
        assert_eq!((findings[4].rule_id.as_str(), findings[4].status), ("py/open", Status::Unknown));
        assert!(findings[5].properties.contains(&(SET_ASIDE.to_owned(), "a test".to_owned())));
    }

    #[test]
    fn a_document_of_a_real_tool_is_read() {
        let findings = scan(RECORDED).unwrap();
        let ids: Vec<_> = findings.iter().map(|finding| finding.rule_id.as_str()).collect();
        assert!(ids.contains(&"CVE-2024-56326"), "{ids:?}");
    }

    #[test]
    fn a_place_that_leaves_is_shown_and_no_place() {
        let text = DOCUMENT.replace("src/my%20app.py", "../../etc/passwd").replace("src/app.py", "file:///etc/passwd");
        let findings = scan(&text).unwrap();
        assert!(findings.iter().flat_map(|finding| &finding.locations).all(|location| location.path == "."));
        assert!(
            matches!(&findings[0].proofs[1], Proof::Text(text) if text == "../../etc/passwd:12:5"),
            "{:?}",
            findings[0].proofs
        );
    }

    #[test]
    fn a_run_that_failed_or_never_got_to_results_has_found_nothing_out() {
        assert!(
            scan(&DOCUMENT.replace("\"executionSuccessful\": true", "\"executionSuccessful\": false"))
                .unwrap_err()
                .contains("says that it failed")
        );
        let run = |more: &str| {
            scan(&format!(r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "t"}}}}{more}}}]}}"#))
        };
        assert!(run("").unwrap_err().contains("the run of t did not get to its results"));
        assert!(run(r#", "results": null"#).unwrap_err().contains("did not get to its results"));
        assert!(run(r#", "externalPropertyFileReferences": {"results": []}"#).unwrap_err().contains("in other files"));
        assert!(run(r#", "results": []"#).unwrap().is_empty());
        assert!(scan(r#"{"version": "2.1.0", "runs": []}"#).unwrap_err().contains("no run"));
    }

    #[test]
    fn another_version_half_a_document_and_too_many_results_are_refused_by_name() {
        assert!(scan(&DOCUMENT.replace("\"2.1.0\"", "\"2.2.0\"")).unwrap_err().contains("SARIF `2.2.0`"));
        assert!(scan(&DOCUMENT[..DOCUMENT.len() / 2]).unwrap_err().starts_with("not a SARIF document"));
        assert!(scan("{\"matches\": []}").unwrap_err().contains("missing field"));
        let many = r#"{"ruleId": "a", "message": {"text": "b"}},"#.repeat(100_000);
        let many = many.trim_end_matches(',');
        let many = format!(
            r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "t"}}}}, "results": [{many}]}}]}}"#
        );
        assert!(scan(&many).unwrap_err().contains("more than the 20000 entries"));
    }
}
