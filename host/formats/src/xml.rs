//! XML documents with texts of others in them.

use std::borrow::Cow;
use std::io;

use chiron_model::text;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// A document in the making.
pub(crate) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    /// An indented document in UTF-8.
    pub(crate) fn new() -> io::Result<Self> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(Self { writer })
    }

    /// An element that holds elements.
    pub(crate) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inner: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let start = start(name, attributes);
        let end = start.to_end().into_owned();
        self.writer.write_event(Event::Start(start.borrow()))?;
        inner(self)?;
        self.writer.write_event(Event::End(end))
    }

    /// An element that holds a text.
    pub(crate) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
        let text = characters(text);
        let start = start(name, attributes);
        let end = start.to_end().into_owned();
        self.writer.write_event(Event::Start(start.borrow()))?;
        self.writer.write_event(Event::Text(BytesText::new(&text)))?;
        self.writer.write_event(Event::End(end))
    }

    /// An element that holds a text, where there is one.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) -> io::Result<()> {
        text.map_or(Ok(()), |text| self.text(name, &[], text))
    }

    /// An element that holds one for each entry of a list.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        entries: &[T],
        write: fn(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.element(name, &[], |xml| entries.iter().try_for_each(|entry| write(xml, entry)))
    }

    /// An element that holds nothing.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer.write_event(Event::Empty(start(name, attributes)))
    }

    /// The document, with a line feed at the end.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut bytes = self.writer.into_inner();
        bytes.push(b'\n');
        bytes
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> quick_xml::events::BytesStart<'a> {
    let mut start = quick_xml::events::BytesStart::new(name);
    for (key, value) in attributes {
        // A reader turns line ends in attributes into spaces; so that it reads what is written, they are spaces already.
        start.push_attribute((*key, characters(&text::one_line(value)).as_ref()));
    }
    start
}

/// What XML 1.0 allows (section 2.2) and is inert on a terminal. Escaping is the writer's.
pub(crate) fn characters(text: &str) -> Cow<'_, str> {
    let text = text::inert(text);
    if text.contains(['\u{fffe}', '\u{ffff}']) {
        return Cow::Owned(text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample;

    fn check(foreign: &str) {
        let mut xml = Xml::new().unwrap();
        xml.element("a", &[("b", foreign)], |xml| {
            xml.text("c", &[], foreign)?;
            xml.empty("d", &[("e", foreign)])
        })
        .unwrap();
        let bytes = xml.finish();
        let text = std::str::from_utf8(&bytes).unwrap();
        let document = roxmltree::Document::parse(text).unwrap();
        let root = document.root_element();
        let line = characters(&text::one_line(foreign)).into_owned();
        assert_eq!(root.attribute("b"), Some(line.as_str()));
        let children: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
        assert_eq!(children.len(), 2);
        assert_eq!(children[0].text().unwrap_or_default(), characters(foreign));
        assert!(children[0].children().all(|child| child.is_text()));
        assert_eq!(children[1].attribute("e"), Some(line.as_str()));
    }

    #[test]
    fn a_text_is_read_back_as_it_was() {
        sample::NASTY.iter().for_each(|text| check(text));
        check(&"]]>&<\"'".repeat(12_500));
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text: String) {
            check(&text);
        }
    }
}
