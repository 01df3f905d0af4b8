//! PHP's `composer.lock`.

pub(crate) mod installed;

use std::borrow::Cow;
use std::collections::BTreeMap;

use chiron_sdk::Digest;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::catalogers::Cataloger;
use crate::json::{Members, words};
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::purl;

/// Composer's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "composer.lock",
    media_types: &[],
    globs: &["composer.lock"],
    read: |_, blob| lockfile::read(blob, parse),
};

/// Lists of packages and their scopes.
const LISTS: [(&str, &str); 2] = [("packages", "runtime"), ("packages-dev", "development")];

/// A package; what is not read here is not judged.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    source: Option<Place>,
    dist: Option<Place>,
    /// Packagist and registries like it want to be told of installations; repositories do not.
    #[serde(borrow)]
    notification_url: Option<&'a RawValue>,
    #[serde(borrow)]
    require: Option<&'a RawValue>,
}

/// Where a package is fetched from.
#[derive(Deserialize)]
struct Place {
    #[serde(rename = "type")]
    kind: Option<String>,
    url: Option<String>,
    reference: Option<String>,
    shasum: Option<String>,
}

fn parse(text: &Text) -> Result<Listing, String> {
    let document = Members::parse(text.as_str())?;
    if LISTS.iter().all(|(list, _)| document.get(list).is_none()) {
        return Err("neither packages nor packages-dev: not a composer.lock".to_owned());
    }
    let mut lists = Vec::new();
    for (list, scope) in LISTS {
        let Some(values) = document.get(list) else { continue };
        let values: Vec<&RawValue> =
            serde_json::from_str(values.get()).map_err(|_| format!("`{list}` is not a list"))?;
        lists.extend(values.into_iter().map(|value| (value, scope)));
    }
    Ok(self::list(text, &lists, |_| None))
}

/// Lists packages, each with the scope of its list, or with that of its name.
fn list(text: &Text, values: &[(&RawValue, &'static str)], scope_of: impl Fn(&str) -> Option<&'static str>) -> Listing {
    let mut listing = Listing::default();
    // Name, in lower case -> id.
    let mut ids = BTreeMap::new();
    let mut wanted = Vec::new();
    for (value, scope) in values {
        let line = text.line_of(value.get());
        let entry: Entry<'_> = match serde_json::from_str(value.get()) {
            Ok(entry) => entry,
            Err(error) => {
                listing.drop_entry(&format!("line {}: {}", line.unwrap_or(0), words(&error)));
                continue;
            }
        };
        let scope = scope_of(&entry.name).unwrap_or(scope);
        let id = listing.add(Package { scope, line, ..package(&entry) });
        wanted.extend(Members::of(entry.require).names().map(|name| (id.clone(), name.to_ascii_lowercase())));
        ids.insert(entry.name.to_ascii_lowercase(), id);
    }
    // What is not there is PHP itself, an extension, or provided by another package.
    for (id, target) in wanted.iter().filter_map(|(id, name)| Some((id, ids.get(name)?))) {
        listing.depends_on(id, target);
    }
    listing
}

fn package(entry: &Entry<'_>) -> Package {
    let places = [entry.dist.as_ref(), entry.source.as_ref()].into_iter().flatten();
    let is_local = places.clone().any(|place| place.kind.as_deref() == Some("path"));
    let source = entry.source.as_ref().filter(|source| source.kind.as_deref() == Some("git"));
    // The purl specification wants vendor and name in lower case.
    let name = entry.name.to_ascii_lowercase();
    let (vendor, base) = name.rsplit_once('/').unwrap_or(("", &name));
    let purl = match (is_local, entry.notification_url, source) {
        (true, ..) => None,
        (false, None, Some(source)) => {
            let (url, reference) = (source.url.as_deref().unwrap_or(""), source.reference.as_deref().unwrap_or(""));
            let address = format!("git+{url}@{reference}");
            Some(purl::of("generic", vendor, base, Some(&entry.version), &[("vcs_url", &address)]))
        }
        (false, ..) => Some(purl::of("composer", vendor, base, Some(&entry.version), &[])),
    };
    let mut package = Package::new(&entry.name, Some(&entry.version), purl);
    if let Some(url) = places.clone().find_map(|place| place.url.as_ref()) {
        package.properties.push(("chiron:source".to_owned(), url.clone()));
    }
    let shasum = entry.dist.as_ref().and_then(|dist| dist.shasum.as_ref());
    if let Some(value) = shasum.filter(|sum| sum.len() == 40 && sum.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        package.digests.push(Digest { algorithm: "sha1".to_owned(), value: value.to_ascii_lowercase() });
    }
    package
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

    #[test]
    fn packages_repositories_and_folders_are_listed() {
        let text = r#"{"content-hash": "x", "packages": [
            {"name": "Monolog/Monolog", "version": "2.9.1", "notification-url": "https://p.example/downloads/",
             "dist": {"type": "zip", "url": "https://d.example/m.zip", "reference": "01", "shasum": "0000000000000000000000000000000000000000"},
             "require": {"php": ">=7.2", "psr/log": "^1"}},
            {"name": "o/git", "version": "dev-main", "source": {"type": "git", "url": "https://h.example/git.git", "reference": "01"}, "require": []},
            {"name": "o/own", "version": "1.0.0", "dist": {"type": "path", "url": "packages/own", "reference": "x"}}],
          "packages-dev": [{"name": "psr/log", "version": "v1.1.4", "notification-url": "https://p.example/downloads/"}], "platform": []}"#;
        let inventory = inventory("composer.lock", text);
        assert_eq!(
            listed(&inventory),
            [
                "pkg:composer/monolog/monolog@2.9.1 runtime",
                "pkg:generic/o/git@dev-main?vcs_url=git%2Bhttps:%2F%2Fh.example%2Fgit.git%4001 runtime",
                "o/own@1.0.0 runtime",
                "pkg:composer/psr/log@v1.1.4 development"
            ]
        );
        assert_eq!(needs(&inventory), ["pkg:composer/monolog/monolog@2.9.1 -> pkg:composer/psr/log@v1.1.4"]);
        assert_eq!(inventory.components[0].name, "Monolog/Monolog");
        assert_eq!((inventory.components[2].locations[0].line, outcome(&inventory).as_str()), (Some(6), "read 4 0"));
        assert_eq!(property(&inventory, "o/own@1.0.0", "chiron:source"), ["packages/own"]);
        assert_eq!(inventory.components[0].digests[0].value, "0".repeat(40));
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        let table = [
            ("", "failed 0 0: the document ends too early"),
            ("{}", "failed 0 0: neither packages nor packages-dev"),
            ("{\"packages\": {}}", "failed 0 0: `packages` is not a list"),
            ("{\"packages\": []}", "read 0 0"),
            ("{\"packages\": [\n{\"version\": \"1\"}]}", "partly 0 1: line 2: missing field `name`"),
            ("{\"packages\": [{\"name\": \"a/b\", \"version\": 1}]}", "partly 0 1: line 1: invalid type: integer"),
        ];
        outcomes("composer.lock", &table);
    }
}
