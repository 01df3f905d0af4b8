//! A TOML text as a JSON value that remembers where everything stands.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{DEPTH_MAX, secret};
use crate::mistake::{Mistake, MistakeClass, Mistakes, Part};

/// A text, its value, and the place of every key and value by JSON pointer.
#[derive(Clone, Debug)]
pub struct Document {
    /// Name of the file.
    pub name: String,
    /// Its text.
    pub text: String,
    /// As JSON.
    pub value: Value,
    places: BTreeMap<String, Place>,
    /// Further files, whose texts lie behind that of the first.
    parts: Vec<Part>,
    /// Where a secret may stand in the text that should not stand there.
    hidden: Vec<Range<usize>>,
}

/// A value that was taken out of a document, with its places by the rest of their pointers.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) value: Value,
    places: Vec<(String, Place)>,
}

#[derive(Clone, Debug)]
struct Place {
    key: Range<usize>,
    value: Range<usize>,
}

impl Document {
    /// Reads a TOML text as far as it can be read.
    #[must_use]
    pub fn parse(name: &str, text: &str) -> (Self, Vec<Mistake>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut document = Self { text: text.to_owned(), value: Value::Null, ..Self::empty(name) };
        let mut mistakes: Vec<_> = errors
            .iter()
            .map(|error| Mistake {
                class: MistakeClass::Config,
                message: error.message().to_owned(),
                span: error.span().unwrap_or(0..0),
                label: "not valid TOML".to_owned(),
                hint: None,
            })
            .collect();
        let span = table.span();
        document.value = document.table(table.get_ref(), "", 0, &mut mistakes);
        document.places.insert(String::new(), Place { key: 0..0, value: span });
        let secret = |(pointer, place): (&String, &Place)| {
            let value = document.value.pointer(pointer)?;
            secret::may_be(pointer, value).then(|| place.value.clone())
        };
        document.hidden = document.places.iter().filter_map(secret).chain(secret::pins(text)).collect();
        if !errors.is_empty() {
            document.hidden.extend(secret::lines(text));
        }
        (document, mistakes)
    }

    /// A document with nothing in it, for pipelines that are made from flags.
    #[must_use]
    pub fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: String::new(),
            value: Value::Object(Map::new()),
            places: BTreeMap::new(),
            parts: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// The file in which the value of a pointer stands.
    #[must_use]
    pub fn origin(&self, pointer: &str) -> &str {
        let at = self.key_span(pointer).start;
        self.parts.iter().rev().find(|part| part.start <= at).map_or(&self.name, |part| &part.name)
    }

    /// Puts the text of another document behind this one's, and moves the other's places along.
    pub(super) fn append(&mut self, other: &mut Self, mistakes: &mut [Mistake]) {
        self.text.push('\n');
        let by = self.text.len();
        self.text.push_str(&other.text);
        let moved = |span: &Range<usize>| span.start + by..span.end + by;
        for place in other.places.values_mut() {
            *place = Place { key: moved(&place.key), value: moved(&place.value) };
        }
        mistakes.iter_mut().for_each(|mistake| mistake.span = moved(&mistake.span));
        self.hidden.extend(other.hidden.iter().map(moved));
        self.parts.push(Part { name: other.name.clone(), start: by });
        self.parts.extend(other.parts.drain(..).map(|part| Part { start: part.start + by, ..part }));
    }

    /// A copy of the value at a pointer; None where there is none.
    pub(super) fn piece(&self, pointer: &str) -> Option<Piece> {
        let value = self.value.pointer(pointer)?.clone();
        let below = format!("{pointer}/");
        let own = self.places.get(pointer).map(|place| (String::new(), place.clone()));
        let rest = self.places.range(below.clone()..).take_while(|(at, _)| at.starts_with(&below));
        let rest = rest.map(|(at, place)| (at[pointer.len()..].to_owned(), place.clone()));
        Some(Piece { value, places: own.into_iter().chain(rest).collect() })
    }

    /// Adds a value to the table at a pointer, in the place of what may be there.
    pub(super) fn put(&mut self, table: &str, key: &str, piece: Piece) {
        if let Some(Value::Object(map)) = self.value.pointer_mut(table) {
            map.insert(key.to_owned(), piece.value);
            let pointer = format!("{table}/{}", escaped(key));
            self.places.extend(piece.places.into_iter().map(|(rest, place)| (format!("{pointer}{rest}"), place)));
        }
    }

    /// Makes the value of a top-level key a list of these.
    pub(super) fn put_list(&mut self, key: &str, items: Vec<Piece>) {
        let below = format!("/{}/", escaped(key));
        self.places.retain(|at, _| !at.starts_with(&below));
        let mut values = Vec::new();
        for (index, Piece { value, places }) in items.into_iter().enumerate() {
            values.push(value);
            self.places.extend(places.into_iter().map(|(rest, place)| (format!("{below}{index}{rest}"), place)));
        }
        if let Value::Object(root) = &mut self.value {
            root.insert(key.to_owned(), Value::Array(values));
        }
    }

    /// Where the value of a pointer stands; the nearest enclosing place for one that is not there.
    #[must_use]
    pub fn value_span(&self, pointer: &str) -> Range<usize> {
        self.place(pointer).map(|place| place.value.clone()).unwrap_or(0..0)
    }

    /// Where the key of a pointer stands.
    #[must_use]
    pub fn key_span(&self, pointer: &str) -> Range<usize> {
        self.place(pointer).map(|place| place.key.clone()).unwrap_or(0..0)
    }

    fn place(&self, pointer: &str) -> Option<&Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return Some(place);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// A mistake about the value at a pointer. Tables are pointed at by their key: underlining a whole table helps nobody.
    #[must_use]
    pub fn mistake(
        &self,
        class: MistakeClass,
        pointer: &str,
        message: impl Into<String>,
        label: &str,
        hint: Option<String>,
    ) -> Mistake {
        let table = self.value.pointer(pointer).is_none_or(|value| value.is_object());
        let span = if table { self.key_span(pointer) } else { self.value_span(pointer) };
        Mistake { class, message: message.into(), span, label: label.to_owned(), hint }
    }

    /// All mistakes as one error.
    #[must_use]
    pub fn fail(&self, items: Vec<Mistake>) -> Mistakes {
        Mistakes { name: self.name.clone(), text: self.shown(), parts: self.parts.clone(), items }
    }

    /// The text with asterisks where a secret may stand that should not stand there: mistakes are drawn with their lines, and logs are kept.
    fn shown(&self) -> String {
        let inside = |at: usize| self.hidden.iter().any(|range| range.contains(&at));
        // As many bytes as before: places are counted in bytes.
        let mut shown = String::with_capacity(self.text.len());
        for (at, c) in self.text.char_indices() {
            if inside(at) && c != '\n' { shown.extend(std::iter::repeat_n('*', c.len_utf8())) } else { shown.push(c) }
        }
        shown
    }

    fn table(&mut self, table: &DeTable<'_>, pointer: &str, depth: usize, mistakes: &mut Vec<Mistake>) -> Value {
        let mut map = Map::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let pointer = format!("{pointer}/{}", escaped(name));
            self.places.insert(pointer.clone(), Place { key: key.span(), value: value.span() });
            let value = self.value(value, &pointer, depth + 1, mistakes);
            map.insert(name.to_owned(), value);
        }
        Value::Object(map)
    }

    fn value(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        pointer: &str,
        depth: usize,
        mistakes: &mut Vec<Mistake>,
    ) -> Value {
        if depth > DEPTH_MAX {
            mistakes.push(Mistake {
                class: MistakeClass::Config,
                message: format!("nested deeper than {DEPTH_MAX} levels"),
                span: value.span(),
                label: "too deep".to_owned(),
                hint: None,
            });
            return Value::Null;
        }
        match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .map_or_else(|_| Value::String(integer.as_str().to_owned()), |number| Value::Number(number.into())),
            DeValue::Float(float) => float
                .as_str()
                .parse::<f64>()
                .ok()
                .and_then(Number::from_f64)
                .map_or_else(|| Value::String(float.as_str().to_owned()), Value::Number),
            DeValue::Boolean(boolean) => Value::Bool(*boolean),
            // A bare date such as 2027-01-31 is what people write for `expires`.
            DeValue::Datetime(datetime) => Value::String(datetime.to_string()),
            DeValue::Array(array) => {
                let items = array.iter().enumerate().map(|(index, item)| {
                    let pointer = format!("{pointer}/{index}");
                    self.places.insert(pointer.clone(), Place { key: item.span(), value: item.span() });
                    self.value(item, &pointer, depth + 1, mistakes)
                });
                Value::Array(items.collect())
            }
            DeValue::Table(table) => self.table(table, pointer, depth, mistakes),
        }
    }
}

/// A key as it stands in a JSON pointer (RFC 6901).
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
