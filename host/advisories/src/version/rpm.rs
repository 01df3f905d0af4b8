//! The RPM families: `[epoch:]version[-release]` by rpm's own comparison (rpm-version(7), `rpmvercmp`).
//!
//! Our own and not a crate: those compare two versions, and the index needs keys. `judged/rpm.tsv` holds it against
//! `rpm.labelCompare`.

use super::number;

/// Ends a part: above the tilde, below everything else.
const END: char = '"';

/// The version's place in rpm's order. No epoch is 0; no release is before every release.
pub(super) fn key(text: &str) -> Option<String> {
    let text = text.trim();
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let (version, release) = match rest.rsplit_once('-') {
        Some((version, release)) => (version, Some(release)),
        None => (rest, None),
    };
    let is_epoch = !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit());
    let allowed = |part: &str| {
        part.bytes().any(|b| b.is_ascii_alphanumeric()) && part.bytes().all(|b| b.is_ascii_graphic() && b != b':')
    };
    if !is_epoch || !allowed(version) || !release.is_none_or(allowed) {
        return None;
    }
    let mut key = String::with_capacity(text.len() * 2);
    number::push_digits(&mut key, epoch);
    push_part(&mut key, version);
    if let Some(release) = release {
        key.push('1');
        push_part(&mut key, release);
    } else {
        key.push('0');
    }
    Some(key)
}

/// Letters and numbers, whatever separates them: numbers after letters, a caret between the end and any of them, a tilde
/// before the end.
fn push_part(key: &mut String, part: &str) {
    let mut rest = part;
    loop {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^');
        match rest.bytes().next() {
            None => break,
            Some(b'~') => key.push('!'),
            Some(b'^') => key.push('#'),
            Some(first) if first.is_ascii_digit() => {
                let (digits, after) = number::split_digits(rest);
                number::push_digits(key, digits);
                rest = after;
                continue;
            }
            Some(_) => {
                let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                key.push('$');
                key.push_str(&rest[..end]);
                key.push(' ');
                rest = &rest[end..];
                continue;
            }
        }
        rest = &rest[1..];
    }
    key.push(END);
}
