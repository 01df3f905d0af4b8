use chiron_model::finding::{Finding, FindingStatus};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;
use crate::sample;

/// What a reader sees of a document.
struct Read {
    rows: Vec<Vec<String>>,
    links: Vec<String>,
    items: usize,
    html: Vec<String>,
    strange: Vec<String>,
}

fn read(text: &str) -> Read {
    let mut read = Read { rows: Vec::new(), links: Vec::new(), items: 0, html: Vec::new(), strange: Vec::new() };
    let mut cell = String::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH) {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => read.rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => cell.clear(),
            Event::End(TagEnd::TableCell) => read.rows.last_mut().unwrap().push(std::mem::take(&mut cell)),
            Event::Start(Tag::Link { dest_url, .. }) => read.links.push(dest_url.to_string()),
            Event::Start(Tag::Item) => read.items += 1,
            Event::Html(html) | Event::InlineHtml(html) => read.html.push(html.to_string()),
            Event::Text(text) | Event::Code(text) => cell.push_str(&text),
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Table(_) | Tag::List(_) | Tag::Strong)
            | Event::Start(Tag::HtmlBlock)
            | Event::End(_)
            | Event::SoftBreak => {}
            other @ (Event::Start(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_)) => read.strange.push(format!("{other:?}")),
        }
    }
    read
}

fn check(foreign: &str) {
    let report = sample::with_text(foreign);
    let text = encode(&report);
    let read = read(&text);
    assert_eq!(read.html, [format!("{MARK}\n")], "{foreign:?}");
    assert!(read.strange.is_empty(), "{:?} in {foreign:?}", read.strange);
    assert!(read.links.iter().all(|link| publisher::of(foreign).is_some_and(|known| known.page == *link)));
    // A head and four findings that are not suppressed.
    assert_eq!(read.rows.len(), 5, "{foreign:?}");
    assert!(read.rows.iter().all(|row| row.len() == 5));
    let expected = chiron_model::text::one_line(&cut(foreign, TEXT_CHARS_MAX));
    for row in &read.rows[1..] {
        assert_eq!(row[4].replace('\u{2060}', ""), expected.replace('\u{2060}', ""));
    }
    let objections = objection::all(&report).len();
    let applies = |finding: &&Finding| !matches!(finding.status, FindingStatus::Suppressed(_));
    let disagreements = report.findings.iter().filter(applies).filter(|f| panel::disagreement(f).is_some()).count();
    assert_eq!(read.items, objections + report.steps.len() + 2 + 1 + disagreements + report.notes.len());
}

#[test]
fn a_comment_says_what_matters() {
    let text = encode(&sample::report());
    assert!(text.starts_with(
        "<!-- chiron:report -->\n### Chiron: deny\n\nrelease: 5 components, findings: 1 critical, 2 high, 1 unknown.\n"
    ));
    let read = read(&text);
    assert_eq!(read.rows[1][..4], ["critical", "Django 4.2.0", "GHSA-m9g8-fxxm-xg86", "4.2.17, 5.0.10"]);
    assert_eq!(read.links[0], "https://github.com/advisories/GHSA-m9g8-fxxm-xg86");
    assert_eq!(read.rows[4][0], "unknown (cannot be told)");
    assert!(text.contains("**Set aside**\n\n- PYSEC\\-2024\\-1 in sqlparse 0\\.4\\.4 (until 2026\\-12\\-31)"));
}

#[test]
fn a_comment_fits_and_counts_what_does_not() {
    let mut report = sample::with_text(&"|@".repeat(50_000));
    report.findings = report.findings.iter().cycle().take(2_000).cloned().collect();
    report.files = report.files.iter().cycle().take(2_000).cloned().collect();
    report.steps = report.steps.iter().cycle().take(2_000).cloned().collect();
    let text = encode(&report);
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("more in the full report."));
    assert!(encode(&sample::empty()).len() < 200);
}

#[test]
fn no_text_of_somebody_else_is_alive() {
    sample::NASTY.iter().for_each(|text| check(text));
    check(&"[a](b)|`".repeat(12_500));
    let text = encode(&sample::with_text("@someone #1 https://example.com"));
    // Nobody is mentioned and nothing is linked in code.
    let text: String = text.split('`').step_by(2).collect();
    assert!(!text.contains("@s") && !text.contains("#1") && !text.contains("://e"));
}

proptest! {
    #[test]
    fn any_text_stays_in_its_cell(text: String) {
        check(&text);
    }
}
