//! What went wrong, or is worth knowing, besides results.

use chiron_model::coverage::{Coverage, FileOutcome};
use chiron_model::location::Location as Place;
use chiron_model::report::{Note, Report};
use chiron_model::step::{Ending, StepOutcome};

use super::location::location;
use super::text::message;
use super::wire::{Message, Notification, NotificationId};
use crate::disk::Disk;

/// Steps that failed or were skipped, files that were not read in full, and notes. Files of a kind that no generator
/// reads are most files, and stand in Chiron's own JSON.
pub(super) fn all(report: &Report, disk: &Disk<'_>) -> Vec<Notification> {
    let steps = report.steps.iter().filter_map(step);
    let files = report.files.iter().filter_map(|file| of_file(file, disk));
    steps.chain(files).chain(report.notes.iter().map(note)).collect()
}

fn step(step: &StepOutcome) -> Option<Notification> {
    let (level, text) = match &step.ending {
        Ending::Succeeded => return None,
        Ending::Skipped(_) if step.was_not_needed() => return None,
        Ending::Skipped(why) => ("note", format!("The step {} was skipped: {why}", step.id)),
        Ending::Failed(failure) => {
            let level = if step.is_broken() { "error" } else { "warning" };
            let hint = failure.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            (level, format!("The step {} failed ({}): {}{hint}", step.id, failure.code, failure.message))
        }
    };
    Some(notification("step", level, &text))
}

fn of_file(file: &FileOutcome, disk: &Disk<'_>) -> Option<Notification> {
    let why = file.reason.as_deref().unwrap_or("no reason given");
    let (level, text) = match file.coverage {
        Coverage::Read | Coverage::Unsupported => return None,
        Coverage::Partly => {
            ("warning", format!("{} entries of {} were dropped: {why}", file.entries_dropped, file.path))
        }
        Coverage::Failed => ("error", format!("{} could not be read: {why}", file.path)),
    };
    let place = location(disk, &file.origin.subject, &Place::file(file.path.clone()));
    Some(Notification { locations: vec![place], ..notification("coverage", level, &text) })
}

fn note(note: &Note) -> Notification {
    notification(&note.code, "note", &note.message)
}

fn notification(id: &str, level: &'static str, text: &str) -> Notification {
    Notification {
        descriptor: NotificationId { id: id.to_owned() },
        level,
        message: Message { text: message(text) },
        locations: Vec::new(),
    }
}
