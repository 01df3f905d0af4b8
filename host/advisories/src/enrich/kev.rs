//! KEV: the catalogue of Known Exploited Vulnerabilities of CISA, as its JSON file says it.

use std::collections::BTreeMap;
use std::path::Path;

use chiron_model::digest::Digest;
use chiron_model::text::{cut, one_line};
use serde::Deserialize;

use super::{EnrichError, cve, read};

/// A catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kev {
    /// Of the file's bytes.
    pub digest: Digest,
    /// When it was released, as it says itself.
    pub date: Option<String>,
    entries: BTreeMap<(u16, u64), Entry>,
}

/// What it says of a CVE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Since when it is listed.
    pub added: String,
    /// Until when United States federal agencies must have acted.
    pub due: Option<String>,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue {
    date_released: Option<String>,
    count: Option<u64>,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    #[serde(rename = "cveID")]
    cve: String,
    date_added: String,
    due_date: Option<String>,
    known_ransomware_campaign_use: Option<String>,
}

impl Kev {
    /// Reads the file, plain or gzip.
    ///
    /// # Errors
    /// [`EnrichError`] names file and line.
    pub fn open(path: &Path) -> Result<Self, EnrichError> {
        let (text, digest) = read(path)?;
        let damaged = |(line, reason): (u64, String)| EnrichError::Damaged { path: path.to_owned(), line, reason };
        parse(&text, digest).map_err(damaged)
    }

    /// What it says of a CVE; None where it is not listed.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<&Entry> {
        self.entries.get(&cve(id)?)
    }

    /// How many CVEs are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Never: an empty catalogue is an error.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn parse(text: &str, digest: Digest) -> Result<Kev, (u64, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let catalogue: Catalogue =
        serde_json::from_str(text).map_err(|error| (error.line() as u64, format!("no catalogue of KEV: {error}")))?;
    let found = catalogue.vulnerabilities.len() as u64;
    if let Some(count) = catalogue.count.filter(|count| *count != found) {
        return Err((1, format!("it says that it lists {count} vulnerabilities, and lists {found}")));
    }
    let mut entries = BTreeMap::new();
    for vulnerability in catalogue.vulnerabilities {
        let Some(key) = cve(&vulnerability.cve) else {
            let line = line_of(text, &vulnerability.cve);
            return Err((line, format!("`{}` is no CVE", short(&vulnerability.cve))));
        };
        let entry = Entry {
            added: short(&vulnerability.date_added),
            due: vulnerability.due_date.as_deref().map(short),
            ransomware: vulnerability.known_ransomware_campaign_use.as_deref() == Some("Known"),
        };
        entries.insert(key, entry);
    }
    if entries.is_empty() {
        return Err((1, "it lists no vulnerability".to_owned()));
    }
    Ok(Kev { digest, date: catalogue.date_released.as_deref().map(short), entries })
}

/// Where a text stands for the first time; the first line where escapes hide it.
fn line_of(text: &str, wanted: &str) -> u64 {
    let quoted = format!("\"{wanted}\"");
    text.find(&quoted).map_or(1, |place| 1 + text[..place].matches('\n').count() as u64)
}

fn short(text: &str) -> String {
    one_line(&cut(text.trim(), 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"title": "CISA Catalog", "catalogVersion": "2025.05.01", "dateReleased": "2025-05-01T14:00:00.0Z", "count": 2,
        "vulnerabilities": [
        {"cveID": "CVE-2021-44228", "dateAdded": "2021-12-10", "dueDate": "2021-12-24", "knownRansomwareCampaignUse": "Known", "notes": ""},
        {"cveID": "CVE-2020-0001", "dateAdded": "2022-01-01", "dueDate": "2022-02-01", "knownRansomwareCampaignUse": "Unknown"}]}"#;

    fn read(text: &str) -> Result<Kev, (u64, String)> {
        parse(text, Digest::sha256_of(text.as_bytes()))
    }

    #[test]
    fn entries_are_found_by_cve() {
        let kev = read(FILE).unwrap();
        let entry = kev.of("CVE-2021-44228").unwrap();
        assert_eq!(
            (entry.added.as_str(), entry.due.as_deref(), entry.ransomware),
            ("2021-12-10", Some("2021-12-24"), true)
        );
        assert!(!kev.of("CVE-2020-0001").unwrap().ransomware);
        assert!(kev.of("CVE-2020-0002").is_none() && kev.of("GHSA-x").is_none());
        assert_eq!((kev.len(), kev.date.as_deref()), (2, Some("2025-05-01T14:00:00.0Z")));
    }

    #[test]
    fn damage_is_named_by_its_line() {
        for (text, line) in [
            (String::new(), 1),
            (FILE[..FILE.len() - 20].to_owned(), 4),
            (FILE.replace("\"count\": 2", "\"count\": 3"), 1),
            (FILE.replace("CVE-2020-0001", "none"), 4),
            ("{\n\"vulnerabilities\": []}".to_owned(), 1),
            ("[]".to_owned(), 1),
        ] {
            assert_eq!(read(&text).unwrap_err().0, line, "{text}");
        }
    }
}
