//! pip's requirements files.

use std::iter::Peekable;
use std::str::Lines;

use chiron_sdk::sbom::{FileOutcome, Inventory};

use super::requirement::{Requirement, is_location, located, with_hashes};
use crate::SELF;
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package};
use crate::text::{one_line, without_credentials};

/// pip's requirements files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Python requirements file",
    media_types: &[],
    globs: &["requirements*.txt", "*requirements.txt", "**/requirements/*.txt"],
    read: |subject, blob| {
        if is_constraints(&subject.name) {
            return Ok(Inventory::of_file(FileOutcome::unsupported(SELF, CONSTRAINTS)));
        }
        listing::of_text(blob, read)
    },
};

/// What a constraints file is.
const CONSTRAINTS: &str = "constraints: versions for what other files ask for, no list of what is installed";

fn is_constraints(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.starts_with("constraints") || name.ends_with("constraints.txt")
}

/// Options that name no package. An index of one's own is none of our business: see [`super::indexed`].
const WITHOUT_PACKAGES: [&str; 20] = [
    "-i",
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--no-index",
    "-f",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--require-hashes",
    "--pre",
    "--all-releases",
    "--only-final",
    "--trusted-host",
    "--use-feature",
    "-Z",
    "--always-unzip",
    "--process-dependency-links",
    "--allow-unsafe",
];

fn read(text: &str) -> Result<Listing, String> {
    let mut listing = Listing::default();
    for Line { number, text } in logical(text) {
        match entry(&text) {
            Ok(Entry::Package(package)) => {
                listing.add(Package { line: Some(number), ..package });
            }
            Ok(Entry::Include(path)) => listing.include(&path),
            Ok(Entry::Nothing) => {}
            Err(reason) => listing.drop_entry(&format!("line {number}: {reason}")),
        }
    }
    Ok(listing)
}

/// Lines joined at backslashes, without comments, and where each begins.
struct Line {
    number: u32,
    text: String,
}

fn logical(text: &str) -> impl Iterator<Item = Line> {
    let mut number = 0;
    let mut lines = text.lines().peekable();
    std::iter::from_fn(move || next_line(&mut lines, &mut number)).filter(|line| !line.text.is_empty())
}

/// As pip joins them: a comment of its own ends what was to be continued.
fn next_line(lines: &mut Peekable<Lines<'_>>, number: &mut u32) -> Option<Line> {
    let first = lines.next()?;
    *number = number.saturating_add(1);
    let start = *number;
    let mut joined = String::new();
    let mut line = first;
    loop {
        let is_comment = line.trim_start().starts_with('#');
        match line.strip_suffix('\\').filter(|_| !is_comment) {
            Some(part) => joined.push_str(part),
            None => {
                if is_comment {
                    joined.push(' ');
                }
                joined.push_str(line);
                break;
            }
        }
        match lines.next() {
            Some(next) => line = next,
            None => break,
        }
        *number = number.saturating_add(1);
    }
    Some(Line { number: start, text: without_comment(&joined).trim().to_owned() })
}

/// A `#` begins a comment at the start or after white space; inside a URL it is a fragment.
fn without_comment(line: &str) -> &str {
    let starts = |(at, _): &(usize, &str)| *at == 0 || line[..*at].ends_with(char::is_whitespace);
    line.match_indices('#').find(starts).map_or(line, |(at, _)| &line[..at])
}

/// What a line says.
enum Entry {
    /// A package.
    Package(Package),
    /// A file whose lines count as well.
    Include(String),
    /// Nothing about what is installed.
    Nothing,
}

fn entry(line: &str) -> Result<Entry, String> {
    if line.starts_with('-') {
        return option(line);
    }
    let (requirement, options) = split_options(line);
    let package =
        if is_location(requirement) { located(requirement)? } else { Requirement::parse(requirement)?.package()? };
    Ok(Entry::Package(with_hashes(package, &hashes(options))))
}

fn option(line: &str) -> Result<Entry, String> {
    let (name, value) = split_option(line);
    match name {
        "-r" | "--requirement" => Ok(Entry::Include(without_credentials(value))),
        // Constraints install nothing: what they would pin is named as not pinned.
        "-c" | "--constraint" => Ok(Entry::Nothing),
        "-e" | "--editable" => {
            let (value, _) = split_options(value);
            let package = if is_location(value) { located(value)? } else { Requirement::parse(value)?.package()? };
            Ok(Entry::Package(package))
        }
        name if WITHOUT_PACKAGES.contains(&name) => Ok(Entry::Nothing),
        name => Err(format!("the option `{}` is not known", one_line(name, 60))),
    }
}

/// `--name value`, `--name=value`, `-n value`, `-nvalue`.
fn split_option(line: &str) -> (&str, &str) {
    let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
    let short = !line.starts_with("--") && line.is_char_boundary(2) && end > 2;
    let (name, value) = line.split_at(if short { 2 } else { end });
    (name, value.trim_start_matches('=').trim().trim_matches(['"', '\'']))
}

/// A requirement's own options stand after it: `name==1 --hash=...`.
fn split_options(line: &str) -> (&str, &str) {
    let starts = |(at, _): &(usize, &str)| line[..*at].ends_with(char::is_whitespace);
    match line.match_indices("--").find(starts) {
        Some((at, _)) => (line[..at].trim(), &line[at..]),
        None => (line.trim(), ""),
    }
}

fn hashes(options: &str) -> Vec<&str> {
    let mut hashes = Vec::new();
    let mut words = options.split_whitespace();
    while let Some(word) = words.next() {
        match word.strip_prefix("--hash") {
            Some("") => hashes.extend(words.next()),
            Some(value) => hashes.extend(value.strip_prefix('=')),
            None => {}
        }
    }
    hashes
}

#[cfg(test)]
mod tests;
