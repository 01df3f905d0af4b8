//! Findings that apply, by component, worst first.

use std::collections::HashMap;

use chiron_model::component::Component;
use chiron_model::finding::Finding;
use chiron_model::report::Report;
use chiron_model::severity::Severity;

use super::canvas::{self, Canvas, Line, Style};
use crate::group::{Group, alias, components, groups, label};
use crate::paths::Paths;
use crate::upgrade;
use crate::{exploit, panel};

/// Findings of one component that are shown unless everything is wanted; an old package has dozens, and one upgrade.
const FINDINGS_MAX: usize = 10;

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
    let paths = canvas.is_tree().then(|| Paths::of(report));
    let tree = paths.as_ref().map(|paths| Tree { paths, components: &components });
    canvas.heading("FINDINGS");
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            canvas.blank();
        }
        group.draw(report, columns, tree.as_ref(), canvas);
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
    fn draw(&self, report: &Report, columns: Columns, tree: Option<&Tree<'_>>, canvas: &mut Canvas) {
        let line = Line::at(0).put(Style::Strong, &label(self.component)).gap(3);
        let line = match self.upgrade() {
            Some(version) => line.put(Style::Good, &format!("upgrade to {version}")),
            None => line.put(Style::Warning, upgrade::without(&self.findings)),
        };
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
        if let Some(remark) = self.remark() {
            canvas.paragraph(2, Style::Warning, &remark, 3);
        }
        if let (Some(tree), Some(component)) = (tree, self.component) {
            tree.draw(&component.id, canvas);
        }
        let mut hidden = Vec::new();
        for (index, finding) in self.findings.iter().enumerate() {
            if index >= FINDINGS_MAX && !canvas.is_verbose() && may_be_hidden(finding) {
                hidden.push(finding.severity);
                continue;
            }
            row(finding, columns, canvas);
            if let Some(disagreement) = panel::disagreement(finding) {
                canvas.paragraph(2 + SEVERITY + 2, Style::Warning, &disagreement, 3);
            }
            if !self.clears(finding) {
                let known = self.upgrade().is_some() || !finding.fixed_versions.is_empty();
                fix(finding, known, canvas);
            }
            if canvas.is_verbose() {
                details(finding, canvas);
            }
        }
        if !hidden.is_empty() {
            canvas.line(Line::at(2).put(Style::Faint, &more(&hidden)));
        }
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

/// Malicious code, and what is known to be exploited, is shown however much else there is.
fn may_be_hidden(finding: &Finding) -> bool {
    matches!(finding.category.as_str(), "" | "vulnerability") && finding.kev.is_none()
}

/// `and 33 more: 2 high, 31 unknown (-v shows them)`.
fn more(hidden: &[Severity]) -> String {
    let counted = hidden.chunk_by(|left, right| left == right).map(|run| format!("{} {}", run.len(), run[0].word()));
    format!("and {} more: {} (-v shows them)", hidden.len(), counted.collect::<Vec<_>>().join(", "))
}

/// How components came to be there.
struct Tree<'a> {
    paths: &'a Paths<'a>,
    components: &'a HashMap<&'a str, &'a Component>,
}

impl<'a> Tree<'a> {
    /// The shortest way to a component, and how many others need it; all of them where everything is wanted.
    fn draw(&self, id: &'a str, canvas: &mut Canvas) {
        let path = self.paths.to(id);
        let others = self.paths.others(id);
        let more = match others {
            0 => String::new(),
            1 => " (and 1 other way)".to_owned(),
            others => format!(" (and {others} other ways)"),
        };
        let text = match (path.is_empty(), self.paths.are_known()) {
            (false, _) => format!("via {}{more}", self.way(&path)),
            (true, true) if others == 0 => "via nothing: no other component needs it".to_owned(),
            (true, true) => format!("via a circle of {} that nothing else needs", others + 1),
            (true, false) => "via: not said, what was read tells no dependencies".to_owned(),
        };
        canvas.paragraph(2, Style::Faint, &text, 4);
        if canvas.is_verbose() {
            let ways = self.paths.other_ways(id);
            for way in &ways {
                canvas.paragraph(2, Style::Faint, &format!("or {}", self.way(way)), 4);
            }
            if others > ways.len() {
                canvas.line(Line::at(2).put(Style::Faint, &format!("and {} more ways", others - ways.len())));
            }
        }
    }

    fn way(&self, path: &[&str]) -> String {
        let names = path.iter().map(|id| label(self.components.get(id).copied()));
        names.collect::<Vec<_>>().join(" → ")
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
