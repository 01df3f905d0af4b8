//! What the specification forbids: of components and of all that stands beside them in an entry, as far as a reader of
//! packages can tell. A document that breaks it is refused, because whoever wrote it meant something that is not known here.
//!
//! The version of a document may be the last thing it says, so a breach is noted with the versions in which it is one.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::text::one_line;

/// The minor number of a version: 6 is CycloneDX 1.6.
pub(crate) type Minor = u8;

/// In every version.
pub(crate) const ALWAYS: RangeInclusive<Minor> = 0..=Minor::MAX;

/// Places where a document is not what it may be.
#[derive(Debug, Default)]
pub(crate) struct Breaches(Vec<(RangeInclusive<Minor>, String)>);

impl Breaches {
    /// Notes one. The first of each kind is kept: one is enough to refuse a document.
    pub(crate) fn add(&mut self, versions: RangeInclusive<Minor>, words: impl FnOnce() -> String) {
        if !self.0.iter().any(|(known, _)| *known == versions) {
            self.0.push((versions, words()));
        }
    }

    /// What a document of this version breaks.
    pub(crate) fn of(&self, version: Minor) -> Option<&str> {
        self.0.iter().find(|(versions, _)| versions.contains(&version)).map(|(_, words)| words.as_str())
    }
}

/// What a value has to be.
pub(super) enum Rule {
    /// A text.
    Text,
    /// A text that others refer to: not empty since 1.5.
    Reference,
    /// One of these words, each known since a version.
    Words(&'static [(&'static str, Minor)]),
    /// A text that passes a test; what it then is, in words.
    Test(fn(&str) -> bool, &'static str),
    /// An object.
    Object(&'static Shape),
    /// A list of such values.
    List(&'static Self),
    /// Licences and expressions, which may not stand together in every version.
    Licenses,
}

/// What an object has to be. Members that are not listed are not looked at.
pub(crate) struct Shape {
    /// For people.
    pub(super) name: &'static str,
    pub(super) members: &'static [(&'static str, Rule)],
    /// Members that must be there, and in which versions.
    pub(super) required: &'static [(&'static str, RangeInclusive<Minor>)],
    /// What members cannot say one by one.
    pub(super) more: Option<More>,
}

/// A rule about several members at once.
pub(super) type More = fn(&Map<String, Value>, &mut Walk<'_, '_>);

/// A look at one entry.
pub(super) struct Walk<'o, 'v> {
    out: &'o mut Breaches,
    /// The innermost component with a name.
    component: Option<&'v str>,
}

/// Holds an entry against its shape.
pub(super) fn check(value: &Value, rule: &Rule, name: &str, out: &mut Breaches) {
    Walk { out, component: None }.rule(value, rule, name);
}

impl<'v> Walk<'_, 'v> {
    /// Notes a breach at the component that is looked at.
    pub(super) fn breach(&mut self, versions: RangeInclusive<Minor>, words: &str) {
        let component = self.component;
        self.out.add(versions, || match component {
            Some(name) => format!("component `{}`: {}", one_line(name, 100), one_line(words, 200)),
            None => one_line(words, 200),
        });
    }

    fn rule(&mut self, value: &'v Value, rule: &Rule, name: &str) {
        match (rule, value) {
            // Some writers give null for what they leave out. Nothing is said, and nothing is lost.
            (_, Value::Null) | (Rule::Text, Value::String(_)) => {}
            (Rule::Reference, Value::String(text)) if text.is_empty() => {
                self.breach(5..=Minor::MAX, &format!("an empty `{name}`"));
            }
            (Rule::Reference, Value::String(_)) => {}
            (Rule::Words(words), Value::String(text)) => match words.iter().find(|(word, _)| word == text) {
                Some((_, 0)) => {}
                Some((_, since)) => {
                    self.breach(0..=since - 1, &format!("`{name}` is `{text}`, which came with 1.{since}"));
                }
                None => {
                    self.breach(ALWAYS, &format!("`{name}` is `{}`, which is none of its words", one_line(text, 60)))
                }
            },
            (Rule::Test(test, what), Value::String(text)) => {
                if !test(text) {
                    self.breach(ALWAYS, &format!("`{name}` is `{}`, which is no {what}", one_line(text, 60)));
                }
            }
            (Rule::Object(shape), Value::Object(object)) => self.shape(object, shape),
            (Rule::List(rule), Value::Array(entries)) => entries.iter().for_each(|entry| self.rule(entry, rule, name)),
            (Rule::Licenses, Value::Array(entries)) => self.licenses(entries),
            (Rule::Text | Rule::Reference | Rule::Words(_) | Rule::Test(..), _) => {
                self.breach(ALWAYS, &format!("`{name}` is not a string"));
            }
            (Rule::Object(shape), _) => self.breach(ALWAYS, &format!("a {} is not an object", shape.name)),
            (Rule::List(_) | Rule::Licenses, _) => self.breach(ALWAYS, &format!("`{name}` is not an array")),
        }
    }

    fn shape(&mut self, object: &'v Map<String, Value>, shape: &Shape) {
        let outer = self.component;
        if shape.name == "component" {
            self.component = object.get("name").and_then(Value::as_str);
        }
        for (key, versions) in shape.required {
            if object.get(*key).is_none_or(Value::is_null) {
                self.breach(versions.clone(), &format!("a {} has no `{key}`", shape.name));
            }
        }
        for (key, rule) in shape.members {
            if let Some(value) = object.get(*key) {
                self.rule(value, rule, key);
            }
        }
        if let Some(more) = shape.more {
            more(object, self);
        }
        self.component = outer;
    }

    fn licenses(&mut self, entries: &'v [Value]) {
        let (mut licenses, mut expressions) = (0_usize, 0_usize);
        for entry in entries {
            let has = |key| entry.get(key).filter(|value| !value.is_null());
            match (has("license"), has("expression")) {
                (Some(license), None) => {
                    licenses += 1;
                    self.rule(license, &Rule::Object(&super::shapes::LICENSE), "license");
                }
                (None, Some(expression)) => {
                    expressions += 1;
                    self.rule(expression, &Rule::Text, "expression");
                }
                (Some(_), Some(_)) => self.breach(ALWAYS, "a licence and an expression in one entry of `licenses`"),
                (None, None) => self.breach(ALWAYS, "an entry of `licenses` that is neither licence nor expression"),
            }
        }
        if expressions > 1 || (expressions > 0 && licenses > 0) {
            self.breach(5..=6, "`licenses` has an expression beside others");
        }
    }
}
