//! RubyGems: `Gem::Version` (rubygems `lib/rubygems/version.rb`, "Pre-Releases" and `<=>`).
//!
//! `judged/gem.tsv` holds it against `Gem::Version` itself.

use super::number;

enum Segment<'a> {
    Word(&'a str),
    Number(&'a str),
}

/// The version's place in the order of `Gem::Version`; None where that class refuses the text.
pub(super) fn key(text: &str) -> Option<String> {
    let text = text.trim();
    if !is_version(text) {
        return None;
    }
    // A hyphen begins a pre-release: `1.0-rc1` is `1.0.pre.rc1`.
    let dotted = text.replace('-', ".pre.");
    let segments = canonical(dotted.split('.').flat_map(pieces).collect());
    let mut key = String::with_capacity(text.len() * 2);
    // A version that ends goes on with zeros, and a word is before any number. So what zeros lead to says on which side of
    // the end they are: `zeros` is that side for the zeros from here on.
    let mut marks = Vec::with_capacity(segments.len());
    let mut zeros = '%';
    for segment in segments.iter().rev() {
        zeros = match segment {
            Segment::Word(_) => '#',
            Segment::Number("0") => zeros,
            Segment::Number(_) => '%',
        };
        marks.push(zeros);
    }
    for (segment, mark) in segments.iter().zip(marks.into_iter().rev()) {
        match segment {
            Segment::Word(word) => key.extend(["!", word, " "]),
            Segment::Number("0") => key.push(mark),
            Segment::Number(digits) => number::push(&mut key, digits),
        }
    }
    key.push('$');
    Some(format!("V{key}"))
}

/// `Gem::Version::VERSION_PATTERN`.
fn is_version(text: &str) -> bool {
    let word = |part: &str, hyphens: bool| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || (hyphens && b == b'-'))
    };
    let (release, pre) = match text.split_once('-') {
        Some((release, pre)) => (release, Some(pre)),
        None => (text, None),
    };
    release.starts_with(|c: char| c.is_ascii_digit())
        && release.split('.').next().is_some_and(|first| first.bytes().all(|b| b.is_ascii_digit()))
        && release.split('.').all(|part| word(part, false))
        && pre.is_none_or(|pre| pre.split('.').all(|part| word(part, true)))
}

/// Words and numbers of one part, e.g. `rc` and `1`.
fn pieces(part: &str) -> Vec<Segment<'_>> {
    let mut pieces = Vec::new();
    let mut rest = part;
    while !rest.is_empty() {
        let (digits, after) = number::split_digits(rest);
        if digits.is_empty() {
            let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            pieces.push(Segment::Word(&rest[..end]));
            rest = &rest[end..];
        } else {
            let significant = digits.trim_start_matches('0');
            pieces.push(Segment::Number(if significant.is_empty() { "0" } else { significant }));
            rest = after;
        }
    }
    pieces
}

/// `canonical_segments`: without zeros at the end, and without zeros before the first word.
fn canonical(segments: Vec<Segment<'_>>) -> Vec<Segment<'_>> {
    let first_word = segments.iter().position(|segment| matches!(segment, Segment::Word(_)));
    let mut release = segments;
    let mut pre = release.split_off(first_word.unwrap_or(release.len()));
    for part in [&mut release, &mut pre] {
        while matches!(part.last(), Some(Segment::Number("0"))) {
            part.pop();
        }
    }
    release.append(&mut pre);
    release
}
