//! What policies answered, and remarks.

use std::collections::HashMap;

use chiron_model::component::Component;
use chiron_model::report::Report;
use chiron_model::verdict::{Decision, PolicyVerdict};

use super::canvas::{self, Canvas, Line, Style};
use crate::group::{components, label};

/// Reasons shown of each policy before the list is cut.
const REASONS_MAX: usize = 5;

/// Draws each policy with its decision and its first reasons.
pub(super) fn draw(report: &Report, canvas: &mut Canvas) {
    if report.verdict.policies.is_empty() {
        return;
    }
    let components = components(report);
    canvas.heading("POLICIES");
    let policies = &report.verdict.policies;
    let name = policies.iter().map(|policy| canvas::width(&policy.step)).max();
    for policy in policies {
        one(policy, name.unwrap_or(0).min(24), &components, canvas);
    }
}

/// Draws the remarks.
pub(super) fn notes(report: &Report, canvas: &mut Canvas) {
    if report.notes.is_empty() {
        return;
    }
    canvas.heading("NOTES");
    for note in &report.notes {
        canvas.paragraph(2, Style::Plain, &format!("{} [{}]", note.message, note.code), 4);
    }
}

fn one(policy: &PolicyVerdict, name: usize, components: &HashMap<&str, &Component>, canvas: &mut Canvas) {
    let (word, style) = match policy.decision {
        Decision::Deny => ("deny", Style::Bad),
        Decision::Warn => ("warn", Style::Warning),
        Decision::Allow => ("allow", Style::Good),
        Decision::NotApplicable => ("n/a", Style::Faint),
    };
    let line = Line::at(2).column(style, word, 6).column(Style::Strong, &policy.step, name);
    canvas.line(line.gap(2).put(Style::Plain, &policy.summary));
    let shown = if canvas.is_verbose() { usize::MAX } else { REASONS_MAX };
    for reason in policy.reasons.iter().take(shown) {
        let component = reason.component.as_deref().and_then(|id| components.get(id).copied());
        // Most policies name the component themselves.
        let named = |component: &&Component| reason.message.starts_with(&component.name);
        let about = component.filter(|c| !named(c)).map(|component| format!("{}: ", label(Some(component))));
        let text = format!("- {}{}", about.unwrap_or_default(), reason.message);
        canvas.paragraph(8, Style::Plain, &text, 3);
        if let Some(remedy) = &reason.remedy {
            canvas.paragraph(10, Style::Good, remedy, 2);
        }
    }
    let more = policy.reasons.len().saturating_sub(shown);
    if more > 0 {
        let text = format!("and {more} more, see -o json");
        canvas.line(Line::at(8).put(Style::Faint, &text));
    }
}
