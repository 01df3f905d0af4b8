//! `poetry.lock`, lock versions 1 and 2.

use super::packages::Packages;
use super::{from_source, indexed, with_archives};
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package};
use crate::text::one_line;
use crate::toml_lock::{Document, Entry};

/// Poetry's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "poetry.lock",
    media_types: &[],
    globs: &["poetry.lock"],
    read: |_, blob| listing::of_text(blob, read),
};

fn read(text: &str) -> Result<Listing, String> {
    let document = Document::parse(text)?;
    let metadata = document.root().table("metadata").ok_or("no poetry.lock: it has no `metadata`")?;
    match metadata.text("lock-version") {
        // Poetry before 1.1 wrote none.
        None => {}
        Some(version) if version.starts_with("1.") || version.starts_with("2.") => {}
        Some(other) => return Err(format!("lock version {} is not known; 1 and 2 are", one_line(other, 20))),
    }
    let mut listing = Listing::default();
    let entries = document.entries("package", &mut listing)?;
    let mut packages = Packages::new(listing);
    entries.into_iter().for_each(|entry| packages.add(entry, package(entry, metadata)));
    Ok(packages.related(|entry| {
        let names = entry.table("dependencies").into_iter().flat_map(Entry::keys);
        names.map(|name| Ok((name, None)))
    }))
}

fn package(entry: Entry<'_>, metadata: Entry<'_>) -> Result<Package, String> {
    let (name, version) = (entry.required("name")?, entry.required("version")?);
    let package = match entry.table("source") {
        Some(source) => sourced(name, version, source)?,
        None => indexed(name, Some(version))?,
    };
    // Until lock version 2 the files of all packages stood together, at the end.
    let files = metadata.table("files").into_iter().flat_map(|files| files.tables(name)).chain(entry.tables("files"));
    let package = with_archives(package, files.filter_map(|file| file.text("hash")));
    let package = match entry.text("markers") {
        Some(marker) => package.with("chiron:marker", marker),
        None => package,
    };
    Ok(Package { scope: scope(entry), line: Some(entry.line), ..package })
}

fn sourced(name: &str, version: &str, source: Entry<'_>) -> Result<Package, String> {
    let url = source.text("url").unwrap_or_default();
    match source.text("type").unwrap_or_default() {
        // Another index by PEP 503.
        "legacy" => indexed(name, Some(version)),
        "git" => {
            let revision = source.text("resolved_reference").or_else(|| source.text("reference")).unwrap_or_default();
            from_source(name, Some(version), &format!("git+{url}@{revision}"))
        }
        "url" | "file" | "directory" => from_source(name, Some(version), url),
        other => from_source(name, Some(version), &format!("{other}+{url}")),
    }
}

/// `category` until Poetry 1.4, `groups` since 2.0; in between nothing was said.
fn scope(entry: Entry<'_>) -> &'static str {
    let development = match entry.text("category") {
        Some(category) => category != "main",
        None => entry.has("groups") && !entry.texts("groups").any(|group| group == "main"),
    };
    match (development, entry.is("optional")) {
        (true, _) => "development",
        (false, true) => "optional",
        (false, false) => "runtime",
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::{Coverage, Inventory};

    use super::*;

    const METADATA: &str = "[metadata]\nlock-version = \"2.1\"\n";

    fn inventory(text: &str) -> Inventory {
        (CATALOGER.read)(&fake::subject("poetry.lock"), &FakeBlob::new(text)).unwrap()
    }

    /// Name, version and scope of each package.
    fn scopes(text: &str) -> Vec<(String, String)> {
        inventory(text).components.into_iter().map(|part| (part.name, part.scope)).collect()
    }

    #[test]
    fn packages_have_lines_archives_and_dependencies() {
        let text = format!(
            "[[package]]\nname = \"Zope.X\"\nversion = \"1\"\nmarkers = \"os_name == 'nt'\"\n\
            files = [\n  {{file = \"z.whl\", hash = \"sha256:aa\"}},\n  {{file = \"z.tar.gz\", hash = \"sha256:bb\"}},\n]\n\
            [package.dependencies]\ntyping_extensions = {{version = \">=4\", markers = \"x\"}}\nabsent = \"*\"\n\n\
            [[package]]\nname = \"typing-extensions\"\nversion = \"4.0\"\n{METADATA}"
        );
        let inventory = inventory(&text);
        let [zope, typing] = inventory.components.as_slice() else { panic!() };
        assert_eq!((zope.name.as_str(), zope.purl.as_deref()), ("Zope.X", Some("pkg:pypi/zope-x@1")));
        assert_eq!((zope.locations[0].line, typing.locations[0].line), (Some(1), Some(13)));
        let values: Vec<_> = zope.properties.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["sha256:aa", "sha256:bb", "os_name == 'nt'"]);
        assert_eq!(inventory.relations.len(), 1);
        assert_eq!(inventory.relations[0].target, "pkg:pypi/typing-extensions@4.0");
        assert_eq!(inventory.files[0].coverage, Coverage::Read);
    }

    #[test]
    fn scopes_are_told_by_category_or_groups() {
        let entry = |name: &str, more: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1\"\n{more}\n");
        let text = [
            entry("a", "category = \"main\"\noptional = false"),
            entry("b", "category = \"main\"\noptional = true"),
            entry("c", "category = \"dev\"\noptional = false"),
            entry("d", "groups = [\"dev\", \"main\"]"),
            entry("e", "groups = [\"test\"]"),
            entry("f", "optional = false"),
            METADATA.to_owned(),
        ];
        let scopes = scopes(&text.concat());
        let found: Vec<_> = scopes.iter().map(|(_, scope)| scope.as_str()).collect();
        assert_eq!(found, ["runtime", "optional", "development", "runtime", "development", "runtime"]);
    }

    #[test]
    fn files_of_old_lock_versions_stand_at_the_end() {
        let text = "[[package]]\nname = \"a\"\nversion = \"1\"\n[metadata]\nlock-version = \"1.1\"\n[metadata.files]\n\
            a = [{file = \"a.whl\", hash = \"sha256:aa\"}]\n";
        assert_eq!(inventory(text).components[0].properties[0].1, "sha256:aa");
    }

    #[test]
    fn what_no_index_gave_has_a_source_and_no_purl() {
        let entry = |name: &str, source: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"1\"\n[package.source]\n{source}\n")
        };
        let text = [
            entry("a", "type = \"git\"\nurl = \"https://u:p@h.example/a.git\"\nresolved_reference = \"abc\""),
            entry("b", "type = \"directory\"\nurl = \"../b\""),
            entry("c", "type = \"legacy\"\nurl = \"https://index.example/simple\""),
            entry("d", "type = \"hg\"\nurl = \"https://h.example/d\""),
            METADATA.to_owned(),
        ];
        let inventory = inventory(&text.concat());
        let found: Vec<_> = inventory
            .components
            .iter()
            .map(|part| part.purl.clone().unwrap_or_else(|| part.properties[0].1.clone()))
            .collect();
        let expected = ["git+https://h.example/a.git@abc", "../b", "pkg:pypi/c@1", "hg+https://h.example/d"];
        assert_eq!(found, expected);
    }

    #[test]
    fn malformed_files_have_their_outcome_by_name() {
        for (text, coverage, expected) in [
            ("", Coverage::Failed, "no poetry.lock: it has no `metadata`"),
            ("[[package]]\nname = \"a\"", Coverage::Failed, "no poetry.lock: it has no `metadata`"),
            ("package = 1\n[metadata]\n", Coverage::Failed, "`package` is no list"),
            ("[metadata]\nlock-version = \"3.0\"", Coverage::Failed, "lock version 3.0 is not known; 1 and 2 are"),
            ("package = [1]\n[metadata]\n", Coverage::Partly, "line 1: an entry of `package` is no table"),
            ("[[package]]\nname = \"a\"\n[metadata]\n", Coverage::Partly, "line 1: it has no `version`"),
            ("[[package]]\nname = 1\n[metadata]\n", Coverage::Partly, "line 1: its `name` is no text"),
            (
                "[[package]]\nname = \"../a\"\nversion = \"1\"\n[metadata]\n",
                Coverage::Partly,
                "line 1: `../a` is no name of a package",
            ),
            (
                "[[package]]\nname = \"a\"\nversion = \"1 2\"\n[metadata]\n",
                Coverage::Partly,
                "line 1: `1 2` is no version",
            ),
        ] {
            let outcome = inventory(text).files.remove(0);
            assert_eq!((outcome.coverage, outcome.reason.as_deref()), (coverage, Some(expected)));
        }
        let cut = inventory("[[package]]\nname = \"a").files.remove(0);
        assert!(cut.reason.unwrap().starts_with("not well-formed TOML: line 2: "));
    }
}
