//! The text of a pipeline.toml, with a word on each part.

use std::path::Path;

use super::survey::Found;

/// Longest name of a pipeline.
const NAME_CHARS_MAX: usize = 64;

/// The pipeline's name: that of the folder, in the letters a name may have.
pub(super) fn name_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let given = whole.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = given.chars().map(allowed).take(NAME_CHARS_MAX).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    if name.is_empty() { "pipeline".to_owned() } else { name }
}

/// The text.
pub(super) fn pipeline(name: &str, found: &Found, schema: &str) -> String {
    let mut text = format!(
        "#:schema {schema}\n# What is judged, by which plugins, and what may pass. Look at it first: chiron run --dry-run\n\n\
         [pipeline]\nname = {}\nsubjects = [\n",
        quoted(name)
    );
    let mut nothing = true;
    for (kind, subjects) in found.kinds().into_iter().filter(|(_, subjects)| !subjects.is_empty()) {
        nothing = false;
        text.push_str(&format!("  # {kind}\n"));
        subjects.iter().for_each(|subject| text.push_str(&format!("  {},\n", quoted(subject))));
    }
    if nothing {
        text.push_str("  # nothing known was found: the folder as a whole\n  \".\",\n");
    }
    text.push_str(REST);
    text
}

const REST: &str = r#"]
# exclude = ["tests/fixtures/"]     # left out of folders and globs, as a line of .gitignore would

# Which components do the subjects hold?
[[step]]
id = "inventory"
uses = "cyclonedx"

# Which advisories apply to them? The database is made once: chiron db import PATH…
[[step]]
id = "advisories"
uses = "osv"

# Sign what passed, with a key of yours (a P-256 key in PEM):
# [[step]]
# id = "sign"
# uses = "cosign"
# [step.bind]
# keys.signing = "release"
# [keys.release]
# env = "RELEASE_KEY"

# A finding that was looked into and may stay:
# [[suppress]]
# id = "CVE-2020-1747"
# purl = "pkg:pypi/pyyaml"
# reason = "documents are read with safe_load only"
# expires = "2027-06-30"

# What may pass. These are the defaults.
[gate]
fail_on = "high"                    # this severity or worse denies: critical, high, medium, low, none, never
unknown = "deny"                    # what nobody rated, or could not be decided: deny, warn, allow
"#;

/// A TOML basic string. The escapes of JSON are escapes of TOML; the one control character JSON leaves as it is, is escaped here.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_has_a_name() {
        for (folder, name) in
            [("/x/Orders API", "orders-api"), ("/x/.hidden", "hidden"), ("/x/ü", "pipeline"), ("/", "pipeline")]
        {
            assert_eq!(name_of(Path::new(folder)), name);
        }
    }

    #[test]
    fn what_is_written_is_read_without_a_mistake() {
        let found = Found { locks: vec!["a \"b\"\\c/Cargo.lock".to_owned()], ..Found::default() };
        for found in [found, Found::default()] {
            let text = pipeline("x", &found, "./s.json");
            let config = chiron_pipeline::config::parse(&text, Path::new("pipeline.toml")).unwrap();
            let expected = found.locks.first().map_or(".", String::as_str);
            assert_eq!(config.file.pipeline.subjects, [expected]);
        }
    }
}
