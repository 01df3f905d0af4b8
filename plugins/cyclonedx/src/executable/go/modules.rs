//! The list of modules: lines of words parted by tabs (`runtime/debug`, `BuildInfo.String`).

use super::super::window::Fault;
use super::Build;
use crate::go::{is_path, is_version, module_purl};
use crate::listing::{Listing, Package, SOURCE, UNRESOLVED};
use crate::purl;
use crate::text::one_line;

/// What the main module's version is where it was built from a working copy.
const WORKING_COPY: &str = "(devel)";

/// Lists the main module, its needs, and the standard library, which is compiled into every Go program.
pub(in super::super) fn list(build: &Build, listing: &mut Listing) -> Result<(), Fault> {
    let standard = listing.add(standard_library(&build.version));
    let mut needs = vec![standard];
    let (mut path, mut main) = (None, None);
    let mut lines = build.modules.lines().peekable();
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split('\t').collect();
        match words.as_slice() {
            ["path", program] => path = Some(*program),
            ["mod", module, version, ..] => main = Some((*module, *version)),
            ["dep", module, version, rest @ ..] => {
                let replaced = lines.next_if(|next| next.starts_with("=>\t"));
                match dependency(module, version, rest.first().copied(), replaced) {
                    Ok(package) => needs.push(listing.add(package)),
                    Err(reason) => listing.drop_entry(&reason),
                }
            }
            // Settings of the build; where the main module was replaced; what later versions add.
            _ => {}
        }
    }
    let (name, version) = main.or(path.map(|path| (path, WORKING_COPY))).unwrap_or_default();
    if !is_path(name) {
        if !build.modules.is_empty() {
            listing.drop_entry("Go's list of modules names no main module");
        }
        return Ok(());
    }
    let version = Some(version).filter(|version| is_version(version));
    let main = Package::new(name, version, version.map(|version| module_purl(name, Some(version))));
    let main = listing.add(main);
    listing.set_root(&main);
    needs.iter().filter(|id| **id != main).for_each(|id| listing.depends_on(&main, id));
    Ok(())
}

fn dependency(module: &str, version: &str, sum: Option<&str>, replaced: Option<&str>) -> Result<Package, String> {
    if !is_path(module) {
        return Err(format!("`{}` is no path of a module", one_line(module, 100)));
    }
    let Some(replaced) = replaced else {
        return registrys(module, version, sum);
    };
    let words: Vec<&str> = replaced.split('\t').collect();
    match words.as_slice() {
        [_, new, with, rest @ ..] if is_path(new) && is_version(with) => {
            let package = registrys(new, with, rest.first().copied())?;
            Ok(package.with("chiron:note", &format!("replaces {module} {version}")))
        }
        [_, folder, ..] => {
            Ok(Package::new(module, Some(version).filter(|version| is_version(version)), None).with(SOURCE, folder))
        }
        _ => Err(format!("`{module}` is replaced by nothing")),
    }
}

fn registrys(module: &str, version: &str, sum: Option<&str>) -> Result<Package, String> {
    // A module of the same workspace, which no proxy has.
    if version == WORKING_COPY {
        return Ok(Package::new(module, None, None).with(SOURCE, "a working copy"));
    }
    if !is_version(version) {
        return Err(format!("`{}` of `{module}` is no version", one_line(version, 100)));
    }
    let package = Package::new(module, Some(version), Some(module_purl(module, Some(version))));
    Ok(match sum.filter(|sum| sum.starts_with("h1:")) {
        Some(sum) => package.with("chiron:archive-digest", sum),
        None => package,
    })
}

/// `go1.22.1` as advisories name it: `pkg:golang/stdlib@1.22.1`.
fn standard_library(version: &str) -> Package {
    let number = version.split_whitespace().next().and_then(|word| word.strip_prefix("go"));
    match number.and_then(semantic) {
        Some(number) => {
            let purl = purl::of("golang", "", "stdlib", Some(&number), &[]);
            Package::new("stdlib", Some(&number), Some(purl))
        }
        None => {
            let purl = purl::of("golang", "", "stdlib", None, &[]);
            Package::new("stdlib", None, Some(purl)).with(UNRESOLVED, version)
        }
    }
}

/// Go's `1.22`, `1.22rc1` and `1.22.1-suffix` as semantic versions, in which advisories are written: `1.22.0`,
/// `1.22.0-rc.1`, `1.22.1`. A suffix is that of whoever built Go, and makes no older version of it.
fn semantic(text: &str) -> Option<String> {
    let text = text.split(['-', '+']).next().unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (numbers, stage) = text.split_at(end);
    let parts: Vec<&str> = numbers.split('.').collect();
    if !(1..=3).contains(&parts.len()) || parts.iter().any(|part| part.is_empty() || part.len() > 9) {
        return None;
    }
    let mut version: Vec<&str> = parts;
    version.resize(3, "0");
    let version = version.join(".");
    if stage.is_empty() {
        return Some(version);
    }
    let number = stage.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let word = stage.get(..stage.len() - number.len()).filter(|word| matches!(*word, "rc" | "beta" | "alpha"))?;
    let is_number = !number.is_empty() && number.len() <= 9 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{version}-{word}.{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gos_versions_become_semantic_ones() {
        let table = [
            ("go1.22.1", Some("1.22.1")),
            ("go1.20", Some("1.20.0")),
            ("go1.23rc2", Some("1.23.0-rc.2")),
            ("go1.21.4-vendor.1 X:boringcrypto", Some("1.21.4")),
            ("devel go1.24-abcdef Mon Jan 1", None),
            ("go1.x", None),
            ("go", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(standard_library(text).version.as_deref(), expected, "{text}");
        }
        assert_eq!(standard_library("devel x").properties, [(UNRESOLVED.to_owned(), "devel x".to_owned())]);
    }
}
