//! Charts, as numbers that an SVG needs.

use serde::Serialize;

/// A bar of parts, 100 wide.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Bar {
    /// In words, for whoever does not see it.
    pub(super) label: String,
    /// Of all parts.
    pub(super) total: usize,
    /// Those that are not empty.
    pub(super) parts: Vec<Part>,
}

/// One part of a bar.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Part {
    pub(super) word: &'static str,
    pub(super) count: usize,
    /// Where it begins and how wide it is, with two decimals: texts, so that every machine writes the same.
    pub(super) x: String,
    pub(super) width: String,
}

/// A bar of these counts, in this order.
pub(super) fn bar<const N: usize>(counts: [(&'static str, usize); N]) -> Bar {
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    // Hundredths, in whole numbers; ends are rounded, so that no gap is left between parts.
    let end_of = |count: usize| (count * 10_000).checked_div(total).unwrap_or(0);
    let mut before = 0;
    let mut parts = Vec::new();
    for (word, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let (start, end) = (end_of(before), end_of(before + count));
        before += count;
        parts.push(Part { word, count, x: decimal(start), width: decimal(end - start) });
    }
    let label: Vec<_> = parts.iter().map(|part| format!("{} {}", part.count, part.word)).collect();
    let label = if label.is_empty() { "none".to_owned() } else { label.join(", ") };
    Bar { label, total, parts }
}

fn decimal(hundredths: usize) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bar_fill_it() {
        let three = bar([("a", 1), ("b", 0), ("c", 2)]);
        assert_eq!((three.label.as_str(), three.total, three.parts.len()), ("1 a, 2 c", 3, 2));
        assert_eq!((three.parts[1].x.as_str(), three.parts[1].width.as_str()), ("33.33", "66.67"));
        assert_eq!(bar([("a", 0)]).label, "none");
    }
}
