//! CycloneDX in XML, 1.0 to 1.7: a stream of events, of which one entry of a list at a time is built up, turned into what
//! it would be in JSON (`value`), and read as that is.
//!
//! Document types and entities of a document's own are refused: there is nothing in a bill of materials that needs them,
//! and they are how a small file becomes a large one.

mod element;
mod value;

use chiron_sdk::content::Blob;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use quick_xml::{Error, XmlVersion};

use self::element::{Builder, Element};
use super::document::Document;
use super::rules::ALWAYS;
use super::shapes::{CITATION, COMPOSITION, PROPERTY, REFERENCE, SERVICE};
use crate::stream;
use crate::text::one_line;

/// What the namespaces of all versions begin with.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

/// Deepest nesting of elements that is read. Components may be nested 64 deep, and each takes two elements.
const DEPTH_MAX: usize = 192;

/// Largest start tag, in bytes. Names of attributes are compared with each other.
const TAG_BYTES_MAX: usize = 64 * 1024;

/// Reads a document.
pub(super) fn document(blob: &dyn Blob) -> Result<Document, String> {
    let mut reader = NsReader::from_reader(stream::bytes(blob));
    reader.config_mut().expand_empty_elements = true;
    let mut outline = Outline::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let read = reader.read_resolved_event_into(&mut buffer);
        let read = read.map(|(namespace, event)| (namespace_of(&namespace), event));
        let (namespace, event) = read.map_err(|error| words(&error, reader.error_position()))?;
        match event {
            Event::Start(start) => outline.start(namespace.as_deref(), &start)?,
            Event::End(_) => outline.end()?,
            Event::Text(text) => outline.text(&text.xml10_content())?,
            Event::CData(text) => outline.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => outline.text(&resolved(&reference)?)?,
            Event::DocType(_) => return Err("it has a document type declaration, and those are not read".to_owned()),
            Event::Decl(declaration) => is_utf8(declaration.encoding().and_then(Result::ok).as_deref())?,
            Event::Comment(_) | Event::PI(_) => {}
            Event::Empty(_) => return Err("an element that is neither opened nor closed".to_owned()),
            Event::Eof => return outline.finish(),
        }
    }
}

fn namespace_of(namespace: &ResolveResult<'_>) -> Option<String> {
    match namespace {
        ResolveResult::Bound(namespace) => Some(namespace.into_inner().to_owned()),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => None,
    }
}

fn words(error: &Error, at: u64) -> String {
    let message = one_line(&error.to_string(), 300);
    match error {
        Error::Io(_) => format!("cannot be read: {message}"),
        Error::Encoding(_) => format!("not UTF-8 at byte {at}"),
        Error::Syntax(_) | Error::IllFormed(_) | Error::InvalidAttr(_) | Error::Escape(_) | Error::Namespace(_) => {
            format!("not well-formed XML at byte {at}: {message}")
        }
    }
}

fn is_utf8(encoding: Option<&str>) -> Result<(), String> {
    match encoding {
        Some(other) if !["utf-8", "us-ascii"].contains(&other.to_ascii_lowercase().as_str()) => {
            Err(format!("its encoding is {}, where UTF-8 is expected", one_line(other, 40)))
        }
        Some(_) | None => Ok(()),
    }
}

/// A character by its number, or one of the five that XML has names for.
fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    let name = reference.xml10_content();
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let known = quick_xml::escape::resolve_xml_entity(&name).map(str::to_owned);
    known.ok_or_else(|| format!("the entity `{}`, which XML does not know", one_line(&name, 40)))
}

/// Where in the document we are.
#[derive(Default)]
struct Outline {
    document: Document,
    /// The namespace of the document's root, once it is known.
    namespace: Option<String>,
    depth: usize,
    /// The section that is open, by the name of its element.
    section: Option<String>,
    /// Sections that were opened.
    seen: Vec<String>,
    entry: Builder,
    /// Elements open below one that is passed over, that one included.
    passed: usize,
}

impl Outline {
    fn start(&mut self, namespace: Option<&str>, start: &BytesStart<'_>) -> Result<(), String> {
        if start.len() > TAG_BYTES_MAX {
            return Err(format!("a start tag of {} bytes, more than the {TAG_BYTES_MAX} this reads", start.len()));
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("elements nested deeper than {DEPTH_MAX}"));
        }
        if self.passed > 0 {
            self.passed += 1;
            return Ok(());
        }
        let name = start.local_name().into_inner();
        match self.depth {
            1 => return self.root(namespace, name, start),
            _ if namespace != self.namespace.as_deref() => self.passed = 1,
            2 if name == "metadata" => {
                self.section_once(name);
                self.entry.open(name, attributes(start)?, &mut self.document.breaches)?;
            }
            2 if SECTIONS.contains(&name) => self.section_once(name),
            2 => self.passed = 1,
            _ if self.entry.passes_over(name) => self.passed = 1,
            _ => self.entry.open(name, attributes(start)?, &mut self.document.breaches)?,
        }
        Ok(())
    }

    fn section_once(&mut self, name: &str) {
        if self.seen.iter().any(|seen| seen == name) {
            self.document.broken = Some(format!("`{name}` stands twice"));
        }
        self.seen.push(name.to_owned());
        self.section = Some(name.to_owned());
    }

    fn root(&mut self, namespace: Option<&str>, name: &str, start: &BytesStart<'_>) -> Result<(), String> {
        let version = namespace.and_then(|namespace| namespace.strip_prefix(NAMESPACE));
        let Some(version) = version.filter(|_| name == "bom" && self.namespace.is_none()) else {
            let namespace = one_line(namespace.unwrap_or("no namespace"), 100);
            return Err(format!("not CycloneDX: its root is `{}` of {namespace}", one_line(name, 60)));
        };
        self.document.format = Some("CycloneDX".to_owned());
        self.document.spec_version = Some(version.to_owned());
        self.document.unique_refs = true;
        self.namespace = namespace.map(str::to_owned);
        for (key, value) in attributes(start)? {
            if key == "serialNumber" {
                self.document.set_serial_number(&value.into());
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        self.depth = self.depth.saturating_sub(1);
        if self.passed > 0 {
            self.passed -= 1;
        } else if let Some(entry) = self.entry.close() {
            self.deliver(&entry);
        }
        if self.depth == 1 {
            self.section = None;
        }
        Ok(())
    }

    fn deliver(&mut self, entry: &Element) {
        let document = &mut self.document;
        let section = self.section.as_deref().unwrap_or_default();
        let expected = value::entry_of(section);
        if section != "metadata" && expected != Some(entry.name.as_str()) {
            document.breaches.add(ALWAYS, || format!("`{}` in `{section}`", one_line(&entry.name, 60)));
            return;
        }
        if section == "dependencies" {
            value::dependencies(entry, &mut |dependency| document.add_dependency(dependency));
            return;
        }
        let value = value::of(entry, None, &mut document.breaches);
        match section {
            "metadata" => document.set_metadata(value),
            "components" => document.add_component(value),
            "services" => document.add_other(&value, &SERVICE),
            "compositions" => document.add_other(&value, &COMPOSITION),
            "citations" => document.add_other(&value, &CITATION),
            "properties" => document.add_other(&value, &PROPERTY),
            _ => document.add_other(&value, &REFERENCE),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if self.passed > 0 {
            return Ok(());
        }
        if self.entry.is_open() {
            self.entry.text(text);
            return Ok(());
        }
        match text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}') {
            "" => Ok(()),
            stray => Err(format!("not CycloneDX: `{}` where an element is expected", one_line(stray, 40))),
        }
    }

    fn finish(self) -> Result<Document, String> {
        match (self.depth, self.namespace) {
            (0, Some(_)) => Ok(self.document),
            (0, None) => Err("not XML: it has no element".to_owned()),
            (open, _) => Err(format!("the document ends too early: {open} elements are open")),
        }
    }
}

/// Lists at the top of a document that are looked at.
const SECTIONS: [&str; 7] =
    ["components", "services", "dependencies", "compositions", "citations", "properties", "externalReferences"];

/// Attributes that are the document's own; those with a prefix are somebody else's.
fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute =
            attribute.map_err(|error| format!("not well-formed XML: {}", one_line(&error.to_string(), 200)))?;
        let name = attribute.key.into_inner();
        if name.contains(':') || name == "xmlns" {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| format!("not well-formed XML: {}", one_line(&error.to_string(), 200)))?;
        attributes.push((name.to_owned(), value.into_owned()));
    }
    Ok(attributes)
}
