//! Findings that could not be decided, and findings set aside.

use chiron_model::finding::{Finding, FindingStatus, SuppressedBy, Suppression};
use chiron_model::report::Report;

use super::canvas::{Canvas, Line, Style};
use crate::group::{components, label};

/// Draws both sections, each only where it has something to say.
pub(super) fn draw(report: &Report, canvas: &mut Canvas) {
    let components = components(report);
    let name = |finding: &Finding| {
        let component = finding.component.as_deref().and_then(|id| components.get(id).copied());
        label(component)
    };
    let mut unknown = report.findings.iter().filter(|f| f.status == FindingStatus::Unknown).peekable();
    if unknown.peek().is_some() {
        canvas.heading("COULD NOT BE DECIDED");
        for finding in unknown {
            canvas.line(head(finding, Style::Warning, &name(finding)));
            let reason = finding.unknown_reason.as_deref().unwrap_or("the scanner cannot tell");
            canvas.paragraph(4, Style::Plain, reason, 2);
        }
    }
    let mut first = true;
    for finding in &report.findings {
        let FindingStatus::Suppressed(suppression) = &finding.status else {
            continue;
        };
        if first {
            canvas.heading("SUPPRESSED");
            first = false;
        }
        canvas.line(head(finding, Style::Plain, &name(finding)));
        canvas.paragraph(4, Style::Faint, &why(suppression), 2);
    }
}

/// The reason, with what a reader needs who wants to have it changed.
fn why(suppression: &Suppression) -> String {
    let until = suppression.expires.as_ref().map(|date| format!("until {date}"));
    let owner = suppression.owner.as_ref().map(|owner| format!("by {owner}"));
    // What pipeline.toml sets aside needs no naming: that file was run.
    let source = (suppression.by != SuppressedBy::Rule || suppression.source.contains(':'))
        .then(|| format!("{} {}", suppression.by.word(), suppression.source));
    let beside: Vec<_> = until.into_iter().chain(owner).chain(source).collect();
    if beside.is_empty() {
        suppression.reason.clone()
    } else {
        format!("{} ({})", suppression.reason, beside.join(", "))
    }
}

fn head(finding: &Finding, style: Style, component: &str) -> Line {
    Line::at(2)
        .column(Style::Rated(finding.severity), finding.severity.word(), 8)
        .gap(2)
        .put(style, &finding.id)
        .gap(2)
        .put(Style::Strong, component)
}
