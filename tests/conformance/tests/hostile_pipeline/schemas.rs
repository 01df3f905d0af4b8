//! Descriptions that are bombs. A policy written by hand describes itself with a schema.

use std::time::{Duration, Instant};

use chiron_e2e::Ended;
use serde_json::Value;

use crate::hostile::raw;
use crate::policies::policy_of;

fn schema(text: &str) -> (Value, Ended) {
    policy_of(
        &raw::Policy::describing(text).component(),
        "a = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"",
    )
}

#[track_caller]
fn refused_in_time(text: &str, says: &str) {
    let start = Instant::now();
    let (report, ended) = schema(text);
    assert_eq!((report, ended.code), (Value::Null, 3), "{}", ended.stderr);
    ended.says(&[says]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_schema_that_refers_to_the_network_or_to_a_file_is_refused() {
    refused_in_time(r#"{"$ref":"https://127.0.0.1:1/schema"}"#, "refers outside itself");
    refused_in_time(r#"{"properties":{"a":{"$ref":"file:///etc/passwd"}}}"#, "refers outside itself");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let here = listener.local_addr().unwrap();
    for text in [
        format!(r#"{{"$schema":"http://{here}/meta","type":"object"}}"#),
        format!(r#"{{"$id":"http://{here}/schema","$ref":"other"}}"#),
        format!(
            r#"{{"$id":"http://{here}/schema","properties":{{"a":{{"$id":"http://{here}/b","$ref":"\u0023/c"}}}}}}"#
        ),
    ] {
        let (_, ended) = schema(&text);
        assert!((0..=6).contains(&ended.code), "{}", ended.stderr);
        assert!(listener.accept().is_err(), "{text}");
    }
}

#[test]
fn a_schema_that_is_no_json_is_refused() {
    for text in ["{", "", "not json", "{\"type\":\"object\"}}", "{\"a\":NaN}", "{\"a\":\"\u{1b}[31m\"}", "{\"type\":7}"]
    {
        refused_in_time(text, "its configuration schema");
    }
}

#[test]
fn a_schema_nested_to_exhaust_the_stack_is_refused() {
    let deep = format!("{}{}", r#"{"not":"#.repeat(100), "{}".to_owned() + &"}".repeat(100));
    refused_in_time(&deep, "nested deeper");
    let deeper = format!("{}{}", r#"{"not":"#.repeat(20_000), "{}".to_owned() + &"}".repeat(20_000));
    refused_in_time(&deeper, "not JSON");
}

#[test]
fn a_pattern_made_to_cost_runs_in_linear_time() {
    let start = Instant::now();
    let (_, ended) = schema(r#"{"properties":{"a":{"pattern":"^(a+)+$"}}}"#);
    ended.says(&["does not match"]);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_schema_that_recurses_without_end_is_refused() {
    for text in [
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#"}]}"##,
        r##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##,
        r##"{"$dynamicAnchor":"x","allOf":[{"$dynamicRef":"#x"}]}"##,
    ] {
        refused_in_time(text, "its configuration schema");
    }
}

#[test]
fn a_schema_that_doubles_at_each_reference_is_refused() {
    let mut defs = String::new();
    for n in 0..40 {
        defs.push_str(&format!(
            r##""d{n}":{{"allOf":[{{"$ref":"#/$defs/d{m}"}},{{"$ref":"#/$defs/d{m}"}}]}},"##,
            m = n + 1
        ));
    }
    refused_in_time(
        &format!(r##"{{"$defs":{{{defs}"d40":{{}}}},"$ref":"#/$defs/d0"}}"##),
        "more than 20000 subschemas",
    );
}

/// Each definition names the next one: no level of nesting, and as many steps as there is room for.
#[test]
fn a_schema_that_refers_on_and_on_ends_no_host() {
    for (count, key) in [(8_000, "$ref"), (5_000, "not")] {
        let definition = |n: u32| match key {
            "$ref" => format!(r##""{n}":{{"$ref":"#/$defs/{}"}},"##, n + 1),
            _ => format!(r##""{n}":{{"not":{{"$ref":"#/$defs/{}"}}}},"##, n + 1),
        };
        let defs: String = (0..count).map(definition).collect();
        let text = format!(r##"{{"$defs":{{{defs}"{count}":{{}}}},"$ref":"#/$defs/0"}}"##);
        let start = Instant::now();
        let (_, ended) = schema(&text);
        assert!((0..=6).contains(&ended.code), "{key}: {} {}", ended.code, ended.stderr);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
