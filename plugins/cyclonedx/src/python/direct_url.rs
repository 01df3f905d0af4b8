//! `direct_url.json` beside the METADATA of an installed package: where it came from, if not from an index (PEP 610).
//!
//! The package is the same one, so it has the same purl, and becomes one component with the other file's; what this adds is said in
//! a note: what an advisory says of the index's package may not be true of this one.

use chiron_sdk::content::Blob;
use chiron_sdk::sbom::Inventory;
use chiron_sdk::{PluginError, Subject};
use serde::Deserialize;

use crate::catalogers::Cataloger;
use crate::json::words;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::metadata::is_name;
use crate::purl;
use crate::text::{one_line, without_credentials};

/// Origins of installed Python packages.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "origin of an installed Python package (direct_url.json)",
    media_types: &[],
    globs: &["**/*.dist-info/direct_url.json"],
    read,
};

#[derive(Deserialize)]
struct Document {
    url: String,
    vcs_info: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    vcs: String,
    commit_id: String,
}

fn read(subject: &Subject, blob: &dyn Blob) -> Result<Inventory, PluginError> {
    lockfile::read(blob, |text| parse(text, &subject.name))
}

fn parse(text: &Text, path: &str) -> Result<Listing, String> {
    let folder = path.rsplit('/').nth(1).and_then(|folder| folder.strip_suffix(".dist-info"));
    let (name, version) = folder
        .and_then(|folder| folder.split_once('-'))
        .filter(|(name, version)| is_name(name) && super::is_version(version))
        .ok_or("its folder is not named NAME-VERSION.dist-info")?;
    let document: Document =
        serde_json::from_str(text.as_str()).map_err(|error| format!("not a direct_url.json: {}", words(&error)))?;
    let url = without_credentials(&document.url);
    let from = match document.vcs_info {
        Some(repository) => format!("{}+{url}@{}", repository.vcs, repository.commit_id),
        None => url,
    };
    let package = Package::new(name, Some(version), Some(purl::pypi(name, Some(version))));
    let note = format!("installed from {}, not from an index", one_line(&from, 300));
    let mut listing = Listing::default();
    listing.add(package.with("chiron:note", &note));
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, outcome, outcomes, property};

    const PATH: &str = "lib/site-packages/My_App-1.0.dist-info/direct_url.json";

    #[test]
    fn the_origin_is_said_of_the_same_package() {
        let text = r#"{"url": "https://u:secret@h.example/a.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}"#;
        let inventory = inventory(PATH, text);
        assert_eq!(listed(&inventory), ["pkg:pypi/my-app@1.0 runtime"]);
        let note = property(&inventory, "pkg:pypi/my-app@1.0", "chiron:note");
        assert_eq!(note, ["installed from git+https://h.example/a.git@abc, not from an index"]);
    }

    #[test]
    fn what_is_malformed_fails_by_name() {
        let table = [
            ("", "failed 0 0: not a direct_url.json: EOF"),
            ("{}", "failed 0 0: not a direct_url.json: missing field `url`"),
            ("{\"url\": \"file:///a\", \"vcs_info\": 1}", "failed 0 0: not a direct_url.json: invalid type"),
        ];
        outcomes(PATH, &table);
        let elsewhere = inventory("x.dist-info/direct_url.json", "{\"url\": \"file:///a\"}");
        assert_eq!(outcome(&elsewhere), "failed 0 0: its folder is not named NAME-VERSION.dist-info");
    }
}
