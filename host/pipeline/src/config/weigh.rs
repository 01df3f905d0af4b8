//! What it would cost to check a value against a schema that a plugin brought. Forty definitions that each name the next
//! one twice are a kilobyte of text, and a million years of checking.

use std::collections::HashMap;

use serde_json::Value;

/// Most subschemas that one value may meet, references followed. A schema of a person has some hundred.
const WEIGHT_MAX: u64 = 20_000;

/// Keywords whose subschemas judge the same value again: in a circle of these nothing gets smaller.
const IN_PLACE: [&str; 8] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"];

/// Refuses a schema that refers to itself without end, or to so much that checking would not end in time; and the ways of
/// referring that cannot be weighed.
pub(super) fn refuse_bombs(schema: &Value) -> Result<(), String> {
    let mut scales = Scales { root: schema, weights: HashMap::new() };
    if scales.weigh(schema, true)? > WEIGHT_MAX {
        return Err(format!("its configuration schema refers to more than {WEIGHT_MAX} subschemas"));
    }
    Ok(())
}

/// A node of the schema, by its address: the schema does not move while it is weighed.
type Node = *const Value;

struct Scales<'a> {
    root: &'a Value,
    /// None while a node is being weighed.
    weights: HashMap<Node, Option<u64>>,
}

impl Scales<'_> {
    fn weigh(&mut self, node: &Value, in_place: bool) -> Result<u64, String> {
        match self.weights.get(&std::ptr::from_ref(node)) {
            Some(Some(weight)) => return Ok(*weight),
            // Descending into the value makes it smaller; a circle that does not is checked for ever.
            Some(None) if in_place => return Err("its configuration schema refers to itself without end".to_owned()),
            Some(None) => return Ok(1),
            None => self.weights.insert(std::ptr::from_ref(node), None),
        };
        let mut weight = 1_u64;
        match node {
            Value::Object(map) => {
                for (key, value) in map {
                    let same = in_place_after(key, in_place);
                    weight = weight.saturating_add(self.weigh(value, same)?);
                    weight = weight.saturating_add(self.referred(key, value)?);
                }
            }
            Value::Array(items) => {
                for item in items {
                    weight = weight.saturating_add(self.weigh(item, in_place)?);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        self.weights.insert(std::ptr::from_ref(node), Some(weight));
        Ok(weight)
    }

    /// The weight of what a reference points to.
    fn referred(&mut self, key: &str, value: &Value) -> Result<u64, String> {
        let Value::String(target) = value else { return Ok(0) };
        match (key, target.strip_prefix('#')) {
            ("$ref", Some(pointer)) if pointer.is_empty() || pointer.starts_with('/') => {
                let root = self.root;
                match root.pointer(pointer) {
                    Some(node) => self.weigh(node, true),
                    // Escaped in a way that only the validator resolves, or not there.
                    None => Err(format!("its configuration schema refers to `{target}`, which is not there")),
                }
            }
            ("$ref" | "$dynamicRef" | "$recursiveRef", _) => {
                Err(format!("its configuration schema refers to `{target}`: only JSON pointers such as `#/$defs/x` are read"))
            }
            ("$id", _) if !self.is_roots(value) => Err("its configuration schema holds another schema with an `$id`".to_owned()),
            _ => Ok(0),
        }
    }

    fn is_roots(&self, value: &Value) -> bool {
        self.root.get("$id").is_some_and(|own| std::ptr::eq(own, value))
    }
}

/// Whether what stands under this key is about the same value. Below `$defs` nothing is, until it is referred to.
fn in_place_after(key: &str, in_place: bool) -> bool {
    in_place && IN_PLACE.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doubling(last: &Value) -> Value {
        let next = |n: u32| json!({"$ref": format!("#/$defs/d{}", n + 1)});
        let mut defs: serde_json::Map<_, _> = (0..40).map(|n| (format!("d{n}"), json!({"allOf": [next(n), next(n)]}))).collect();
        defs.insert("d40".to_owned(), last.clone());
        json!({"$ref": "#/$defs/d0", "$defs": defs})
    }

    #[test]
    fn what_a_person_writes_is_light() {
        let tree = json!({"$id": "x", "$defs": {"tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/tree"}, "right": {"$ref": "#"}}}},
            "properties": {"a": {"$ref": "#/$defs/tree"}, "b": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/tree"}]}}});
        assert_eq!(refuse_bombs(&tree), Ok(()));
    }

    #[test]
    fn bombs_and_circles_are_refused() {
        for schema in [
            doubling(&json!({})),
            doubling(&json!({"$ref": "#/$defs/d0"})),
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
            json!({"$dynamicAnchor": "x", "allOf": [{"$dynamicRef": "#x"}]}),
            json!({"$anchor": "x", "allOf": [{"$ref": "#x"}]}),
            json!({"allOf": [{"$id": "y", "$ref": "#/$defs/a"}]}),
        ] {
            assert!(refuse_bombs(&schema).is_err(), "{schema}");
        }
    }
}
