//! `Cargo.lock`, versions 1 to 4.

use std::collections::BTreeMap;

use chiron_sdk::Digest;

use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package, SOURCE};
use crate::purl;
use crate::text::{one_line, without_credentials};
use crate::toml_lock::{Document, Entry};

/// crates.io as lock files spell it, by whichever protocol it was asked. Advisories about crates are about it alone.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What a package without a source is: one of the workspace, or one by path. The file does not say which.
const LOCAL: &str = "path";

/// Entries of one name that dependencies are looked for in. No real file has more than a dozen; a hostile one would make
/// every dependency look at every entry.
const SAME_NAME_MAX: usize = 64;

/// Cargo's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Cargo.lock",
    media_types: &[],
    globs: &["Cargo.lock"],
    read: |_, blob| listing::of_text(blob, read),
};

/// One entry, as the file tells it from others.
struct Locked<'d> {
    entry: Entry<'d>,
    name: &'d str,
    version: &'d str,
    source: Option<&'d str>,
    id: String,
}

fn read(text: &str) -> Result<Listing, String> {
    let document = Document::parse(text)?;
    let root = document.root();
    match root.number("version") {
        None | Some("1" | "2" | "3" | "4") => {}
        Some(other) => return Err(format!("Cargo.lock version {} is not known; 1 to 4 are", one_line(other, 20))),
    }
    if !root.has("version") && !root.has("package") && !root.has("root") {
        return Err("no Cargo.lock: it has neither `version` nor `package`".to_owned());
    }
    let mut listing = Listing::default();
    let checksums = root.table("metadata");
    let mut entries = document.entries("package", &mut listing)?;
    // Until Cargo 1.17 the workspace's own package stood apart.
    entries.extend(root.table("root"));
    let mut locked = Vec::new();
    for entry in entries {
        match package(entry, checksums) {
            Ok(package) => {
                let id = listing.add(package);
                let (name, version) = (entry.required("name")?, entry.required("version")?);
                locked.push(Locked { entry, name, version, source: entry.text("source"), id });
            }
            Err(reason) => listing.drop_entry(&format!("line {}: {reason}", entry.line)),
        }
    }
    relate(&locked, &mut listing);
    Ok(listing)
}

fn package(entry: Entry<'_>, checksums: Option<Entry<'_>>) -> Result<Package, String> {
    let (name, version) = (entry.required("name")?, entry.required("version")?);
    let source = entry.optional("source")?;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
        return Err(format!("`{}` is no name of a package", one_line(name, 60)));
    }
    if version.is_empty() || !version.chars().all(fine) {
        return Err(format!("`{}` is no version", one_line(version, 60)));
    }
    let mut package = match source {
        Some(CRATES_IO) => Package::new(name, Some(version), Some(purl::cargo(name, version))),
        source => {
            let source = source.map_or_else(|| LOCAL.to_owned(), without_credentials);
            Package::new(name, Some(version), None).with(SOURCE, &source)
        }
    };
    package.digests = checksum(entry, checksums).into_iter().collect();
    package.line = Some(entry.line);
    Ok(package)
}

/// SHA-256 of the `.crate` file; in version 1 they all stand in `[metadata]`.
fn checksum(entry: Entry<'_>, checksums: Option<Entry<'_>>) -> Option<Digest> {
    let value = entry.text("checksum").or_else(|| {
        let (name, version, source) = (entry.text("name")?, entry.text("version")?, entry.text("source")?);
        checksums?.text(&format!("checksum {name} {version} ({source})"))
    })?;
    let is_sha256 = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sha256.then(|| Digest { algorithm: "sha256".to_owned(), value: value.to_ascii_lowercase() })
}

/// A dependency is written as shortly as it is unique: `name`, `name version`, `name version (source)`.
fn relate(locked: &[Locked<'_>], listing: &mut Listing) {
    let mut by_name = BTreeMap::<&str, Vec<&Locked<'_>>>::new();
    for package in locked {
        let same = by_name.entry(package.name).or_default();
        if same.len() < SAME_NAME_MAX {
            same.push(package);
        }
    }
    for package in locked {
        for dependency in package.entry.texts("dependencies") {
            let mut words = dependency.splitn(3, ' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next());
            let source = words.next().and_then(|source| source.strip_prefix('(')?.strip_suffix(')'));
            let fits = |target: &&&Locked<'_>| {
                version.is_none_or(|version| target.version == version)
                    && source.is_none_or(|source| target.source.is_some_and(|known| same_source(known, source)))
            };
            for target in by_name.get(name).into_iter().flatten().filter(fits) {
                listing.depends_on(&package.id, &target.id);
            }
        }
    }
}

/// Dependencies leave out the commit that a git source is locked to.
fn same_source(known: &str, said: &str) -> bool {
    known == said || known.split('#').next() == said.split('#').next()
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::{Coverage, Inventory};

    use super::*;

    const INDEX: &str = CRATES_IO;

    fn inventory(text: &str) -> Inventory {
        (CATALOGER.read)(&fake::subject("Cargo.lock"), &FakeBlob::new(text)).unwrap()
    }

    fn relations(inventory: &Inventory) -> Vec<(&str, &str)> {
        inventory.relations.iter().map(|relation| (relation.source.as_str(), relation.target.as_str())).collect()
    }

    #[test]
    fn only_packages_of_crates_io_have_a_purl() {
        let entry =
            |name: &str, source: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{source}\n");
        let text = [
            "version = 4\n".to_owned(),
            entry("a", &format!("source = \"{INDEX}\"")),
            entry("b", "source = \"sparse+https://crates.example/index/\""),
            entry("c", "source = \"registry+https://crates.example/index\""),
            entry("d", "source = \"git+https://t0ken@h.example/d?branch=x#abc\""),
            entry("e", ""),
        ];
        let inventory = inventory(&text.concat());
        let found: Vec<_> = inventory
            .components
            .iter()
            .map(|part| {
                part.purl.clone().unwrap_or_else(|| format!("{}: {}", part.properties[0].0, part.properties[0].1))
            })
            .collect();
        assert_eq!(
            found,
            [
                "pkg:cargo/a@1.0.0",
                "chiron:source: sparse+https://crates.example/index/",
                "chiron:source: registry+https://crates.example/index",
                "chiron:source: git+https://h.example/d?branch=x#abc",
                "chiron:source: path"
            ]
        );
        assert_eq!(inventory.components[0].locations[0].line, Some(2));
    }

    #[test]
    fn version_1_names_every_dependency_in_full_and_has_its_checksums_at_the_end() {
        let sum = "ab".repeat(32);
        let text = format!(
            "[root]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\"a 1.0.0 ({INDEX})\"]\n\
            [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{INDEX}\"\n\
            [metadata]\n\"checksum a 1.0.0 ({INDEX})\" = \"{sum}\"\n"
        );
        let inventory = inventory(&text);
        assert_eq!(relations(&inventory), [("own@0.1.0", "pkg:cargo/a@1.0.0")]);
        assert_eq!((inventory.components[0].name.as_str(), &inventory.components[0].digests[0].value), ("a", &sum));
    }

    #[test]
    fn a_dependency_means_the_version_and_the_source_it_names() {
        let entry = |name: &str, version: &str, more: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{more}\n")
        };
        let text = [
            entry("a", "1.0.0", "dependencies = [\"b 2.0.0\", \"c 1.0.0 (git+https://h.example/c?rev=1)\", \"gone\"]"),
            entry("b", "1.0.0", &format!("source = \"{INDEX}\"")),
            entry("b", "2.0.0", &format!("source = \"{INDEX}\"\ndependencies = [\"a\"]")),
            entry("c", "1.0.0", &format!("source = \"{INDEX}\"")),
            entry("c", "1.0.0", "source = \"git+https://h.example/c?rev=1#123\""),
        ];
        let inventory = inventory(&text.concat());
        assert_eq!(
            relations(&inventory),
            [("a@1.0.0", "c@1.0.0"), ("a@1.0.0", "pkg:cargo/b@2.0.0"), ("pkg:cargo/b@2.0.0", "a@1.0.0"),]
        );
    }

    #[test]
    fn malformed_files_have_their_outcome_by_name() {
        for (text, coverage, expected) in [
            ("", Coverage::Failed, "no Cargo.lock: it has neither `version` nor `package`"),
            ("version = 5\n", Coverage::Failed, "Cargo.lock version 5 is not known; 1 to 4 are"),
            ("package = {}\n", Coverage::Failed, "`package` is no list"),
            ("[[package]]\nname = \"a\"\n", Coverage::Partly, "line 1: it has no `version`"),
            (
                "[[package]]\nname = \"a b\"\nversion = \"1\"\n",
                Coverage::Partly,
                "line 1: `a b` is no name of a package",
            ),
            ("[[package]]\nname = \"a\"\nversion = \"\"\n", Coverage::Partly, "line 1: `` is no version"),
            (
                "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = 1\n",
                Coverage::Partly,
                "line 1: its `source` is no text",
            ),
        ] {
            let outcome = inventory(text).files.remove(0);
            assert_eq!((outcome.coverage, outcome.reason.as_deref()), (coverage, Some(expected)));
        }
        let cut = inventory("version = 3\n[[package]\n").files.remove(0);
        assert!(cut.reason.unwrap().starts_with("not well-formed TOML: line 2: "));
    }

    #[test]
    fn a_hundred_thousand_packages_are_read() {
        let text: String = (0..100_000)
            .map(|n| format!("[[package]]\nname = \"p{n}\"\nversion = \"1.0.0\"\nsource = \"{INDEX}\"\ndependencies = [\"p{}\"]\n", n / 2))
            .collect();
        let inventory = inventory(&text);
        assert_eq!((inventory.components.len(), inventory.relations.len()), (100_000, 100_000));
        assert_eq!(inventory.files[0].coverage, Coverage::Read);
    }
}
