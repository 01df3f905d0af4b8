//! Packages that conda installed: `conda-meta/*.json`, one file each. They need not be Python's.

use chiron_sdk::Digest;
use serde::Deserialize;

use crate::catalogers::Cataloger;
use crate::json::words;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::purl;

/// Installed packages of conda.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "installed conda package",
    media_types: &[],
    globs: &["**/conda-meta/*.json"],
    read: |_, blob| lockfile::read(blob, parse),
};

#[derive(Deserialize)]
struct Record {
    name: String,
    version: String,
    #[serde(default)]
    build: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    subdir: String,
    sha256: Option<String>,
}

fn parse(text: &Text) -> Result<Listing, String> {
    let record: Record =
        serde_json::from_str(text.as_str()).map_err(|error| format!("not conda's record: {}", words(&error)))?;
    let is_word = |word: &str| !word.is_empty() && word.len() <= 256 && word.chars().all(|c| c.is_ascii_graphic());
    if !is_word(&record.name) || !is_word(&record.version) {
        return Err("its name or version is none of a package".to_owned());
    }
    // A channel comes as a name or as an address, which ends in its name and the platform.
    let channel = record.channel.trim_end_matches('/');
    let channel = channel.strip_suffix(record.subdir.as_str()).unwrap_or(channel).trim_end_matches('/');
    let channel = channel.rsplit('/').next().unwrap_or_default();
    let qualifiers = [("build", record.build.as_str()), ("channel", channel), ("subdir", record.subdir.as_str())];
    let purl = purl::of("conda", "", &record.name.to_ascii_lowercase(), Some(&record.version), &qualifiers);
    let mut package = Package::new(&record.name, Some(&record.version), Some(purl));
    let sha256 = record.sha256.filter(|sum| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let digest = |value: String| Digest { algorithm: "sha256".to_owned(), value: value.to_ascii_lowercase() };
    package.digests = sha256.map(digest).into_iter().collect();
    let mut listing = Listing::default();
    listing.add(package);
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, outcomes};

    const PATH: &str = "env/conda-meta/openssl-3.0.9-h7f8727e_0.json";

    #[test]
    fn a_record_names_the_package_its_channel_and_its_build() {
        let text = format!(
            r#"{{"name": "openssl", "version": "3.0.9", "build": "h7f8727e_0", "channel": "https://c.example/pkgs/main/linux-64", "subdir": "linux-64", "sha256": "{}"}}"#,
            "ab".repeat(32)
        );
        let inventory = inventory(PATH, text);
        assert_eq!(
            listed(&inventory),
            ["pkg:conda/openssl@3.0.9?build=h7f8727e_0&channel=main&subdir=linux-64 runtime"]
        );
        assert_eq!(inventory.components[0].digests.len(), 1);
    }

    #[test]
    fn what_is_malformed_fails_by_name() {
        let table = [
            ("", "failed 0 0: not conda's record: EOF"),
            ("{\"name\": \"a\"}", "failed 0 0: not conda's record: missing field `version`"),
            ("{\"name\": \"a b\", \"version\": \"1\"}", "failed 0 0: its name or version is none"),
        ];
        outcomes(PATH, &table);
    }
}
