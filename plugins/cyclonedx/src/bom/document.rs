//! The document's outline, as a stream: which members count, and what a member of the wrong type means.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::de::MapAccess;
use serde_json::Value;

use super::parts::{Dependency, Part};
use super::rules::{ALWAYS, Breaches, Rule, Shape, check};
use super::shapes::{
    CITATION, COMPONENT, COMPOSITION, DEPENDENCY, METADATA, PROPERTY, REFERENCE, SERVICE, is_serial_number,
};
use crate::stream::{List, Outline};
use crate::text::one_line;

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
    /// What the specification forbids and the document does.
    pub(crate) breaches: Breaches,
    /// Whether a reference may be given only once. The schemas of XML demand it; those of JSON cannot say it.
    pub(crate) unique_refs: bool,
    /// What a reader of the account should know besides.
    pub(crate) note: Option<String>,
    /// Top-level components that have a reference, so that none stands twice.
    seen: HashSet<u64>,
}

impl Document {
    /// What a reader of another format found, with references as in CycloneDX.
    pub(crate) fn of(
        parts: Vec<Part>,
        dependencies: Vec<Dependency>,
        dropped: Vec<String>,
        note: Option<String>,
    ) -> Self {
        Self { parts, dependencies, dropped, note, ..Self::default() }
    }

    /// An entry of `components`.
    pub(crate) fn add_component(&mut self, value: Value) {
        check(&value, &Rule::Object(&COMPONENT), "components", &mut self.breaches);
        if value.get("bom-ref").is_some() {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            if !self.seen.insert(hasher.finish()) {
                let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
                self.breaches.add(ALWAYS, || format!("component `{}` is listed twice", one_line(name, 100)));
            }
        }
        self.component(value, None, 0);
    }

    /// An entry of a list of which no component is made.
    pub(crate) fn add_other(&mut self, value: &Value, shape: &'static Shape) {
        check(value, &Rule::Object(shape), shape.name, &mut self.breaches);
    }

    /// `serialNumber`.
    pub(crate) fn set_serial_number(&mut self, value: &Value) {
        check(value, &Rule::Test(is_serial_number, "serial number"), "serialNumber", &mut self.breaches);
    }

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

    /// An entry of `dependencies`.
    pub(crate) fn add_dependency(&mut self, value: Value) {
        self.add_other(&value, &DEPENDENCY);
        match Dependency::read(value) {
            Ok(dependency) => self.dependencies.push(dependency),
            Err(reason) => self.dropped.push(reason),
        }
    }

    /// `metadata`.
    pub(crate) fn set_metadata(&mut self, value: Value) {
        self.add_other(&value, &METADATA);
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

impl Outline for Document {
    const NAME: &'static str = "a CycloneDX document";
    const MEMBERS: &'static [&'static str] = &[
        "bomFormat",
        "specVersion",
        "serialNumber",
        "components",
        "dependencies",
        "services",
        "compositions",
        "externalReferences",
        "properties",
        "citations",
        "metadata",
    ];

    fn member<'de, A: MapAccess<'de>>(&mut self, member: &'static str, map: &mut A) -> Result<(), A::Error> {
        let read: fn(&mut Self, Value) = match member {
            "bomFormat" => {
                self.format = text(map.next_value()?);
                return Ok(());
            }
            "specVersion" => {
                self.spec_version = text(map.next_value()?);
                return Ok(());
            }
            "serialNumber" => {
                let value: Value = map.next_value()?;
                self.set_serial_number(&value);
                return Ok(());
            }
            "metadata" => {
                let value = map.next_value()?;
                self.set_metadata(value);
                return Ok(());
            }
            "components" => Self::add_component,
            "dependencies" => Self::add_dependency,
            "services" => |document, value| document.add_other(&value, &SERVICE),
            "compositions" => |document, value| document.add_other(&value, &COMPOSITION),
            "externalReferences" => |document, value| document.add_other(&value, &REFERENCE),
            "citations" => |document, value| document.add_other(&value, &CITATION),
            _ => |document, value| document.add_other(&value, &PROPERTY),
        };
        map.next_value_seed(List { name: member, document: self, read })
    }

    fn set_broken(&mut self, reason: String) {
        self.broken = Some(reason);
    }
}

/// Anything but a text is shown as it stands, and as what it is: the number 1.6 is no version.
fn text(value: Value) -> Option<String> {
    Some(value.as_str().map_or_else(|| format!("{value} (not a string)"), str::to_owned))
}
