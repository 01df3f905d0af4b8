//! Lenient fields: what has another type than the schema's counts as absent.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A string; anything else is empty.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(into_string(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// The strings of an array; anything else is left out.
pub(super) fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let Value::Array(items) = Value::deserialize(deserializer)? else {
        return Ok(Vec::new());
    };
    Ok(items.into_iter().filter_map(into_string).collect())
}

fn into_string(value: Value) -> Option<String> {
    if let Value::String(text) = value {
        return Some(text);
    }
    None
}

/// `null` is the default; another type is an error.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
