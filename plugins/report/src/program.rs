//! What adapters of outside programs ask of a run: which version the program says it is, and what it complained about.

use chiron_sdk::content::read_all;
use chiron_sdk::tool::Execution;

/// Of what a program complains, as much is read.
const STDERR_BYTES_MAX: u64 = 64 * 1024;

/// Characters of a complaint that are repeated.
const COMPLAINT_CHARS_MAX: usize = 300;

/// Whether a program's answer to "which version?" names this one, such as `syft 1.18.1` or `Version: 0.121.3`.
#[must_use]
pub fn names(answer: &str, version: &str) -> bool {
    let version = version.trim_start_matches('v');
    let mut words = answer.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '(' | ')'));
    !version.is_empty() && words.any(|word| word.trim_start_matches('v') == version)
}

/// The last line of what the program complained about, behind a colon; empty where it said nothing.
#[must_use]
pub fn complaint(execution: &dyn Execution) -> String {
    let stderr = read_all(&*execution.stderr(), STDERR_BYTES_MAX).unwrap_or_default();
    let text = String::from_utf8_lossy(&stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    let inert = |line: &str| line.chars().filter(|c| !c.is_control()).take(COMPLAINT_CHARS_MAX).collect::<String>();
    last.map(|line| format!(": {}", inert(line))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_whole_word_of_the_answer() {
        assert!(names("syft 1.18.1", "v1.18.1") && names("Version: v0.121.3\nx", "0.121.3"));
        assert!(!names("Version: 0.121.30", "0.121.3") && !names("Version:", ""));
    }
}
