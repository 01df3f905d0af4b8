//! `uv.lock`, version 1.

mod scope;

use super::packages::{Packages, need};
use super::{from_source, indexed, unresolved, with_archives};
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package};
use crate::text::one_line;
use crate::toml_lock::{Document, Entry};

/// uv's lock files.
pub(crate) const CATALOGER: Cataloger =
    Cataloger { name: "uv.lock", media_types: &[], globs: &["uv.lock"], read: |_, blob| listing::of_text(blob, read) };

fn read(text: &str) -> Result<Listing, String> {
    let document = Document::parse(text)?;
    match document.root().number("version") {
        Some("1") => {}
        Some(other) => return Err(format!("uv.lock version {} is not known; 1 is", one_line(other, 20))),
        None => return Err("no uv.lock: it has no `version`".to_owned()),
    }
    let mut listing = Listing::default();
    let entries = document.entries("package", &mut listing)?;
    let scopes = scope::of(&entries);
    let mut packages = Packages::new(listing);
    for (entry, scope) in entries.into_iter().zip(scopes) {
        packages.add(entry, package(entry).map(|package| Package { scope, ..package }));
    }
    Ok(packages.related(|entry| dependencies(entry).map(need)))
}

fn package(entry: Entry<'_>) -> Result<Package, String> {
    let (name, version) = (entry.required("name")?, entry.optional("version")?);
    let source = entry.table("source").ok_or("it has no `source`")?;
    let package = if source.has("registry") {
        match version {
            Some(version) => indexed(name, Some(version))?,
            None => unresolved(indexed(name, None)?, ""),
        }
    } else {
        from_source(name, version, &place(source)?)?
    };
    let archives = entry.table("sdist").into_iter().chain(entry.tables("wheels"));
    let package = with_archives(package, archives.filter_map(|archive| archive.text("hash")));
    Ok(Package { line: Some(entry.line), ..package })
}

/// Where a package lies that no registry gave. `virtual` and `editable` are the workspace's own.
fn place(source: Entry<'_>) -> Result<String, String> {
    if let Some(url) = source.text("git") {
        return Ok(format!("git+{url}"));
    }
    let known = ["url", "path", "directory", "editable", "virtual"].into_iter().find_map(|key| source.text(key));
    known.map(str::to_owned).ok_or_else(|| "its `source` is of no known kind".to_owned())
}

/// What it needs in any case, for an extra, and for development.
fn dependencies(entry: Entry<'_>) -> impl Iterator<Item = Entry<'_>> {
    ["dependencies", "optional-dependencies", "dev-dependencies"]
        .into_iter()
        .flat_map(move |key| scope::needed(entry, key))
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::{Coverage, Inventory};

    use super::*;

    const INDEX: &str = "source = { registry = \"https://index.example/simple\" }";

    fn inventory(text: &str) -> Inventory {
        (CATALOGER.read)(&fake::subject("uv.lock"), &FakeBlob::new(text)).unwrap()
    }

    fn entry(name: &str, more: &str) -> String {
        format!("[[package]]\nname = \"{name}\"\nversion = \"1\"\n{more}\n")
    }

    #[test]
    fn sources_decide_who_has_a_purl() {
        let text = [
            "version = 1\nrevision = 3\n".to_owned(),
            entry("a", INDEX),
            entry("b", "source = { git = \"https://u:p@h.example/b?rev=main#abc\" }"),
            entry("c", "source = { url = \"https://h.example/c-1.tar.gz\" }"),
            "[[package]]\nname = \"d\"\nsource = { editable = \".\" }\n".to_owned(),
        ];
        let inventory = inventory(&text.concat());
        let found: Vec<_> = inventory
            .components
            .iter()
            .map(|part| part.purl.clone().unwrap_or_else(|| part.properties[0].1.clone()))
            .collect();
        let expected = ["pkg:pypi/a@1", "git+https://h.example/b?rev=main#abc", "https://h.example/c-1.tar.gz", "."];
        assert_eq!(found, expected);
        assert_eq!(inventory.components[0].locations[0].line, Some(3));
        assert_eq!(inventory.files[0].coverage, Coverage::Read);
    }

    #[test]
    fn archives_and_dependencies_are_kept_and_a_version_chooses_between_forks() {
        let text = [
            "version = 1\n".to_owned(),
            entry(
                "a",
                &format!(
                    "{INDEX}\ndependencies = [{{ name = \"b\", version = \"2\" }}, {{ name = \"C_d\" }}]\n\
                sdist = {{ url = \"x\", hash = \"sha256:aa\" }}\nwheels = [{{ url = \"y\", hash = \"sha256:bb\" }}]"
                ),
            ),
            entry("b", INDEX),
            format!("[[package]]\nname = \"b\"\nversion = \"2\"\n{INDEX}\n"),
            entry("c-d", INDEX),
        ];
        let inventory = inventory(&text.concat());
        let targets: Vec<_> = inventory.relations.iter().map(|relation| relation.target.as_str()).collect();
        assert_eq!(targets, ["pkg:pypi/b@2", "pkg:pypi/c-d@1"]);
        let archives: Vec<_> = inventory.components[0].properties.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(archives, ["sha256:aa", "sha256:bb"]);
    }

    #[test]
    fn malformed_files_have_their_outcome_by_name() {
        for (text, coverage, expected) in [
            ("", Coverage::Failed, "no uv.lock: it has no `version`"),
            ("version = 2", Coverage::Failed, "uv.lock version 2 is not known; 1 is"),
            ("version = 1\npackage = 1", Coverage::Failed, "`package` is no list"),
            ("version = 1\n[[package]]\nname = \"a\"", Coverage::Partly, "line 2: it has no `source`"),
            ("version = 1\n[[package]]\nversion = \"1\"", Coverage::Partly, "line 2: it has no `name`"),
            (
                "version = 1\n[[package]]\nname = \"a\"\nsource = { registry = \"\" }\ndependencies = [{}]",
                Coverage::Partly,
                "line 2: a dependency has no `name`; 1 of 1 packages are not pinned to a version",
            ),
            (
                "version = 1\n[[package]]\nname = \"a\"\nsource = { moon = \"x\" }",
                Coverage::Partly,
                "line 2: its `source` is of no known kind",
            ),
        ] {
            let outcome = inventory(text).files.remove(0);
            assert_eq!((outcome.coverage, outcome.reason.as_deref()), (coverage, Some(expected)));
        }
    }
}
