//! NuGet: SemVer 2.0 with a fourth number and labels without regard to case (NuGet documentation, "Package versioning",
//! "Version ordering" and "Normalized version numbers"; `NuGet.Versioning.VersionComparer`).

use super::number;

/// Most numbers of a version: major, minor, patch, revision.
const NUMBERS_MAX: usize = 4;

/// The version's place in NuGet's order; None where it is no version. What stands behind `+` does not count.
pub(super) fn key(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let (core, labels) = match text.split_once('-') {
        Some((core, labels)) => (core, Some(labels)),
        None => (text, None),
    };
    let mut key = String::with_capacity(24);
    let mut numbers = core.split('.');
    for place in 0..NUMBERS_MAX {
        match numbers.next() {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                number::push_digits(&mut key, digits);
            }
            None if place > 0 => number::push_u64(&mut key, 0),
            Some(_) | None => return None,
        }
    }
    if numbers.next().is_some() {
        return None;
    }
    let Some(labels) = labels else {
        key.push('~');
        return Some(key);
    };
    for label in labels.split('.') {
        push_label(&mut key, label)?;
    }
    key.push(' ');
    Some(key)
}

/// Numbers before words. NuGet takes for a number what fits an `int`, and compares longer ones as words.
fn push_label(key: &mut String, label: &str) -> Option<()> {
    if label.is_empty() || !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return None;
    }
    match label.parse::<i32>() {
        Ok(number @ 0..) => {
            key.push('!');
            number::push_u64(key, u64::from(number.unsigned_abs()));
        }
        Ok(_) | Err(_) => {
            key.push('#');
            key.push_str(&label.to_ascii_uppercase());
            key.push(' ');
        }
    }
    Some(())
}
