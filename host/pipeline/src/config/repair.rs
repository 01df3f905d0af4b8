//! Leaves mistaken parts out of a document, so that the rest can still be checked.

use serde_json::{Value, json};

use super::{Document, PipelineFile};
use crate::config::validate::Violation;
use crate::mistake::{Mistake, MistakeClass};

/// Reads the document without what violates the schema. Required values that are missing get stand-ins: they are never
/// run, since there are mistakes, but let the checks go on.
pub(super) fn lenient(
    value: &Value,
    violations: &[Violation],
    mistakes: &mut Vec<Mistake>,
    document: &Document,
) -> PipelineFile {
    let mut value = without(value, violations);
    stand_in(&mut value);
    serde_json::from_value(value).unwrap_or_else(|error| {
        // The schema and the types are one source, so without a violation this is a gap between them: told, not hidden.
        if violations.is_empty() && mistakes.is_empty() {
            mistakes.push(document.mistake(MistakeClass::Config, "", error.to_string(), "", None));
        }
        PipelineFile::default()
    })
}

/// A value without what violates its schema.
pub(crate) fn without(value: &Value, violations: &[Violation]) -> Value {
    let mut value = value.clone();
    // Deepest and last first, so that removing a list's item does not move the others that are still to go.
    let mut places: Vec<_> = violations.iter().flat_map(|violation| &violation.remove).collect();
    places.sort_by(|a, b| b.cmp(a));
    places.dedup();
    places.into_iter().for_each(|pointer| remove(&mut value, pointer));
    value
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return;
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.remove(&key);
        }
        Some(Value::Array(items)) => {
            if let Some(index) = key.parse::<usize>().ok().filter(|&index| index < items.len()) {
                // Null, not removed: the places of the others are told by their number.
                items[index] = Value::Null;
            }
        }
        _ => {}
    }
}

fn stand_in(value: &mut Value) {
    let Value::Object(root) = value else { return };
    fill(root.entry("pipeline").or_insert(Value::Null), &json!({ "name": "unnamed", "subjects": [] }));
    if let Some(Value::Array(steps)) = root.get_mut("step") {
        for (index, step) in steps.iter_mut().enumerate() {
            // An id and a plugin that no check will take for somebody's.
            fill(step, &json!({ "id": format!("step {}", index + 1), "uses": "" }));
        }
    }
    if let Some(Value::Array(suppressions)) = root.get_mut("suppress") {
        suppressions.iter_mut().for_each(|table| fill(table, &json!({ "reason": "?" })));
    }
    if let Some(Value::Object(endpoints)) = root.get_mut("endpoints") {
        endpoints.values_mut().for_each(|table| fill(table, &json!({ "base": "https://stand-in.invalid" })));
    }
    if let Some(verify) = root.get_mut("verify") {
        fill(verify, &json!({}));
    }
    if let Some(Value::Object(plugins)) = root.get_mut("plugins") {
        plugins.values_mut().for_each(|table| fill(table, &json!({ "source": "" })));
    }
}

fn fill(table: &mut Value, required: &Value) {
    if !table.is_object() {
        *table = json!({});
    }
    if let (Value::Object(table), Value::Object(required)) = (table, required) {
        for (key, value) in required {
            if table.get(key).is_none_or(Value::is_null) {
                table.insert(key.clone(), value.clone());
            }
        }
        table.retain(|_, value| !value.is_null());
        for key in ["subjects", "exclude", "redirects", "methods", "fallback", "checks", "bundles"] {
            if let Some(Value::Array(items)) = table.get_mut(key) {
                items.retain(|item| !item.is_null());
            }
        }
    }
}
