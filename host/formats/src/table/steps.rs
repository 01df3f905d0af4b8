//! Steps that did not do their work: a result without them is less than it seems.

use chiron_model::report::Report;
use chiron_model::step::{Ending, StepOutcome};

use super::canvas::{Canvas, Line, Style};

/// Draws the failed and skipped ones, and those that stood in for others; all of them where everything is wanted.
pub(super) fn draw(report: &Report, canvas: &mut Canvas) {
    let stands_in = |step: &StepOutcome| step.ending == Ending::Succeeded && !step.fallback_for.is_empty();
    let wanted = |step: &&StepOutcome| {
        canvas.is_verbose() || stands_in(step) || step.ending != Ending::Succeeded && !step.was_not_needed()
    };
    let steps: Vec<&StepOutcome> = report.steps.iter().filter(wanted).collect();
    if steps.is_empty() {
        return;
    }
    canvas.heading("STEPS");
    for step in steps {
        let (word, style) = match &step.ending {
            Ending::Succeeded => ("done", Style::Good),
            Ending::Skipped(_) if step.was_not_needed() => ("skipped", Style::Faint),
            Ending::Skipped(_) => ("skipped", Style::Warning),
            Ending::Failed(_) if step.replaced_by.is_some() => ("failed", Style::Warning),
            Ending::Failed(_) => ("failed", Style::Bad),
        };
        let plugin = format!("{} {}", step.plugin.name, step.plugin.version);
        let line = Line::at(2).column(style, word, 8).gap(2).put(Style::Strong, &step.id);
        let line = line.gap(2).put(Style::Faint, &plugin);
        canvas.line(line.gap(2).put(Style::Faint, &remark(step)));
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

/// What the ending means for the run.
fn remark(step: &StepOutcome) -> String {
    match (&step.ending, &step.replaced_by) {
        (Ending::Failed(_), Some(by)) => format!("{by} did its work"),
        (Ending::Failed(_), None) if !step.fallback_for.is_empty() => {
            format!("tried for {}", step.fallback_for.join(", "))
        }
        (Ending::Failed(_), None) if !step.required => "not required".to_owned(),
        (Ending::Succeeded, _) if !step.fallback_for.is_empty() => {
            format!("in the place of {}", step.fallback_for.join(", "))
        }
        (Ending::Succeeded | Ending::Skipped(_) | Ending::Failed(_), _) => String::new(),
    }
}
