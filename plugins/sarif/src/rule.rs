//! The rule that a result is of, and what a result takes from it.

use chiron_plugin_report::{from_score, plain};
use chiron_sdk::scan::Severity;

use crate::document::{Number, Outcome, Part, Rule, Run, Words};

/// A result's rule, as far as the document describes it.
pub(crate) struct Ruled<'a> {
    /// Its id; the tool's name where nothing says it.
    pub(crate) id: String,
    /// Its description.
    pub(crate) rule: Option<&'a Rule>,
}

/// Finds the rule of a result: by its place in a list, else by its id.
pub(crate) fn of<'a>(run: &'a Run, outcome: &Outcome) -> Ruled<'a> {
    let at = |index: Option<i64>| index.and_then(|index| usize::try_from(index).ok());
    let said = [&outcome.rule_id, &outcome.rule.id].into_iter().find(|id| !id.is_empty());
    let part = match at(outcome.rule.tool_component.index) {
        Some(index) => run.tool.extensions.get(index).unwrap_or(&run.tool.driver),
        None => &run.tool.driver,
    };
    let index = at(outcome.rule_index).or_else(|| at(outcome.rule.index));
    // A result may name a part of a rule, such as `CA1000/1` (section 3.27.5).
    let is_of = |rule: &&Rule| said.is_some_and(|id| **id == *rule.id || id.starts_with(&format!("{}/", &*rule.id)));
    let by_index = index.and_then(|index| part.rules.get(index)).filter(|rule| said.is_none() || is_of(rule));
    let everywhere =
        || std::iter::once(&run.tool.driver).chain(run.tool.extensions.iter()).flat_map(|part| part.rules.iter());
    let rule = by_index.or_else(|| everywhere().find(is_of));
    let id = said.or(rule.map(|rule| &rule.id)).map_or_else(|| plain(&run.tool.driver.name), ToString::to_string);
    Ruled { id, rule }
}

impl Ruled<'_> {
    /// What a result says: its own text, or the rule's with the holes filled.
    pub(crate) fn message(&self, outcome: &Outcome) -> String {
        let Words { text, id, arguments } = &outcome.message;
        let of_rule = || self.rule.and_then(|rule| rule.message_strings.get(&**id)).map_or("", |words| &*words.text);
        let text = if text.is_empty() { of_rule() } else { text };
        arguments.iter().enumerate().fold(text.to_owned(), |text, (hole, argument)| {
            // A text with many holes must not grow with every one of them.
            if text.len() > 4096 { text } else { text.replacen(&format!("{{{hole}}}"), argument, 8) }
        })
    }

    /// The number that GitHub made common, of the result or its rule, and else the level.
    pub(crate) fn severity(&self, outcome: &Outcome) -> (Severity, String) {
        let numbers = [Some(&outcome.properties), self.rule.map(|rule| &rule.properties)];
        let number = numbers.into_iter().flatten().find_map(|properties| number(properties.severity.as_ref()?));
        // Some tools write 0.0 where they know no rating. That is no rating of nothing: the level counts.
        let number = number.filter(|number| *number != 0.0);
        let by_rule = self.rule.map(|rule| &rule.default_configuration.level).filter(|level| !level.is_empty());
        let level = Some(&outcome.level).filter(|level| !level.is_empty()).or(by_rule);
        // Section 3.27.10: what says nothing else is a warning.
        let level = level.map_or("warning", |level| level);
        match number {
            Some(value) => (from_score(value), format!("security-severity {value}")),
            None => (of_level(level), plain(level)),
        }
    }
}

fn of_level(level: &str) -> Severity {
    match level {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "note" => Severity::Low,
        "none" => Severity::None,
        _ => Severity::Unknown,
    }
}

fn number(number: &Number) -> Option<f64> {
    match number {
        Number::Plain(value) => Some(*value),
        Number::Written(text) => text.trim().parse().ok(),
        Number::Other(_) => None,
    }
}

/// "CodeQL 2.15.0".
pub(crate) fn tool(part: &Part) -> String {
    let version = if part.semantic_version.is_empty() { &part.version } else { &part.semantic_version };
    plain(format!("{} {version}", &*part.name).trim_end())
}
