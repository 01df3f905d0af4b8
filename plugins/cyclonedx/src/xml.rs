//! Small XML files (pom.xml, packages.config) as a tree of elements, within limits.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::text::{Lines, one_line};

/// Elements in elements. Real files have about 12.
const DEPTH_MAX: usize = 64;

/// Elements of one file: 100,000 dependencies of four elements each, and what is around them.
const ELEMENTS_MAX: usize = 600_000;

/// Attributes kept of one element.
const ATTRIBUTES_MAX: usize = 32;

/// Bytes kept of one element's own text. The rest is a description or a licence.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// An element. Names are without their prefixes: which namespace a file claims says nothing about what tools read in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Where it begins, from 1.
    pub(crate) line: u32,
    attributes: Vec<(String, String)>,
    text: String,
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// The one element at the top of a document.
    ///
    /// # Errors
    /// In words, with the line: what is not well-formed, a DTD, an entity that is not one of XML's five, more than the limits.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut lines = Lines::of(text);
        // What is open; the first of them stands for the document.
        let (mut open, mut count) = (vec![Self::default()], 0_usize);
        loop {
            let line = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
            let wrong = |what: String| format!("line {line}: {}", one_line(&what, 150));
            match reader.read_event().map_err(|error| wrong(error.to_string()))? {
                Event::Start(start) => open.push(Self::of(&start, line).map_err(wrong)?),
                Event::Empty(start) => {
                    let element = Self::of(&start, line).map_err(wrong)?;
                    last(&mut open).children.push(element);
                }
                Event::End(_) => {
                    if let Some(element) = open.pop() {
                        last(&mut open).children.push(element);
                    }
                    continue;
                }
                Event::Text(text) => {
                    last(&mut open).append(&text.xml10_content());
                    continue;
                }
                Event::CData(text) => {
                    last(&mut open).append(&text.xml10_content());
                    continue;
                }
                Event::GeneralRef(reference) => {
                    let name = reference.xml10_content();
                    let known = reference.resolve_char_ref().map_err(|error| wrong(error.to_string()))?;
                    let known = known.map(String::from).or_else(|| predefined(&name).map(str::to_owned));
                    last(&mut open).append(&known.ok_or_else(|| wrong(format!("the entity `{name}` is not known")))?);
                    continue;
                }
                Event::DocType(_) => return Err(wrong("a DTD, which is not read".to_owned())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
                Event::Eof => break,
            }
            count += 1;
            if count > ELEMENTS_MAX || open.len() > DEPTH_MAX {
                return Err(wrong(format!("more than {ELEMENTS_MAX} elements, or {DEPTH_MAX} in each other")));
            }
        }
        if let [_, .., inner] = open.as_slice() {
            return Err(format!(
                "the document ends within `{}`, which begins on line {}",
                one_line(&inner.name, 60),
                inner.line
            ));
        }
        let mut top = open.pop().map(|document| document.children).unwrap_or_default();
        match top.len() {
            1 => top.pop().ok_or_else(|| "no element".to_owned()),
            0 => Err("not XML: no element".to_owned()),
            several => Err(format!("not XML: {several} elements at the top")),
        }
    }

    fn of(start: &BytesStart<'_>, line: u32) -> Result<Self, String> {
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false).take(ATTRIBUTES_MAX) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
        }
        let name = start.local_name().into_inner().to_owned();
        Ok(Self { name, line, attributes, ..Self::default() })
    }

    fn append(&mut self, text: &str) {
        let room = TEXT_BYTES_MAX.saturating_sub(self.text.len());
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of the first child of that name: `<dependencies>` and what it holds.
    pub(crate) fn list<'e>(&'e self, name: &str, of: &'static str) -> impl Iterator<Item = &'e Self> {
        let list = self.child(name).map(|list| list.children.as_slice()).unwrap_or_default();
        list.iter().filter(move |child| child.name == of)
    }

    /// The text of the first child of this name, without the space around it; none where there is nothing.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(Self::own_text).filter(|text| !text.is_empty())
    }

    /// Its own text, without the space around it.
    pub(crate) fn own_text(&self) -> &str {
        self.text.trim()
    }

    /// An attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is open: never empty, since the first stands for the document and is never closed by a well-formed one.
fn last(open: &mut Vec<Element>) -> &mut Element {
    if open.is_empty() {
        open.push(Element::default());
    }
    let at = open.len() - 1;
    &mut open[at]
}

fn predefined(name: &str) -> Option<&'static str> {
    match name {
        "lt" => Some("<"),
        "gt" => Some(">"),
        "amp" => Some("&"),
        "apos" => Some("'"),
        "quot" => Some("\""),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_names_texts_attributes_and_lines() {
        let text = "<?xml version=\"1.0\"?>\n<!-- c -->\n<p:a xmlns:p=\"x\">\n <b c=\"1 &amp; 2\"> &#65;&lt;<![CDATA[<&]]> </b>\n <b/>\n</p:a>";
        let top = Element::parse(text).unwrap();
        assert_eq!((top.name.as_str(), top.children.len(), top.own_text()), ("a", 2, ""));
        let b = &top.children[0];
        assert_eq!((top.text("b"), b.attribute("c"), b.line), (Some("A<<&"), Some("1 & 2"), 4));
        assert_eq!((top.children[1].line, top.children[1].attribute("c"), top.text("c")), (5, None, None));
    }

    #[test]
    fn what_is_malformed_or_too_much_is_named() {
        let deep = "<a>".repeat(100);
        let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX + 1));
        for (text, expected) in [
            ("", "not XML: no element"),
            ("hello", "not XML: no element"),
            ("<a/><b/>", "not XML: 2 elements at the top"),
            ("<a>\n<b>", "the document ends within `b`, which begins on line 2"),
            ("<a></b>", "line 1: "),
            ("<a", "line 1: "),
            ("<a>&x;</a>", "line 1: the entity `x` is not known"),
            ("<!DOCTYPE a [<!ENTITY b \"b\">]><a>&b;</a>", "line 1: a DTD, which is not read"),
            (&deep, "or 64 in each other"),
            (&many, "more than 600000 elements"),
        ] {
            let error = Element::parse(text).unwrap_err();
            assert!(error.contains(expected), "{error}, not {expected}");
        }
    }
}
