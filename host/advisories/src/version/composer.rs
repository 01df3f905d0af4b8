//! Packagist: Composer's order: what `Composer\Semver\VersionParser::normalize` makes of a text, compared as PHP's
//! `version_compare` does.
//!
//! `judged/composer.tsv` holds it against `Composer\Semver\Comparator`.

use super::number;

/// Numbers that a classical version has at most, and is filled up to.
const NUMBERS: usize = 4;

/// Stands for `x` in the version of a branch.
const ANY: &str = "9999999";

/// Words of stability, longer ones first, and their rank in `version_compare`. A number, and the end, are between them.
const STABILITIES: [(&str, Option<Rank>); 9] = [
    ("stable", None),
    ("alpha", Some(Rank::Alpha)),
    ("patch", Some(Rank::Patch)),
    ("beta", Some(Rank::Beta)),
    ("rc", Some(Rank::Candidate)),
    ("pl", Some(Rank::Patch)),
    ("a", Some(Rank::Alpha)),
    ("b", Some(Rank::Beta)),
    ("p", Some(Rank::Patch)),
];

#[derive(Clone, Copy)]
enum Rank {
    Dev,
    Alpha,
    Beta,
    Candidate,
    Patch,
}

impl Rank {
    /// All but a patch are before the end of a version, which is `"`; a patch is after any number.
    fn mark(self) -> &'static str {
        match self {
            Self::Dev => "!1",
            Self::Alpha => "!2",
            Self::Beta => "!3",
            Self::Candidate => "!4",
            Self::Patch => "a",
        }
    }
}

/// The version's place in Composer's order. Branches (`dev-main`) have none: Composer orders them with nothing.
pub(super) fn key(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let version = match lower.split_once('+') {
        Some((version, build)) if !build.is_empty() => version,
        _ => &lower,
    };
    let version = version.strip_prefix('v').unwrap_or(version);
    let mut key = String::with_capacity(32);
    let found = classical(&mut key, version).is_some()
        || {
            key.clear();
            dated(&mut key, version).is_some()
        }
        || {
            key.clear();
            branch(&mut key, version).is_some()
        };
    key.push('"');
    found.then_some(key)
}

/// `1.2.3.4`, each number but the first optional, and what modifies it.
fn classical(key: &mut String, version: &str) -> Option<()> {
    let (first, mut rest) = number::split_digits(version);
    if !(1..=5).contains(&first.len()) {
        return None;
    }
    number::push_digits(key, first);
    for _ in 1..NUMBERS {
        let next = rest.strip_prefix('.').map(number::split_digits).filter(|(digits, _)| !digits.is_empty());
        let (digits, after) = next.unwrap_or(("0", rest));
        number::push_digits(key, digits);
        rest = after;
    }
    modifier(key, rest)
}

/// `2010.01.02`, `20100102-203040`: a year, pairs of digits, up to two longer numbers.
fn dated(key: &mut String, version: &str) -> Option<()> {
    let year = version.get(..4).filter(|year| year.bytes().all(|b| b.is_ascii_digit()))?;
    let mut digits = year.to_owned();
    let mut rest = &version[4..];
    for place in 0..6 {
        let Some((pair, after)) = group(rest, 2..=2) else {
            if place == 0 {
                return None;
            }
            break;
        };
        extend(key, &mut digits, rest, pair);
        rest = after;
    }
    for _ in 0..2 {
        let Some((run, after)) = group(rest, 1..=3) else { break };
        extend(key, &mut digits, rest, run);
        rest = after;
    }
    number::push_digits(key, &digits);
    modifier(key, rest)
}

/// Up to so many digits behind a separator that may be missing.
fn group(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<(&str, &str)> {
    let text = text.strip_prefix(['.', ':', '-']).unwrap_or(text);
    let (digits, _) = number::split_digits(text);
    let taken = digits.len().min(*length.end());
    (taken >= *length.start()).then(|| text.split_at(taken))
}

/// Digits without a separator before them belong to the number before.
fn extend(key: &mut String, digits: &mut String, rest: &str, run: &str) {
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        number::push_digits(key, digits);
        digits.clear();
    }
    digits.push_str(run);
}

/// `1.x-dev`, `1.2-dev` as a branch: what it leaves open is above everything.
fn branch(key: &mut String, version: &str) -> Option<()> {
    let name = version.strip_suffix("dev")?;
    let name = name.strip_suffix(['.', '-']).unwrap_or(name);
    let mut parts = name.split('.');
    for place in 0..NUMBERS {
        match parts.next() {
            None | Some("x" | "*") if place > 0 => number::push_digits(key, ANY),
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                number::push_digits(key, digits);
            }
            Some(_) | None => return None,
        }
    }
    key.push_str(Rank::Dev.mark());
    parts.next().is_none().then_some(())
}

/// `-beta2`, `RC1`, `.pl3-dev`, or nothing.
fn modifier(key: &mut String, text: &str) -> Option<()> {
    let mut rest = text.strip_prefix(['.', '_', '-']).unwrap_or(text);
    let stability = STABILITIES.iter().find_map(|(word, rank)| Some((rest.strip_prefix(word)?, *rank)));
    if let Some((after, rank)) = stability {
        rest = after;
        key.push_str(rank.map_or("", Rank::mark));
        loop {
            let (digits, after) = number::split_digits(rest.strip_prefix(['.', '-']).unwrap_or(rest));
            if digits.is_empty() {
                break;
            }
            // A stable version is the number alone, whatever follows the word.
            if rank.is_some() {
                number::push_digits(key, digits);
            }
            rest = after;
        }
        if rank.is_none() && !rest.is_empty() {
            return None;
        }
    }
    match rest.strip_prefix(['.', '-']).unwrap_or(rest) {
        "" if rest.is_empty() => Some(()),
        "dev" => {
            key.push_str(Rank::Dev.mark());
            Some(())
        }
        _ => None,
    }
}
