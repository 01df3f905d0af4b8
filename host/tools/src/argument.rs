//! Values that a plugin gives, and what the operator declared about them.

use regex::Regex;

/// Longest text a plugin may give, in bytes. An image reference or a purl is far shorter.
pub const TEXT_BYTES_MAX: usize = 1024;

/// Longest pattern an operator may write, in bytes.
const PATTERN_BYTES_MAX: usize = 1024;

/// A value for a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Whether a part of the command line is there.
    Flag(bool),
}

/// What the operator says a value must be.
#[derive(Clone, Debug)]
pub enum Declared {
    /// A text that the pattern matches as a whole.
    Pattern(Regex),
    /// One of these texts.
    OneOf(Vec<String>),
    /// A whole number between two others, both included.
    Number {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// On or off.
    Flag,
}

/// A declaration that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeclaredError {
    /// No regular expression, or a longer one than is taken.
    #[error("`{pattern}` is no pattern: {reason}")]
    Pattern {
        /// As written.
        pattern: String,
        /// From the parser.
        reason: String,
    },
    /// A choice of nothing, or of what no text may be.
    #[error("no value could be `{choice}`: {reason}")]
    Choice {
        /// As written.
        choice: String,
        /// Why.
        reason: String,
    },
    /// A range that holds no number.
    #[error("no number is at least {min} and at most {max}")]
    Range {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
}

impl Declared {
    /// A text that `pattern` matches as a whole: it is anchored here, so that a forgotten `$` opens nothing.
    ///
    /// # Errors
    /// A pattern that is none, or that needs too much to compile.
    pub fn pattern(pattern: &str) -> Result<Self, DeclaredError> {
        let wrong = |reason: String| DeclaredError::Pattern { pattern: pattern.to_owned(), reason };
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(wrong(format!("longer than {PATTERN_BYTES_MAX} bytes")));
        }
        // Alone first: `a)|(b` is no pattern, and would be one between brackets.
        regex::RegexBuilder::new(pattern).build().map_err(|error| wrong(last_line(&error.to_string())))?;
        let whole = regex::RegexBuilder::new(&format!("\\A(?:{pattern})\\z")).size_limit(1 << 20).build();
        whole.map(Self::Pattern).map_err(|error| wrong(last_line(&error.to_string())))
    }

    /// One of some texts.
    ///
    /// # Errors
    /// No text, or one that no plugin could give.
    pub fn one_of(choices: Vec<String>) -> Result<Self, DeclaredError> {
        let wrong = |choice: &str, reason: &str| {
            Err(DeclaredError::Choice { choice: choice.to_owned(), reason: reason.to_owned() })
        };
        match choices.iter().find_map(|choice| Some((choice, objection(choice)?))) {
            _ if choices.is_empty() => wrong("", "there is nothing to choose from"),
            Some((choice, reason)) => wrong(choice, reason),
            None => Ok(Self::OneOf(choices)),
        }
    }

    /// A number in a range.
    ///
    /// # Errors
    /// An empty range.
    pub fn number(min: i64, max: i64) -> Result<Self, DeclaredError> {
        if min > max { Err(DeclaredError::Range { min, max }) } else { Ok(Self::Number { min, max }) }
    }

    /// For people.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pattern(_) | Self::OneOf(_) => "a text",
            Self::Number { .. } => "a number",
            Self::Flag => "a flag",
        }
    }

    /// Why a value is not what was declared.
    pub(crate) fn objection(&self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::Pattern(pattern), Value::Text(text)) => objection(text)
                .map(str::to_owned)
                .or_else(|| (!pattern.is_match(text)).then(|| "it does not match the operator's pattern".to_owned())),
            (Self::OneOf(choices), Value::Text(text)) => {
                (!choices.contains(text)).then(|| format!("it is none of {}", choices.join(", ")))
            }
            (Self::Number { min, max }, Value::Number(number)) => {
                (number < min || number > max).then(|| format!("it is not between {min} and {max}"))
            }
            (Self::Flag, Value::Flag(_)) => None,
            (declared, _) => Some(format!("it must be {}", declared.word())),
        }
    }
}

/// Why no text may be this one, whatever the operator's pattern says.
fn objection(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > TEXT_BYTES_MAX {
        return Some("it is too long");
    }
    // Line breaks and NUL among them.
    if text.chars().any(char::is_control) {
        return Some("it holds a control character");
    }
    // An option, or the name of a file of options, wherever the hole is.
    text.starts_with(['-', '@']).then_some("it begins like an option")
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_pattern_matches_the_whole_text() {
        let lower = Declared::pattern("[a-z]+").unwrap();
        assert_eq!(lower.objection(&text("high")), None);
        for refused in ["high;", "high low", " high", "high\n", "HIGH", ""] {
            assert!(lower.objection(&text(refused)).is_some(), "{refused:?}");
        }
        let either = Declared::pattern("a|b").unwrap();
        assert!(either.objection(&text("ab")).is_some());
    }

    #[test]
    fn no_pattern_lets_an_option_or_a_line_break_through() {
        let any = Declared::pattern("(?s).*").unwrap();
        for refused in ["-x", "--config=/etc/passwd", "@options", "a\nb", "a\0b", "a\u{7f}", "\u{85}", ""] {
            assert!(any.objection(&text(refused)).is_some(), "{refused:?}");
        }
        assert!(any.objection(&text(&"a".repeat(TEXT_BYTES_MAX + 1))).is_some());
        assert_eq!(any.objection(&text("a;b $(c) 'd'")), None);
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let number = Declared::number(0, 10).unwrap();
        assert_eq!(number.objection(&Value::Number(10)), None);
        for refused in [Value::Number(11), Value::Number(-1), text("5"), Value::Flag(true)] {
            assert!(number.objection(&refused).is_some(), "{refused:?}");
        }
        assert!(Declared::Flag.objection(&Value::Number(1)).is_some());
        assert!(Declared::one_of(vec!["a".into()]).unwrap().objection(&Value::Flag(true)).is_some());
    }

    #[test]
    fn declarations_that_make_no_sense_are_refused() {
        for pattern in ["(", "a)|(b", "a{99999}{99999}"] {
            assert!(Declared::pattern(pattern).is_err(), "{pattern}");
        }
        assert!(Declared::one_of(Vec::new()).is_err());
        assert!(Declared::one_of(vec!["-v".into()]).is_err());
        assert!(Declared::number(1, 0).is_err());
    }
}
