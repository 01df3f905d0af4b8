//! What was looked at, and what it was compared with.

use chiron_model::coverage::{Coverage, FileOutcome};
use chiron_model::report::Report;

use super::canvas::{Canvas, Line, Style};
use crate::json::{FileCounts, Summary};

/// Files named before the list is cut.
const FILES_MAX: usize = 10;

/// Draws the counts, and names the files of which something is missing, the worst first.
pub(super) fn files(report: &Report, canvas: &mut Canvas) {
    if report.files.is_empty() {
        return;
    }
    canvas.heading("FILES");
    canvas.line(counts(&Summary::from(report).files));
    let shown = if canvas.is_verbose() { usize::MAX } else { FILES_MAX };
    let of = |coverage: Coverage| report.files.iter().filter(move |file| file.coverage == coverage);
    let mut lacking: Vec<&FileOutcome> = of(Coverage::Failed).chain(of(Coverage::Partly)).collect();
    if canvas.is_verbose() {
        lacking.extend(of(Coverage::Unsupported));
    }
    for file in lacking.iter().take(shown) {
        let style = match file.coverage {
            Coverage::Failed => Style::Bad,
            Coverage::Partly => Style::Warning,
            Coverage::Read | Coverage::Unsupported => Style::Faint,
        };
        let line = Line::at(2).column(style, file.coverage.word(), 11).gap(2);
        canvas.line(line.put(Style::Plain, &file.path));
        let mut why: Vec<String> = file.reason.iter().cloned().collect();
        if file.entries_dropped > 0 {
            let entries = file.entries_read.saturating_add(file.entries_dropped);
            why.push(format!("{} of {entries} entries dropped", file.entries_dropped));
        }
        if !why.is_empty() {
            canvas.paragraph(15, Style::Faint, &why.join("; "), 2);
        }
    }
    let more = lacking.len().saturating_sub(shown);
    if more > 0 {
        canvas.line(Line::at(2).put(Style::Faint, &format!("and {more} more, see -o json")));
    }
}

/// Draws which databases answered, and how old they are.
pub(super) fn databases(report: &Report, canvas: &mut Canvas) {
    if report.databases.is_empty() {
        return;
    }
    canvas.heading("ADVISORY DATABASES");
    for database in &report.databases {
        // The day is what a reader asks for; the second stands in the JSON.
        let records = match database.records {
            1 => "1 record".to_owned(),
            number => format!("{} records", grouped(number)),
        };
        let day = database.built_at.split('T').next().unwrap_or_default();
        let line = Line::at(2).put(Style::Strong, &database.name).gap(2);
        let line = line.put(Style::Plain, &format!("of {day}")).gap(2);
        let line = line.put(Style::Plain, &records).gap(2);
        let digest: String = database.digest.chars().take("sha256:".len() + 12).collect();
        canvas.line(line.put(Style::Faint, &digest));
    }
}

/// Draws what else was asked about findings.
pub(super) fn enrichments(report: &Report, canvas: &mut Canvas) {
    if report.enrichments.is_empty() {
        return;
    }
    canvas.heading("EXPLOITS");
    for enrichment in &report.enrichments {
        let name = match enrichment.kind.as_str() {
            "epss" => "EPSS",
            "kev" => "KEV",
            other => other,
        };
        let day = enrichment.date.as_deref().and_then(|date| date.split('T').next()).unwrap_or("an unknown day");
        let line = Line::at(2).put(Style::Strong, name).gap(2).put(Style::Plain, &format!("of {day}")).gap(2);
        let line = line.put(Style::Plain, &format!("{} CVEs", grouped(enrichment.entries))).gap(2);
        let digest: String = enrichment.digest.chars().take("sha256:".len() + 12).collect();
        canvas.line(line.put(Style::Faint, &digest));
    }
}

/// 214377 as `214,377`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn counts(files: &FileCounts) -> Line {
    let parts = [
        (files.read, "read", Style::Good),
        (files.partly, "partly", Style::Warning),
        (files.unsupported, "unsupported", Style::Faint),
        (files.failed, "failed", Style::Bad),
    ];
    let mut line = Line::at(2);
    for (position, (number, word, style)) in parts.into_iter().filter(|(number, ..)| *number > 0).enumerate() {
        if position > 0 {
            line = line.put(Style::Plain, ",").gap(1);
        }
        line = line.put(style, &format!("{number} {word}"));
    }
    line
}
