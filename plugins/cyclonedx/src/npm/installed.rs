//! Packages as they are installed: `node_modules/NAME/package.json`, one file each.

use std::borrow::Cow;

use chiron_sdk::content::Blob;
use chiron_sdk::sbom::{Inventory, License};
use chiron_sdk::{PluginError, Subject};
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::Locked;
use super::origin::Origin;
use crate::catalogers::Cataloger;
use crate::json::words;
use crate::listing::Listing;
use crate::lockfile::{self, Text};
use crate::text::one_line;

/// Installed packages of npm, Yarn and the like. Files of this name deeper in a package are its own business.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "installed npm package",
    media_types: &[],
    globs: &["**/node_modules/@*/*/package.json", "**/node_modules/*/package.json"],
    read,
};

/// What is read of a package.json; npm before version 7 wrote into it where it came from.
#[derive(Deserialize)]
struct Manifest<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    license: Option<&'a RawValue>,
    #[serde(borrow, rename = "_resolved")]
    resolved: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "_integrity")]
    integrity: Option<Cow<'a, str>>,
}

fn read(subject: &Subject, blob: &dyn Blob) -> Result<Inventory, PluginError> {
    let mut license = None;
    let mut inventory = lockfile::read(blob, |text| parse(text, folder(&subject.name), &mut license))?;
    if let (Some(license), Some(component)) = (license, inventory.components.first_mut()) {
        component.licenses = vec![License::Expression(license)];
    }
    Ok(inventory)
}

/// The name it is installed under: what stands between the last `node_modules` and the file.
fn folder(path: &str) -> Option<&str> {
    let (_, rest) = path.rsplit_once("node_modules/")?;
    rest.strip_suffix("/package.json")
}

fn parse(text: &Text, folder: Option<&str>, license: &mut Option<String>) -> Result<Listing, String> {
    let manifest: Manifest<'_> = serde_json::from_str(text.as_str()).map_err(|error| match error.classify() {
        Category::Eof => "the document ends too early".to_owned(),
        Category::Io | Category::Syntax | Category::Data => {
            format!("not the package.json of an installed package: {}", words(&error))
        }
    })?;
    let origin = manifest.resolved.as_deref().map_or(Origin::Registry(None), |from| Origin::of(from, &manifest.name));
    let locked = Locked {
        name: &manifest.name,
        alias: folder,
        version: Some(&manifest.version),
        origin,
        integrity: manifest.integrity.as_deref(),
        line: None,
    };
    let mut package = locked.package()?;
    if let Some(folder) = folder {
        package = package.with("chiron:installed-path", &format!("node_modules/{folder}"));
    }
    // Older packages have an object, or a list of them.
    let text = manifest.license.and_then(|license| serde_json::from_str::<String>(license.get()).ok());
    *license = text.map(|text| one_line(&text, 200)).filter(|text| !text.is_empty());
    let mut listing = Listing::default();
    listing.add(package);
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogers;
    use crate::lockfile::tests::{inventory, listed, outcomes, property};

    #[test]
    fn an_installed_package_is_known_by_its_manifest() {
        let text = r#"{"name": "@o/a", "version": "1.0.0", "license": "MIT", "_resolved": "https://r.example/@o/a/-/a-1.0.0.tgz"}"#;
        let inventory = inventory("app/node_modules/@o/a/package.json", text);
        assert_eq!(listed(&inventory), ["pkg:npm/%40o/a@1.0.0 runtime"]);
        assert_eq!(inventory.components[0].licenses, [License::Expression("MIT".to_owned())]);
        assert_eq!(property(&inventory, "pkg:npm/%40o/a@1.0.0", "chiron:installed-path"), ["node_modules/@o/a"]);
    }

    #[test]
    fn aliases_and_packages_from_elsewhere_are_told() {
        let of = |folder: &str, text: &str| inventory(&format!("node_modules/{folder}/package.json"), text);
        let alias = of("b", r#"{"name": "a", "version": "1.0.0", "license": {"type": "MIT"}}"#);
        assert_eq!(property(&alias, "pkg:npm/a@1.0.0", "chiron:alias"), ["b"]);
        let git = of("a", r#"{"name": "a", "version": "1.0.0", "_resolved": "git+https://h.example/a.git#abc"}"#);
        assert!(git.components[0].purl.as_deref().unwrap().starts_with("pkg:generic/a@1.0.0?vcs_url="));
    }

    #[test]
    fn only_the_file_at_the_top_of_a_package_counts() {
        let found = |path: &str| catalogers::find(path, "application/json").map(|cataloger| cataloger.name);
        for path in [
            "node_modules/a/package.json",
            "x/node_modules/@o/a/package.json",
            "node_modules/a/node_modules/b/package.json",
        ] {
            assert_eq!(found(path), Some(CATALOGER.name), "{path}");
        }
        for path in
            ["package.json", "a/package.json", "node_modules/a/lib/package.json", "node_modules/@o/a/lib/package.json"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_malformed_fails_by_name() {
        let name = "node_modules/a/package.json";
        let table = [
            ("", "failed 0 0: the document ends too early"),
            ("{\"name\": \"a\"", "failed 0 0: the document ends too early"),
            ("{\"name\": \"a\"}", "failed 0 0: not the package.json of an installed package: missing field `version`"),
            ("[]", "failed 0 0: not the package.json of an installed package"),
            ("{\"name\": \"a b\", \"version\": \"1\"}", "failed 0 0: `a b` is no name or version"),
        ];
        outcomes(name, &table);
    }
}
