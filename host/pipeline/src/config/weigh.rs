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
    let mut scales = Scales { root: schema, weights: HashMap::new(), circles: HashMap::new() };
    scales.look_for_circles(schema)?;
    if scales.weigh(schema)? > WEIGHT_MAX {
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
    /// Whether all that judges the same value as a node has been looked at; false while that is being done.
    circles: HashMap<Node, bool>,
}

impl<'a> Scales<'a> {
    /// Everything below a node, references followed once for each time they stand there.
    fn weigh(&mut self, node: &'a Value) -> Result<u64, String> {
        match self.weights.get(&std::ptr::from_ref(node)) {
            Some(Some(weight)) => return Ok(*weight),
            // A tree of trees: each level descends into the value, which ends.
            Some(None) => return Ok(1),
            None => self.weights.insert(std::ptr::from_ref(node), None),
        };
        let referred = self.referred(node)?;
        let mut weight = 1_u64;
        for child in children(node).chain(referred) {
            weight = weight.saturating_add(self.weigh(child)?);
        }
        self.weights.insert(std::ptr::from_ref(node), Some(weight));
        Ok(weight)
    }

    /// Looks for circles of schemas that all judge the same value, from every node.
    fn look_for_circles(&mut self, node: &'a Value) -> Result<(), String> {
        self.follow(node)?;
        children(node).try_for_each(|child| self.look_for_circles(child))
    }

    fn follow(&mut self, node: &'a Value) -> Result<(), String> {
        match self.circles.get(&std::ptr::from_ref(node)) {
            Some(true) => return Ok(()),
            Some(false) => return Err("its configuration schema refers to itself without end".to_owned()),
            None => self.circles.insert(std::ptr::from_ref(node), false),
        };
        let same = node.as_object().into_iter().flatten().filter(|(key, _)| IN_PLACE.contains(&key.as_str()));
        for (key, value) in same {
            if value.is_array() || key == "dependentSchemas" {
                children(value).try_for_each(|child| self.follow(child))?;
            } else {
                self.follow(value)?;
            }
        }
        if let Some(target) = self.referred(node)? {
            self.follow(target)?;
        }
        self.circles.insert(std::ptr::from_ref(node), true);
        Ok(())
    }

    /// What a node's `$ref` points to.
    fn referred(&self, node: &Value) -> Result<Option<&'a Value>, String> {
        let text = |key: &str| node.get(key).and_then(Value::as_str);
        let unread = |target: &str| {
            let target = chiron_model::text::cut(target, 100).into_owned();
            Err(format!(
                "its configuration schema refers to `{target}`: only pointers to what is there, such as `#/$defs/x`, are read"
            ))
        };
        if let Some(target) = text("$dynamicRef").or(text("$recursiveRef")) {
            return unread(target);
        }
        if text("$id").is_some() && !std::ptr::eq(node, self.root) {
            return Err("its configuration schema holds another schema with an `$id`".to_owned());
        }
        let Some(target) = text("$ref") else { return Ok(None) };
        match target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) {
            Some(found) => Ok(Some(found)),
            None => unread(target),
        }
    }
}

/// What stands directly below a node.
fn children(node: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match node {
        Value::Object(map) => Box::new(map.values()),
        Value::Array(items) => Box::new(items.iter()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doubling(last: &Value) -> Value {
        let next = |n: u32| json!({"$ref": format!("#/$defs/d{}", n + 1)});
        let mut defs: serde_json::Map<_, _> =
            (0..40).map(|n| (format!("d{n}"), json!({"allOf": [next(n), next(n)]}))).collect();
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
