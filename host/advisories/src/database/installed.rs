//! Lookups of distributions' packages: several names, several releases, several answers of one record.

use std::collections::BTreeMap;

use chiron_model::advisory::{Candidate, Evaluation, Which};
use chiron_model::ecosystem::{Ecosystem, Installed};
use fst::{IntoStreamer as _, Streamer as _};

use super::{Database, LookupError, wants};
use crate::evaluate::{Asked, evaluate_with_doubts};
use crate::index::{frame, releases_key, unpack};
use crate::package::Package;
use crate::row::{Entry, Notice, Reach};

/// How the release of a row stands to the one that the package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// The package's own.
    Own,
    /// It may be the package's: the purl names no release, or not closely enough.
    Perhaps,
    /// The record names no release.
    Unnamed,
}

/// What a record says so far.
struct Found<'a> {
    standing: Standing,
    candidate: Candidate,
    /// Releases that it affects, where none is the package's own for sure.
    releases: Vec<&'a str>,
}

impl Database {
    /// Whether records are about this release, or about no release by name, which may be it.
    pub(super) fn covers_release(&self, ecosystem: Ecosystem, release: &str) -> bool {
        let mut known = self.releases.iter().filter(|(own, _)| *own == ecosystem).flat_map(|(_, releases)| releases);
        known.any(|known| standing(ecosystem, Some(release), known).is_some())
    }

    /// The records about a package, sorted by id.
    ///
    /// A record that affects the package in a release that may or may not be its own is "unknown", with the releases: fixes
    /// are backported, so what holds in one release says nothing of another. One that affects it in none is left out as
    /// everywhere.
    pub(super) fn lookup_installed(&self, package: &Package, which: Which) -> Result<Vec<Candidate>, LookupError> {
        let installed = &package.installed;
        let mut found: BTreeMap<String, Found<'_>> = BTreeMap::new();
        for (name, version) in &package.names {
            let asked = Asked::new(installed.ecosystem, version.as_deref());
            for (release, value) in self.releases_of(installed.ecosystem, name) {
                let standing = standing(installed.ecosystem, installed.release.as_deref(), release);
                let Some(standing) = standing else { continue };
                self.rows_of(value, name, |reach, notice| {
                    if reach.withdrawn && !which.withdrawn {
                        return;
                    }
                    let withdrawn = reach.withdrawn;
                    let evaluation = of_channels(installed, &asked, version.as_deref(), reach.entries);
                    let candidate = self.candidate(&notice, withdrawn, evaluation);
                    match found.get_mut(notice.id) {
                        Some(known) => known.join(standing, candidate, release),
                        None => {
                            found.insert(notice.id.to_owned(), Found::new(standing, candidate, release));
                        }
                    }
                })?;
            }
        }
        let decided = found.into_values().map(|found| found.decide(installed.ecosystem));
        Ok(decided.filter(|candidate| wants(which, &candidate.evaluation)).collect())
    }

    /// Releases in which records name the package, and where their rows are.
    fn releases_of(&self, ecosystem: Ecosystem, name: &str) -> Vec<(&str, u64)> {
        if !ecosystem.has_releases() {
            return self
                .names
                .get(crate::index::name_key(ecosystem, name))
                .map(|value| ("", value))
                .into_iter()
                .collect();
        }
        let prefix = releases_key(ecosystem, name);
        let mut rows = Vec::new();
        // The names of releases are those that the database keeps anyway.
        let known = self.releases.iter().filter(|(own, _)| *own == ecosystem).flat_map(|(_, releases)| releases);
        let known: Vec<&str> = known.map(String::as_str).collect();
        let mut stream = self.names.range().ge(&prefix).into_stream();
        while let Some((key, value)) = stream.next() {
            let Some(release) = key.strip_prefix(prefix.as_bytes()) else { break };
            if let Some(release) = known.iter().find(|known| known.as_bytes() == release) {
                rows.push((*release, value));
            }
        }
        rows
    }

    fn rows_of<'a>(
        &'a self,
        value: u64,
        name: &str,
        mut each: impl FnMut(Reach<&'a str>, Notice<&'a str>),
    ) -> Result<(), LookupError> {
        let damaged = || LookupError::Damaged { what: format!("a record about {name}") };
        let (mut place, count) = unpack(value);
        for _ in 0..count {
            let (payload, next) = frame::open(self.rows.as_ref(), place).ok_or_else(damaged)?;
            place = next;
            let (reach, rest) = postcard::take_from_bytes::<Reach<&str>>(payload).map_err(|_| damaged())?;
            each(reach, postcard::from_bytes::<Notice<&str>>(rest).map_err(|_| damaged())?);
        }
        Ok(())
    }
}

impl<'a> Found<'a> {
    fn new(standing: Standing, candidate: Candidate, release: &'a str) -> Self {
        let releases = if affects(&candidate) { vec![release] } else { Vec::new() };
        Self { standing, candidate, releases }
    }

    /// The package's own release decides; of equals, whoever affects it, then whoever cannot tell.
    fn join(&mut self, standing: Standing, candidate: Candidate, release: &'a str) {
        let affects = affects(&candidate);
        let better = (standing, rank(&candidate.evaluation)) < (self.standing, rank(&self.candidate.evaluation));
        if affects && !self.releases.contains(&release) {
            self.releases.push(release);
        }
        let own = self.standing == Standing::Own || standing == Standing::Own;
        if better || (!own && rank(&candidate.evaluation) < rank(&self.candidate.evaluation)) {
            (self.standing, self.candidate) = (standing, candidate);
        }
    }

    fn decide(mut self, ecosystem: Ecosystem) -> Candidate {
        if self.standing != Standing::Own && affects(&self.candidate) {
            let named: Vec<_> = self.releases.iter().copied().filter(|release| !release.is_empty()).collect();
            self.candidate.evaluation = Evaluation::Unknown(match named.as_slice() {
                [] => format!(
                    "the advisory names no release of {ecosystem}, and releases get fixes in versions of their own"
                ),
                named => format!(
                    "it is affected in {ecosystem} {}, and the package URL does not say which release it is from",
                    named.join(", ")
                ),
            });
        }
        self.candidate
    }
}

fn affects(candidate: &Candidate) -> bool {
    matches!(candidate.evaluation, Evaluation::Affected(_))
}

fn rank(evaluation: &Evaluation) -> u8 {
    match evaluation {
        Evaluation::Affected(_) => 0,
        Evaluation::Unknown(_) => 1,
        Evaluation::Unaffected { .. } => 2,
    }
}

/// How a release that records name stands to the one asked for; None where it is another one.
pub(crate) fn standing(ecosystem: Ecosystem, asked: Option<&str>, known: &str) -> Option<Standing> {
    if !ecosystem.has_releases() {
        return Some(Standing::Own);
    }
    match asked {
        _ if known.is_empty() => Some(Standing::Unnamed),
        None => Some(Standing::Perhaps),
        Some(asked) if asked == known => Some(Standing::Own),
        // openEuler's systems say `22.03`, its records `22.03-lts-sp3`.
        Some(asked) => known.strip_prefix(asked)?.starts_with('-').then_some(Standing::Perhaps),
    }
}

/// The entries for the release itself decide; what other channels of it say depends on what they are.
fn of_channels(
    installed: &Installed,
    asked: &Asked<'_>,
    version: Option<&str>,
    entries: Vec<Entry<&str>>,
) -> Evaluation {
    if entries.iter().all(|entry| entry.channel.is_empty()) {
        return evaluate_with_doubts(asked, &entries, &[]);
    }
    let version = version.unwrap_or_default();
    let is_pro = |entry: &Entry<&str>| entry.channel.split(':').any(|word| word == "Pro");
    // A package that Ubuntu Pro built is judged by Pro's entries, where there are any.
    let only_pro = version.contains("esm") && entries.iter().any(is_pro);
    let (mut deciding, mut others) = (Vec::new(), Vec::new());
    for entry in entries {
        match weight(installed, version, entry.channel) {
            Weight::Decides if only_pro && !is_pro(&entry) => {}
            Weight::Decides => deciding.push(entry),
            Weight::Doubtful => others.push(entry),
            Weight::Foreign => {}
        }
    }
    evaluate_with_doubts(asked, &deciding, &others)
}

enum Weight {
    Decides,
    Doubtful,
    Foreign,
}

/// What the entries of a channel mean for a package.
fn weight(installed: &Installed, version: &str, channel: &str) -> Weight {
    match (installed.ecosystem, channel.split_once(':').unwrap_or((channel, ""))) {
        (_, ("", _)) => Weight::Decides,
        // Without Pro a package is as vulnerable as with it. FIPS builds are others, and their versions say so.
        (Ecosystem::Ubuntu, _) if channel.to_ascii_lowercase().contains("fips") => match version.contains("fips") {
            true => Weight::Decides,
            false => Weight::Foreign,
        },
        (Ecosystem::Ubuntu, _) => Weight::Decides,
        // One minor release of RHEL: its own fixes on a system of it, nothing on another one.
        (Ecosystem::RedHat, (product, minor)) if product.starts_with("rhel_") || product == "enterprise_linux" => {
            match installed.point_release.as_deref() == Some(minor) {
                true => Weight::Decides,
                false if minor.contains('.') => Weight::Foreign,
                false => Weight::Doubtful,
            }
        }
        _ => Weight::Doubtful,
    }
}
