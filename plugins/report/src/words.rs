//! Foreign words, and words about findings.

/// A foreign word in a message: short, and on one line.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What to do, as the end of a sentence.
#[must_use]
pub fn upgrade(fixed: &[String]) -> String {
    if fixed.is_empty() { ": no fix is known".to_owned() } else { format!(": upgrade to {}", fixed.join(" or ")) }
}

/// Whether a path is relative, slash-separated, and stays where it begins.
#[must_use]
pub fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.contains(['\\', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_foreign_is_short_and_on_one_line() {
        assert_eq!(plain("a\nb\u{1b}[31m"), "a\u{fffd}b\u{fffd}[31m");
        assert_eq!(plain(&"x".repeat(1000)).len(), 80);
    }

    #[test]
    fn a_path_that_leaves_is_not_inside() {
        for path in ["", "/a", "../a", "a/../b", "a//b", "a\\b", "./a", "."] {
            assert!(!is_inside(path), "{path}");
        }
        assert!(is_inside("src/app.py"));
    }

    #[test]
    fn fixes_are_alternatives() {
        assert_eq!(upgrade(&["1.2".to_owned(), "2.0".to_owned()]), ": upgrade to 1.2 or 2.0");
        assert_eq!(upgrade(&[]), ": no fix is known");
    }
}
