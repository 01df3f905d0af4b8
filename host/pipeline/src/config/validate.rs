//! Checks a document against a JSON Schema and says each violation in words, at its place.

use chiron_sandbox::limits::SCHEMA_DEPTH_MAX;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::{Document, secret};
use crate::config::file::NAME_PATTERN;
use crate::mistake::{Mistake, MistakeClass, nearest};

/// Largest schema a plugin may bring, in bytes.
const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// A mistake, and the values that must be left out for the rest to be readable.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) mistake: Mistake,
    pub(super) remove: Option<String>,
}

/// Why a plugin's schema is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSchema {
    /// Deeper than the step's limit.
    #[error("its configuration schema is nested deeper than {limit} levels")]
    TooDeep {
        /// `limits.schema_depth`.
        limit: u32,
    },
    /// Whatever else, which no key allows.
    #[error("{0}")]
    Refused(String),
}

impl BadSchema {
    /// The key in pipeline.toml that sets the budget that ran out.
    pub(crate) const fn limit_key(&self) -> Option<&'static str> {
        match self {
            Self::TooDeep { .. } => Some("limits.schema_depth"),
            Self::Refused(_) => None,
        }
    }
}

/// A compiled schema. Schemas of plugins are hostile input: nothing is retrieved, patterns run in linear time.
#[derive(Debug)]
pub(crate) struct Checker {
    validator: Validator,
    schema: Value,
}

impl Checker {
    /// Compiles a schema given as text, nested no deeper than this.
    pub(crate) fn parse(text: &str, depth_max: u32) -> Result<Self, BadSchema> {
        if text.len() > SCHEMA_BYTES_MAX {
            let message = format!("its configuration schema is longer than {SCHEMA_BYTES_MAX} bytes");
            return Err(BadSchema::Refused(message));
        }
        let not_json = |error| BadSchema::Refused(format!("its configuration schema is not JSON: {error}"));
        let schema: Value = serde_json::from_str(text).map_err(not_json)?;
        let limit = depth_max.min(SCHEMA_DEPTH_MAX);
        if is_deeper(&schema, limit) {
            return Err(BadSchema::TooDeep { limit });
        }
        Self::new(schema).map_err(BadSchema::Refused)
    }

    fn new(schema: Value) -> Result<Self, String> {
        refuse_remote(&schema)?;
        super::weigh::refuse_bombs(&schema)?;
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .map_err(|error| format!("its configuration schema is invalid: {error}"))?;
        Ok(Self { validator, schema })
    }

    /// Every violation of the value at `pointer` of a document; `owner` names the schema in messages.
    pub(crate) fn check(&self, document: &Document, pointer: &str, value: &Value, owner: &str) -> Vec<Violation> {
        let errors = self.validator.iter_errors(value);
        without_doubles(errors.flat_map(|error| self.explain(&error, document, pointer, owner)).collect())
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "the crate's enum grows with JSON Schema; it has words of its own for the rest"
    )]
    fn explain(&self, error: &ValidationError<'_>, document: &Document, base: &str, owner: &str) -> Vec<Violation> {
        let pointer = format!("{base}{}", error.instance_path().as_str());
        let here = |message: String, label: &str, hint: Option<String>| {
            let mistake = document.mistake(MistakeClass::Config, &pointer, message, label, hint);
            vec![Violation { mistake, remove: Some(pointer.clone()) }]
        };
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = self.properties_beside(error);
                unexpected.iter().map(|name| unknown_key(document, &pointer, name, &known, owner)).collect()
            }
            ValidationErrorKind::Required { property } => {
                vec![missing(document, &pointer, property.as_str().unwrap_or_default())]
            }
            // What stands there is the secret itself, and is told to nobody.
            _ if base.is_empty() && secret::is_source(&pointer) && !error.instance().is_object() => {
                let key = pointer.rsplit('/').next().unwrap_or_default();
                let hint = format!("{key} = {{ env = \"NAME\" }}  or  {{ file = \"…\" }}");
                here(format!("`{key}` says where the secret is, and is none itself"), "not here", Some(hint))
            }
            _ if base.is_empty() && secret::may_be(&pointer, error.instance()) => {
                let key = pointer.rsplit('/').next().unwrap_or_default();
                here(
                    format!("what `{key}` says is not allowed, and not repeated: it may be a secret"),
                    "not here",
                    None,
                )
            }
            ValidationErrorKind::Type { .. } => {
                let message = format!("expected {}, found {}", self.expected(error), found(error.instance()));
                here(message, "wrong type", None)
            }
            ValidationErrorKind::Enum { options } => {
                let words = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let (message, hint) = none_of(error.instance(), words);
                here(message, "not one of these", hint)
            }
            // An enum whose variants are documented is a list of constants.
            ValidationErrorKind::OneOfNotValid { .. } if !self.constants(error).is_empty() => {
                let (message, hint) = none_of(error.instance(), self.constants(error));
                here(message, "not one of these", hint)
            }
            ValidationErrorKind::AnyOf { context } if context.len() == 2 => {
                // `Option<T>`: what T says is what matters.
                let branch = context.iter().find(|errors| !errors.iter().any(is_null_type)).or(context.first());
                branch.into_iter().flatten().flat_map(|inner| self.explain(inner, document, base, owner)).collect()
            }
            ValidationErrorKind::Pattern { pattern } if pattern == NAME_PATTERN => {
                let message = format!("{} is no name", found(error.instance()));
                let hint = "lower-case letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit";
                here(message, "not a name", Some(hint.to_owned()))
            }
            // Tables and lists may hold secrets.
            _ if base.is_empty() && secret::may_lie_below(&pointer) => {
                here(error.masked_with("it").to_string(), "not allowed", None)
            }
            _ => here(error.to_string(), "not allowed", None),
        }
    }

    /// The constants of a `oneOf`, where it is nothing but constants.
    fn constants(&self, error: &ValidationError<'_>) -> Vec<&str> {
        let branches = self.schema.pointer(error.schema_path().as_str()).and_then(Value::as_array);
        let words = branches.into_iter().flatten().map(|branch| branch.get("const").and_then(Value::as_str));
        words.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// The properties that the schema allows where an unknown one was found.
    fn properties_beside(&self, error: &ValidationError<'_>) -> Vec<String> {
        let path = error.absolute_keyword_location().map(ToString::to_string);
        let local = error.evaluation_path().as_str().to_owned();
        let at = path.and_then(|uri| uri.split_once('#').map(|(_, pointer)| pointer.to_owned()));
        let candidates = [at, Some(error.schema_path().as_str().to_owned()), Some(local)];
        let object = candidates.into_iter().flatten().find_map(|pointer| {
            let parent = pointer.rsplit_once('/')?.0.to_owned();
            self.schema.pointer(&parent)?.get("properties")?.as_object()
        });
        object.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
    }

    fn expected(&self, error: &ValidationError<'_>) -> String {
        let types = self.schema.pointer(error.schema_path().as_str());
        let name = |word: &str| match word {
            "object" => "a table".to_owned(),
            "array" => "a list".to_owned(),
            "string" => "a text".to_owned(),
            "integer" => "a whole number".to_owned(),
            "boolean" => "true or false".to_owned(),
            other => format!("a {other}"),
        };
        match types {
            Some(Value::String(word)) => name(word),
            Some(Value::Array(words)) => {
                let words: Vec<_> = words.iter().filter_map(Value::as_str).filter(|w| *w != "null").map(name).collect();
                words.join(" or ")
            }
            _ => "another type".to_owned(),
        }
    }
}

/// Checks a document against a schema of our own.
pub(crate) fn check_against(schema: &Value, document: &Document, owner: &str) -> Vec<Violation> {
    match Checker::new(schema.clone()) {
        Ok(checker) => checker.check(document, "", &document.value, owner),
        Err(reason) => {
            let mistake = document.mistake(MistakeClass::Config, "", reason, "", None);
            vec![Violation { mistake, remove: None }]
        }
    }
}

fn unknown_key(document: &Document, pointer: &str, name: &str, known: &[String], owner: &str) -> Violation {
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("{owner} knows no keys here: remove it"),
        None => format!("{owner} knows here: {}", known.join(", ")),
    };
    let place = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    let mistake = Mistake {
        class: MistakeClass::Config,
        message: format!("unknown key `{name}`"),
        span: document.key_span(&place),
        label: "unknown key".to_owned(),
        hint: Some(hint),
    };
    Violation { mistake, remove: Some(place) }
}

fn missing(document: &Document, pointer: &str, name: &str) -> Violation {
    let mistake = Mistake {
        class: MistakeClass::Config,
        message: format!("`{name}` is missing"),
        span: document.key_span(pointer),
        label: format!("needs `{name}`"),
        hint: Some(format!("add a line: {name} = …")),
    };
    Violation { mistake, remove: None }
}

/// A misspelt key that is required is one mistake, not "unknown" and "missing".
fn without_doubles(violations: Vec<Violation>) -> Vec<Violation> {
    let meant: Vec<String> = violations.iter().filter_map(|violation| violation.mistake.hint.clone()).collect();
    let misspelt = |violation: &Violation| {
        let name = violation.mistake.message.strip_suffix(" is missing");
        name.is_some_and(|name| meant.contains(&format!("did you mean {name}?")))
    };
    violations.into_iter().filter(|violation| !misspelt(violation)).collect()
}

fn none_of(value: &Value, words: Vec<&str>) -> (String, Option<String>) {
    let hint = value.as_str().and_then(|given| nearest(given, words.iter().copied()));
    let hint = hint.map(|near| format!("did you mean `{near}`?"));
    (format!("{} is none of {}", found(value), words.join(", ")), hint)
}

fn is_null_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.schema_path().as_str().contains("/anyOf/1")
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(value) => format!("the number {value}"),
        Value::String(value) => format!("the text \"{}\"", chiron_model::text::cut(value, 60)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}

/// Whether a schema has more levels below its root: what looks at it later calls itself for each of them.
fn is_deeper(schema: &Value, levels: u32) -> bool {
    let below = |value: &Value| levels.checked_sub(1).is_none_or(|levels| is_deeper(value, levels));
    match schema {
        Value::Object(map) => map.values().any(below),
        Value::Array(items) => items.iter().any(below),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A schema that points outside itself is refused.
fn refuse_remote(schema: &Value) -> Result<(), String> {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                if matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef")
                    && !value.as_str().is_some_and(|target| target.starts_with('#'))
                {
                    return Err(format!("its configuration schema refers outside itself: {value}"));
                }
                refuse_remote(value)?;
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(refuse_remote),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
