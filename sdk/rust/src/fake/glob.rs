//! The contract's globs: `*` and `?` stay inside a path segment, `**` does not, `[...]` and `{a,b}`.

/// Whether a path matches a glob.
pub(super) fn matches(glob: &str, path: &str) -> bool {
    alternatives(glob).iter().any(|glob| {
        let glob: Vec<char> = glob.chars().collect();
        let path: Vec<char> = path.chars().collect();
        match_from(&glob, &path)
    })
}

/// One glob for each choice of the first `{...}`, and so on for the rest.
fn alternatives(glob: &str) -> Vec<String> {
    let Some((before, rest)) = glob.split_once('{') else {
        return vec![glob.to_owned()];
    };
    let Some((choices, after)) = rest.split_once('}') else {
        return vec![glob.to_owned()];
    };
    choices.split(',').flat_map(|choice| alternatives(&format!("{before}{choice}{after}"))).collect()
}

fn match_from(glob: &[char], path: &[char]) -> bool {
    match glob {
        [] => path.is_empty(),
        // `**/` also matches no folder at all.
        ['*', '*', '/', rest @ ..] if match_from(rest, path) => true,
        ['*', '*', rest @ ..] => (0..=path.len()).any(|taken| match_from(rest, &path[taken..])),
        ['*', rest @ ..] => {
            let segment = path.iter().position(|c| *c == '/').unwrap_or(path.len());
            (0..=segment).any(|taken| match_from(rest, &path[taken..]))
        }
        ['?', rest @ ..] => matches!(path, [first, tail @ ..] if *first != '/' && match_from(rest, tail)),
        ['[', rest @ ..] => match_class(rest, path),
        [literal, rest @ ..] => matches!(path, [first, tail @ ..] if first == literal && match_from(rest, tail)),
    }
}

fn match_class(class_and_rest: &[char], path: &[char]) -> bool {
    let Some(end) = class_and_rest.iter().position(|c| *c == ']') else {
        return false;
    };
    let [first, tail @ ..] = path else { return false };
    let class = &class_and_rest[..end];
    let (negated, class) = match class {
        ['!' | '^', rest @ ..] => (true, rest),
        _ => (false, class),
    };
    let mut found = false;
    let mut at = 0;
    while at < class.len() {
        if at + 2 < class.len() && class[at + 1] == '-' {
            found |= (class[at]..=class[at + 2]).contains(first);
            at += 3;
        } else {
            found |= class[at] == *first;
            at += 1;
        }
    }
    found != negated && *first != '/' && match_from(&class_and_rest[end + 1..], tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_the_contract_says() {
        assert!(matches("*.dist-info/METADATA", "flask-1.0.dist-info/METADATA"));
        assert!(!matches("*.dist-info/METADATA", "vendor/x.dist-info/METADATA"));
        assert!(matches("**/METADATA", "vendor/x.dist-info/METADATA"));
        assert!(matches("**/METADATA", "METADATA"));
        assert!(matches("{a,b}?.[ch]", "b1.h") && !matches("{a,b}?.[ch]", "c1.h"));
        assert!(matches("[!0-9]*", "x9") && !matches("[!0-9]*", "99"));
    }
}
