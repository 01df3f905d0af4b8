//! JSON whose members keep their order, their repetitions and their place in the text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::text::one_line;

/// The members of an object, unread.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of a whole document.
    ///
    /// # Errors
    /// In words, with the line, for what is no JSON object.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let message = one_line(&error.to_string(), 300);
            match error.classify() {
                Category::Eof => format!("the document ends too early: {message}"),
                Category::Io | Category::Syntax | Category::Data => format!("not a JSON object: {message}"),
            }
        })
    }

    /// The members of a value, none if it is null or no object: for members that come as `true` or `[]` as well.
    pub(crate) fn of(value: Option<&'a RawValue>) -> Self {
        value.and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
    }

    /// The first member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// The members of a member, which may be missing or null.
    ///
    /// # Errors
    /// In words, when it is anything but an object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, String> {
        match self.get(name) {
            Some(value) => serde_json::from_str(value.get()).map_err(|_| format!("`{name}` is not an object")),
            None => Ok(None),
        }
    }

    /// A text member.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// The names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// What is wrong with one value, without serde's position, which is relative to the value.
pub(crate) fn words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    one_line(message.split(" at line ").next().unwrap_or_default(), 150)
}

/// JSON with comments and trailing commas as plain JSON: both become spaces, so that every place keeps its line.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // Where in `plain` the last comma stands, while nothing but space and comments came after it.
    let mut comma = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => string_bytes(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            c => c.len_utf8(),
        };
        let (part, after) = rest.split_at(taken);
        if c == '/' && taken > 1 {
            plain.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            if let (']' | '}', Some(at)) = (c, comma) {
                plain.replace_range(at..=at, " ");
            }
            if !c.is_whitespace() {
                comma = (c == ',').then_some(plain.len());
            }
            plain.push_str(part);
        }
        rest = after;
    }
    plain
}

/// Bytes of the string that a text begins with, quotes included; all of it if it does not end.
fn string_bytes(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_order_and_repetitions() {
        let members = Members::parse(r#"{"b": 1, "a": {"x": null}, "b": "\u0041"}"#).unwrap();
        assert_eq!(members.names().collect::<Vec<_>>(), ["b", "a", "b"]);
        assert_eq!(members.object("a").unwrap().unwrap().0.len(), 1);
        assert_eq!(members.object("b").unwrap_err(), "`b` is not an object");
        assert!(members.object("c").unwrap().is_none());
        assert!(Members::parse("[]").unwrap_err().starts_with("not a JSON object: invalid type: sequence"));
        assert!(Members::parse("{\"a\": ").unwrap_err().starts_with("the document ends too early"));
        assert!(Members::parse(&format!("{{\"a\": {}", "[".repeat(1_000_000))).unwrap_err().contains("ends too early"));
    }

    #[test]
    fn comments_and_trailing_commas_become_spaces() {
        let text = "{ // one\n \"a//\": [1, 2, /* two\n */ ],\n \"b\\\"\": \",}\", }";
        let plain = plain(text);
        assert_eq!(plain.matches('\n').count(), text.matches('\n').count());
        let members = Members::parse(&plain).unwrap();
        assert_eq!(members.names().collect::<Vec<_>>(), ["a//", "b\""]);
        assert_eq!(members.text("b\""), Some(",}".to_owned()));
        assert!(
            Members::parse(&super::plain("{\"a\": \"")).is_err()
                && Members::parse(&super::plain("{/* \"a\": 1}")).is_err()
        );
    }
}
