//! Debian and Ubuntu: the order of dpkg (deb-version(7); Debian Policy, section 5.6.12).
//!
//! Our own and not a crate: those compare two versions, and the index needs keys. `judged/dpkg.tsv` holds it against
//! `dpkg --compare-versions`.

use super::number;

/// Ends a run of other characters, and a part: above the tilde, below everything else.
const END: char = '"';

/// The version's place in dpkg's order. What dpkg refuses or warns of has none.
pub(super) fn key(text: &str) -> Option<String> {
    let text = text.trim();
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    let allowed = |part: &str, others: &[u8]| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
    };
    // dpkg reads the epoch as an int, which takes no sign here.
    let is_epoch = epoch.bytes().all(|b| b.is_ascii_digit()) && epoch.parse::<i32>().is_ok();
    if !is_epoch || !allowed(upstream, b".+-~:") || !allowed(revision, b".+~") {
        return None;
    }
    let mut key = String::with_capacity(text.len() * 2);
    number::push_digits(&mut key, epoch);
    push_part(&mut key, upstream);
    push_part(&mut key, revision);
    Some(key)
}

/// Runs of other characters and numbers in turn. The end of a part is an empty run and the number zero, for ever.
fn push_part(key: &mut String, part: &str) {
    let mut rest = part;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
        let (digits, after) = number::split_digits(after);
        key.extend(run.chars().map(weight));
        key.push(END);
        number::push_digits(key, digits);
        rest = after;
    }
    key.push(END);
}

/// "The lexical comparison is a comparison of ASCII values modified so that all the letters sort earlier than all the
/// non-letters and so that a tilde sorts before anything, even the end of a part."
fn weight(c: char) -> char {
    match c {
        '~' => '!',
        '+' => '{',
        '-' => '|',
        '.' => '}',
        ':' => '~',
        letter => letter,
    }
}
