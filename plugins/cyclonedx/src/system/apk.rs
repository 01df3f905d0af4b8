//! Alpine's package database (apk-tools 2, `installed`): one letter a field, and every package's files behind it.

use chiron_sdk::PluginError;
use chiron_sdk::sbom::License;

use super::dpkg::{Losses, text};
use super::os_release::Release;
use super::root::Root;
use super::stanza::{self, Stanza};
use super::{Found, Package};
use crate::purl;
use crate::text::one_line;
use chiron_sdk::sbom::FileOutcome;

/// Both places: newer releases have moved `lib` into `usr`.
const PATHS: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

/// Largest database, in bytes. It lists every file: a system of 1,000 packages has about 8 MiB.
const BYTES_MAX: u64 = 64 << 20;

/// Reads the database of a system.
///
/// # Errors
/// Only of a run that was cancelled.
pub(super) fn read(root: &Root<'_>, release: Option<&Release>, found: &mut Found) -> Result<(), PluginError> {
    let mut paths: Vec<String> = PATHS.iter().filter_map(|path| root.resolve(path)).collect();
    // Where `lib` is a link, both are one.
    paths.dedup();
    for path in paths.iter().filter(|path| root.has(path)) {
        let text = match text(root, path, BYTES_MAX)? {
            Ok(text) => text,
            Err(reason) => {
                found.files.push(FileOutcome::failed(path, reason));
                continue;
            }
        };
        let mut losses = Losses::default();
        let mut stanzas = stanza::all(&text);
        // apk ends every entry with an empty line, the last one too.
        if !stanza::ends_whole(&text)
            && let Some(cut) = stanzas.pop()
        {
            losses.drop_entry(format!("line {}: the file ends in the middle of an entry", cut.line));
        }
        let mut packages = Vec::new();
        for stanza in &stanzas {
            match entry(root, stanza, release) {
                Ok(package) => packages.push(package),
                Err(reason) => losses.drop_entry(reason),
            }
        }
        found.files.push(losses.outcome(path, packages.len()));
        found.add(packages, path, release);
    }
    Ok(())
}

fn entry(root: &Root<'_>, stanza: &Stanza<'_>, release: Option<&Release>) -> Result<Package, String> {
    let line = stanza.line;
    let name = stanza.value("P").ok_or_else(|| format!("line {line}: an entry without a name"))?;
    let version = stanza.value("V").ok_or_else(|| format!("line {line}: {} has no version", one_line(name, 100)))?;
    if [name, version].iter().any(|word| word.contains(char::is_whitespace)) {
        return Err(format!("line {line}: {} has a name or version with spaces", one_line(name, 100)));
    }
    let architecture = stanza.value("A").unwrap_or_default();
    let origin = stanza.value("o").filter(|origin| *origin != name).unwrap_or_default();
    let distro = release.map(Release::distro).unwrap_or_default();
    let qualifiers = [("arch", architecture), ("distro", distro.as_str()), ("upstream", origin)];
    let vendor = release.map_or("", |release| release.id.as_str());
    let purl = purl::of("apk", vendor, name, Some(version), &qualifiers);
    let mut package =
        Package::new(name, version, purl, line).with("chiron:summary", stanza.value("T").unwrap_or_default());
    if let Some(license) = stanza.value("L") {
        // The host makes a text of what is no expression.
        package.component.licenses.push(License::Expression(one_line(license, 200)));
    }
    let mut folder = "";
    for line in stanza.lines() {
        if let Some(path) = line.strip_prefix("F:") {
            folder = path;
        } else if let Some(file) = line.strip_prefix("R:") {
            let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
            package.owns(&root.listed(&path));
        }
    }
    Ok(package)
}
