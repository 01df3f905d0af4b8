//! A command line with holes, by the operator's name for it.

use std::collections::{BTreeMap, BTreeSet};

use crate::argument::{Declared, Value};
use crate::error::Error;
use crate::template::{Hole, Place, Template, TemplateError};

/// Most bytes of one command line: far below what the system takes, far above what anyone writes.
const COMMAND_BYTES_MAX: usize = 64 * 1024;

/// A command line with holes. Each of its elements becomes one argument, or none.
#[derive(Clone, Debug)]
pub struct Profile {
    elements: Vec<Template>,
    declared: BTreeMap<String, Declared>,
}

/// An element of a profile that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No template.
    #[error("{0}")]
    Template(#[from] TemplateError),
    /// A hole for something that nobody declared.
    #[error("`{{{hole}}}` is neither `{{input}}` nor `{{scratch}}`, and nothing of that name is declared")]
    Undeclared {
        /// As written.
        hole: String,
    },
    /// A flag as a text, or a text as a switch.
    #[error("`{name}` is {declared}, and cannot stand here")]
    Misplaced {
        /// Of the argument.
        name: String,
        /// "a flag".
        declared: &'static str,
    },
}

/// Where things are for one execution.
pub(crate) struct Places<'a> {
    pub(crate) input: Option<&'a str>,
    pub(crate) scratch: &'a str,
    pub(crate) reads: &'a BTreeMap<String, String>,
}

impl Profile {
    /// Reads a command line.
    ///
    /// # Errors
    /// Every element that cannot be, with its number.
    pub fn parse(
        elements: &[String],
        declared: &BTreeMap<String, Declared>,
        reads: &BTreeSet<&str>,
    ) -> Result<Self, Vec<(usize, ProfileError)>> {
        let (mut read, mut wrong) = (Vec::new(), Vec::new());
        for (number, element) in elements.iter().enumerate() {
            match element_of(element, declared, reads) {
                Ok(element) => read.push(element),
                Err(error) => wrong.push((number, error)),
            }
        }
        let used: BTreeSet<&str> = read.iter().flat_map(names).collect();
        let declared = declared.iter().filter(|(name, _)| used.contains(name.as_str()));
        let declared = declared.map(|(name, declared)| (name.clone(), declared.clone())).collect();
        if wrong.is_empty() { Ok(Self { elements: read, declared }) } else { Err(wrong) }
    }

    /// Whether it says where the input is.
    #[must_use]
    pub fn takes_input(&self) -> bool {
        self.elements.iter().flat_map(Template::holes).any(|hole| *hole == Hole::Input)
    }

    /// The names of arguments that its holes ask for.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(String::as_str)
    }

    /// The arguments of one execution.
    pub(crate) fn render(&self, values: &[(String, Value)], places: &Places<'_>) -> Result<Vec<String>, Error> {
        let values = self.checked(values)?;
        let mut arguments = Vec::new();
        for element in &self.elements {
            let off = element.only_if().is_some_and(|name| values.get(name) != Some(&&Value::Flag(true)));
            if !off {
                arguments.push(element.fill(|hole, place| fill(hole, place, &values, places))?);
            }
        }
        let bytes: usize = arguments.iter().map(|argument| argument.len() + 1).sum();
        if bytes > COMMAND_BYTES_MAX {
            return Err(bad(format!("the command line has {bytes} bytes, and may have {COMMAND_BYTES_MAX}")));
        }
        Ok(arguments)
    }

    /// Each value is asked for, is given once and is as declared; none is missing.
    fn checked<'a>(&self, values: &'a [(String, Value)]) -> Result<BTreeMap<&'a str, &'a Value>, Error> {
        let mut known = BTreeMap::new();
        for (name, value) in values {
            let declared = self.declared.get(name);
            let declared = declared.ok_or_else(|| bad(format!("the profile has no argument `{name}`")))?;
            if let Some(objection) = declared.objection(value) {
                return Err(bad(format!("the argument `{name}`: {objection}")));
            }
            if known.insert(name.as_str(), value).is_some() {
                return Err(bad(format!("the argument `{name}` is given twice")));
            }
        }
        match self.declared.keys().find(|name| !known.contains_key(name.as_str())) {
            Some(missing) => Err(bad(format!("the argument `{missing}` is missing"))),
            None => Ok(known),
        }
    }
}

fn bad(reason: String) -> Error {
    Error::BadArgument { reason }
}

fn element_of(
    text: &str,
    declared: &BTreeMap<String, Declared>,
    reads: &BTreeSet<&str>,
) -> Result<Template, ProfileError> {
    let template = Template::parse(text)?;
    if let Some(name) = template.only_if() {
        match declared.get(name) {
            Some(Declared::Flag) => {}
            Some(other) => return Err(ProfileError::Misplaced { name: name.to_owned(), declared: other.word() }),
            None => return Err(ProfileError::Undeclared { hole: format!("?{name}") }),
        }
    }
    for hole in template.holes() {
        match hole {
            Hole::Input | Hole::Scratch => {}
            Hole::Read(name) if reads.contains(name.as_str()) => {}
            Hole::Read(name) => return Err(ProfileError::Undeclared { hole: format!("read.{name}") }),
            Hole::Argument(name) => match declared.get(name) {
                Some(Declared::Pattern(_) | Declared::OneOf(_) | Declared::Number { .. }) => {}
                Some(Declared::Flag) => {
                    return Err(ProfileError::Misplaced { name: name.clone(), declared: Declared::Flag.word() });
                }
                None => return Err(ProfileError::Undeclared { hole: name.clone() }),
            },
        }
    }
    Ok(template)
}

/// The arguments that an element asks for.
fn names(element: &Template) -> impl Iterator<Item = &str> {
    let arguments = element.holes().filter_map(|hole| match hole {
        Hole::Input | Hole::Scratch | Hole::Read(_) => None,
        Hole::Argument(name) => Some(name.as_str()),
    });
    element.only_if().into_iter().chain(arguments)
}

fn fill(hole: &Hole, place: Place, values: &BTreeMap<&str, &Value>, places: &Places<'_>) -> Result<String, Error> {
    match hole {
        Hole::Input => {
            let missing = || bad("the profile needs an input, and none was given".to_owned());
            places.input.map(str::to_owned).ok_or_else(missing)
        }
        Hole::Scratch => Ok(places.scratch.to_owned()),
        Hole::Read(name) => Ok(places.reads.get(name).cloned().unwrap_or_default()),
        Hole::Argument(name) => match values.get(name.as_str()) {
            // A text never begins like one.
            Some(Value::Number(number)) if *number < 0 && place == Place::Beginning => {
                Err(bad(format!("the argument `{name}`: {number} would be an option here")))
            }
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Text(text)) => Ok(text.clone()),
            Some(Value::Flag(_)) | None => Err(bad(format!("the argument `{name}` is missing"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> BTreeMap<String, Declared> {
        BTreeMap::from([
            ("level".to_owned(), Declared::pattern("(?s).*").unwrap()),
            ("depth".to_owned(), Declared::number(-5, 5).unwrap()),
            ("verbose".to_owned(), Declared::Flag),
        ])
    }

    fn profile(elements: &[&str]) -> Result<Profile, Vec<(usize, ProfileError)>> {
        let elements: Vec<_> = elements.iter().map(ToString::to_string).collect();
        Profile::parse(&elements, &declared(), &BTreeSet::from(["db"]))
    }

    fn render(profile: &Profile, values: &[(&str, Value)]) -> Result<Vec<String>, Error> {
        let values: Vec<_> = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let reads = BTreeMap::from([("db".to_owned(), "/read/db".to_owned())]);
        profile.render(&values, &Places { input: Some("/input"), scratch: "/scratch", reads: &reads })
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn fills_the_holes() {
        let scan = profile(&["scan", "dir:{input}", "--db={read.db}", "{?verbose}-v", "-l", "{level}", "-d={depth}"]);
        let scan = scan.unwrap();
        let on = [("level", text("high")), ("depth", Value::Number(-1)), ("verbose", Value::Flag(true))];
        let words = ["scan", "dir:/input", "--db=/read/db", "-v", "-l", "high", "-d=-1"];
        assert_eq!(render(&scan, &on).unwrap(), words);
        let off = [("level", text("{input}")), ("depth", Value::Number(1)), ("verbose", Value::Flag(false))];
        assert_eq!(render(&scan, &off).unwrap()[3..], ["-l", "{input}", "-d=1"]);
    }

    #[test]
    fn unknown_missing_mistyped_and_doubled_arguments_are_refused() {
        let scan = profile(&["{level}"]).unwrap();
        for wrong in [
            vec![],
            vec![("level", text("a")), ("depth", Value::Number(1))],
            vec![("level", Value::Number(1))],
            vec![("level", text("a")), ("level", text("a"))],
            vec![("level", text("--config=/etc/passwd"))],
            vec![("level", text("a\n--config"))],
            vec![("level", text("a\0"))],
        ] {
            assert!(matches!(render(&scan, &wrong), Err(Error::BadArgument { .. })), "{wrong:?}");
        }
        let first = profile(&["{depth}"]).unwrap();
        assert!(render(&first, &[("depth", Value::Number(-5))]).is_err());
    }

    #[test]
    fn elements_that_cannot_be_are_named_by_number() {
        let wrong = profile(&["ok", "{nobody}", "{verbose}", "{?level}x", "{read.nobody}", "{"]).unwrap_err();
        assert_eq!(wrong.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    proptest::proptest! {
        #[test]
        fn a_value_never_becomes_an_option_or_a_second_argument(value in "\\PC{0,12}|[-@;|&$ \\n\\x00a-z]{0,12}") {
            let scan = profile(&["scan", "{level}", "--level={level}", "x"]).unwrap();
            if let Ok(arguments) = render(&scan, &[("level", text(&value))]) {
                proptest::prop_assert_eq!(&arguments, &["scan", &value, &format!("--level={value}"), "x"]);
                proptest::prop_assert!(!value.starts_with('-') && !value.contains(['\0', '\n']) && !value.is_empty());
            }
        }
    }
}
