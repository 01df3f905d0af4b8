//! The difference as a comment on a pull request: below the size that GitHub takes, and nothing of others alive.

use chiron_model::text::cut;

use super::{Difference, counts, severity_word};
use crate::markdown::{code, inert};

/// Bytes of each list: all six together stay below GitHub's limit of 65,536 characters.
const LIST_BYTES_MAX: usize = 9_000;

/// Longest text of somebody else in one place, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// Writes it.
pub(super) fn write(difference: &Difference) -> String {
    let Difference { old, new, components, findings, remarks, .. } = difference;
    let mut out = format!("### Chiron: {} → {}\n\n", short(&old.name), short(&new.name));
    let count = counts(components.added.len(), components.removed.len(), components.changed.len());
    out.push_str(&format!("Components: {count}.\n"));
    if let Some(findings) = findings {
        let count = counts(findings.added.len(), findings.removed.len(), findings.changed.len());
        out.push_str(&format!("Findings: {count}.\n"));
        let found = |found: &super::Found| {
            let (severity, place) = (severity_word(found.severity), code(&cut(&found.place(), TEXT_CHARS_MAX)));
            format!("- {severity}: {} in {place}: {}\n", short(&found.id), short(&found.title))
        };
        list(&mut out, "Findings that are new", findings.added.iter().map(found));
        list(&mut out, "Findings that are gone", findings.removed.iter().map(found));
        let changed = findings.changed.iter().map(|changed| {
            let place = code(&cut(&changed.finding.place(), TEXT_CHARS_MAX));
            format!("- {} in {place}: {}\n", short(&changed.finding.id), short(&changed.words().join("; ")))
        });
        list(&mut out, "Findings that changed", changed);
    }
    let part = |part: &super::Part| format!("- {}\n", code(&cut(&part.label(), TEXT_CHARS_MAX)));
    list(&mut out, "Components that are new", components.added.iter().map(part));
    list(&mut out, "Components that are gone", components.removed.iter().map(part));
    let changed = components.changed.iter().map(|changed| {
        let version = changed.new.version.as_deref().unwrap_or("(no version)");
        format!("- {} → {}\n", code(&cut(&changed.old.label(), TEXT_CHARS_MAX)), code(&cut(version, TEXT_CHARS_MAX)))
    });
    list(&mut out, "Components in another version", changed);
    list(&mut out, "Notes", remarks.iter().map(|remark| format!("- {}\n", short(remark))));
    out
}

/// A heading with as many rows as fit, and the count of the others. Nothing where there is no row.
fn list(out: &mut String, heading: &str, rows: impl ExactSizeIterator<Item = String>) {
    let total = rows.len();
    let mut left = LIST_BYTES_MAX;
    for (index, row) in rows.enumerate() {
        if index == 0 {
            out.push_str(&format!("\n**{heading}**\n\n"));
        }
        if row.len() > left {
            out.push_str(&format!("\n… and {} more, see -o json.\n", total - index));
            return;
        }
        left -= row.len();
        out.push_str(&row);
    }
}

fn short(text: &str) -> String {
    inert(&cut(text, TEXT_CHARS_MAX))
}
