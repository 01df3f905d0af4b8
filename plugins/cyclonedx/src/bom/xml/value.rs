//! An element as what it would be in JSON: the two forms of a document say the same, in two orders.

use serde_json::{Map, Value};

use super::element::Element;
use crate::bom::rules::{ALWAYS, Breaches};
use crate::text::one_line;

/// The entries of an element that is a list.
pub(super) fn entry_of(list: &str) -> Option<&'static str> {
    Some(match list {
        "components" | "ancestors" | "descendants" | "variants" => "component",
        "services" => "service",
        "dependencies" => "dependency",
        "compositions" => "composition",
        "citations" => "citation",
        "properties" => "property",
        "externalReferences" => "reference",
        "hashes" => "hash",
        "patches" => "patch",
        "resolves" => "issue",
        "endpoints" => "endpoint",
        "authors" => "author",
        "tags" => "tag",
        "pointers" => "pointer",
        "expressions" => "expression",
        "references" => "url",
        _ => return None,
    })
}

/// Elements that are objects also where nothing but attributes is in them, and in which nothing stands twice but
/// [`REPEATED`].
const OBJECTS: [&str; 13] = [
    "component",
    "license",
    "swid",
    "reference",
    "patch",
    "issue",
    "service",
    "composition",
    "citation",
    "diff",
    "pedigree",
    "metadata",
    "distributionConstraints",
];

/// Identifiers of which a component may have several (1.6).
const REPEATED: [&str; 2] = ["omniborId", "swhid"];

/// An element that stands in one of this name.
pub(super) fn of(element: &Element, parent: Option<&str>, breaches: &mut Breaches) -> Value {
    let name = element.name.as_str();
    if name == "licenses" {
        return licenses(element, breaches);
    }
    if name == "data" && parent == Some("service") {
        return data(element);
    }
    if let Some(entry) = entry_of(name) {
        return list(element, entry, breaches);
    }
    match name {
        "hash" => pair(element, "alg", "content"),
        "property" => pair(element, "name", "value"),
        "text" => attachment(element),
        _ if element.children.is_empty() && !OBJECTS.contains(&name) => text(element),
        _ => object(element, breaches),
    }
}

fn text(element: &Element) -> Value {
    Value::String(element.text.trim().to_owned())
}

fn list(element: &Element, entry: &str, breaches: &mut Breaches) -> Value {
    let mut entries = Vec::with_capacity(element.children.len());
    for child in &element.children {
        if child.name != entry {
            breaches.add(ALWAYS, || format!("`{}` in `{}`", one_line(&child.name, 60), element.name));
            continue;
        }
        entries.push(of(child, Some(&element.name), breaches));
    }
    Value::Array(entries)
}

/// Attributes and elements are members alike; where one stands twice, which is meant?
fn object(element: &Element, breaches: &mut Breaches) -> Value {
    let mut object = Map::new();
    for (key, value) in &element.attributes {
        let value = match (key.as_str(), value.trim()) {
            ("isExternal", "true" | "1") => Value::Bool(true),
            ("isExternal", "false" | "0") => Value::Bool(false),
            (_, value) => Value::String(value.to_owned()),
        };
        object.insert(key.clone(), value);
    }
    for child in &element.children {
        let value = of(child, Some(&element.name), breaches);
        let is_single = OBJECTS.contains(&element.name.as_str()) && !REPEATED.contains(&child.name.as_str());
        if object.insert(child.name.clone(), value).is_some() && is_single {
            // 1.0 let a licence name two ids, by mistake.
            let versions = if element.name == "license" { 1..=u8::MAX } else { ALWAYS };
            breaches.add(versions, || format!("`{}` stands twice in `{}`", one_line(&child.name, 60), element.name));
        }
    }
    Value::Object(object)
}

/// An attribute and the text.
fn pair(element: &Element, attribute: &str, content: &str) -> Value {
    let mut object = Map::new();
    if let Some((_, value)) = element.attributes.iter().find(|(key, _)| key == attribute) {
        object.insert(attribute.to_owned(), value.trim().into());
    }
    object.insert(content.to_owned(), text(element));
    Value::Object(object)
}

fn attachment(element: &Element) -> Value {
    let Value::Object(mut object) = pair(element, "encoding", "content") else { return Value::Null };
    if let Some((_, media_type)) = element.attributes.iter().find(|(key, _)| key == "content-type") {
        object.insert("contentType".to_owned(), media_type.as_str().into());
    }
    Value::Object(object)
}

fn licenses(element: &Element, breaches: &mut Breaches) -> Value {
    let mut entries = Vec::with_capacity(element.children.len());
    for child in &element.children {
        let value = match child.name.as_str() {
            "license" => of(child, Some("licenses"), breaches),
            "expression" => text(child),
            "expression-detailed" => Value::String(
                child
                    .attributes
                    .iter()
                    .find(|(key, _)| key == "expression")
                    .map_or_else(String::new, |(_, text)| text.clone()),
            ),
            other => {
                breaches.add(ALWAYS, || format!("`{}` in `licenses`", one_line(other, 60)));
                continue;
            }
        };
        let key = if child.name == "license" { "license" } else { "expression" };
        entries.push(Value::Object(Map::from_iter([(key.to_owned(), value)])));
    }
    let expressions = entries.iter().filter(|entry| entry.get("expression").is_some()).count();
    if expressions > 1 || (expressions == 1 && entries.len() > 1) {
        breaches.add(0..=6, || "`licenses` has an expression beside others".to_owned());
    }
    Value::Array(entries)
}

/// Classifications of what a service sends and takes; 1.5 wrapped each into an element with more about it.
fn data(element: &Element) -> Value {
    let classifications = element.children.iter().flat_map(|child| match child.name.as_str() {
        "classification" => vec![child],
        _ => child.children.iter().filter(|inner| inner.name == "classification").collect(),
    });
    Value::Array(classifications.map(|one| pair(one, "flow", "classification")).collect())
}

/// A dependency and those that stand in it, each with what it depends on.
pub(super) fn dependencies(element: &Element, add: &mut impl FnMut(Value)) {
    let reference = |element: &Element| {
        let found = element.attributes.iter().find(|(key, _)| key == "ref");
        found.map_or(Value::Null, |(_, value)| Value::String(value.trim().to_owned()))
    };
    let inner = || element.children.iter().filter(|child| child.name == "dependency");
    let targets: Vec<Value> = inner().map(reference).collect();
    let mut object = Map::new();
    object.insert("ref".to_owned(), reference(element));
    object.insert("dependsOn".to_owned(), Value::Array(targets));
    add(Value::Object(object));
    inner().filter(|child| !child.children.is_empty()).for_each(|child| dependencies(child, add));
}
