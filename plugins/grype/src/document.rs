//! A report in grype's own JSON (`grype -o json`): which parts count, and which versions are understood.

use chiron_plugin_report::{FINDINGS_MAX, List, Text, plain};
use chiron_sdk::PluginError;
use serde::Deserialize;

/// What grype has data about, of what is known here (its documentation, "Supported package ecosystems" and "Operating systems"):
/// neither openSUSE nor openEuler nor Mageia.
#[rustfmt::skip] // languages, then distributions
pub(crate) const KNOWS: &[&str] = &[
    "PyPI", "npm", "crates.io", "Go", "Maven", "RubyGems", "NuGet", "Packagist",
    "Debian", "Ubuntu", "Alpine", "Wolfi", "Chainguard", "Red Hat", "Rocky Linux", "AlmaLinux", "SUSE", "Azure Linux",
];

/// What a report is called in refusals.
pub(crate) const WHAT: &str = "a report of grype (grype -o json)";

/// Ratings, fixes, related records, details and rules of one match.
type Few<T> = List<T, 256>;

/// The first minor version of grype whose reports are understood, of 2022; what is read here has kept its place and its meaning
/// since. Its JSON has no version of its own.
const MINOR_MIN: u32 = 40;

/// The parts that matter.
#[derive(Debug, Deserialize)]
pub struct Document {
    pub(crate) matches: List<Match, FINDINGS_MAX>,
    #[serde(default, rename = "ignoredMatches")]
    pub(crate) ignored: List<Match, FINDINGS_MAX>,
    pub(crate) descriptor: Descriptor,
}

/// A record that a package matches.
#[derive(Debug, Deserialize)]
pub(crate) struct Match {
    pub(crate) vulnerability: Vulnerability,
    #[serde(default, rename = "relatedVulnerabilities")]
    pub(crate) related: Few<Related>,
    #[serde(default, rename = "matchDetails")]
    pub(crate) details: Few<Detail>,
    pub(crate) artifact: Artifact,
    #[serde(default, rename = "appliedIgnoreRules")]
    pub(crate) rules: Few<Rule>,
}

/// The record.
#[derive(Debug, Deserialize)]
pub(crate) struct Vulnerability {
    pub(crate) id: Text,
    #[serde(default, rename = "dataSource")]
    pub(crate) source: Text,
    #[serde(default)]
    pub(crate) namespace: Text,
    #[serde(default)]
    pub(crate) severity: Text,
    #[serde(default)]
    pub(crate) description: Text,
    #[serde(default)]
    pub(crate) cvss: Few<Rating>,
    #[serde(default)]
    pub(crate) fix: Fix,
}

/// Another database's record of the same.
#[derive(Debug, Deserialize)]
pub(crate) struct Related {
    pub(crate) id: Text,
    #[serde(default)]
    pub(crate) cvss: Few<Rating>,
}

/// A rating by CVSS.
#[derive(Debug, Deserialize)]
pub(crate) struct Rating {
    #[serde(default)]
    pub(crate) version: Text,
    #[serde(default)]
    pub(crate) vector: Text,
    #[serde(default)]
    pub(crate) metrics: Metrics,
}

/// Of which the base score counts.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metrics {
    #[serde(default, rename = "baseScore")]
    pub(crate) base: Option<f64>,
}

/// Whether there is a fix, and in which versions.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fix {
    #[serde(default)]
    pub(crate) versions: Few<Text>,
    #[serde(default)]
    pub(crate) state: Text,
}

/// How the match was made.
#[derive(Debug, Deserialize)]
pub(crate) struct Detail {
    #[serde(default, rename = "type")]
    pub(crate) kind: Text,
    #[serde(default)]
    pub(crate) matcher: Text,
}

/// The package.
#[derive(Debug, Deserialize)]
pub(crate) struct Artifact {
    pub(crate) name: Text,
    #[serde(default)]
    pub(crate) version: Text,
    #[serde(default)]
    pub(crate) purl: Text,
}

/// Why a match was set aside: a rule of a configuration, or a VEX document.
#[derive(Debug, Deserialize)]
pub(crate) struct Rule {
    #[serde(default)]
    pub(crate) reason: Text,
    #[serde(default, rename = "vex-status")]
    pub(crate) vex_status: Text,
    #[serde(default, rename = "vex-justification")]
    pub(crate) vex_justification: Text,
    #[serde(default, rename = "fix-state")]
    pub(crate) fix_state: Text,
}

/// Who made the report, and from which database.
#[derive(Debug, Deserialize)]
pub(crate) struct Descriptor {
    name: Text,
    #[serde(default)]
    pub(crate) version: Text,
    #[serde(default)]
    db: Option<Db>,
}

/// Since schema 6 what is known of the database has a place of its own.
#[derive(Debug, Deserialize)]
struct Db {
    #[serde(default)]
    status: Option<Status>,
    #[serde(flatten)]
    old: OldStatus,
}

#[derive(Debug, Deserialize)]
struct Status {
    #[serde(default, rename = "schemaVersion")]
    schema: Text,
    #[serde(default)]
    built: Text,
    #[serde(default)]
    valid: bool,
    #[serde(default)]
    error: Text,
}

#[derive(Debug, Deserialize)]
struct OldStatus {
    #[serde(default, rename = "schemaVersion")]
    schema: Option<u32>,
    #[serde(default)]
    built: Text,
    #[serde(default)]
    error: Text,
}

/// The database that a report stands on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Database {
    /// When it was built, as grype says it.
    pub(crate) built: String,
    /// The version of its schema.
    pub(crate) schema: String,
}

impl Document {
    /// Holds a report against what is understood here.
    ///
    /// # Errors
    /// [`PluginError::BadInput`] for another tool's, for a version that is not understood, and for one that stands on no database,
    /// or on one that grype itself takes for broken or too old: no match says nothing then.
    pub(crate) fn checked(&self) -> Result<Database, PluginError> {
        let bad = |why: String| Err(PluginError::BadInput(why));
        let Descriptor { name, version, db } = &self.descriptor;
        if &**name != "grype" {
            return bad(format!("made by `{}`, not by grype", plain(name)));
        }
        if !is_understood(version) {
            return bad(format!("grype `{}` is not understood: 0.{MINOR_MIN} and later 0.x are", plain(version)));
        }
        let Some(db) = db else { return bad("it names no database: what has no match there may have one".to_owned()) };
        let (database, valid, error) = match &db.status {
            Some(Status { schema, built, valid, error }) => (database(built, schema), *valid, error),
            None => {
                let schema = db.old.schema.map(|schema| schema.to_string()).unwrap_or_default();
                (database(&db.old.built, &schema), true, &db.old.error)
            }
        };
        if !valid || !error.is_empty() {
            let why = if error.is_empty() { "not valid" } else { error };
            return bad(format!("its database cannot be relied on: {}", plain(why)));
        }
        if database.built.is_empty() {
            return bad("it does not say when its database was built".to_owned());
        }
        Ok(database)
    }
}

fn database(built: &str, schema: &str) -> Database {
    Database { built: built.to_owned(), schema: schema.to_owned() }
}

/// `0.MINOR.PATCH`, from [`MINOR_MIN`] on.
fn is_understood(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']).map(str::parse::<u32>);
    matches!((parts.next(), parts.next()), (Some(Ok(0)), Some(Ok(minor))) if minor >= MINOR_MIN)
}

#[cfg(test)]
pub(crate) mod tests {
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::FakeBlob;

    use super::*;

    /// Recorded from the real grype; see the README beside it.
    pub(crate) const RECORDED: &str = include_str!("../tests/fixtures/grype-0.121.json");

    /// Written by hand after the form of grype 0.74, whose database had schema 5.
    const OLD: &str = include_str!("../tests/fixtures/grype-0.74.json");

    pub(crate) fn read(text: &str) -> Result<Document, PluginError> {
        chiron_plugin_report::read(&FakeBlob::new(text), WHAT)
    }

    fn why_not(text: &str) -> String {
        reason(&read(text).and_then(|document| document.checked()).unwrap_err())
    }

    #[test]
    fn a_report_says_from_which_database_it_is() {
        let document = read(RECORDED).unwrap();
        assert_eq!((document.matches.len(), document.ignored.len()), (3, 1));
        assert_eq!(document.checked().unwrap().schema, "v6.1.10");
        let old = read(OLD).unwrap().checked().unwrap();
        assert_eq!(old, database("2024-01-20T01:26:30Z", "5"));
    }

    #[test]
    fn another_tool_another_version_and_half_a_report_are_refused_by_name() {
        let version = |version: &str| {
            why_not(&RECORDED.replace("\"version\": \"0.121.3\"", &format!("\"version\": \"{version}\"")))
        };
        assert!(version("1.0.0").contains("grype `1.0.0` is not understood"));
        assert!(version("0.12.0").contains("0.40 and later"));
        assert!(version("[not provided]").contains("`[not provided]`"));
        assert!(why_not(&RECORDED.replace("\"name\": \"grype\"", "\"name\": \"gripe\"")).contains("made by `gripe`"));
        assert!(why_not(&RECORDED[..RECORDED.len() / 2]).contains("not a report of grype"));
        assert!(why_not("{}").contains("missing field `matches`"));
        assert!(why_not("[]").contains("not a report of grype"));
    }

    #[test]
    fn a_database_that_is_absent_broken_or_of_no_date_proves_nothing() {
        let cut = |from: &str, to: &str| why_not(&RECORDED.replace(from, to));
        assert!(cut("\"db\":", "\"bd\":").contains("names no database"));
        assert!(cut("\"valid\": true", "\"valid\": false").contains("not valid"));
        assert!(cut("\"valid\": true", "\"valid\": true, \"error\": \"too old\"").contains("too old"));
        assert!(cut("\"built\":", "\"bilt\":").contains("does not say when"));
        assert!(why_not(&OLD.replace("\"error\": null", "\"error\": \"checksum\"")).contains("checksum"));
    }

    #[test]
    fn a_hundred_thousand_matches_are_refused_by_number() {
        let one = r#"{"vulnerability": {"id": "CVE-1"}, "artifact": {"name": "a"}},"#;
        let many = one.repeat(100_000);
        let text = format!("{{\"matches\": [{}]}}", many.trim_end_matches(','));
        assert!(why_not(&text).contains("more than the 20000 entries"));
    }
}
