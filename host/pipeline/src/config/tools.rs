//! `[tools]`: from tables to command lines, environments and limits; every mistake at its line.

use std::collections::{BTreeMap, BTreeSet};

use chiron_model::digest::Digest;
use chiron_tools::{Confinement, Declared, Environment, Limits, Profile};

use super::document::Document;
use super::file::{ArgumentTable, ArgumentType, Confine, PipelineFile, ToolTable};
use super::units;
use crate::mistake::{Mistake, MistakeClass};

/// What stands in a table, read.
pub(crate) struct ToolConfig {
    pub(crate) digest: Option<Digest>,
    pub(crate) profiles: BTreeMap<String, Profile>,
    pub(crate) environment: Vec<(String, Environment)>,
    pub(crate) confinement: Confinement,
    pub(crate) limits: Limits,
}

/// A mistake in a table: where in it, what, and what to do.
struct Wrong {
    place: String,
    message: String,
    hint: &'static str,
}

/// Every mistake in every table.
pub(super) fn check(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    for (name, table) in &file.tools {
        let (_, wrong) = parse(table);
        for Wrong { place, message, hint } in wrong {
            let pointer = format!("/tools/{name}/{place}");
            let hint = Some(hint.to_owned());
            mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, "here", hint));
        }
    }
}

/// A table that [`check`] found nothing wrong with.
pub(crate) fn read(table: &ToolTable) -> Option<ToolConfig> {
    let (config, wrong) = parse(table);
    wrong.is_empty().then_some(config)
}

fn parse(table: &ToolTable) -> (ToolConfig, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let reads = names(table.read.keys(), "read", &mut wrong);
    let declared = declared(table, &mut wrong);
    let config = ToolConfig {
        digest: digest(table, &mut wrong),
        profiles: profiles(table, &declared, &reads, &mut wrong),
        environment: environment(table, &reads, &mut wrong),
        confinement: match table.confine {
            Confine::Namespaces => Confinement::Namespaces,
            Confine::None => Confinement::None,
        },
        limits: limits(table, &mut wrong),
    };
    if let Err(errors) = Profile::parse(&table.version, &BTreeMap::new(), &BTreeSet::new()) {
        let hint = "plain arguments, e.g. version = [\"--version\"]";
        let each = errors.into_iter();
        wrong.extend(each.map(|(n, e)| Wrong { place: format!("version/{n}"), message: e.to_string(), hint }));
    }
    (config, wrong)
}

fn digest(table: &ToolTable, wrong: &mut Vec<Wrong>) -> Option<Digest> {
    let text = table.digest.as_ref()?;
    let parsed = Digest::parse(text).ok().filter(|digest| digest.algorithm() == "sha256");
    if parsed.is_none() {
        let message = format!("`{text}` is no SHA-256 digest");
        wrong.push(Wrong { place: "digest".to_owned(), message, hint: "digest = \"sha256:…\", 64 hex digits" });
    }
    parsed
}

/// Names that can stand in holes.
fn names<'a>(all: impl Iterator<Item = &'a String>, key: &str, wrong: &mut Vec<Wrong>) -> BTreeSet<&'a str> {
    let (good, bad): (Vec<_>, Vec<_>) = all.map(String::as_str).partition(|name| is_name(name));
    for name in bad {
        let message = format!("`{name}` cannot stand in a hole");
        let hint = "lower-case letters, digits, `_` and `-`, beginning with a letter; not `input` or `scratch`";
        wrong.push(Wrong { place: format!("{key}/{name}"), message, hint });
    }
    good.into_iter().collect()
}

fn is_name(name: &str) -> bool {
    chiron_tools::is_hole_name(name) && name != "input" && name != "scratch"
}

fn declared(table: &ToolTable, wrong: &mut Vec<Wrong>) -> BTreeMap<String, Declared> {
    let known = names(table.arguments.keys(), "arguments", wrong);
    let mut declared = BTreeMap::new();
    for (name, argument) in table.arguments.iter().filter(|(name, _)| known.contains(name.as_str())) {
        match declaration(argument) {
            Ok(declaration) => {
                declared.insert(name.clone(), declaration);
            }
            Err((message, hint)) => {
                wrong.push(Wrong { place: format!("arguments/{name}"), message, hint });
            }
        }
    }
    declared
}

fn declaration(table: &ArgumentTable) -> Result<Declared, (String, &'static str)> {
    let ArgumentTable { kind, pattern, one_of, min, max } = table;
    let made = match (kind, pattern, one_of, min, max) {
        (ArgumentType::Text, Some(pattern), None, None, None) => Declared::pattern(pattern),
        (ArgumentType::Text, None, Some(choices), None, None) => Declared::one_of(choices.clone()),
        (ArgumentType::Number, None, None, min, max) => Declared::number(min.unwrap_or(0), max.unwrap_or(i64::MAX)),
        (ArgumentType::Flag, None, None, None, None) => Ok(Declared::Flag),
        (ArgumentType::Text, ..) => {
            let message = "a text needs exactly one of `pattern` and `one_of`".to_owned();
            return Err((message, "{ type = \"text\", pattern = \"[a-z]+\" }  or  one_of = [\"low\", \"high\"]"));
        }
        (ArgumentType::Number, ..) => {
            return Err(("a number has only `min` and `max`".to_owned(), "{ type = \"number\", min = 1, max = 9 }"));
        }
        (ArgumentType::Flag, ..) => {
            return Err(("a flag is on or off, and has nothing else".to_owned(), "{ type = \"flag\" }"));
        }
    };
    made.map_err(|error| (error.to_string(), "see the [tools] section of README.md"))
}

fn profiles(
    table: &ToolTable,
    declared: &BTreeMap<String, Declared>,
    reads: &BTreeSet<&str>,
    wrong: &mut Vec<Wrong>,
) -> BTreeMap<String, Profile> {
    let mut profiles = BTreeMap::new();
    for (name, elements) in &table.profiles {
        match Profile::parse(elements, declared, reads) {
            Ok(profile) => {
                profiles.insert(name.clone(), profile);
            }
            Err(errors) => wrong.extend(errors.into_iter().map(|(number, error)| Wrong {
                place: format!("profiles/{name}/{number}"),
                message: error.to_string(),
                hint: "holes are {input}, {scratch}, {read.NAME}, {NAME} of `arguments`, and {?NAME} at the beginning",
            })),
        }
    }
    profiles
}

fn environment(table: &ToolTable, reads: &BTreeSet<&str>, wrong: &mut Vec<Wrong>) -> Vec<(String, Environment)> {
    let mut variables = Vec::new();
    for (name, value) in &table.env {
        let mut refuse = |message: String, hint| wrong.push(Wrong { place: format!("env/{name}"), message, hint });
        if !Environment::is_name(name) {
            refuse(format!("`{name}` is no name of a variable"), "letters, digits and `_`");
        } else if Environment::is_dangerous(name) {
            let message = format!("`{name}` loads code that nobody pinned");
            refuse(message, "remove it: the program runs as its digest says");
        } else {
            match Environment::parse(value, reads) {
                Ok(value) => variables.push((name.clone(), value)),
                Err(error) => refuse(error.to_string(), "a text in which {scratch} and {read.NAME} may stand"),
            }
        }
    }
    variables
}

fn limits(table: &ToolTable, wrong: &mut Vec<Wrong>) -> Limits {
    let mut limits = Limits::default();
    let sizes = [
        ("output", &table.output, &mut limits.output_bytes),
        ("scratch", &table.scratch, &mut limits.scratch_bytes),
        ("memory", &table.memory, &mut limits.memory_bytes),
    ];
    for (key, text, place) in sizes {
        match text.as_deref().map(|text| (text, units::size_bytes(text))) {
            None => {}
            Some((_, Some(bytes))) => *place = bytes,
            Some((text, None)) => {
                let message = format!("`{text}` is not a size");
                wrong.push(Wrong { place: key.to_owned(), message, hint: "write e.g. \"64 MiB\"" });
            }
        }
    }
    if let Some(text) = &table.timeout {
        limits.timeout_ms = units::duration_ms(text);
        if limits.timeout_ms.is_none() {
            let message = format!("`{text}` is not a duration");
            wrong.push(Wrong { place: "timeout".to_owned(), message, hint: "write e.g. \"30s\", \"5m\"" });
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    /// The messages about a tool with these lines.
    fn mistakes(lines: &str) -> Vec<String> {
        crate::config::told::mistakes(&format!("[tools.t]\npath = \"t\"\n{lines}\n"))
    }

    #[test]
    fn a_table_that_uses_everything_is_read() {
        let lines = r#"
            digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            version = ["--version"]
            profiles.dir = ["scan", "dir:{input}", "{?verbose}-v", "--db={read.db}", "-l", "{level}", "-n{count}"]
            arguments.verbose = { type = "flag" }
            arguments.level = { type = "text", one_of = ["low", "high"] }
            arguments.count = { type = "number", min = 1, max = 9 }
            env = { CACHE = "{scratch}/cache", UPDATE = "false" }
            read.db = "cache/db"
            confine = "none"
            output = "1 MiB"
            timeout = "5m""#;
        assert_eq!(mistakes(lines), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_told_at_its_line() {
        let lines = r#"profiles.dir = [
"{nobody}",
"ok",
"{input"]
arguments.word = { type = "text" }
arguments.input = { type = "flag" }
arguments.bad = { type = "text", pattern = "(" }
arguments.many = { type = "number", min = 2, max = 1 }
env.LD_PRELOAD = "x"
env.GOOD = "{input}"
digest = "sha256:abc"
timeout = "soon""#;
        let found = mistakes(lines);
        for (line, word) in [
            (7, "{nobody}"),
            (9, "not closed"),
            (10, "exactly one of"),
            (11, "`input`"),
            (12, "no pattern"),
            (13, "at least 2"),
            (14, "LD_PRELOAD"),
            (15, "{input}"),
            (16, "no SHA-256"),
            (17, "not a duration"),
        ] {
            let here = format!("{line}: ");
            assert!(found.iter().any(|m| m.starts_with(&here) && m.contains(word)), "{line} {word}: {found:#?}");
        }
        assert_eq!(found.len(), 10, "{found:#?}");
    }
}
