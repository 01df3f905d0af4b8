//! JSON from somebody else: bounded in size and depth, and without repeated keys.
//!
//! A repeated key is where two readers of one signed text disagree: one takes the first value, another the last.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deepest nesting that is read. Statements, bundles and SLSA provenance stay under 20.
pub(crate) const DEPTH_MAX: usize = 64;

/// Why a text is not JSON that Chiron reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It has more bytes than such a text may have.
    #[error("{bytes} bytes of JSON, at most {max} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Arrays and objects nest too deeply.
    #[error("JSON nested deeper than {max} levels")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// An object has a key twice.
    #[error("the key `{key}` stands twice in one JSON object")]
    RepeatedKey {
        /// The key, escaped.
        key: String,
    },
    /// It is not JSON.
    #[error("not JSON: {reason}")]
    Syntax {
        /// The parser's words, with line and column.
        reason: String,
    },
}

/// Parses one JSON value and nothing after it: bounded in size and depth, and no key twice in one object.
///
/// # Errors
/// [`JsonError`].
pub fn parse(bytes: &[u8], max: usize) -> Result<Value, JsonError> {
    if bytes.len() > max {
        return Err(JsonError::TooLarge { bytes: bytes.len(), max });
    }
    // serde's errors are text; what was found is kept here, so that it arrives with a name.
    let fault = RefCell::new(None);
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let seed = Strict { depth: DEPTH_MAX, fault: &fault };
    let parsed = seed.deserialize(&mut source).and_then(|value| {
        source.end()?;
        Ok(value)
    });
    parsed.map_err(|error| fault.take().unwrap_or_else(|| JsonError::Syntax { reason: error.to_string() }))
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a RefCell<Option<JsonError>>,
}

impl Strict<'_> {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(self.fail(JsonError::TooDeep { max: DEPTH_MAX })),
        }
    }

    fn fail<E: serde::de::Error>(self, fault: JsonError) -> E {
        let error = E::custom(&fault);
        self.fault.replace(Some(fault));
        error
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number without a value"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let inside = self.inside::<A::Error>()?;
        let mut items = Vec::new();
        while let Some(item) = source.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let inside = self.inside::<A::Error>()?;
        let mut members = Map::new();
        while let Some(key) = source.next_key::<String>()? {
            if members.contains_key(&key) {
                let key = key.chars().take(80).collect::<String>().escape_debug().to_string();
                return Err(self.fail(JsonError::RepeatedKey { key }));
            }
            let value = source.next_value_seed(inside)?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        let text = br#" {"a":[1,-2,3.5,true,null,"x\n"],"b":{}} "#;
        let expected: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(parse(text, 100), Ok(expected));
    }

    #[test]
    fn names_what_it_refuses() {
        assert_eq!(parse(b"[1,2]", 4), Err(JsonError::TooLarge { bytes: 5, max: 4 }));
        let twice = parse(br#"{"a":{"k":1,"k":1}}"#, 100);
        assert_eq!(twice, Err(JsonError::RepeatedKey { key: "k".to_owned() }));
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(parse(deep(DEPTH_MAX).as_bytes(), 1000).is_ok());
        let refused = parse(deep(DEPTH_MAX + 1).as_bytes(), 1000);
        assert_eq!(refused, Err(JsonError::TooDeep { max: DEPTH_MAX }));
        // The depth is bounded before the text is known to be complete.
        assert!(matches!(parse("[".repeat(900).as_bytes(), 1000), Err(JsonError::TooDeep { .. })));
        for text in [&b"{} {}"[..], b"", b"{", b"{\"a\":1e999}", b"\xff", b"nul"] {
            assert!(matches!(parse(text, 100), Err(JsonError::Syntax { .. })), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, 100);
        }
    }
}
