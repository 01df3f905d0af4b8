//! Gems as they are installed: `specifications/*.gemspec`, which RubyGems writes, one file each.
//!
//! The file is Ruby. RubyGems itself reads a comment in it instead of running it (`Gem::StubSpecification`), and so is it here:
//! `# stub: name version platform paths`.

use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::purl;

/// Installed gems, those that come with Ruby among them.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "installed gem",
    media_types: &[],
    globs: &["**/specifications/*.gemspec", "**/specifications/default/*.gemspec"],
    read: |_, blob| lockfile::read(blob, parse),
};

/// Lines that are looked through: the comment is among the first, the assignments follow it.
const LINES_MAX: usize = 200;

fn parse(text: &Text) -> Result<Listing, String> {
    let mut lines = text.lines().take(LINES_MAX);
    let stub = lines.find_map(|(line, content)| Some((line, content.strip_prefix("# stub: ")?)));
    let (line, name, version, platform) = match stub {
        Some((line, stub)) => {
            let mut words = stub.split(' ');
            (line, words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""))
        }
        // Written by hand, or by a very old RubyGems.
        None => {
            let (line, name) = assigned(text, ".name").ok_or("no stub line and no name: not an installed gem")?;
            let (_, version) = assigned(text, ".version").ok_or("no stub line, and no version as a plain text")?;
            (line, name, version, "")
        }
    };
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    if !is_word(name) || !is_word(version) || !is_version {
        return Err("its name or version is none of a gem".to_owned());
    }
    let platform = if platform == "ruby" { "" } else { platform };
    let purl = purl::of("gem", "", name, Some(version), &[("platform", platform)]);
    let mut listing = Listing::default();
    listing.add(Package { line: Some(line), ..Package::new(name, Some(version), Some(purl)) });
    Ok(listing)
}

/// The plain text in `spec.name = "text"`, and its line.
fn assigned<'t>(text: &'t Text, what: &str) -> Option<(u32, &'t str)> {
    text.lines().take(LINES_MAX).find_map(|(line, content)| {
        let (target, value) = content.split_once('=')?;
        let quote = value.trim_start().chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let rest = value.trim_start().get(1..)?;
        let is_it = target.trim().strip_suffix(what).is_some_and(|object| object.chars().all(char::is_alphanumeric));
        is_it.then_some((line, rest.split(quote).next()?))
    })
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.len() <= 256 && word.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, outcomes};

    const PATH: &str = "gems/3.2.0/specifications/rake-13.0.6.gemspec";

    #[test]
    fn the_stub_line_names_the_gem() {
        let of = |text: &str| listed(&inventory(PATH, text));
        let text = "# -*- encoding: utf-8 -*-\n# stub: nokogiri 1.15.4 x86_64-linux lib\n\nGem::Specification.new do |s|\n  s.name = \"other\"\n";
        assert_eq!(of(text), ["pkg:gem/nokogiri@1.15.4?platform=x86_64-linux runtime"]);
        assert_eq!(of("# stub: rake 13.0.6 ruby lib\n"), ["pkg:gem/rake@13.0.6 runtime"]);
        let by_hand = "Gem::Specification.new do |spec|\n  spec.name    = 'rake'\n  spec.version = \"13.0.6\".freeze\n";
        assert_eq!(of(by_hand), ["pkg:gem/rake@13.0.6 runtime"]);
    }

    #[test]
    fn what_is_malformed_fails_by_name() {
        let table = [
            ("", "failed 0 0: no stub line and no name"),
            ("s.name = \"a\"\ns.version = A::VERSION\n", "failed 0 0: no stub line, and no version"),
            ("# stub: a\n", "failed 0 0: its name or version is none"),
            ("# stub: ../a 1.0 ruby lib\n", "failed 0 0: its name or version is none"),
        ];
        outcomes(PATH, &table);
    }
}
