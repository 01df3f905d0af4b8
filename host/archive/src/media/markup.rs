//! Looks for what names a bill of materials in texts that are no JSON: the namespace of the root in XML, the first tag in SPDX.
//!
//! As with JSON, this is no parser: whoever reads the document parses it. Only a file's first bytes are looked at.

/// What the namespaces of CycloneDX begin with.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

/// Whether the root element declares a namespace of CycloneDX.
pub(super) fn is_cyclonedx(head: &[u8]) -> bool {
    let Some(tag) = root(text(head)) else { return false };
    let mut rest = tag;
    // The values of the tag's attributes, one after the other.
    while let Some(at) = rest.find(['"', '\'']) {
        let (before, value) = (&rest[..at], &rest[at + 1..]);
        let quote = if rest[at..].starts_with('"') { '"' } else { '\'' };
        let (value, after) = value.split_once(quote).unwrap_or((value, ""));
        let name = before.trim_end().strip_suffix('=').map(str::trim_end);
        let name = name.and_then(|name| name.rsplit([' ', '\t', '\r', '\n']).next()).unwrap_or_default();
        if (name == "xmlns" || name.starts_with("xmlns:")) && value.starts_with(NAMESPACE) {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether the first tag is `SPDXVersion` (SPDX 2.3, 6.1).
pub(super) fn is_spdx(head: &[u8]) -> bool {
    let mut lines = text(head).lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().and_then(|line| line.split_once(':')).is_some_and(|(tag, _)| tag.trim_end() == "SPDXVersion")
}

/// As far as it is UTF-8, without a byte order mark.
fn text(head: &[u8]) -> &str {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    text.trim_start_matches('\u{feff}')
}

/// The start tag of the root, as far as it is there.
fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")?.1
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            instruction.split_once("?>")?.1
        } else if let Some(declaration) = rest.strip_prefix("<!DOCTYPE") {
            // With a subset in brackets, that ends before the declaration does.
            let end = declaration.find(['[', '>'])?;
            let declaration = &declaration[end..];
            let after = if declaration.starts_with('[') { declaration.split_once(']')?.1 } else { declaration };
            after.split_once('>')?.1
        } else {
            break;
        }
        .trim_start();
    }
    let tag = rest.strip_prefix('<').filter(|tag| tag.starts_with(|c: char| c.is_alphabetic() || c == '_'))?;
    // A `>` in a quoted value does not end it.
    let mut quote = None;
    let end = tag.find(|c| match (quote, c) {
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (Some(open), c) if open == c => {
            quote = None;
            false
        }
        (None, '>') => true,
        _ => false,
    });
    Some(&tag[..end.unwrap_or(tag.len())])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[<>!\\[\\]?=\"' \\-a:é#\n]{0,60}", bytes: Vec<u8>) {
            let shown = is_cyclonedx(text.as_bytes()) || is_spdx(text.as_bytes());
            prop_assert!(!shown);
            let _ = (is_cyclonedx(&bytes), is_spdx(&bytes));
        }
    }
}
