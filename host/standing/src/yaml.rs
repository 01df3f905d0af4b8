//! YAML as ignore files use it: texts, maps and lists, each with its line.
//!
//! The parser keeps its own stack, so depth exhausts nothing. Aliases are refused: they are how a small file becomes a huge one.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::text;

/// Deepest nesting. Ignore files have five levels.
const DEPTH_MAX: usize = 32;

/// Most keys of one map: each is compared with those before it.
const KEYS_MAX: usize = 1_000;

/// A value and its line, from 1.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    Nothing,
    /// Numbers, dates and words too, as they are spelled.
    Text(String),
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
}

impl Node {
    /// The first member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, node)| node),
            Value::Nothing | Value::Text(_) | Value::List(_) => None,
        }
    }

    /// A text that is not empty.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.value {
            Value::Text(text) if !text.is_empty() => Some(text),
            Value::Text(_) | Value::Nothing | Value::Map(_) | Value::List(_) => None,
        }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Nothing | Value::Text(_) | Value::Map(_) => &[],
        }
    }

    /// The texts of a list of texts, with their lines; a single text is a list of one.
    pub(crate) fn texts_of(&self, name: &str) -> Vec<(&str, usize)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        match &node.value {
            Value::Text(text) => vec![(text.as_str(), node.line)],
            Value::List(items) => items
                .iter()
                .filter_map(|item| match &item.value {
                    Value::Text(text) => Some((text.as_str(), item.line)),
                    Value::Nothing | Value::Map(_) | Value::List(_) => None,
                })
                .collect(),
            Value::Nothing | Value::Map(_) => Vec::new(),
        }
    }
}

/// The first document of a file; an empty file is an empty map.
///
/// # Errors
/// Line and words.
pub(crate) fn parse(text: &str) -> Result<Node, (usize, String)> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| (error.marker().line(), format!("not YAML: {}", text::name(error.info()))))?;
        let line = span.start.line().max(1);
        builder.take(event, line).map_err(|reason| (line, reason.to_owned()))?;
    }
    Ok(builder.done.unwrap_or(Node { line: 1, value: Value::Map(Vec::new()) }))
}

#[derive(Default)]
struct Builder {
    done: Option<Node>,
    /// What is open, outermost first.
    open: Vec<Open>,
}

struct Open {
    node: Node,
    /// A map's key that waits for its value.
    key: Option<String>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, ..) => {
                let nothing = style == ScalarStyle::Plain && matches!(text.as_ref(), "" | "~" | "null");
                let value = if nothing { Value::Nothing } else { Value::Text(text.into_owned()) };
                self.put(Node { line, value })
            }
            Event::MappingStart(..) => self.start(Value::Map(Vec::new()), line),
            Event::SequenceStart(..) => self.start(Value::List(Vec::new()), line),
            Event::MappingEnd | Event::SequenceEnd => match self.open.pop() {
                Some(open) => self.put(open.node),
                None => Err("an end without a start"),
            },
            Event::Alias(_) => Err("an alias (`*name`), which is not followed"),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn start(&mut self, value: Value, line: usize) -> Result<(), &'static str> {
        if self.open.len() >= DEPTH_MAX {
            return Err("nested more than 32 deep");
        }
        self.open.push(Open { node: Node { line, value }, key: None });
        Ok(())
    }

    fn put(&mut self, node: Node) -> Result<(), &'static str> {
        let Some(open) = self.open.last_mut() else {
            self.done.get_or_insert(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(members), Some(key)) => {
                if members.len() >= KEYS_MAX {
                    return Err("a map of more than 1,000 keys");
                }
                if members.iter().any(|(other, _)| *other == key) {
                    return Err("a key that is there twice");
                }
                members.push((key, node));
            }
            (Value::Map(_), None) => match node.value {
                Value::Text(key) => open.key = Some(key),
                Value::Nothing | Value::Map(_) | Value::List(_) => return Err("a key that is no text"),
            },
            (Value::Nothing | Value::Text(_), _) => return Err("a text within a text"),
        }
        Ok(())
    }
}
