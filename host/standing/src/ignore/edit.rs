//! Changes to an ignore file of our own that leave everything else as a person wrote it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Entry;

#[derive(Serialize)]
struct File<'a> {
    suppress: [&'a Entry; 1],
}

/// The text with one more entry at its end.
///
/// # Errors
/// When the encoder fails, which no entry is known to cause.
pub fn with(text: &str, entry: &Entry) -> Result<String, toml::ser::Error> {
    let added = toml::to_string(&File { suppress: [entry] })?;
    let before = text.trim_end();
    Ok(if before.is_empty() { added } else { format!("{before}\n\n{added}") })
}

/// The text without the entries that begin in these lines (from 1). Comments right above an entry go with it.
#[must_use]
pub fn without(text: &str, lines: &BTreeSet<usize>) -> String {
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let is_header = |line: &&str| line.trim_start().starts_with("[[suppress]]");
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let headers: Vec<usize> = all.iter().enumerate().filter(|(_, line)| is_header(line)).map(|(at, _)| at).collect();
    // An entry begins with the comments above its header, and ends where the next one begins.
    let begins: Vec<usize> = headers
        .iter()
        .map(|&header| header - all[..header].iter().rev().take_while(|line| is_comment(line)).count())
        .collect();
    let mut kept = String::new();
    for (at, line) in all.iter().enumerate() {
        let entry = begins.partition_point(|&begin| begin <= at).checked_sub(1);
        let goes = entry.is_some_and(|entry| lines.contains(&(headers[entry] + 1)));
        if !goes {
            kept.push_str(line);
        }
    }
    let kept = kept.trim_end();
    if kept.is_empty() { String::new() } else { format!("{kept}\n") }
}

#[cfg(test)]
mod tests {
    use super::super::entries;
    use super::*;

    const TEXT: &str = "# ours\n\n[[suppress]]\nid = \"A\"\nreason = \"a\"\n\n# why B\n[[suppress]]\nid = \"B\" # note\nreason = \"b\"\n\n[[suppress]]\nid = \"C\"\nreason = \"c\"\n";

    fn ids(text: &str) -> Vec<String> {
        entries("i.toml", text).unwrap().into_iter().filter_map(|(entry, _)| entry.id).collect()
    }

    #[test]
    fn an_entry_goes_with_its_comments_and_nothing_else_does() {
        let lines: Vec<usize> = entries("i.toml", TEXT).unwrap().into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, [3, 8, 12]);
        let text = without(TEXT, &BTreeSet::from([8]));
        assert_eq!(ids(&text), ["A", "C"]);
        assert!(text.starts_with("# ours\n") && !text.contains("why B"), "{text}");
        assert_eq!(without(TEXT, &BTreeSet::from([3, 8, 12])), "# ours\n");
        assert_eq!(without(TEXT, &BTreeSet::new()), TEXT);
    }

    #[test]
    fn what_is_added_is_read_again() {
        let entry = Entry {
            id: Some("D".to_owned()),
            reason: "it \"is\"\nfine".to_owned(),
            expires: Some("2027-01-31".to_owned()),
            ..Entry::default()
        };
        let text = with(TEXT, &entry).unwrap();
        assert_eq!(entries("i.toml", &text).unwrap().pop().unwrap().0, entry);
        assert!(text.starts_with(TEXT.trim_end()));
        assert_eq!(ids(&with("", &entry).unwrap()), ["D"]);
    }
}
