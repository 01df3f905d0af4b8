//! `pdm.lock`, lock versions 2 to 4.

use super::packages::{Need, Packages};
use super::requirement::Requirement;
use super::{from_source, indexed, with_archives};
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package};
use crate::text::one_line;
use crate::toml_lock::{Document, Entry};

/// PDM's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "pdm.lock",
    media_types: &[],
    globs: &["pdm.lock"],
    read: |_, blob| listing::of_text(blob, read),
};

fn read(text: &str) -> Result<Listing, String> {
    let document = Document::parse(text)?;
    let metadata = document.root().table("metadata").ok_or("no pdm.lock: it has no `metadata`")?;
    let version = metadata.text("lock_version").ok_or("no pdm.lock: its `metadata` has no `lock_version`")?;
    if !matches!(version.split('.').next(), Some("2" | "3" | "4")) {
        return Err(format!("lock version {} is not known; 2 to 4 are", one_line(version, 20)));
    }
    let mut listing = Listing::default();
    let entries = document.entries("package", &mut listing)?;
    let mut packages = Packages::new(listing);
    entries.into_iter().for_each(|entry| packages.add(entry, package(entry, metadata)));
    Ok(packages.related(|entry| entry.texts("dependencies").map(need)))
}

fn need(text: &str) -> Result<Need<'_>, String> {
    let requirement = Requirement::parse(text).map_err(|reason| format!(": {reason}"))?;
    Ok((requirement.name, requirement.version()))
}

fn package(entry: Entry<'_>, metadata: Entry<'_>) -> Result<Package, String> {
    let (name, version) = (entry.required("name")?, entry.required("version")?);
    let package = match place(entry) {
        Some(place) => from_source(name, Some(version), &place)?,
        None => indexed(name, Some(version))?,
    };
    // Until lock version 4.3 the files of all packages stood together, under name and version.
    let old = format!("{name} {version}");
    let files = metadata.table("files").into_iter().flat_map(|files| files.tables(&old)).chain(entry.tables("files"));
    let package = with_archives(package, files.filter_map(|file| file.text("hash")));
    let package = match entry.text("marker") {
        Some(marker) => package.with("chiron:marker", marker),
        None => package,
    };
    Ok(Package { scope: scope(entry), line: Some(entry.line), ..package })
}

fn place(entry: Entry<'_>) -> Option<String> {
    if let Some(url) = entry.text("git") {
        let revision = entry.text("revision").or_else(|| entry.text("ref")).unwrap_or_default();
        return Some(format!("git+{url}@{revision}"));
    }
    entry.text("url").or_else(|| entry.text("path")).map(str::to_owned)
}

/// Groups other than `default` and `dev` may be extras or for development: the file does not say.
fn scope(entry: Entry<'_>) -> &'static str {
    let has = |name: &str| entry.texts("groups").any(|group| group == name);
    match (!entry.has("groups") || has("default"), has("dev")) {
        (true, _) => "runtime",
        (false, true) => "development",
        (false, false) => "optional",
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::{Coverage, Inventory};

    use super::*;

    const METADATA: &str = "[metadata]\nlock_version = \"4.5.0\"\n";

    fn inventory(text: &str) -> Inventory {
        (CATALOGER.read)(&fake::subject("pdm.lock"), &FakeBlob::new(text)).unwrap()
    }

    fn entry(name: &str, more: &str) -> String {
        format!("[[package]]\nname = \"{name}\"\nversion = \"1\"\n{more}\n")
    }

    #[test]
    fn packages_have_scopes_archives_and_dependencies() {
        let text = [
            METADATA.to_owned(),
            entry("a", "groups = [\"default\"]\ndependencies = [\"B_b>=1; python_version > '3'\", \"gone\"]"),
            entry("a", "extras = [\"x\"]\ngroups = [\"dev\"]\ndependencies = [\"a==1\", \"c\"]"),
            entry("b-b", "groups = [\"dev\"]\nfiles = [{file = \"b\", hash = \"sha256:aa\"}]\nmarker = \"m\""),
            entry("c", "groups = [\"x\"]"),
        ];
        let inventory = inventory(&text.concat());
        let found: Vec<_> = inventory.components.iter().map(|part| (part.name.as_str(), part.scope.as_str())).collect();
        assert_eq!(found, [("a", "runtime"), ("b-b", "development"), ("c", "optional")]);
        let targets: Vec<_> = inventory.relations.iter().map(|relation| relation.target.as_str()).collect();
        assert_eq!(targets, ["pkg:pypi/b-b@1", "pkg:pypi/c@1"]);
        let values: Vec<_> = inventory.components[1].properties.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["sha256:aa", "m"]);
        assert_eq!(inventory.components[0].locations[0].line, Some(3));
    }

    #[test]
    fn what_no_index_gave_has_a_source_and_no_purl() {
        let text = [
            METADATA.to_owned(),
            entry("a", "git = \"https://u:p@h.example/a.git\"\nrevision = \"abc\""),
            entry("b", "path = \"./b\"\neditable = true"),
            entry("c", "url = \"https://h.example/c.zip\""),
        ];
        let inventory = inventory(&text.concat());
        let found: Vec<_> = inventory.components.iter().map(|part| part.properties[0].1.as_str()).collect();
        assert_eq!(found, ["git+https://h.example/a.git@abc", "./b", "https://h.example/c.zip"]);
        assert!(inventory.components.iter().all(|part| part.purl.is_none()));
    }

    #[test]
    fn malformed_files_have_their_outcome_by_name() {
        for (text, coverage, expected) in [
            ("", Coverage::Failed, "no pdm.lock: it has no `metadata`"),
            ("[metadata]", Coverage::Failed, "no pdm.lock: its `metadata` has no `lock_version`"),
            ("[metadata]\nlock_version = \"5\"", Coverage::Failed, "lock version 5 is not known; 2 to 4 are"),
            (
                "[metadata]\nlock_version = \"4\"\n[[package]]\nname = \"a\"",
                Coverage::Partly,
                "line 3: it has no `version`",
            ),
            (
                "[metadata]\nlock_version = \"4\"\n[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b=1\"]",
                Coverage::Partly,
                "line 3: a dependency: `=1` is no version specifier",
            ),
        ] {
            let outcome = inventory(text).files.remove(0);
            assert_eq!((outcome.coverage, outcome.reason.as_deref()), (coverage, Some(expected)));
        }
    }
}
