//! Secrets that stand in a text where only their places should: mistakes are drawn with their lines, and logs are kept.

use std::ops::Range;

use chiron_trust::key::{TokenUri, UriError};
use serde::Serialize;
use serde_json::Value;

use super::file::{EndpointTable, KeyTable, KeylessTable, SecretTable, WitnessTable};

/// Keys that people write secrets under, in whatever case.
const WORDS: [&str; 3] = ["pin", "password", "token"];

/// The PIN in a URI of PKCS #11 (RFC 7512), which is refused.
const PIN_VALUE: &str = "pin-value=";

/// Whether a key says where a secret is, in a table.
pub(super) fn is_source(pointer: &str) -> bool {
    matches!(
        &steps(pointer)[..],
        ["keys", _, "pin" | "password"]
            | ["keys", _, "keyless", "token"]
            | ["endpoints", _, "token"]
            | ["endpoints", _, "headers", _]
    )
}

/// Whether a secret may stand at a key or below it.
pub(super) fn may_lie_below(pointer: &str) -> bool {
    matches!(steps(pointer).first(), Some(&("keys" | "endpoints")))
}

/// Whether a value that holds no others may be a secret: whatever stands where a secret's place belongs and is none, and
/// whatever a key or an endpoint does not know.
pub(super) fn may_be(pointer: &str, value: &Value) -> bool {
    match value {
        Value::Object(_) | Value::Array(_) => false,
        Value::String(text) if has_pin(text) => true,
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            let steps = steps(pointer);
            !is_place(&steps, value) && may_stand_at(&steps)
        }
    }
}

/// The name of a variable or a file, where a secret's place belongs.
fn is_place(steps: &[&str], value: &Value) -> bool {
    let Some((last, above)) = steps.split_last() else { return false };
    value.is_string() && knows::<SecretTable>(last) && is_source(&format!("/{}", above.join("/")))
}

fn may_stand_at(steps: &[&str]) -> bool {
    match steps {
        ["keys", _, "keyless", key, rest @ ..] => !(rest.is_empty() && *key != "token" && knows::<KeylessTable>(key)),
        ["keys", _, "witness", key, rest @ ..] => !(rest.is_empty() && knows::<WitnessTable>(key)),
        ["keys", _, "pin" | "password" | "keyless" | "witness"] => true,
        ["keys", _, key] => !knows::<KeyTable>(key),
        ["keys", ..] => true,
        ["endpoints", _, "token" | "headers", ..] => true,
        ["endpoints", _, key, ..] => !knows::<EndpointTable>(key),
        // A flag of this name.
        ["databases", _, "pin"] => false,
        [.., last] => WORDS.iter().any(|word| last.eq_ignore_ascii_case(word)),
        [] => false,
    }
}

/// Whether a table has such a key.
fn knows<T: Default + Serialize>(key: &str) -> bool {
    serde_json::to_value(T::default()).is_ok_and(|table| table.get(key).is_some())
}

fn steps(pointer: &str) -> Vec<&str> {
    pointer.split('/').skip(1).collect()
}

fn has_pin(text: &str) -> bool {
    TokenUri::parse(text) == Err(UriError::PinValue)
}

/// PINs of URIs, wherever they stand in a text: in comments too.
pub(super) fn pins(text: &str) -> impl Iterator<Item = Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let starts: Vec<usize> = lower.match_indices(PIN_VALUE).map(|(at, found)| at + found.len()).collect();
    starts.into_iter().map(|start| {
        let rest = &text[start..];
        start..start + rest.find(|c: char| c.is_whitespace() || "&\"'".contains(c)).unwrap_or(rest.len())
    })
}

/// What stands behind the `=` of lines that speak of a secret, for a text that cannot be read: nobody knows what is what there.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let (at, lower) = (start, line.to_ascii_lowercase());
        start += line.len();
        let said = WORDS.into_iter().chain(["headers"]).filter_map(|word| find_word(&lower, word)).min()?;
        let sign = said + line[said..].find('=')?;
        Some(at + sign + 1..at + line.len())
    })
}

/// Where a word ends that is no part of a longer one.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let (bytes, ends) = (text.as_bytes(), text.match_indices(word).map(|(at, found)| (at, at + found.len())));
    let mut whole = ends
        .filter(|&(at, end)| !is_letter(at.checked_sub(1).and_then(|at| bytes.get(at))) && !is_letter(bytes.get(end)));
    whole.next().map(|(_, end)| end)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Everything that a refused text leads to, drawn.
    fn told(lines: &str) -> String {
        let text = format!("[pipeline]\nname = \"p\"\nsubjects = [\"s\"]\n{lines}\n");
        let failed = crate::config::parse(&text, Path::new("pipeline.toml")).unwrap_err();
        format!("{}{:?}", failed.text, failed.items)
    }

    #[test]
    fn no_mistake_tells_a_secret() {
        let key = |line: &str| format!("[keys.k]\nenv = \"KEY\"\n{line}");
        let endpoint = |line: &str| format!("[endpoints.e]\nbase = \"https://a.example/\"\n{line}");
        for lines in [
            key("pin = \"s3cret\""),
            key("pin = { value = \"s3cret\" }"),
            key("pin.value = \"s3cret\""),
            key("pin = [\"s3cret\"]"),
            key("pin = { env = [\"s3cret\"] }"),
            key("password = { value = \"s3cret\" }"),
            key("keyless = { token = { value = \"s3cret\" } }"),
            key("keyless = { tokens = \"s3cret\" }"),
            key("keyless = \"s3cret\""),
            key("pins = \"s3cret\""),
            key("pin_value = \"s3cret\""),
            key("PIN = \"s3cret\""),
            key("Pin = { a = { b = \"s3cret\" } }"),
            key("pkcs11 = \"pkcs11:token=t;object=k&pin-value=s3cret?module-path=/m.so\""),
            key("pkcs11 = \"pkcs11:token=t;object=k&PIN%2dvalue%3Ds3cret?module-path=/m.so\""),
            key("wrong = 1 # pkcs11:token=t;object=k?Pin-Value=s3cret"),
            key("pin = \"s3cret"),
            key("keyless = { token = \"s3cret"),
            key("pin = \"s3cret\"\npin = \"s3cret\""),
            endpoint("token = { value = \"s3cret\" }"),
            endpoint("tokens = \"s3cret\""),
            endpoint("headers = { authorization = \"Bearer s3cret\" }"),
            endpoint("headers = { authorization = { value = \"s3cret\" } }"),
            endpoint("headers = \"s3cret\""),
            "[keys]\nk = \"s3cret\"".to_owned(),
            "[key.k]\npin = \"s3cret\"".to_owned(),
        ] {
            let told = told(&lines);
            assert!(!told.contains("s3cret") && told.contains('*'), "{lines}: {told}");
        }
    }

    #[test]
    fn what_is_no_secret_is_told() {
        for (lines, plain) in [
            ("[keys.k]\nfile = \"release.key\"\nwrong = 1", "release.key"),
            ("[keys.k]\nenv = \"KEY\"\npassword = { env = \"PLAIN\", wrong = 1 }", "PLAIN"),
            ("[limits]\nmapping = \"plain", "plain"),
            ("[keys.k.keyless]\naudience = \"plain\"\nwrong = 1", "plain"),
            ("[keys.k]\nenv = \"KEY\"\nwitness = { timeout = \"plain\", wrong = 1 }", "plain"),
            ("[endpoints.e]\nbase = \"https://plain.example/\"\nmethods = [\"GETS\"]", "GETS"),
            ("[endpoints.e]\nbase = \"https://a.example/\"\nheaders.x = { env = \"PLAIN\", wrong = 1 }", "PLAIN"),
        ] {
            let told = told(lines);
            assert!(told.contains(plain), "{told}");
        }
    }
}
