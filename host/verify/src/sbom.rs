//! SBOMs: that one is about this file. Attested, or a document beside the file that names its digest.

use std::path::{Path, PathBuf};

use chiron_archive::{Blob, Limits};
use chiron_trust::judge::SignedContent;
use chiron_trust::parse_json;
use serde_json::Value;

use crate::account::{CheckResult, Tried, by};
use crate::bundles::{self, Bundle, Listing};
use crate::check::Check;
use crate::request::Request;
use crate::signatures;
use crate::subject::Subject;

/// How the names of SBOMs end.
const ENDINGS: [&str; 3] = [".cdx.json", ".spdx.json", ".bom.json"];

/// Predicate types of attested SBOMs, without a version behind them.
const PREDICATES: [&str; 2] = ["https://cyclonedx.org/bom", "https://spdx.dev/Document"];

/// Largest SBOM.
const SBOM_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Whether a name is that of an SBOM.
pub(crate) fn is_one(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a predicate type is that of an SBOM.
pub(crate) fn is_attested(predicate_type: &str) -> bool {
    PREDICATES.iter().any(|known| predicate_type == *known || predicate_type.starts_with(&format!("{known}/")))
}

/// Documents that say by their name that they are about a file.
pub(crate) fn beside(subject: &Subject, names: &Listing) -> Vec<PathBuf> {
    // That a folder cannot be listed is what its bundles say.
    let Ok(names) = names else { return Vec::new() };
    let prefix = format!("{}.", subject.file);
    let found = bundles::starting(names, &prefix).filter(|name| is_one(name));
    found.map(|name| subject.folder.join(name)).collect()
}

/// An SBOM that was read.
pub(crate) struct Document {
    /// Its path, as it was reached.
    pub(crate) path: PathBuf,
    /// What it holds, or why that cannot be read.
    content: Result<(Blob, Value, &'static str), String>,
}

impl Document {
    /// Reads one.
    pub(crate) fn open(path: &Path) -> Self {
        let opened = Blob::open(path, &Limits::default()).map_err(|error| error.to_string());
        let content = opened.and_then(|blob| read(&blob).map(|(value, word)| (blob, value, word)));
        Self { path: path.to_owned(), content }
    }

    /// Whether it can be read, and describes something else.
    pub(crate) fn is_about_others(&self, blob: &Blob) -> bool {
        matches!(&self.content, Ok((_, value, _)) if bound(value, blob).is_err())
    }
}

/// What an SBOM holds, and what it is called.
///
/// # Errors
/// In words, when it is none.
pub(crate) fn read(blob: &Blob) -> Result<(Value, &'static str), String> {
    let most = u64::try_from(SBOM_BYTES_MAX).unwrap_or(u64::MAX);
    let bytes = blob.read_all(most).map_err(|error| error.to_string())?;
    let value = parse_json(&bytes, SBOM_BYTES_MAX).map_err(|error| format!("it cannot be read: {error}"))?;
    let word = word(&value).ok_or("it is neither CycloneDX nor SPDX")?;
    Ok((value, word))
}

/// The first that holds decides.
pub(crate) fn check(blob: &Blob, attested: &[&Bundle], documents: &[&Document], request: &Request) -> CheckResult {
    let mut tried = Vec::new();
    for bundle in attested {
        let held = signatures::judged(bundle, blob, request).and_then(|signed| {
            let SignedContent::Statement(statement) = &signed.content else {
                return Err("it signs the file, and says nothing of what is in it".to_owned());
            };
            if !is_attested(&statement.predicate_type) {
                return Err(format!("`{}` is no SBOM", statement.predicate_type.escape_debug()));
            }
            let word = word(&statement.predicate).ok_or("its predicate is neither CycloneDX nor SPDX")?;
            let reason = format!("{word}, attested, {}", by(&signed));
            Ok(CheckResult::passed(Check::Sbom, reason, &bundle.name).signed(&signed))
        });
        match held {
            Ok(result) => return CheckResult { tried, ..result },
            Err(reason) => tried.push(Tried { evidence: bundle.name.clone(), reason }),
        }
    }
    for one in documents {
        match document(one, blob, request) {
            Ok(result) => return CheckResult { tried, ..result },
            Err(reason) => tried.push(Tried { evidence: one.path.display().to_string(), reason }),
        }
    }
    CheckResult::failed(Check::Sbom, tried)
}

/// A document about the file: names the file's digest, and is signed where a signer was given.
fn document(document: &Document, blob: &Blob, request: &Request) -> Result<CheckResult, String> {
    let (own, value, word) = document.content.as_ref().map_err(Clone::clone)?;
    bound(value, blob)?;
    let path = &document.path;
    let evidence = path.display().to_string();
    if request.signer.is_none() {
        return Ok(CheckResult::passed(
            Check::Sbom,
            format!("{word} names this file's digest; nobody signed"),
            &evidence,
        ));
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut reason = "it names this file's digest, and nobody signed it".to_owned();
    for bundle in bundles::beside(path.parent().unwrap_or(Path::new("")), &file) {
        match signatures::judged(&bundle, own, request) {
            Ok(signed) => {
                let reason = format!("{word} names this file's digest, {}", by(&signed));
                return Ok(CheckResult::passed(Check::Sbom, reason, &evidence).signed(&signed));
            }
            Err(why) => reason = format!("its signature does not hold: {why}"),
        }
    }
    Err(reason)
}

fn word(value: &Value) -> Option<&'static str> {
    if value.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX") {
        return Some("CycloneDX");
    }
    value.get("spdxVersion").and_then(Value::as_str).filter(|text| text.starts_with("SPDX-2.")).map(|_| "SPDX")
}

/// What the document says that it describes has this file's digest, and no digest that is another's.
fn bound(value: &Value, blob: &Blob) -> Result<(), String> {
    let mut described = 0_usize;
    for digests in cyclonedx(value).into_iter().chain(spdx(value)) {
        described += 1;
        let mut same = false;
        for (algorithm, hex) in &digests {
            let own = blob.digest(algorithm).map_err(|error| error.to_string())?;
            if !own.hex().eq_ignore_ascii_case(hex) {
                same = false;
                break;
            }
            same = true;
        }
        if same {
            return Ok(());
        }
    }
    Err(match described {
        0 => "it does not say what it describes".to_owned(),
        _ => "what it describes has another digest than this file, or none".to_owned(),
    })
}

type Digests = Vec<(&'static str, String)>;

fn cyclonedx(value: &Value) -> Option<Digests> {
    let component = value.pointer("/metadata/component")?;
    Some(digests(component.get("hashes"), "alg", "content"))
}

/// Packages and files that the document describes.
fn spdx(value: &Value) -> Vec<Digests> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
    let relations = list("relationships").filter(|relation| {
        text(relation, "spdxElementId") == "SPDXRef-DOCUMENT" && text(relation, "relationshipType") == "DESCRIBES"
    });
    let mut ids: Vec<_> = relations.map(|relation| text(relation, "relatedSpdxElement")).collect();
    ids.extend(list("documentDescribes").filter_map(Value::as_str).map(str::to_owned));
    let described = list("packages").chain(list("files")).filter(|element| ids.contains(&text(element, "SPDXID")));
    described.map(|element| digests(element.get("checksums"), "algorithm", "checksumValue")).collect()
}

fn digests(list: Option<&Value>, algorithm: &str, content: &str) -> Digests {
    let entries = list.and_then(Value::as_array).into_iter().flatten();
    let entry = |entry: &Value| {
        let name = match entry.get(algorithm).and_then(Value::as_str)? {
            "SHA-256" | "SHA256" => "sha256",
            "SHA-384" | "SHA384" => "sha384",
            "SHA-512" | "SHA512" => "sha512",
            _ => return None,
        };
        Some((name, entry.get(content).and_then(Value::as_str)?.to_owned()))
    };
    entries.filter_map(entry).collect()
}
