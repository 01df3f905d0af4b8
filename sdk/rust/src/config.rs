//! Configuration: JSON text into an author's own type, and mistakes that point at their place.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::PluginError;

/// Parses the text given to `configure`.
///
/// # Errors
/// [`PluginError::BadConfig`] with the JSON pointer of the value that is wrong ("" is the whole).
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, PluginError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| bad(&pointer(error.path()), without_position(&error.inner().to_string())))?;
    json.end().map_err(|error| bad("", &error.to_string()))?;
    Ok(value)
}

/// A mistake in the configuration at this JSON pointer, for what a schema cannot say.
#[must_use]
pub fn bad(pointer: &str, message: &str) -> PluginError {
    PluginError::BadConfig((pointer.to_owned(), message.to_owned()))
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// The position counts from the start of a text that the author of the pipeline never sees: the pointer says more.
fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(words, _)| words)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[serde(default)]
        banned: Vec<Banned>,
    }

    #[derive(Debug, Deserialize)]
    struct Banned {
        name: String,
    }

    #[test]
    fn a_mistake_points_at_its_place() {
        let error = parse::<Config>(r#"{"banned": [{"name": "a"}, {"name": 7}]}"#).unwrap_err();
        let PluginError::BadConfig((pointer, message)) = error else { panic!("{error:?}") };
        assert_eq!(pointer, "/banned/1/name");
        assert!(message.contains("expected a string") && !message.contains("line"), "{message}");
    }

    #[test]
    fn text_after_the_value_is_refused() {
        assert!(matches!(parse::<Config>("{} {}"), Err(PluginError::BadConfig(_))));
        assert_eq!(parse::<Config>(r#"{"banned": [{"name": "a"}]}"#).unwrap().banned[0].name, "a");
    }

    #[test]
    fn text_that_is_not_json_is_a_bad_config() {
        assert!(matches!(parse::<Config>("{"), Err(PluginError::BadConfig(_))));
        assert!(matches!(parse::<Config>(""), Err(PluginError::BadConfig(_))));
    }
}
