//! Indented JSON that is safe to look at.

use std::io;

use chiron_model::text::is_command;
use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

/// Writes a value with two spaces of indentation and a line feed at the end.
///
/// Strings keep their value, but what could act on a terminal (DEL, C1 controls), reorder what is seen (bidirectional
/// overrides) or command a CI runner (`##[`) is written as `\uXXXX`: people `cat` JSON, and serde_json escapes only C0.
pub(crate) fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut writer = Serializer::with_formatter(&mut bytes, Inert(PrettyFormatter::new()));
    value.serialize(&mut writer)?;
    bytes.push(b'\n');
    Ok(bytes)
}

struct Inert<'a>(PrettyFormatter<'a>);

impl Formatter for Inert<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) =
            rest.char_indices().find(|&(at, c)| is_active(c) || (c == '#' && is_command(&rest[at..])))
        {
            writer.write_all(&rest.as_bytes()[..at])?;
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

/// As `chiron_model::text::inert` has it, without what serde_json escapes already.
fn is_active(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn layout_is_that_of_serde_json() {
        let value = serde_json::json!({"a": [1, {"b": null}], "c": [], "d": {}, "e": "x\"\n\u{1b}"});
        let expected = serde_json::to_string_pretty(&value).unwrap() + "\n";
        assert_eq!(String::from_utf8(to_vec(&value).unwrap()).unwrap(), expected);
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_is_written_as_it_is() {
        let text = "a\u{9b}31m\u{7f}b\u{202e}c\u{85}";
        let bytes = to_vec(&text).unwrap();
        assert_eq!(bytes, b"\"a\\u009b31m\\u007fb\\u202ec\\u0085\"\n");
    }

    #[test]
    fn nothing_that_commands_a_ci_runner_is_written_as_it_is() {
        assert_eq!(to_vec(&"a ##[error]x\n::b").unwrap(), b"\"a \\u0023#[error]x\\n::b\"\n");
    }

    proptest! {
        #[test]
        fn every_text_keeps_its_value(text: String) {
            let bytes = to_vec(&text).unwrap();
            prop_assert_eq!(serde_json::from_slice::<String>(&bytes).unwrap(), text.clone());
            let shown = std::str::from_utf8(&bytes).unwrap();
            prop_assert_eq!(chiron_model::text::inert(shown), shown);
        }
    }
}
