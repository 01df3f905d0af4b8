//! Debian's package database (dpkg's `status`; `status.d`, one file for each package, as images without dpkg have it).

use std::collections::{BTreeMap, BTreeSet};

use chiron_sdk::content::{self, EntryKind};
use chiron_sdk::sbom::FileOutcome;
use chiron_sdk::{PluginError, progress};

use super::os_release::Release;
use super::root::Root;
use super::stanza::{self, Stanza};
use super::{Found, Package};
use crate::purl;
use crate::text::one_line;

/// Largest database, in bytes. 10,000 packages take about 12 MiB.
const STATUS_BYTES_MAX: u64 = 64 << 20;

/// Largest list of one package's files. Linux's headers have 2 MiB.
const LIST_BYTES_MAX: u64 = 32 << 20;

/// Files in `info` or `status.d`. A system of 10,000 packages has about 60,000, of which a third are lists.
const FILES_MAX: usize = 50_000;

/// Reasons that are kept word by word; more are counted.
const REASONS_MAX: usize = 5;

/// Reads the databases of a system.
///
/// # Errors
/// Only of a run that was cancelled.
pub(super) fn read(root: &Root<'_>, release: Option<&Release>, found: &mut Found) -> Result<(), PluginError> {
    if let Some(path) = root.resolve("var/lib/dpkg/status")
        && root.has(&path)
    {
        status(root, &path, release, found)?;
    }
    if let Some(folder) = root.resolve("var/lib/dpkg/status.d") {
        status_d(root, &folder, release, found)?;
    }
    Ok(())
}

/// One `status` with all packages, and the lists of their files beside it.
fn status(root: &Root<'_>, path: &str, release: Option<&Release>, found: &mut Found) -> Result<(), PluginError> {
    let text = match text(root, path, STATUS_BYTES_MAX)? {
        Ok(text) => text,
        Err(reason) => {
            found.files.push(FileOutcome::failed(path, reason));
            return Ok(());
        }
    };
    let mut losses = Losses::default();
    let mut stanzas = stanza::all(&text);
    // A line without its end was cut: whatever its paragraph says may be half of it.
    if !text.ends_with('\n')
        && let Some(cut) = stanzas.pop()
    {
        losses.drop_entry(format!("line {}: the file ends in the middle of a line", cut.line));
    }
    let mut packages = Vec::new();
    let mut lists = Lists::of(root)?;
    for stanza in &stanzas {
        match entry(stanza, release) {
            Ok(Some(mut package)) => {
                let architecture = stanza.value("Architecture").unwrap_or_default();
                lists.give(root, &mut package, architecture, &mut found.files)?;
                packages.push(package);
            }
            // Removed, with its configuration left behind.
            Ok(None) => lists.forget(stanza),
            Err(reason) => losses.drop_entry(reason),
        }
    }
    // Whoever cuts the database off in front of an entry leaves the list of that package's files behind.
    for name in lists.left() {
        losses.drop_entry(format!("`{name}` has a list of files and no entry"));
    }
    found.files.push(losses.outcome(path, packages.len()));
    found.add(packages, path, release);
    Ok(())
}

/// One file for each package, and its checksums beside it, which name its files.
fn status_d(root: &Root<'_>, folder: &str, release: Option<&Release>, found: &mut Found) -> Result<(), PluginError> {
    let entries = match root.list(folder, "*", FILES_MAX) {
        Ok(entries) => entries,
        Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
        Err(error) => {
            found.files.push(FileOutcome::failed(folder, content::reason(&error)));
            return Ok(());
        }
    };
    let files = entries.iter().filter(|entry| entry.kind == EntryKind::File).map(|entry| entry.path.as_str());
    let sums: BTreeSet<&str> = files.clone().filter(|path| path.ends_with(".md5sums")).collect();
    for path in files.filter(|path| !sums.contains(path)) {
        progress::check()?;
        let text = match text(root, path, STATUS_BYTES_MAX)? {
            Ok(text) => text,
            Err(reason) => {
                found.files.push(FileOutcome::failed(path, reason));
                continue;
            }
        };
        let mut losses = Losses::default();
        let mut packages = Vec::new();
        for stanza in stanza::all(&text) {
            match entry(&stanza, release) {
                Ok(package) => packages.extend(package),
                Err(reason) => losses.drop_entry(reason),
            }
        }
        let beside = format!("{path}.md5sums");
        if let (Some(sums), [package]) = (sums.get(beside.as_str()), packages.as_mut_slice()) {
            let lines = text_of(root, sums, LIST_BYTES_MAX, &mut found.files)?;
            // The checksum, two spaces, the path.
            let paths = lines.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim_start_matches([' ', '*'])));
            paths.for_each(|path| package.owns(&root.listed(path.trim_start_matches('/'))));
        }
        found.files.push(losses.outcome(path, packages.len()));
        found.add(packages, path, release);
    }
    Ok(())
}

/// A paragraph as a package. None for one that is not there (any more).
///
/// # Errors
/// What is missing, in words.
fn entry(stanza: &Stanza<'_>, release: Option<&Release>) -> Result<Option<Package>, String> {
    let line = stanza.line;
    let name = stanza.value("Package").ok_or_else(|| format!("line {line}: an entry without a name"))?;
    let named = |what: &str| format!("line {line}: {} {what}", one_line(name, 100));
    // `status.d` has none: what is there is installed.
    let state = stanza.value("Status").map_or(Some("installed"), |status| status.split_whitespace().nth(2));
    let state = state.ok_or_else(|| named("has no readable status"))?;
    match state {
        "not-installed" | "config-files" => return Ok(None),
        // Its files are there in all of these, or some of them: dpkg(1), "PACKAGE STATES".
        "installed" | "triggers-pending" | "triggers-awaited" | "half-configured" | "half-installed" | "unpacked" => {}
        other => return Err(named(&format!("has the unknown status `{}`", one_line(other, 40)))),
    }
    let version = stanza.value("Version").ok_or_else(|| named("has no version"))?;
    if [name, version].iter().any(|word| word.contains(char::is_whitespace)) {
        return Err(named("has a name or version with spaces"));
    }
    let architecture = stanza.value("Architecture").unwrap_or_default();
    let upstream = upstream(name, version, stanza.value("Source"));
    let distro = release.map(Release::distro).unwrap_or_default();
    let qualifiers = [("arch", architecture), ("distro", distro.as_str()), ("upstream", upstream.as_str())];
    let vendor = release.map_or("", |release| release.id.as_str());
    let purl = purl::of("deb", vendor, name, Some(version), &qualifiers);
    let mut package = Package::new(name, version, purl, line);
    package = package.with("chiron:summary", stanza.value("Description").unwrap_or_default());
    if state != "installed" {
        package = package.with("chiron:note", &format!("dpkg's status of it is `{state}`"));
    }
    Ok(Some(package))
}

/// The source package, as far as it differs: advisories name it (Debian Policy 5.6.1: `name` or `name (version)`).
fn upstream(name: &str, version: &str, source: Option<&str>) -> String {
    let Some(source) = source else { return String::new() };
    let (source, source_version) = match source.split_once('(') {
        Some((source, version)) => (source.trim(), version.trim_end().trim_end_matches(')').trim()),
        None => (source, version),
    };
    match (source == name, source_version == version) {
        (true, true) => String::new(),
        (false, true) => source.to_owned(),
        (_, false) => format!("{source}@{source_version}"),
    }
}

/// The lists of files in `info`: `name.list`, or `name:arch.list` for packages of several architectures.
struct Lists {
    /// Path by the name without `.list`.
    paths: BTreeMap<String, String>,
    /// Why they could not be listed.
    failed: Option<(String, String)>,
}

impl Lists {
    fn of(root: &Root<'_>) -> Result<Self, PluginError> {
        let mut lists = Self { paths: BTreeMap::new(), failed: None };
        let Some(folder) = root.resolve("var/lib/dpkg/info") else { return Ok(lists) };
        match root.list(&folder, "*.list", FILES_MAX) {
            Ok(entries) => {
                let named = |path: String| {
                    let name = path.rsplit('/').next()?.strip_suffix(".list")?.to_owned();
                    Some((name, path))
                };
                lists.paths = entries.into_iter().filter_map(|entry| named(entry.path)).collect();
            }
            Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
            Err(error) => lists.failed = Some((folder, content::reason(&error))),
        }
        Ok(lists)
    }

    /// Gives a package the paths it owns. One without a list owns nothing that is known: more is judged, not less.
    fn give(
        &mut self,
        root: &Root<'_>,
        package: &mut Package,
        architecture: &str,
        files: &mut Vec<FileOutcome>,
    ) -> Result<(), PluginError> {
        if let Some((folder, reason)) = self.failed.take() {
            files.push(FileOutcome::failed(&folder, reason));
        }
        let Some(path) = self.take(&package.name, architecture) else { return Ok(()) };
        progress::check()?;
        let text = text_of(root, &path, LIST_BYTES_MAX, files)?;
        text.lines().for_each(|line| package.owns(&root.listed(line.trim_start_matches('/'))));
        Ok(())
    }

    fn take(&mut self, name: &str, architecture: &str) -> Option<String> {
        self.paths.remove(&format!("{name}:{architecture}")).or_else(|| self.paths.remove(name))
    }

    fn forget(&mut self, stanza: &Stanza<'_>) {
        let value = |key| stanza.value(key).unwrap_or_default();
        self.take(value("Package"), value("Architecture"));
    }

    fn left(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str)
    }
}

/// Entries that could not be read.
#[derive(Default)]
pub(super) struct Losses {
    dropped: u64,
    reasons: Vec<String>,
}

impl Losses {
    pub(super) fn drop_entry(&mut self, reason: String) {
        self.dropped += 1;
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(one_line(&reason, 200));
        }
    }

    pub(super) fn outcome(&self, path: &str, read: usize) -> FileOutcome {
        match self.dropped {
            0 => FileOutcome::read(path, read as u64),
            dropped => FileOutcome::partly(path, read as u64, dropped, self.reasons.join("; ")),
        }
    }
}

/// A file as text. Databases are UTF-8; what third parties put into them may not be, and names and versions are ASCII.
///
/// # Errors
/// Only of a run that was cancelled.
pub(super) fn text(root: &Root<'_>, path: &str, max: u64) -> Result<Result<String, String>, PluginError> {
    let bytes = root.open(path).and_then(|blob| content::read_all(blob.as_ref(), max));
    match bytes {
        Ok(bytes) => Ok(Ok(
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        )),
        Err(PluginError::Cancelled) => Err(PluginError::Cancelled),
        Err(error) => Ok(Err(one_line(&content::reason(&error), 300))),
    }
}

/// The same for a file beside the database, with its account; empty where it cannot be read.
fn text_of(root: &Root<'_>, path: &str, max: u64, files: &mut Vec<FileOutcome>) -> Result<String, PluginError> {
    Ok(match text(root, path, max)? {
        Ok(text) => {
            files.push(FileOutcome::read(path, 0));
            text
        }
        Err(reason) => {
            files.push(FileOutcome::failed(path, reason));
            String::new()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_package_is_named_as_far_as_it_differs() {
        assert_eq!(upstream("libssl3", "3.0.11-1", Some("openssl")), "openssl");
        assert_eq!(upstream("bsdutils", "1:2.38.1-5+b1", Some("util-linux (2.38.1-5)")), "util-linux@2.38.1-5");
        assert_eq!(upstream("acl", "2.3.1-3+b1", Some("acl (2.3.1-3)")), "acl@2.3.1-3");
        assert_eq!(upstream("bash", "5.2", Some("bash")), "");
        assert_eq!(upstream("bash", "5.2", None), "");
    }
}
