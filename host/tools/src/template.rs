//! One argument or variable with holes: `dir:{input}`, `{?verbose}--verbose`, `{{literal}}`.

/// A hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    /// Where the input is.
    Input,
    /// Where the program may write.
    Scratch,
    /// Where a folder of the operator's is.
    Read(String),
    /// What the plugin gives.
    Argument(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(Hole),
}

/// A text with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    only_if: Option<String>,
    parts: Vec<Part>,
}

/// A text that is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{` without `}`.
    #[error("a `{{` is not closed; write `{{{{` for a brace")]
    Open,
    /// `}` without `{`.
    #[error("a `}}` closes nothing; write `}}}}` for a brace")]
    Close,
    /// What is between braces is no name.
    #[error("`{{{name}}}` is no hole")]
    Name {
        /// As written.
        name: String,
    },
    /// `{?name}` elsewhere than at the beginning.
    #[error("`{{?{name}}}` switches a whole argument, and stands only at its beginning")]
    Switch {
        /// As written.
        name: String,
    },
    /// A character that no argument may hold.
    #[error("it holds a control character")]
    Control,
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.chars().any(char::is_control) {
            return Err(TemplateError::Control);
        }
        let (mut only_if, mut parts, mut literal) = (None, Vec::new(), String::new());
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            literal.push_str(&rest[..place]);
            let brace = &rest[place..=place];
            rest = &rest[place + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(TemplateError::Close);
            }
            let (name, after) = rest.split_once('}').ok_or(TemplateError::Open)?;
            rest = after;
            if let Some(name) = name.strip_prefix('?') {
                if !parts.is_empty() || !literal.is_empty() || only_if.is_some() {
                    return Err(TemplateError::Switch { name: name.to_owned() });
                }
                only_if = Some(checked(name)?);
                continue;
            }
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Hole(hole(name)?));
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { only_if, parts })
    }

    /// The flag that switches it on.
    pub(crate) fn only_if(&self) -> Option<&str> {
        self.only_if.as_deref()
    }

    pub(crate) fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        })
    }

    /// Fills the holes. What fills one is never read again: a brace in it stays a brace.
    pub(crate) fn fill<E>(&self, mut fill: impl FnMut(&Hole, Place) -> Result<String, E>) -> Result<String, E> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Hole(hole) => {
                    let place = if text.is_empty() { Place::Beginning } else { Place::Within };
                    let filled = fill(hole, place)?;
                    text.push_str(&filled);
                }
            }
        }
        Ok(text)
    }
}

/// Where in its argument a hole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// What fills it decides what the argument is.
    Beginning,
    /// Something stands before it.
    Within,
}

fn hole(name: &str) -> Result<Hole, TemplateError> {
    Ok(match name {
        "input" => Hole::Input,
        "scratch" => Hole::Scratch,
        _ => match name.strip_prefix("read.") {
            Some(read) => Hole::Read(checked(read)?),
            None => Hole::Argument(checked(name)?),
        },
    })
}

fn checked(name: &str) -> Result<String, TemplateError> {
    if is_name(name) { Ok(name.to_owned()) } else { Err(TemplateError::Name { name: name.to_owned() }) }
}

/// Whether a name can stand in a hole: lower-case letters, digits, `_` and `-`, beginning with a letter.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_holes_switches_and_braces() {
        let template = Template::parse("{?verbose}--out={scratch}/{name}{{x}}").unwrap();
        assert_eq!(template.only_if(), Some("verbose"));
        assert_eq!(template.holes().collect::<Vec<_>>(), [&Hole::Scratch, &Hole::Argument("name".into())]);
        let text = template.fill(|hole, _| Ok::<_, ()>(format!("<{hole:?}>"))).unwrap();
        assert_eq!(text, "--out=<Scratch>/<Argument(\"name\")>{x}");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for wrong in
            ["{", "}", "a{b", "a}b", "{}", "{A}", "{a b}", "{?}", "x{?v}", "{?a}{?b}", "{read.}", "a\nb", "a\0"]
        {
            assert!(Template::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_a_literal_stays_what_it_is(text in "[a-z{}?.\\-\\x00-\\x1f]{0,20}") {
            let _ = Template::parse(&text);
            let literal: String = text.chars().filter(|c| !c.is_control()).collect();
            let escaped = literal.replace('{', "{{").replace('}', "}}");
            let filled = Template::parse(&escaped).unwrap().fill(|_, _| Err::<String, _>("a hole"));
            proptest::prop_assert_eq!(filled, Ok(literal));
        }
    }
}
