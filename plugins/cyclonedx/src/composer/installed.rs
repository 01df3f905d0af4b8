//! Packages as Composer installed them: `vendor/composer/installed.json`, of Composer 1 (a list) and 2 (an object).

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::catalogers::Cataloger;
use crate::json::Members;
use crate::listing::Listing;
use crate::lockfile::{self, Text};

/// Installed packages of PHP.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Composer installed.json",
    media_types: &[],
    globs: &["**/composer/installed.json"],
    read: |_, blob| lockfile::read(blob, parse),
};

fn parse(text: &Text) -> Result<Listing, String> {
    if let Ok(packages) = serde_json::from_str::<Vec<&RawValue>>(text.as_str()) {
        return Ok(list(text, packages, &BTreeSet::new()));
    }
    let document = Members::parse(text.as_str())?;
    let packages = document.get("packages").ok_or("no packages: not Composer's installed.json")?;
    let packages = serde_json::from_str(packages.get()).map_err(|_| "`packages` is not a list")?;
    let development = document.get("dev-package-names").and_then(|names| serde_json::from_str(names.get()).ok());
    Ok(list(text, packages, &development.unwrap_or_default()))
}

fn list(text: &Text, packages: Vec<&RawValue>, development: &BTreeSet<String>) -> Listing {
    let packages: Vec<_> = packages.into_iter().map(|package| (package, "runtime")).collect();
    super::list(text, &packages, |name| development.contains(name).then_some("development"))
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, needs, outcomes};

    const PATH: &str = "vendor/composer/installed.json";

    #[test]
    fn both_forms_are_read() {
        let packages = r#"[{"name": "A/b", "version": "1.0.0", "notification-url": "x", "require": {"c/d": "^2", "php": "8"}},
            {"name": "c/d", "version": "2.0.0", "notification-url": "x"}]"#;
        let first = inventory(PATH, packages);
        assert_eq!(listed(&first), ["pkg:composer/a/b@1.0.0 runtime", "pkg:composer/c/d@2.0.0 runtime"]);
        let second =
            inventory(PATH, format!(r#"{{"packages": {packages}, "dev": true, "dev-package-names": ["c/d"]}}"#));
        assert_eq!(listed(&second), ["pkg:composer/a/b@1.0.0 runtime", "pkg:composer/c/d@2.0.0 development"]);
        assert_eq!((needs(&first).len(), needs(&second).len()), (1, 1));
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        let table = [
            ("", "failed 0 0: the document ends too early"),
            ("{}", "failed 0 0: no packages"),
            ("{\"packages\": {}}", "failed 0 0: `packages` is not a list"),
            ("[{\"name\": \"a/b\"}]", "partly 0 1: line 1: missing field `version`"),
            ("[]", "read 0 0"),
        ];
        outcomes(PATH, &table);
    }
}
