//! The `ignore` rules of Grype's configuration, as its README "Specifying matches to ignore" has them.

use super::{Complaint, Condition, FixState, Reach, Rule, Source};
use crate::text;
use crate::yaml::{self, Node};

pub(super) fn read(name: &str, text: &str) -> Result<Vec<Rule>, Vec<Complaint>> {
    let complaint = |line: usize, message: String| Complaint { file: name.to_owned(), line, message };
    let document = yaml::parse(text).map_err(|(line, message)| vec![complaint(line, message)])?;
    let (mut rules, mut wrong) = (Vec::new(), Vec::new());
    for entry in document.get("ignore").map(Node::items).unwrap_or_default() {
        // What such a rule says about VEX is how Grype reads VEX; here that is what `[vex]` does.
        if entry.text_of("vex-status").is_some() {
            continue;
        }
        match one(name, entry) {
            Ok(rule) => rules.push(rule),
            Err((line, message)) => wrong.push(complaint(line, message)),
        }
    }
    if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
}

fn one(name: &str, entry: &Node) -> Result<Rule, (usize, String)> {
    let mut rule = Rule::new(Source { file: name.to_owned(), line: Some(entry.line) });
    rule.id = entry.text_of("vulnerability").map(str::to_owned);
    let aliases = entry.text_of("include-aliases") == Some("true");
    rule.reach = if aliases { Reach::AliasGroup } else { Reach::Record };
    rule.reason = entry.text_of("reason").and_then(text::explanation);
    for key in ["namespace", "match-type"] {
        if entry.text_of(key).is_some() {
            rule.idle = Some(format!("`{key}` is Grype's own, and cannot be told here"));
        }
    }
    match entry.text_of("fix-state") {
        None => {}
        Some("fixed") => rule.conditions.push(Condition::Fix(FixState::Fixed)),
        Some("not-fixed") => rule.conditions.push(Condition::Fix(FixState::NotFixed)),
        Some("unknown") => rule.conditions.push(Condition::Fix(FixState::Unknown)),
        Some(other) => rule.idle = Some(format!("the fix state `{}` cannot be told here", text::name(other))),
    }
    if let Some(package) = entry.get("package") {
        describe(package, &mut rule)?;
    }
    if rule.id.is_none() && rule.conditions.is_empty() && rule.idle.is_none() {
        // Grype, too, applies a rule without criteria to nothing.
        rule.idle = Some("it names nothing".to_owned());
    }
    Ok(rule)
}

fn describe(package: &Node, rule: &mut Rule) -> Result<(), (usize, String)> {
    let wrong = |message| (package.line, message);
    if let Some(pattern) = package.text_of("name") {
        rule.conditions.push(Condition::name_like(pattern).map_err(wrong)?);
    }
    if let Some(version) = package.text_of("version") {
        rule.conditions.push(Condition::Version(version.to_owned()));
    }
    for (key, known) in [("type", TYPES), ("language", LANGUAGES)] {
        let Some(word) = package.text_of(key) else { continue };
        match known.iter().find(|(name, _)| *name == word) {
            Some((_, kinds)) => rule.conditions.push(Condition::Kind(kinds, word.to_owned())),
            None => rule.idle = Some(format!("no package here has the {key} `{}`", text::name(word))),
        }
    }
    if let Some(glob) = package.text_of("location") {
        let condition = Condition::paths(&[glob]).map_err(|(_, reason)| wrong(format!("not a glob: {reason}")))?;
        rule.conditions.push(condition);
    }
    if let Some(name) = package.text_of("upstream-name") {
        rule.conditions.push(Condition::Upstream(name.to_owned()));
    }
    Ok(())
}

/// Syft's names of package types, and the purl types that such packages have.
const TYPES: &[(&str, &[&str])] = &[
    ("alpm", &["alpm"]),
    ("apk", &["apk"]),
    ("conda", &["conda"]),
    ("deb", &["deb"]),
    ("dotnet", &["nuget"]),
    ("gem", &["gem"]),
    ("github-action", &["github"]),
    ("go-module", &["golang"]),
    ("hex", &["hex"]),
    ("java-archive", &["maven"]),
    ("npm", &["npm"]),
    ("php-composer", &["composer"]),
    ("python", &["pypi"]),
    ("rpm", &["rpm"]),
    ("rust-crate", &["cargo"]),
];

/// Syft's names of languages.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("dotnet", &["nuget"]),
    ("go", &["golang"]),
    ("java", &["maven"]),
    ("javascript", &["npm"]),
    ("php", &["composer"]),
    ("python", &["pypi"]),
    ("ruby", &["gem"]),
    ("rust", &["cargo"]),
];
