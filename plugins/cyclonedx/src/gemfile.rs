//! Bundler's `Gemfile.lock` (and `gems.locked`): sections by indentation.

pub(crate) mod installed;

use std::collections::BTreeMap;

use chiron_sdk::Digest;

use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::purl;

/// Bundler's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Gemfile.lock",
    media_types: &[],
    globs: &["Gemfile.lock", "gems.locked"],
    read: |_, blob| lockfile::read(blob, parse),
};

/// Longest address, in bytes: every gem of its section carries it.
const VALUE_BYTES_MAX: usize = 4096;

/// Sections that hold gems.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Gem,
    Git,
    Path,
    Checksums,
    /// Platforms, what the Gemfile asks for, versions of Ruby and Bundler: no gems.
    Other,
}

/// A file being read.
#[derive(Default)]
struct Lock<'a> {
    remote: &'a str,
    revision: &'a str,
    /// The gem whose needs are being read.
    current: Option<String>,
    /// Name -> ids, one for each platform.
    ids: BTreeMap<&'a str, Vec<String>>,
    wanted: Vec<(String, &'a str)>,
    /// `name (version)` -> SHA-256.
    checksums: BTreeMap<&'a str, &'a str>,
}

fn parse(text: &Text) -> Result<Listing, String> {
    let mut listing = Listing::default();
    let mut lock = Lock { checksums: checksums(text), ..Lock::default() };
    let mut section = None;
    for (number, line) in text.lines() {
        let content = line.trim_end();
        let words = content.trim_start();
        match content.len() - words.len() {
            _ if words.is_empty() => {}
            0 => {
                section = self::section(words);
                (lock.remote, lock.revision, lock.current) = ("", "", None);
                if section.is_none() {
                    listing.drop_entry(&format!("line {number}: no section of a Gemfile.lock"));
                }
            }
            indent => match section {
                Some(section @ (Section::Gem | Section::Git | Section::Path)) => {
                    lock.take(section, indent, words, number, &mut listing);
                }
                Some(Section::Checksums | Section::Other) | None => {}
            },
        }
    }
    if !text.as_str().trim().is_empty() && !text.as_str().lines().any(|line| self::section(line.trim_end()).is_some()) {
        return Err("no section of a Gemfile.lock".to_owned());
    }
    lock.relate(&mut listing);
    Ok(listing)
}

fn section(line: &str) -> Option<Section> {
    match line {
        "GEM" => Some(Section::Gem),
        "GIT" => Some(Section::Git),
        "PATH" => Some(Section::Path),
        "CHECKSUMS" => Some(Section::Checksums),
        "PLATFORMS" | "DEPENDENCIES" | "RUBY VERSION" | "BUNDLED WITH" | "PLUGIN SOURCE" => Some(Section::Other),
        _ => None,
    }
}

/// The lines `  name (version) sha256=...` of the section of that name.
fn checksums(text: &Text) -> BTreeMap<&str, &str> {
    let lines = text.as_str().lines().skip_while(|line| line.trim_end() != "CHECKSUMS").skip(1);
    let lines = lines.take_while(|line| line.starts_with(' '));
    lines.filter_map(|line| line.trim().split_once(" sha256=")).map(|(gem, digest)| (gem, digest.trim())).collect()
}

impl<'a> Lock<'a> {
    fn take(&mut self, section: Section, indent: usize, words: &'a str, line: u32, listing: &mut Listing) {
        match (indent, words.split_once(": ")) {
            (2, Some((_, value))) if value.len() > VALUE_BYTES_MAX => {
                listing.drop_entry(&format!("line {line}: a value of {} bytes", value.len()));
            }
            (2, Some(("remote", value))) => self.remote = value,
            (2, Some(("revision", value))) => self.revision = value,
            (2, _) => {}
            (4, _) => match gem(words) {
                Some((name, Some(version))) => {
                    let package = Package { line: Some(line), ..self.package(section, words, name, version) };
                    let id = listing.add(package);
                    self.ids.entry(name).or_default().push(id.clone());
                    self.current = Some(id);
                }
                Some((name, None)) => listing.drop_entry(&format!("line {line}: `{name}` has no version")),
                None => listing.drop_entry(&format!("line {line}: not name (version)")),
            },
            (6, _) => match (&self.current, gem(words)) {
                (Some(id), Some((name, _))) => self.wanted.push((id.clone(), name)),
                (_, _) => listing.drop_entry(&format!("line {line}: a need of no gem")),
            },
            (_, _) => listing.drop_entry(&format!("line {line}: not understood")),
        }
    }

    fn package(&self, section: Section, words: &str, name: &str, version: &str) -> Package {
        // Versions of gems have no dash: what follows one is the platform it was built for.
        let (number, platform) = version.split_once('-').unwrap_or((version, ""));
        let purl = match section {
            Section::Git => {
                let scheme = if self.remote.contains("://") { "git+" } else { "" };
                let address = format!("{scheme}{}@{}", self.remote, self.revision);
                Some(purl::of("generic", "", name, Some(number), &[("vcs_url", &address)]))
            }
            Section::Path => None,
            Section::Gem | Section::Checksums | Section::Other => {
                Some(purl::of("gem", "", name, Some(number), &[("platform", platform)]))
            }
        };
        let mut package = Package::new(name, Some(number), purl);
        if !self.remote.is_empty() {
            package.properties.push(("chiron:source".to_owned(), self.remote.to_owned()));
        }
        if let Some(digest) = self.checksums.get(words).filter(|text| is_sha256(text)) {
            package.digests.push(Digest { algorithm: "sha256".to_owned(), value: digest.to_ascii_lowercase() });
        }
        package
    }

    /// Bundler itself is needed and never listed.
    fn relate(self, listing: &mut Listing) {
        for (id, name) in self.wanted.iter().filter(|(_, name)| *name != "bundler") {
            match self.ids.get(name) {
                Some(targets) => targets.iter().for_each(|target| listing.depends_on(id, target)),
                None => listing.drop_entry(&format!("`{id}` needs `{name}`, which the file does not list")),
            }
        }
    }
}

/// `name (version)`, `name (>= 1, < 2)` or `name`; a `!` marks gems that are from elsewhere.
fn gem(words: &str) -> Option<(&str, Option<&str>)> {
    let (name, version) = match words.split_once(" (") {
        Some((name, rest)) => (name, Some(rest.strip_suffix(')')?)),
        None => (words, None),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let name = name.trim_end_matches('!');
    let is_gem = !name.is_empty() && name.chars().all(is_plain) && version.is_none_or(|version| !version.is_empty());
    is_gem.then_some((name, version))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

    #[test]
    fn gems_platforms_repositories_and_folders_are_listed() {
        let digest = "ab".repeat(32);
        let text = format!(
            "GIT\n  remote: https://github.com/o/g.git\n  revision: 0123\n  branch: main\n  specs:\n    g (1.0.0)\n      nokogiri (>= 1.0)\n\nPATH\n  remote: engines/e\n  specs:\n    e (0.1)\n\nGEM\n  remote: https://gems.example/\n  specs:\n    nokogiri (1.15.4)\n      racc (~> 1.4)\n      bundler\n    nokogiri (1.15.4-x86_64-linux)\n      racc (~> 1.4)\n    racc (1.7.1)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  g!\n\nCHECKSUMS\n  racc (1.7.1) sha256={digest}\n\nBUNDLED WITH\n   2.4.0\n"
        );
        let inventory = inventory("Gemfile.lock", text);
        let git = "pkg:generic/g@1.0.0?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fg.git%400123";
        assert_eq!(
            listed(&inventory),
            [
                &format!("{git} runtime"),
                "e@0.1 runtime",
                "pkg:gem/nokogiri@1.15.4 runtime",
                "pkg:gem/nokogiri@1.15.4?platform=x86_64-linux runtime",
                "pkg:gem/racc@1.7.1 runtime"
            ]
        );
        assert_eq!((needs(&inventory).len(), outcome(&inventory).as_str()), (4, "read 5 0"));
        assert_eq!(property(&inventory, "e@0.1", "chiron:source"), ["engines/e"]);
        assert_eq!(inventory.components[4].digests[0].value, digest);
        assert_eq!(inventory.components[4].locations[0].line, Some(22));
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        let table = [
            ("", "read 0 0"),
            ("hello\n", "failed 0 0: no section of a Gemfile.lock"),
            ("GEM\n  specs:\n    a\n", "partly 0 1: line 3: `a` has no version"),
            ("GEM\n  specs:\n    a (1.0\n", "partly 0 1: line 3: not name (version)"),
            ("GEM\n  specs:\n      a (1.0)\n", "partly 0 1: line 3: a need of no gem"),
            ("GEM\n  specs:\n    a (1.0)\n      b\n", "partly 1 1: `pkg:gem/a@1.0` needs `b`"),
            ("GEM\n<<<<<<< HEAD\n  specs:\n", "partly 0 1: line 2: no section"),
        ];
        outcomes("Gemfile.lock", &table);
    }
}
