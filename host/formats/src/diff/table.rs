//! The difference for a person at a terminal. Every text of others passes `one_line`, and no line begins with one.

use chiron_model::text::one_line;

use super::{Difference, counts, severity_word, status_word};
use crate::json::Status;

/// Draws it: `+` for what came, `-` for what went, `~` for what changed.
pub(super) fn draw(difference: &Difference) -> String {
    let Difference { old, new, components, findings, remarks, .. } = difference;
    let mut text = String::new();
    let mut line = |content: &str| {
        text.push_str(content.trim_end());
        text.push('\n');
    };
    line(&format!("from {} to {}", one_line(&old.name), one_line(&new.name)));
    let count = counts(components.added.len(), components.removed.len(), components.changed.len());
    line(&format!("components: {count}, {} the same", components.same));
    if let Some(findings) = findings {
        let count = counts(findings.added.len(), findings.removed.len(), findings.changed.len());
        line(&format!("findings: {count}, {} the same", findings.same));
    }
    if !components.is_empty() {
        line("\nCOMPONENTS");
        for (sign, parts) in [("+", &components.added), ("-", &components.removed)] {
            for part in parts {
                let purl = part.purl.as_deref().unwrap_or_default();
                line(&format!("  {sign} {}   {}", one_line(&part.label()), one_line(purl)));
            }
        }
        for changed in &components.changed {
            let version = changed.new.version.as_deref().unwrap_or("(no version)");
            line(&format!("  ~ {} -> {}", one_line(&changed.old.label()), one_line(version)));
        }
    }
    if let Some(findings) = findings.as_ref().filter(|findings| !findings.is_empty()) {
        line("\nFINDINGS");
        for (sign, found) in [("+", &findings.added), ("-", &findings.removed)] {
            for finding in found {
                let aside = if finding.status == Status::Affected { "" } else { status_word(finding.status) };
                let parts = [&finding.id, "in", &finding.place(), aside, &finding.title].map(one_line);
                let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                line(&format!("  {sign} {:<8}  {}", severity_word(finding.severity), parts.join(" ")));
            }
        }
        for changed in &findings.changed {
            let place = one_line(&changed.finding.place());
            let words = one_line(&changed.words().join("; "));
            line(&format!("  ~ {} in {place}: {words}", one_line(&changed.finding.id)));
        }
    }
    for remark in remarks {
        line(&format!("note: {}", one_line(remark)));
    }
    text
}
