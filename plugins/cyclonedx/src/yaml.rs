//! YAML as lock files use it: texts, maps and lists, each with its line.
//!
//! The crate's event parser keeps its own stack, so that depth exhausts nothing. Aliases are refused: no package manager
//! writes them, and they are how a small file becomes a huge one.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::text::one_line;

/// Deepest nesting. pnpm's files have six levels.
const DEPTH_MAX: usize = 32;

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    /// Line, from 1.
    pub(crate) line: u32,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Null,
    Text(String),
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
}

impl Node {
    /// A text; numbers and words such as `true` are texts too, as they are spelled.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Null | Value::Map(_) | Value::List(_) => None,
        }
    }

    /// The members of a map, in order; none of anything else.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(members) => members,
            Value::Null | Value::Text(_) | Value::List(_) => &[],
        }
    }

    /// Whether it is a map, or nothing at all.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_) | Value::Null)
    }

    /// The first member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The text of a member.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::text)
    }
}

/// The documents of a file.
///
/// # Errors
/// In words, with the line: what is not YAML, aliases, keys that are no texts, and nesting beyond what lock files have.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| format!("not YAML: line {}: {}", error.marker().line(), one_line(error.info(), 200)))?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX).max(1);
        builder.take(event, line).map_err(|reason| format!("line {line}: {reason}"))?;
    }
    Ok(builder.documents)
}

/// Documents in the making.
#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    /// What is open, outermost first.
    open: Vec<Open>,
}

struct Open {
    node: Node,
    /// A map's key that waits for its value.
    key: Option<(String, u32)>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, ..) => {
                let is_null = style == ScalarStyle::Plain && matches!(text.as_ref(), "" | "~" | "null");
                let value = if is_null { Value::Null } else { Value::Text(text.into_owned()) };
                self.put(Node { line, value })
            }
            Event::MappingStart(..) => self.start(Value::Map(Vec::new()), line),
            Event::SequenceStart(..) => self.start(Value::List(Vec::new()), line),
            Event::MappingEnd | Event::SequenceEnd => match self.open.pop() {
                Some(open) => self.put(open.node),
                None => Err("an end without a start".to_owned()),
            },
            Event::Alias(_) => Err("an alias (`*name`), which no lock file has".to_owned()),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn start(&mut self, value: Value, line: u32) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("nested more than {DEPTH_MAX} deep"));
        }
        self.open.push(Open { node: Node { line, value }, key: None });
        Ok(())
    }

    fn put(&mut self, mut node: Node) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::List(list), _) => list.push(node),
            (Value::Map(members), Some((key, line))) => {
                // An entry begins where its key stands.
                node.line = line;
                members.push((key, node));
            }
            (Value::Map(_), None) => match node.value {
                Value::Text(key) => open.key = Some((key, node.line)),
                Value::Null | Value::Map(_) | Value::List(_) => return Err("a key that is no text".to_owned()),
            },
            (Value::Null | Value::Text(_), _) => return Err("a text within a text".to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_lists_and_texts_keep_their_lines() {
        let documents = parse("a: 1.10\n'b':\n  - x\n  - {y: \"z\"}\nc:\n\"d\\u0041\":\n  e: ~\n---\nf: g\n").unwrap();
        let [first, second] = documents.as_slice() else { panic!("{documents:?}") };
        assert_eq!(first.text_of("a"), Some("1.10"));
        assert!(first.get("c").unwrap().is_map() && first.get("c").unwrap().members().is_empty());
        assert!(first.get("b").unwrap().line == 2 && !first.get("b").unwrap().is_map());
        assert_eq!(
            first.get("dA").and_then(|node| node.get("e")).map(|node| (node.line, node.text())),
            Some((7, None))
        );
        assert_eq!(second.text_of("f"), Some("g"));
        assert_eq!(parse("").unwrap().len(), 0);
    }

    #[test]
    fn what_lock_files_never_hold_is_refused_by_words() {
        let refused = |text: &str| parse(text).unwrap_err();
        assert!(refused("a: &x 1\nb: *x\n").contains("line 2: an alias"));
        assert!(refused("? [a]\n: b\n").contains("a key that is no text"));
        assert!(refused("a: [\n").starts_with("not YAML: line"));
        assert!(refused("<<<<<<< HEAD\na: 1\n=======\n").starts_with("not YAML: line"));
        // The crate has a limit of its own for brackets.
        assert!(refused(&"[".repeat(100_000)).to_lowercase().contains("limit"));
        assert!(refused(&(0..100).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>()).contains("32 deep"));
    }
}
