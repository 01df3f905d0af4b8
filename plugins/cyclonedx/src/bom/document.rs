//! The document's outline, as a stream: which members count, and what a member of the wrong type means.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::parts::{Dependency, Part};

/// Deepest nesting of components that is read.
const NESTING_MAX: usize = 64;

/// What was read, before references are resolved.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) format: Option<String>,
    pub(crate) spec_version: Option<String>,
    /// In the document's order, a parent before its children; `metadata.component` is marked as the root.
    pub(crate) parts: Vec<Part>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Why entries were dropped, one for each.
    pub(crate) dropped: Vec<String>,
    /// Set when a list is none: then nobody knows what was lost.
    pub(crate) broken: Option<String>,
}

impl Document {
    fn component(&mut self, value: Value, parent: Option<usize>, depth: usize) {
        let Value::Object(mut object) = value else {
            self.dropped.push("a component is not an object".to_owned());
            return;
        };
        let children = object.remove("components");
        // The children of a component that cannot be read are still components.
        let parent = match Part::read(object, parent) {
            Ok(part) => {
                self.parts.push(part);
                Some(self.parts.len() - 1)
            }
            Err(reason) => {
                self.dropped.push(reason);
                parent
            }
        };
        match children {
            None | Some(Value::Null) => {}
            Some(Value::Array(children)) if depth < NESTING_MAX => {
                children.into_iter().for_each(|child| self.component(child, parent, depth + 1));
            }
            Some(Value::Array(children)) => {
                let reason = format!("components nested deeper than {NESTING_MAX}");
                self.dropped.extend(children.iter().map(|_| reason.clone()));
            }
            Some(_) => self.dropped.push("a component's `components` is not an array".to_owned()),
        }
    }

    fn dependency(&mut self, value: Value) {
        match Dependency::read(value) {
            Ok(dependency) => self.dependencies.push(dependency),
            Err(reason) => self.dropped.push(reason),
        }
    }

    fn metadata(&mut self, value: Value) {
        if let Value::Object(mut metadata) = value
            && let Some(root) = metadata.remove("component").filter(|root| !root.is_null())
        {
            let at = self.parts.len();
            self.component(root, None, 0);
            if let Some(root) = self.parts.get_mut(at) {
                root.is_root = true;
            }
        }
    }
}

/// Reads a [`Document`].
pub(crate) struct DocumentSeed;

impl<'de> DeserializeSeed<'de> for DocumentSeed {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed {
    type Value = Document;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a CycloneDX document, a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "bomFormat" => document.format = text(map.next_value()?),
                "specVersion" => document.spec_version = text(map.next_value()?),
                "metadata" => {
                    let metadata = map.next_value()?;
                    document.metadata(metadata);
                }
                "components" => {
                    let read = |document: &mut Document, value| document.component(value, None, 0);
                    map.next_value_seed(List { name: "components", document: &mut document, read })?;
                }
                "dependencies" => {
                    map.next_value_seed(List {
                        name: "dependencies",
                        document: &mut document,
                        read: Document::dependency,
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(document)
    }

    // A list is well-formed JSON, and not CycloneDX: no bomFormat.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Document, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Document::default())
    }
}

/// Anything but a text is shown as it stands: it is no version that is known.
fn text(value: Value) -> Option<String> {
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Reads one list entry by entry into the document. Its shape is checked only once it is known that the document is
/// CycloneDX: the `dependencies` of a package.json are an object, and rightly so.
struct List<'a, F> {
    name: &'static str,
    document: &'a mut Document,
    read: F,
}

impl<'de, F: FnMut(&mut Document, Value)> DeserializeSeed<'de> for List<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<F> List<'_, F> {
    fn not_an_array<E>(self) -> Result<(), E> {
        self.document.broken = Some(format!("`{}` is not an array", self.name));
        Ok(())
    }
}

impl<'de, F: FnMut(&mut Document, Value)> Visitor<'de> for List<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value>()? {
            (self.read)(self.document, value);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.not_an_array()
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.not_an_array()
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.not_an_array()
    }
}
