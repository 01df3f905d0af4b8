//! `pylock.toml`, the lock file of PEP 751, version 1.

use super::packages::{Packages, need};
use super::{from_source, indexed, unresolved, with_archives};
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package};
use crate::text::one_line;
use crate::toml_lock::{Document, Entry};

/// PEP 751's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "pylock.toml",
    media_types: &[],
    globs: &["pylock.toml", "pylock.*.toml"],
    read: |_, blob| listing::of_text(blob, read),
};

fn read(text: &str) -> Result<Listing, String> {
    let document = Document::parse(text)?;
    let version = document.root().text("lock-version").ok_or("no pylock.toml: it has no `lock-version`")?;
    // "If a tool doesn't support the major version, it must raise an error": so does this.
    if version.split('.').next() != Some("1") {
        return Err(format!("lock version {} is not known; 1 is", one_line(version, 20)));
    }
    let mut listing = Listing::default();
    let entries = document.entries("packages", &mut listing)?;
    let mut packages = Packages::new(listing);
    entries.into_iter().for_each(|entry| packages.add(entry, package(entry)));
    Ok(packages.related(|entry| entry.tables("dependencies").map(need)))
}

fn package(entry: Entry<'_>) -> Result<Package, String> {
    let (name, version) = (entry.required("name")?, entry.optional("version")?);
    let package = match (place(entry), version) {
        (Some(place), version) => from_source(name, version, &place)?,
        (None, Some(version)) => indexed(name, Some(version))?,
        (None, None) => unresolved(indexed(name, None)?, ""),
    };
    let archives = entry.table("sdist").into_iter().chain(entry.tables("wheels")).chain(entry.table("archive"));
    let hashes: Vec<String> = archives
        .filter_map(|archive| archive.table("hashes"))
        .flat_map(|hashes| hashes.keys().filter_map(move |key| Some(format!("{key}:{}", hashes.text(key)?))))
        .collect();
    let package = with_archives(package, hashes.iter().map(String::as_str));
    let marker = entry.text("marker");
    let package = match marker {
        Some(marker) => package.with("chiron:marker", marker),
        None => package,
    };
    Ok(Package { scope: scope(marker.unwrap_or_default()), line: Some(entry.line), ..package })
}

/// Where a package lies that no index gave: a repository, a folder, an archive.
fn place(entry: Entry<'_>) -> Option<String> {
    let lies = |table: Entry<'_>| table.text("url").or_else(|| table.text("path")).unwrap_or_default().to_owned();
    if let Some(vcs) = entry.table("vcs") {
        let kind = vcs.text("type").unwrap_or("vcs");
        return Some(format!("{kind}+{}@{}", lies(vcs), vcs.text("commit-id").unwrap_or_default()));
    }
    entry.table("directory").or_else(|| entry.table("archive")).map(lies)
}

/// PEP 751 says by markers which groups and extras a package belongs to.
fn scope(marker: &str) -> &'static str {
    match (marker.contains("dependency_groups"), marker.contains("extras")) {
        (_, true) => "optional",
        (true, false) => "development",
        (false, false) => "runtime",
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::{Coverage, Inventory};

    use super::*;
    use crate::listing::UNRESOLVED;

    fn inventory(text: &str) -> Inventory {
        (CATALOGER.read)(&fake::subject("pylock.toml"), &FakeBlob::new(text)).unwrap()
    }

    #[test]
    fn packages_have_scopes_archives_and_dependencies() {
        let text = "lock-version = \"1.0\"\ncreated-by = \"x\"\n\
            [[packages]]\nname = \"a\"\nversion = \"1\"\ndependencies = [{ name = \"b\" }]\n\
            sdist = { name = \"a.tar.gz\", hashes = { sha256 = \"aa\" } }\n\
            [[packages.wheels]]\nname = \"a.whl\"\nhashes = { sha256 = \"bb\", sha512 = \"cc\" }\n\
            [[packages]]\nname = \"b\"\nversion = \"2\"\nmarker = \"'dev' in dependency_groups\"\n\
            [[packages]]\nname = \"c\"\nmarker = \"'x' in extras\"\n";
        let inventory = inventory(text);
        let [a, b, c] = inventory.components.as_slice() else { panic!() };
        let values: Vec<_> = a.properties.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["sha256:aa", "sha256:bb", "sha512:cc"]);
        assert_eq!((a.scope.as_str(), b.scope.as_str(), c.scope.as_str()), ("runtime", "development", "optional"));
        assert_eq!((a.locations[0].line, b.locations[0].line), (Some(3), Some(11)));
        assert_eq!((c.version.as_deref(), c.properties[0].0.as_str()), (None, UNRESOLVED));
        assert_eq!(inventory.relations[0].target, "pkg:pypi/b@2");
    }

    #[test]
    fn what_no_index_gave_has_a_source_and_no_purl() {
        let text = "lock-version = \"1.0\"\n\
            [[packages]]\nname = \"a\"\nvcs = { type = \"git\", url = \"https://u:p@h.example/a\", commit-id = \"abc\" }\n\
            [[packages]]\nname = \"b\"\ndirectory = { path = \"./b\", editable = true }\n\
            [[packages]]\nname = \"c\"\nversion = \"1\"\narchive = { url = \"https://h.example/c.zip\" }\n";
        let inventory = inventory(text);
        let found: Vec<_> = inventory.components.iter().map(|part| part.properties[0].1.as_str()).collect();
        assert_eq!(found, ["git+https://h.example/a@abc", "./b", "https://h.example/c.zip"]);
        assert!(inventory.components.iter().all(|part| part.purl.is_none()));
    }

    #[test]
    fn malformed_files_have_their_outcome_by_name() {
        for (text, coverage, expected) in [
            ("", Coverage::Failed, "no pylock.toml: it has no `lock-version`"),
            ("lock-version = \"2.0\"", Coverage::Failed, "lock version 2.0 is not known; 1 is"),
            ("lock-version = \"1.0\"\n[[packages]]\n", Coverage::Partly, "line 2: it has no `name`"),
            (
                "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = 1",
                Coverage::Partly,
                "line 2: its `version` is no text",
            ),
        ] {
            let outcome = inventory(text).files.remove(0);
            assert_eq!((outcome.coverage, outcome.reason.as_deref()), (coverage, Some(expected)));
        }
    }
}
