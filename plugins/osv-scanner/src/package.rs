//! The purl of a package, which osv-scanner's report does not give.

use chiron_plugin_report::Package;

use crate::document::{Concerned, Named, Record};

/// A package by its name. The purl is the record's where it has one for this very package, else made from the ecosystem; empty
/// where neither says it.
pub(crate) fn of<'a>(named: &Named, mut records: impl Iterator<Item = &'a Record>) -> Package {
    let concerned = |record: &'a Record| {
        let packages = record.affected.iter().filter_map(|affected| affected.package.as_ref());
        packages.into_iter().find(|concerned| is_it(concerned, named) && !concerned.purl.is_empty())
    };
    let base = match records.find_map(concerned) {
        Some(concerned) => concerned.purl.split(['?', '#']).next().unwrap_or_default().to_owned(),
        None => made(named).unwrap_or_default(),
    };
    let purl = match (base.is_empty() || named.version.is_empty(), base.contains('@')) {
        (true, _) => String::new(),
        (false, true) if !base.contains("/@") => base,
        (false, _) => format!("{base}@{}", encoded(&named.version)),
    };
    let name = if named.name.is_empty() { &named.commit } else { &named.name };
    Package { purl, name: name.to_string(), version: named.version.to_string() }
}

/// Releases are part of an ecosystem's name, such as `Debian:12`; a report may leave them out.
pub(crate) fn is_it(concerned: &Concerned, named: &Named) -> bool {
    let bare = |ecosystem: &str| ecosystem.split(':').next().unwrap_or_default().to_owned();
    concerned.name == named.name && bare(&concerned.ecosystem) == bare(&named.ecosystem)
}

/// The ecosystems of the OSV schema whose packages have a type of purl.
fn made(named: &Named) -> Option<String> {
    let kind = match named.ecosystem.split(':').next().unwrap_or_default() {
        "PyPI" => "pypi",
        "npm" => "npm",
        "crates.io" => "cargo",
        "Go" => "golang",
        "Maven" => "maven",
        "RubyGems" => "gem",
        "Packagist" => "composer",
        "NuGet" => "nuget",
        "Hex" => "hex",
        "Pub" => "pub",
        "Debian" => "deb/debian",
        "Ubuntu" => "deb/ubuntu",
        "Alpine" => "apk/alpine",
        _ => return None,
    };
    // Maven's coordinates are written with a colon there.
    let name = if kind == "maven" { named.name.replacen(':', "/", 1) } else { named.name.to_string() };
    (!name.is_empty()).then(|| format!("pkg:{kind}/{}", encoded(&name)))
}

/// What would end a name or a version in a purl.
fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('?', "%3F").replace('#', "%23").replace('@', "%40")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purl(ecosystem: &str, name: &str, version: &str) -> String {
        let text = format!(r#"{{"ecosystem": "{ecosystem}", "name": "{name}", "version": "{version}"}}"#);
        of(&serde_json::from_str(&text).unwrap(), std::iter::empty()).purl
    }

    #[test]
    fn a_purl_is_made_of_ecosystem_name_and_version() {
        assert_eq!(purl("PyPI", "jinja2", "3.1.4"), "pkg:pypi/jinja2@3.1.4");
        assert_eq!(purl("npm", "@babel/core", "7.0.0"), "pkg:npm/%40babel/core@7.0.0");
        assert_eq!(purl("Maven", "org.a:b", "1"), "pkg:maven/org.a/b@1");
        assert_eq!(purl("Debian:12", "git", "1:2.39"), "pkg:deb/debian/git@1:2.39");
        assert_eq!((purl("GIT", "x", "1"), purl("PyPI", "", "1"), purl("PyPI", "x", "")), Default::default());
    }

    #[test]
    fn the_records_own_purl_stands_before_one_that_is_made() {
        let named: Named = serde_json::from_str(r#"{"ecosystem": "Other", "name": "@a/b", "version": "1"}"#).unwrap();
        let record = |name: &str| -> Record {
            let text = format!(
                r#"{{"id": "X", "affected": [{{"package": {{"ecosystem": "Other:2", "name": "{name}", "purl": "pkg:npm/@a/b?x=y"}}}}]}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        assert_eq!(of(&named, [record("@a/b")].iter()).purl, "pkg:npm/@a/b@1");
        assert_eq!(of(&named, [record("@a/c")].iter()).purl, "");
    }
}
