//! Every format that a report is written in, each read back as its own readers do: no text of a plugin's does anything there.

use std::collections::BTreeSet;

use chiron_model::text::inert;
use serde_json::Value;

use crate::running::strings;

/// What our page is made of: any other element or attribute in it is somebody else's.
const PAGE: &str = include_str!("../../../../host/formats/src/html/page.html");

/// The comment by which our Markdown is found again.
const MARK: &str = "<!-- chiron:report -->";

/// Fails where a text acts on a terminal, on whoever reads the format, or on a CI runner that sees it go by.
#[track_caller]
pub(crate) fn check(format: &str, text: &str) {
    match format {
        "github" => return annotations(text),
        "json" | "cyclonedx-json" | "cyclonedx-json-1.5" | "cyclonedx-json-1.7" | "spdx-json" | "spdx-json-3" => {
            json(format, text);
        }
        "gitlab" | "openvex" => json(format, text),
        "sarif" => sarif(text),
        "cyclonedx-xml" | "junit" => xml(format, text),
        "html" => html(text),
        "csv" => csv(text),
        "markdown" => markdown(text),
        "table" | "stderr" => {}
        other => panic!("nothing reads {other} back"),
    }
    alive(format, text);
}

#[track_caller]
fn alive(place: &str, text: &str) {
    let line = text.lines().find(|line| inert(line) != **line);
    assert!(line.is_none(), "{place} is alive: {line:?}");
}

/// Lines that begin with a command are ours, and nothing in them is another one.
fn annotations(text: &str) {
    for line in text.lines() {
        let ours = ["::error ", "::warning ", "::notice "].iter().find_map(|word| line.strip_prefix(word));
        alive("github", ours.unwrap_or_else(|| panic!("a line of nobody's: {line:?}")));
        let parameters = ours.unwrap_or_default().split("::").next().unwrap_or_default().split(',');
        for parameter in parameters {
            let key = parameter.split('=').next().unwrap();
            assert!(["file", "line", "title"].contains(&key), "{line:?}");
        }
    }
}

fn json(format: &str, text: &str) {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{format}: {error}"));
    strings(&value).into_iter().for_each(|text| alive(format, text));
}

/// In SARIF a text in brackets before one in parentheses is a link.
fn sarif(text: &str) {
    json("sarif", text);
    let value: Value = serde_json::from_str(text).unwrap();
    let messages = strings(&value).into_iter().filter(|text| text.contains("alert("));
    messages.for_each(|text| assert!(!text.contains("]("), "a link in {text:?}"));
}

fn xml(format: &str, text: &str) {
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{format}: {error}\n{text}"));
    for node in document.descendants() {
        assert_ne!(node.tag_name().name(), "script", "{format}");
        assert!(!node.is_comment() && !node.is_pi(), "{format}: {node:?}");
        node.attributes().for_each(|attribute| {
            assert!(!attribute.name().starts_with("on"), "{format}: {attribute:?}");
            alive(format, attribute.value());
        });
        alive(format, node.text().unwrap_or_default());
    }
}

fn html(text: &str) {
    let ours = tags(&without_template(PAGE));
    let foreign: Vec<_> = tags(text).into_iter().filter(|tag| !ours.contains(tag)).collect();
    assert!(foreign.is_empty(), "elements and attributes of nobody's: {foreign:?}");
    assert_eq!((text.matches("<script").count(), text.matches("<style").count()), (1, 1));
    assert!(!text.contains("=\"javascript:") && !text.contains("<!--"));
}

/// A template without its instructions.
fn without_template(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        left.push_str(&rest[..at]);
        let end = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        rest = &rest[at + rest[at..].find(end).unwrap() + 2..];
    }
    left + rest
}

/// Elements, and each of their attributes, as a browser finds them.
fn tags(html: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..length].to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        found.insert((name.clone(), String::new()));
        rest = &rest[length..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            found.insert((name.clone(), rest[..end].to_ascii_lowercase()));
            rest = after_value(rest[end..].trim_start());
        }
        // What stands in these is no markup, up to their own end.
        if let "script" | "style" = name.as_str() {
            rest = &rest[rest.find(&format!("</{name}")).unwrap()..];
        }
    }
    found
}

fn after_value(rest: &str) -> &str {
    let Some(value) = rest.strip_prefix('=').map(str::trim_start) else { return rest };
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).map_or("", |(_, after)| after),
        _ => value.find(|c: char| c.is_whitespace() || c == '>').map_or("", |end| &value[end..]),
    }
}

/// Every row as wide as the first, and no cell that a spreadsheet computes.
fn csv(text: &str) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(text.as_bytes());
    for row in reader.records() {
        let row = row.unwrap_or_else(|error| panic!("csv: {error}\n{text}"));
        for cell in &row {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "a formula: {cell:?}");
        }
    }
}

fn markdown(text: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => assert_eq!(html.trim(), MARK),
            Event::Start(Tag::Link { dest_url, .. }) => assert!(dest_url.starts_with("https://"), "{dest_url}"),
            Event::Start(Tag::Image { dest_url, .. }) => panic!("an image of {dest_url}"),
            _ => {}
        }
    }
}

#[test]
fn a_foreign_element_or_attribute_is_seen() {
    let seen = |html: &str| tags(html).into_iter().map(|(name, attribute)| format!("{name} {attribute}")).collect();
    let found: Vec<String> = seen("<p a=\"<b>\">x</p><I onclick='y' c=d e><script>\"<q>\"</script>< r>");
    assert_eq!(found, ["i ", "i c", "i e", "i onclick", "p ", "p a", "script "]);
    assert!(std::panic::catch_unwind(|| check("html", "<p onmouseover=1>")).is_err());
}

#[test]
fn what_acts_is_seen_in_every_format() {
    let alive = [
        ("json", "{\"a\":\"\\u001b[31m\"}"),
        ("sarif", "{\"a\":\"[alert(1)](b)\"}"),
        ("gitlab", "{"),
        ("junit", "<a><script/></a>"),
        ("cyclonedx-xml", "<a b='##[error]x'/>"),
        ("csv", "a,b\n=1,2\n"),
        ("csv", "a,b\n1\n"),
        ("markdown", "<script>"),
        ("markdown", "![a](b)"),
        ("github", "::add-mask::a"),
        ("github", "::error title=a::b ##[error]c"),
        ("github", "anything"),
        ("table", "a\n  ::error::b"),
        ("stderr", "a ##vso[task.complete]"),
    ];
    for (format, text) in alive {
        assert!(std::panic::catch_unwind(|| check(format, text)).is_err(), "{format}: {text}");
    }
}
