//! What a suppression demands of a finding beside its id.

use chiron_model::component::Component;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::finding::{Finding, FindingStatus};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::Regex;

use crate::{Glance, PurlPattern, glance};

/// Largest compiled pattern of a file, in bytes: patterns are input.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Paths and names that nobody has: what matches them all matches everything.
const PROBES: [&str; 3] = ["q", "zq-8.x_w/k", "zq/8x/w.k"];

/// A demand. Where what it asks about is not known, it does not hold.
#[derive(Clone, Debug)]
pub enum Condition {
    /// The package is one of these.
    Purl(Vec<PurlPattern>),
    /// Each place of the finding is one of these. A finding in one more place is not set aside: that place was not decided about.
    Path(Vec<(String, GlobSet)>),
    /// The package has this name.
    Name(String),
    /// The package's whole name is like this.
    NameLike(Regex),
    /// The package has this version.
    Version(String),
    /// The purl has one of these types; the second is what the file called it.
    Kind(&'static [&'static str], String),
    /// OSV's name of the ecosystem, with or without a release.
    Ecosystem(String),
    /// The package was built from the source package of this name.
    Upstream(String),
    /// Why the package is needed.
    Scope(String),
    /// Whether a fix is known.
    Fix(FixState),
    /// The finding is of this category, or for "vulnerability" of none of those that scanners of other things report.
    Category(&'static str),
}

/// Whether a fix is known, in Grype's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixState {
    /// A version is.
    Fixed,
    /// None is.
    NotFixed,
    /// Nobody can tell whether the finding applies.
    Unknown,
}

impl Condition {
    /// One of these globs, in which `*` stays within a folder and `**` does not.
    ///
    /// # Errors
    /// What is no glob, by its place in the list.
    pub fn paths(globs: &[&str]) -> Result<Self, (usize, String)> {
        let compile = |(index, glob): (usize, &&str)| {
            let text = glob.trim_start_matches("./");
            let built = GlobBuilder::new(text).literal_separator(true).build();
            // As a set of one: the matcher of a single glob panics where this is an error.
            let built = built.and_then(|glob| GlobSetBuilder::new().add(glob).build());
            let cut = |why: String| chiron_model::text::cut(&why, 200).into_owned();
            built.map(|set| (text.to_owned(), set)).map_err(|error| (index, cut(error.kind().to_string())))
        };
        globs.iter().enumerate().map(compile).collect::<Result<_, _>>().map(Self::Path)
    }

    /// A pattern of the whole name.
    ///
    /// # Errors
    /// In words: what is no pattern, or one that is too large.
    pub fn name_like(pattern: &str) -> Result<Self, String> {
        let built = regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(REGEX_BYTES_MAX).build();
        built.map(Self::NameLike).map_err(|_| "not a regular expression, or too large a one".to_owned())
    }

    /// Whether it holds for a finding.
    #[must_use]
    pub fn holds(&self, finding: &Finding, glance: &Glance<'_>) -> bool {
        let component = glance.component(finding);
        match self {
            Self::Purl(patterns) => {
                let found = component.and_then(glance::purl);
                found.is_some_and(|found| patterns.iter().any(|pattern| pattern.matches(&found)))
            }
            Self::Path(globs) => {
                let places = glance.places(finding);
                let met = |ways: &Vec<String>| ways.iter().any(|way| globs.iter().any(|(_, glob)| is_met(glob, way)));
                !places.is_empty() && places.iter().all(met)
            }
            Self::Name(name) => names(component).contains(name),
            Self::NameLike(pattern) => names(component).iter().any(|name| pattern.is_match(name)),
            Self::Version(version) => component.is_some_and(|component| component.version.as_ref() == Some(version)),
            Self::Kind(kinds, _) => {
                let purl = component.and_then(|component| component.purl.as_ref());
                purl.is_some_and(|purl| kinds.contains(&purl.kind()))
            }
            Self::Ecosystem(name) => component.is_some_and(|component| is_of(component, name)),
            Self::Upstream(name) => component.and_then(glance::purl).is_some_and(|purl| {
                purl.qualifier("upstream").is_some_and(|source| source.split('@').next() == Some(name))
            }),
            Self::Scope(scope) => component.is_some_and(|component| component.scope == *scope),
            Self::Fix(state) => *state == fix_state(finding),
            Self::Category("vulnerability") => {
                !matches!(finding.category.as_str(), "misconfiguration" | "secret" | "license")
            }
            Self::Category(category) => finding.category == *category,
        }
    }

    /// Why it does not hold for a finding, in a sentence; to be asked where [`Condition::holds`] says no.
    pub(crate) fn objection(&self, finding: &Finding, glance: &Glance<'_>) -> String {
        let component = glance.component(finding);
        let own = component.and_then(glance::purl).map(|purl| purl.to_string());
        let own = own.or_else(|| component.map(glance::plain)).unwrap_or_else(|| "the subject as a whole".to_owned());
        match self {
            Self::Purl(_) => format!("it is about {}, and the finding is in {own}", self.words()),
            Self::Path(globs) => {
                let places = glance.places(finding);
                let met = |ways: &&Vec<String>| !ways.iter().any(|way| globs.iter().any(|(_, glob)| is_met(glob, way)));
                match places.iter().find(met).and_then(|ways| ways.first()) {
                    Some(place) => format!("it is about the path {}, and the finding is in {place} too", self.words()),
                    None => format!("it is about the path {}, and the finding is in no file", self.words()),
                }
            }
            Self::Version(version) => {
                let own = component.and_then(|component| component.version.as_deref()).unwrap_or("none");
                format!("it is about version {version}, and the component's is {own}")
            }
            Self::Name(_) | Self::NameLike(_) => {
                format!("it is about the package {}, and the finding is in {own}", self.words())
            }
            Self::Kind(..) | Self::Ecosystem(_) | Self::Upstream(_) | Self::Scope(_) | Self::Fix(_) => {
                format!("it is about {} alone, which {own} is not", self.words())
            }
            Self::Category(category) => format!("it is about findings of the category {category} alone"),
        }
    }

    /// Whether it names a package: who does and misses by another condition came near.
    pub(crate) const fn names_a_package(&self) -> bool {
        match self {
            Self::Purl(_) | Self::Name(_) | Self::NameLike(_) | Self::Upstream(_) => true,
            Self::Path(_)
            | Self::Version(_)
            | Self::Kind(..)
            | Self::Ecosystem(_)
            | Self::Scope(_)
            | Self::Fix(_)
            | Self::Category(_) => false,
        }
    }

    /// Whether it demands nothing.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        match self {
            Self::Purl(patterns) => patterns.iter().any(PurlPattern::is_everything),
            Self::Path(globs) => PROBES.iter().all(|probe| globs.iter().any(|(_, glob)| is_met(glob, probe))),
            Self::NameLike(pattern) => PROBES.iter().all(|probe| pattern.is_match(probe)),
            Self::Category(_) => true,
            Self::Name(_)
            | Self::Version(_)
            | Self::Kind(..)
            | Self::Ecosystem(_)
            | Self::Upstream(_)
            | Self::Scope(_)
            | Self::Fix(_) => false,
        }
    }

    /// For messages; empty for what goes without saying.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Purl(patterns) => patterns.iter().map(PurlPattern::as_str).collect::<Vec<_>>().join(" or "),
            Self::Path(globs) => globs.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" or "),
            Self::Name(name) => name.clone(),
            Self::NameLike(pattern) => pattern.as_str().trim_start_matches("^(?:").trim_end_matches(")$").to_owned(),
            Self::Version(version) => format!("version {version}"),
            Self::Kind(_, word) => format!("packages of type {word}"),
            Self::Ecosystem(name) => name.clone(),
            Self::Upstream(name) => format!("what is built from {name}"),
            Self::Scope(scope) => format!("{scope} dependencies"),
            Self::Fix(FixState::Fixed) => "what has a fix".to_owned(),
            Self::Fix(FixState::NotFixed) => "what has no fix".to_owned(),
            Self::Fix(FixState::Unknown) => "what cannot be told".to_owned(),
            Self::Category(_) => String::new(),
        }
    }
}

/// Some tools write paths from the root of what was scanned, with a slash, and some without.
fn is_met(glob: &GlobSet, path: &str) -> bool {
    glob.is_match(path) || glob.is_match(format!("/{path}"))
}

/// As package managers, OSV and Syft write it. Where a package has a namespace, its last part alone is another package's name.
fn names(component: Option<&Component>) -> Vec<String> {
    let Some(component) = component else { return Vec::new() };
    let Some(purl) = &component.purl else { return vec![component.name.clone()] };
    // The namespace of a system's package is the distribution. Syft calls a Java package by its artifact alone.
    if matches!(purl.kind(), "deb" | "apk" | "rpm" | "alpm") {
        return vec![purl.name().to_owned()];
    }
    let mut names = vec![purl.full_name()];
    names.extend(Ecosystem::of(purl).map(|ecosystem| ecosystem.canonical_name(&purl.full_name())));
    names.extend((purl.kind() == "maven").then(|| purl.name().to_owned()));
    names.extend(purl.namespace().is_none().then(|| component.name.clone()));
    names
}

/// OSV names an ecosystem alone or with a release (`Debian:12`).
fn is_of(component: &Component, wanted: &str) -> bool {
    let Some((purl, ecosystem)) =
        glance::purl(component).and_then(|purl| Some((Ecosystem::of(&purl)?, purl)).map(|(e, p)| (p, e)))
    else {
        return false;
    };
    let (base, release) = wanted.split_once(':').map_or((wanted, None), |(base, release)| (base, Some(release)));
    let distro = purl.qualifier("distro").unwrap_or_default();
    ecosystem.osv_name() == base
        && release.is_none_or(|release| distro.ends_with(&format!("-{}", release.trim_start_matches('v'))))
}

fn fix_state(finding: &Finding) -> FixState {
    match (&finding.status, finding.fixed_versions.is_empty()) {
        (_, false) => FixState::Fixed,
        (FindingStatus::Unknown, true) => FixState::Unknown,
        (FindingStatus::Affected | FindingStatus::Suppressed(_), true) => FixState::NotFixed,
    }
}
