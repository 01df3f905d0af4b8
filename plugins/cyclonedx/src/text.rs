//! Words from files, kept short and on one line.

/// Control characters and line ends become spaces, runs of them one; cut after `max` characters, marked by "…".
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_out_short_and_on_one_line() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ", 99), "a b [31m");
        assert_eq!(one_line("äöü", 2), "äö…");
    }
}
