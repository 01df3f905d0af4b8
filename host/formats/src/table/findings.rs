//! Findings that apply, by component, worst first.

use chiron_model::finding::Finding;
use chiron_model::report::Report;

use super::canvas::{self, Canvas, Line, Style};
use crate::exploit;
use crate::group::{Group, alias, components, groups, label};
use crate::upgrade::{self, Upgrade};

/// Columns of the severity words.
const SEVERITY: usize = 8;
/// Columns of the longest common id, `GHSA-xxxx-xxxx-xxxx`.
const ID: usize = 19;
/// Columns that a title needs beside the ids; with fewer it gets a line of its own.
const TITLE: usize = 36;

/// Draws them.
pub(super) fn draw(report: &Report, canvas: &mut Canvas) {
    let components = components(report);
    let groups = groups(report, &components);
    if groups.is_empty() {
        return;
    }
    let widest = |text: fn(&Finding) -> &str| {
        let findings = groups.iter().flat_map(|group| &group.findings);
        findings.map(|f| canvas::width(text(f))).max().unwrap_or(0).min(ID)
    };
    let columns = Columns {
        id: widest(|finding| &finding.id),
        alias: widest(|finding| alias(finding).unwrap_or_default()),
        several_databases: report.databases.len() > 1,
    };
    canvas.heading("FINDINGS");
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            canvas.blank();
        }
        group.draw(report, columns, canvas);
    }
}

/// What the ids of this report need.
#[derive(Clone, Copy)]
struct Columns {
    id: usize,
    alias: usize,
    /// Whether more than one database was asked.
    several_databases: bool,
}

impl Group<'_> {
    fn draw(&self, report: &Report, columns: Columns, canvas: &mut Canvas) {
        let upgrade = upgrade::upgrade(&self.findings);
        let line = Line::at(0).put(Style::Strong, &label(self.component)).gap(3);
        let line = self.way_out(&upgrade, line);
        let place = self.place(report);
        let together = line.width() + 3 + canvas::width(&place) <= canvas.width();
        if together {
            canvas.line(line.gap(3).put(Style::Faint, &place));
        } else {
            canvas.line(line);
            if !place.is_empty() {
                canvas.line(Line::at(2).put(Style::Faint, &place));
            }
        }
        for finding in &self.findings {
            row(finding, columns, canvas);
            if !upgrade.to.is_some_and(|version| upgrade::clears(version, finding)) {
                let known = upgrade.to.is_some() || !finding.fixed_versions.is_empty();
                fix(finding, known, canvas);
            }
            if canvas.is_verbose() {
                details(finding, canvas);
            }
        }
    }

    fn way_out(&self, upgrade: &Upgrade<'_>, line: Line) -> Line {
        let Some(version) = upgrade.to else {
            let fixes = self.findings.iter().any(|f| !f.fixed_versions.is_empty());
            let text = if fixes { "see each for its fix" } else { "no fix known" };
            return line.put(Style::Warning, text);
        };
        let line = line.put(Style::Good, &format!("upgrade to {version}"));
        if upgrade.clears == self.findings.len() {
            return line;
        }
        let part = format!("(ends {} of {})", upgrade.clears, self.findings.len());
        line.gap(1).put(Style::Warning, &part)
    }

    /// Where the component was seen, first of all.
    fn place(&self, report: &Report) -> String {
        let Some(component) = self.component else {
            return String::new();
        };
        let mut place = match component.locations.split_first() {
            Some((first, [])) => first.path.clone(),
            Some((first, more)) => format!("{} and {} more", first.path, more.len()),
            None => String::new(),
        };
        if report.subjects.len() > 1 {
            place = within(&component.origin.subject, &place);
        }
        place
    }
}

fn row(finding: &Finding, columns: Columns, canvas: &mut Canvas) {
    let style = Style::Rated(finding.severity);
    let mut line = Line::at(2)
        .column(style, finding.severity.word(), SEVERITY)
        .gap(2)
        .column(Style::Strong, &finding.id, columns.id)
        .gap(2);
    if columns.alias > 0 {
        let alias = alias(finding).unwrap_or_default();
        line = line.column(Style::Faint, alias, columns.alias).gap(2);
    }
    // Malicious code, or a package that nobody maintains, is another thing than a vulnerability.
    let kind = Some(finding.category.as_str()).filter(|category| !matches!(*category, "" | "vulnerability"));
    let titled = |mut line: Line| {
        for mark in exploit::marks(finding) {
            line = line.put(Style::Bad, &mark).gap(1);
        }
        // Where several were asked, whose word it is matters.
        for database in exploit::databases(finding).iter().filter(|_| columns.several_databases) {
            line = line.put(Style::Faint, &format!("[{database}]")).gap(1);
        }
        match kind {
            Some(kind) => line.put(Style::Bad, kind).gap(1).put(Style::Plain, &finding.title),
            None => line.put(Style::Plain, &finding.title),
        }
    };
    if line.width() + TITLE <= canvas.width() {
        canvas.line(titled(line));
        return;
    }
    canvas.line(line);
    if kind.is_some() || !finding.title.trim().is_empty() {
        canvas.line(titled(Line::at(2 + SEVERITY + 2)));
    }
}

/// The finding's own way out, where the component's is not it. `named`: the component's line does not say already that
/// no fix is known.
fn fix(finding: &Finding, named: bool, canvas: &mut Canvas) {
    let text = match (&finding.fixed_versions[..], &finding.last_affected, named) {
        ([], Some(last), true) => format!("no fix known; last affected {last}"),
        ([], Some(last), false) => format!("last affected {last}"),
        ([], None, true) => "no fix known".to_owned(),
        ([], None, false) => return,
        (fixes, ..) => format!("fixed in {}", fixes.join(", ")),
    };
    canvas.line(Line::at(2 + SEVERITY + 2).put(Style::Warning, &text));
}

fn details(finding: &Finding, canvas: &mut Canvas) {
    let indent = 2 + SEVERITY + 2;
    if finding.advisories.len() > 1 {
        canvas.paragraph(indent, Style::Faint, &format!("ids: {}", finding.advisories.join(", ")), 4);
    }
    for score in &finding.scores {
        let value = score.value.map_or_else(String::new, |value| format!("{value:.1} "));
        canvas.paragraph(indent, Style::Faint, &format!("{}: {value}{}", score.system, score.vector), 2);
    }
    for sentence in exploit::sentences(finding) {
        canvas.paragraph(indent, Style::Faint, &sentence, 2);
    }
    for location in &finding.locations {
        let line = location.line.map_or_else(String::new, |line| format!(":{line}"));
        canvas.paragraph(indent, Style::Faint, &format!("at {}{line}", location.path), 2);
    }
    if !finding.message.trim().is_empty() {
        canvas.paragraph(indent, Style::Plain, &finding.message, 12);
    }
}

/// A place inside one of several subjects; a subject that is the file itself is said once.
fn within(subject: &str, place: &str) -> String {
    let file = subject.rsplit('/').next().unwrap_or(subject);
    match place.strip_prefix(file) {
        Some(rest) if rest.is_empty() || rest.starts_with([' ', '/', ',']) => format!("{subject}{rest}"),
        _ => format!("{subject}: {place}"),
    }
}
