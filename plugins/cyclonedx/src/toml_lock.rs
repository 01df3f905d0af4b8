//! Lock files in TOML: a table with a list of packages.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::listing::Listing;
use crate::text::{Lines, one_line};

/// Most values in one file. One costs about fifty bytes once parsed; 24 MiB of real lock files have half as many.
const VALUES_MAX: usize = 1_200_000;

/// Most tables. One costs about 600 bytes, because a B-tree's node is as large for one key as for eleven: with more, a small
/// file would fill a plugin's memory. 24 MiB of real lock files have half as many.
const TABLES_MAX: usize = 200_000;

/// Most tokens. The parser makes a list of all of them first, at twelve bytes each and twice that while the list grows.
const TOKENS_MAX: usize = 5_000_000;

/// A document and its text, by which places become lines.
pub(crate) struct Document<'t> {
    table: DeTable<'t>,
    text: &'t str,
}

/// One table of it.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'d> {
    table: &'d DeTable<'d>,
    /// Where it begins, from 1.
    pub(crate) line: u32,
}

impl<'t> Document<'t> {
    /// Parses a text of bounded size.
    pub(crate) fn parse(text: &'t str) -> Result<Self, String> {
        let Bounds { tokens, values, tables } = upper_bounds(text);
        if tokens > TOKENS_MAX {
            return Err(format!("more than the {TOKENS_MAX} tokens this reads"));
        }
        if values > VALUES_MAX {
            return Err(format!("more than the {VALUES_MAX} values this reads"));
        }
        if tables > TABLES_MAX {
            return Err(format!("more than the {TABLES_MAX} tables this reads"));
        }
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { table: table.into_inner(), text }),
            Err(error) => {
                let line = error.span().map_or(1, |span| Lines::of(text).at(span.start));
                Err(format!("not well-formed TOML: line {line}: {}", one_line(error.message(), 200)))
            }
        }
    }

    /// The document's own table.
    pub(crate) fn root(&self) -> Entry<'_> {
        Entry { table: &self.table, line: 1 }
    }

    /// The tables of a list. What is in it and is no table is dropped and counted.
    pub(crate) fn entries(&self, key: &str, listing: &mut Listing) -> Result<Vec<Entry<'_>>, String> {
        let Some(value) = self.table.get(key) else {
            return Ok(Vec::new());
        };
        let Some(list) = value.get_ref().as_array() else {
            return Err(format!("`{key}` is no list"));
        };
        let mut entries = Vec::new();
        let mut lines = Lines::of(self.text);
        for item in list.iter() {
            let line = lines.at(item.span().start);
            match item.get_ref().as_table() {
                Some(table) => entries.push(Entry { table, line }),
                None => listing.drop_entry(&format!("line {line}: an entry of `{key}` is no table")),
            }
        }
        Ok(entries)
    }
}

impl<'d> Entry<'d> {
    fn value(self, key: &str) -> Option<&'d DeValue<'d>> {
        self.table.get(key).map(Spanned::get_ref)
    }

    /// Whether the key is there, whatever its value.
    pub(crate) fn has(self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A text; None where it is missing or something else.
    pub(crate) fn text(self, key: &str) -> Option<&'d str> {
        self.value(key).and_then(DeValue::as_str)
    }

    /// A text that may be missing, but may not be something else.
    pub(crate) fn optional(self, key: &str) -> Result<Option<&'d str>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| format!("its `{key}` is no text")),
        }
    }

    /// A text that has to be there.
    pub(crate) fn required(self, key: &str) -> Result<&'d str, String> {
        self.optional(key)?.ok_or_else(|| format!("it has no `{key}`"))
    }

    /// Whether a flag is set.
    pub(crate) fn is(self, key: &str) -> bool {
        self.value(key).and_then(DeValue::as_bool).unwrap_or(false)
    }

    /// A whole number as it is written.
    pub(crate) fn number(self, key: &str) -> Option<&'d str> {
        self.value(key).and_then(DeValue::as_integer).map(|number| number.as_str())
    }

    /// A table within it.
    pub(crate) fn table(self, key: &str) -> Option<Entry<'d>> {
        let table = self.value(key)?.as_table()?;
        Some(Entry { table, line: self.line })
    }

    /// The tables in a list within it.
    pub(crate) fn tables(self, key: &str) -> impl Iterator<Item = Entry<'d>> {
        let list = self.value(key).and_then(DeValue::as_array);
        list.into_iter().flat_map(|list| list.iter()).filter_map(move |item| {
            let table = item.get_ref().as_table()?;
            Some(Entry { table, line: self.line })
        })
    }

    /// The texts in a list within it.
    pub(crate) fn texts(self, key: &str) -> impl Iterator<Item = &'d str> {
        let list = self.value(key).and_then(DeValue::as_array);
        list.into_iter().flat_map(|list| list.iter()).filter_map(|item| item.get_ref().as_str())
    }

    /// The keys of the table, in their order.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'d str> {
        self.table.keys().map(|key| key.get_ref().as_ref())
    }
}

/// What parsing will cost.
#[derive(Default)]
struct Bounds {
    tokens: usize,
    values: usize,
    tables: usize,
}

/// At least as many values and tables as the text has, and about as many tokens, counted without parsing it. A table is opened by `{`, by a line that
/// begins with `[`, and by each dot of a key; what stands in strings is counted too, which errs on the safe side.
fn upper_bounds(text: &str) -> Bounds {
    let Bounds { mut tokens, mut values, mut tables } = Bounds::default();
    for line in text.lines() {
        if line.trim_start().starts_with('[') {
            tables += 1 + line.bytes().filter(|byte| *byte == b'.').count();
        }
        let mut dots = 0;
        tokens += 1;
        for byte in line.bytes() {
            tokens += usize::from(byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'_' | b'/' | b':'));
            match byte {
                b'.' => dots += 1,
                b'=' => (values, tables, dots) = (values + 1, tables + dots, 0),
                b',' | b'[' => (values, dots) = (values + 1, 0),
                b'{' => (tables, dots) = (tables + 1, 0),
                _ => {}
            }
        }
    }
    Bounds { tokens, values, tables }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_know_their_line_and_what_is_none_is_counted() {
        let mut listing = Listing::default();
        let text = "a = 1\n\n[[package]]\nname = \"x\"\n\n[[package]]\nname = 1\n";
        let document = Document::parse(text).unwrap();
        let entries = document.entries("package", &mut listing).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [3, 6]);
        assert_eq!(entries[0].required("name"), Ok("x"));
        assert_eq!(entries[1].required("name").unwrap_err(), "its `name` is no text");
        assert_eq!(entries[1].required("version").unwrap_err(), "it has no `version`");
        let document = Document::parse("package = [1,\n{ name = \"y\" }]").unwrap();
        assert_eq!(document.entries("package", &mut listing).unwrap()[0].line, 2);
        assert_eq!(listing.into_inventory().files[0].entries_dropped, 1);
    }

    #[test]
    fn what_is_not_well_formed_or_too_much_is_refused_with_its_line() {
        let refusal = |text: &str| Document::parse(text).map(|_| ()).unwrap_err();
        assert!(refusal("a = 1\nb = \"").starts_with("not well-formed TOML: line 2: "));
        assert!(refusal("a = 1\na = 2").starts_with("not well-formed TOML: line 2: duplicate key"));
        assert!(refusal("<<<<<<< HEAD").starts_with("not well-formed TOML: line 1: "));
        assert!(refusal(&format!("a = {}", "[".repeat(100_000))).starts_with("not well-formed TOML: "));
        assert!(refusal(&format!("a{} = 1", ".a".repeat(100_000))).starts_with("not well-formed TOML: "));
        assert_eq!(refusal(&format!("a = [{}]", "1,".repeat(1_300_000))), "more than the 1200000 values this reads");
        for what in ["\n", ".", "]", "\"\"", "''\n"] {
            assert_eq!(refusal(&what.repeat(5_000_001)), "more than the 5000000 tokens this reads", "{what}");
        }
        for (what, count) in
            [("[[a]]\n", 200_001), ("a = {}\n", 200_001), ("a.b.c.d.e = 1\n", 50_001), ("[a.b.c]\n", 70_000)]
        {
            assert_eq!(refusal(&what.repeat(count)), "more than the 200000 tables this reads", "{what}");
        }
    }
}
