//! Steps that did not do their work: a result without them is less than it seems.

use chiron_model::report::Report;
use chiron_model::step::{Ending, StepOutcome};

use super::canvas::{Canvas, Line, Style};

/// Draws the failed and skipped ones; all of them where everything is wanted.
pub(super) fn draw(report: &Report, canvas: &mut Canvas) {
    let wanted = |step: &&StepOutcome| canvas.is_verbose() || step.ending != Ending::Succeeded;
    let steps: Vec<&StepOutcome> = report.steps.iter().filter(wanted).collect();
    if steps.is_empty() {
        return;
    }
    canvas.heading("STEPS");
    for step in steps {
        let (word, style) = match &step.ending {
            Ending::Succeeded => ("done", Style::Good),
            Ending::Skipped(_) => ("skipped", Style::Warning),
            Ending::Failed(_) => ("failed", Style::Bad),
        };
        let plugin = format!("{} {}", step.plugin.name, step.plugin.version);
        let line = Line::at(2).column(style, word, 8).gap(2).put(Style::Strong, &step.id);
        let line = line.gap(2).put(Style::Faint, &plugin);
        let optional = !step.required && matches!(step.ending, Ending::Failed(_));
        let note = if optional { "not required" } else { "" };
        canvas.line(line.gap(2).put(Style::Faint, note));
        match &step.ending {
            Ending::Succeeded => {}
            Ending::Skipped(reason) => canvas.paragraph(4, Style::Plain, reason, 2),
            Ending::Failed(failure) => {
                canvas.paragraph(4, Style::Plain, &format!("{}: {}", failure.code, failure.message), 3);
                if let Some(hint) = &failure.hint {
                    canvas.paragraph(4, Style::Good, &format!("hint: {hint}"), 2);
                }
            }
        }
    }
}
