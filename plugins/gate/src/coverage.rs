//! What could not be looked at: "cannot tell" is never "clean".

use std::collections::BTreeMap;

use chiron_sdk::policy::{Component, Coverage, FileOutcome, Input, Reason};

use crate::config::{Action, Config};
use crate::reasons::{COVERAGE, MISSING_SBOM, Weighed};

/// Set by the host on a component that no scanner could judge: why not.
const NOT_COVERED: &str = "chiron:not-covered";

/// Names listed in one reason; the rest is counted. A reason is a sentence, the report has the list.
const NAMES_LISTED: usize = 5;

/// The reasons that gaps are.
pub(crate) fn judge(config: &Config, input: &Input) -> Vec<Weighed> {
    let missing = (config.require_sbom && input.components.is_empty()).then(|| {
        let message = "no component was found, so nothing was judged";
        Reason::new(MISSING_SBOM.id, message).remedy("add a generator that reads this subject")
    });
    let missing = missing.and_then(|reason| Weighed::new(Action::Deny, 0, reason));
    let files = input
        .files
        .iter()
        .filter_map(|found| Some((found.coverage, file(found)?)))
        .filter_map(|(coverage, reason)| Weighed::new(action(config, coverage), 1, reason));
    let components = not_covered(&input.components)
        .into_iter()
        .filter_map(|(why, components)| Weighed::new(config.coverage, 0, components_reason(why, &components)));
    missing.into_iter().chain(files).chain(components).collect()
}

fn action(config: &Config, coverage: Coverage) -> Action {
    if coverage == Coverage::Failed { config.unreadable } else { config.coverage }
}

fn file(file: &FileOutcome) -> Option<Reason> {
    let why = file.reason.as_deref().unwrap_or("no reason given");
    let message = match file.coverage {
        // A file that no generator reads is most files: the host lists them.
        Coverage::Read | Coverage::Unsupported => return None,
        Coverage::Partly => format!(
            "`{}` was read only partly: {} of {} entries dropped: {why}",
            file.path,
            file.entries_dropped,
            file.entries_read.saturating_add(file.entries_dropped)
        ),
        Coverage::Failed => format!("`{}` could not be read: {why}", file.path),
    };
    let remedy = match file.coverage {
        Coverage::Failed => "repair the file, leave it out (`exclude`), or set `unreadable`",
        Coverage::Read | Coverage::Unsupported | Coverage::Partly => {
            "pin or repair the entries that were dropped, or set `coverage`"
        }
    };
    Some(Reason::new(COVERAGE.id, message).remedy(remedy).property("chiron:path", &file.path))
}

/// One group for each why: thousands of components of an ecosystem without a database are one fact.
fn not_covered(components: &[Component]) -> BTreeMap<&str, Vec<&Component>> {
    let mut groups: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
    for component in components {
        if let Some((_, why)) = component.properties.iter().find(|(key, _)| key == NOT_COVERED) {
            groups.entry(why).or_default().push(component);
        }
    }
    groups
}

fn components_reason(why: &str, components: &[&Component]) -> Reason {
    let mut names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(NAMES_LISTED);
    names.truncate(NAMES_LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let count = components.len();
    let noun = if count == 1 { "component" } else { "components" };
    let why = if why.is_empty() { "no scanner covers them" } else { why };
    let message = format!("{count} {noun} could not be judged: {why}: {}{more}", names.join(", "));
    let remedy = "add a scanner or a database that covers them, or set `coverage`";
    let mut reason = Reason::new(COVERAGE.id, message).remedy(remedy).property("chiron:count", &count.to_string());
    if let [only] = components {
        reason.component = Some(only.id.clone());
    }
    reason
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;

    use super::*;

    fn messages(config: &str, input: &Input) -> Vec<(Action, String)> {
        judge(&Config::parse(config).unwrap(), input).into_iter().map(|w| (w.action, w.reason.message)).collect()
    }

    #[test]
    fn a_file_that_failed_or_was_read_partly_is_named_with_its_reason() {
        let mut input = fake::input();
        input.files = vec![
            FileOutcome::read("a.whl", 1),
            FileOutcome::failed("b.whl", "no METADATA"),
            FileOutcome::partly("c.json", 9, 1, "a component without a name"),
            FileOutcome::unsupported("d.txt", "not ours"),
        ];
        assert_eq!(
            messages(r#"{"coverage": "deny"}"#, &input),
            [
                (Action::Deny, "`b.whl` could not be read: no METADATA".to_owned()),
                (
                    Action::Deny,
                    "`c.json` was read only partly: 1 of 10 entries dropped: a component without a name".to_owned()
                ),
            ]
        );
        let actions: Vec<_> = messages("{}", &input).into_iter().map(|(action, _)| action).collect();
        assert_eq!(actions, [Action::Deny, Action::Warn]);
        assert!(messages(r#"{"coverage": "allow"}"#, &input).is_empty());
    }

    #[test]
    fn components_that_no_scanner_could_judge_are_one_reason_for_each_why() {
        let mut input = fake::input();
        for n in 0..7 {
            let mut component = fake::component(&format!("p{n}"), "1");
            component.properties = vec![("chiron:not-covered".to_owned(), "no database covers npm".to_owned())];
            input.components.push(component);
        }
        let [(Action::Warn, message)] = &messages("{}", &input)[..] else { panic!() };
        assert_eq!(message, "7 components could not be judged: no database covers npm: p0, p1, p2, p3, p4 and 2 more");
    }

    #[test]
    fn an_empty_run_denies_only_when_an_sbom_is_required() {
        assert!(messages("{}", &fake::input()).is_empty());
        assert_eq!(messages(r#"{"require_sbom": true}"#, &fake::input())[0].0, Action::Deny);
        let mut input = fake::input();
        input.components.push(fake::component("flask", "1"));
        assert!(messages(r#"{"require_sbom": true}"#, &input).is_empty());
    }
}
