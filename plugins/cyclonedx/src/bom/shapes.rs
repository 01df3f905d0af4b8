//! The shapes of what is checked, in the words of the specification, versions 1.0 to 1.7.

use serde_json::{Map, Value};
use spdx::identifiers::{EXCEPTIONS, LICENSES};

use super::rules::{ALWAYS, Rule, Shape, Walk};

pub(super) static COMPONENT: Shape = Shape {
    name: "component",
    members: &[
        ("type", Rule::Words(TYPES)),
        ("name", Rule::Text),
        ("version", Rule::Text),
        ("group", Rule::Text),
        ("purl", Rule::Text),
        ("mime-type", Rule::Test(is_media_type, "media type")),
        ("bom-ref", Rule::Reference),
        ("scope", Rule::Words(&[("required", 0), ("optional", 0), ("excluded", 0)])),
        ("hashes", Rule::List(&Rule::Object(&HASH))),
        ("licenses", Rule::Licenses),
        ("swid", Rule::Object(&SWID)),
        ("pedigree", Rule::Object(&PEDIGREE)),
        ("externalReferences", Rule::List(&Rule::Object(&REFERENCE))),
        ("properties", Rule::List(&Rule::Object(&PROPERTY))),
        ("components", Rule::List(&EACH_COMPONENT)),
    ],
    required: &[("type", ALWAYS), ("name", ALWAYS), ("version", 0..=3)],
    more: Some(version_or_range),
};

static EACH_COMPONENT: Rule = Rule::Object(&COMPONENT);

static EACH_SERVICE: Rule = Rule::Object(&SERVICE);

const TYPES: &[(&str, u8)] = &[
    ("application", 0),
    ("framework", 0),
    ("library", 0),
    ("container", 0),
    ("operating-system", 0),
    ("device", 0),
    ("firmware", 0),
    ("file", 0),
    ("platform", 5),
    ("device-driver", 5),
    ("machine-learning-model", 5),
    ("data", 5),
    ("cryptographic-asset", 6),
];

/// 1.7: a range of versions is for components that somebody else brings along.
fn version_or_range(component: &Map<String, Value>, walk: &mut Walk<'_, '_>) {
    let has = |key| component.get(key).is_some_and(|value| !value.is_null());
    if !has("versionRange") {
        return;
    }
    if has("version") {
        walk.breach(7..=u8::MAX, "both `version` and `versionRange`");
    }
    if component.get("isExternal").and_then(Value::as_bool) != Some(true) {
        walk.breach(7..=u8::MAX, "a `versionRange`, but not `isExternal`");
    }
}

static HASH: Shape = Shape {
    name: "hash",
    members: &[
        (
            "alg",
            Rule::Words(&[
                ("MD5", 0),
                ("SHA-1", 0),
                ("SHA-256", 0),
                ("SHA-384", 0),
                ("SHA-512", 0),
                ("SHA3-256", 0),
                ("SHA3-384", 0),
                ("SHA3-512", 0),
                ("BLAKE2b-256", 0),
                ("BLAKE2b-384", 0),
                ("BLAKE2b-512", 0),
                ("BLAKE3", 0),
                ("Streebog-256", 7),
                ("Streebog-512", 7),
            ]),
        ),
        ("content", Rule::Test(is_digest, "digest")),
    ],
    required: &[("alg", ALWAYS), ("content", ALWAYS)],
    more: None,
};

pub(super) static LICENSE: Shape = Shape {
    name: "license",
    members: &[
        ("id", Rule::Test(is_license, "id of the SPDX licence list")),
        ("name", Rule::Text),
        ("text", Rule::Object(&ATTACHMENT)),
        ("properties", Rule::List(&Rule::Object(&PROPERTY))),
    ],
    required: &[],
    more: Some(id_or_name),
};

fn id_or_name(license: &Map<String, Value>, walk: &mut Walk<'_, '_>) {
    let has = |key| license.get(key).is_some_and(|value| !value.is_null());
    match (has("id"), has("name")) {
        (true, false) | (false, true) => {}
        (true, true) => walk.breach(ALWAYS, "a license has both `id` and `name`"),
        (false, false) => walk.breach(ALWAYS, "a license has neither `id` nor `name`"),
    }
}

static ATTACHMENT: Shape = Shape {
    name: "text",
    members: &[("content", Rule::Text), ("encoding", Rule::Words(&[("base64", 0)]))],
    required: &[("content", ALWAYS)],
    more: None,
};

static SWID: Shape = Shape {
    name: "swid",
    members: &[("tagId", Rule::Text), ("name", Rule::Text), ("text", Rule::Object(&ATTACHMENT))],
    required: &[("tagId", ALWAYS), ("name", ALWAYS)],
    more: None,
};

static PEDIGREE: Shape = Shape {
    name: "pedigree",
    members: &[
        ("ancestors", Rule::List(&EACH_COMPONENT)),
        ("descendants", Rule::List(&EACH_COMPONENT)),
        ("variants", Rule::List(&EACH_COMPONENT)),
        ("patches", Rule::List(&Rule::Object(&PATCH))),
    ],
    required: &[],
    more: None,
};

static PATCH: Shape = Shape {
    name: "patch",
    members: &[
        ("type", Rule::Words(&[("unofficial", 0), ("monkey", 0), ("backport", 0), ("cherry-pick", 0)])),
        ("diff", Rule::Object(&DIFF)),
        ("resolves", Rule::List(&Rule::Object(&ISSUE))),
    ],
    required: &[("type", ALWAYS)],
    more: None,
};

static DIFF: Shape = Shape { name: "diff", members: &[("text", Rule::Object(&ATTACHMENT))], required: &[], more: None };

static ISSUE: Shape = Shape {
    name: "issue",
    members: &[("type", Rule::Words(&[("defect", 0), ("enhancement", 0), ("security", 0)]))],
    required: &[("type", ALWAYS)],
    more: None,
};

pub(super) static REFERENCE: Shape = Shape {
    name: "reference",
    members: &[("type", Rule::Text), ("url", Rule::Text), ("hashes", Rule::List(&Rule::Object(&HASH)))],
    required: &[("type", ALWAYS), ("url", ALWAYS)],
    more: None,
};

pub(super) static PROPERTY: Shape = Shape {
    name: "property",
    members: &[("name", Rule::Text), ("value", Rule::Text)],
    required: &[("name", 6..=u8::MAX)],
    more: None,
};

pub(super) static SERVICE: Shape = Shape {
    name: "service",
    members: &[
        ("bom-ref", Rule::Reference),
        ("name", Rule::Text),
        ("data", Rule::List(&Rule::Object(&DATA))),
        ("licenses", Rule::Licenses),
        ("properties", Rule::List(&Rule::Object(&PROPERTY))),
        ("services", Rule::List(&EACH_SERVICE)),
    ],
    required: &[("name", ALWAYS)],
    more: None,
};

static DATA: Shape = Shape {
    name: "classification of a service's data",
    members: &[
        ("flow", Rule::Words(&[("inbound", 0), ("outbound", 0), ("bi-directional", 0), ("unknown", 0)])),
        ("classification", Rule::Text),
    ],
    required: &[("flow", ALWAYS), ("classification", ALWAYS)],
    more: None,
};

pub(super) static COMPOSITION: Shape = Shape {
    name: "composition",
    members: &[(
        "aggregate",
        Rule::Words(&[
            ("complete", 0),
            ("incomplete", 0),
            ("incomplete_first_party_only", 0),
            ("incomplete_first_party_proprietary_only", 5),
            ("incomplete_first_party_opensource_only", 5),
            ("incomplete_third_party_only", 0),
            ("incomplete_third_party_proprietary_only", 5),
            ("incomplete_third_party_opensource_only", 5),
            ("unknown", 0),
            ("not_specified", 0),
        ]),
    )],
    required: &[("aggregate", ALWAYS)],
    more: None,
};

pub(super) static DEPENDENCY: Shape = Shape {
    name: "dependency",
    members: &[("ref", Rule::Reference), ("dependsOn", Rule::List(&Rule::Reference))],
    required: &[("ref", ALWAYS)],
    more: None,
};

pub(super) static METADATA: Shape = Shape {
    name: "metadata",
    members: &[
        ("timestamp", Rule::Test(is_timestamp, "time")),
        ("component", Rule::Object(&COMPONENT)),
        ("licenses", Rule::Licenses),
        ("properties", Rule::List(&Rule::Object(&PROPERTY))),
        ("distributionConstraints", Rule::Object(&CONSTRAINTS)),
    ],
    required: &[],
    more: Some(only_known),
};

/// Where a document says what it is about, a member that nobody knows changes what is meant.
fn only_known(metadata: &Map<String, Value>, walk: &mut Walk<'_, '_>) {
    const KNOWN: [&str; 11] = [
        "timestamp",
        "lifecycles",
        "tools",
        "authors",
        "component",
        "manufacture",
        "manufacturer",
        "supplier",
        "licenses",
        "properties",
        "distributionConstraints",
    ];
    if let Some(other) = metadata.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        walk.breach(ALWAYS, &format!("`metadata` has a member `{other}`, which is none of its own"));
    }
}

static CONSTRAINTS: Shape = Shape {
    name: "distribution constraint",
    members: &[("tlp", Rule::Words(&[("CLEAR", 0), ("GREEN", 0), ("AMBER", 0), ("AMBER_AND_STRICT", 0), ("RED", 0)]))],
    required: &[],
    more: None,
};

pub(super) static CITATION: Shape = Shape {
    name: "citation",
    members: &[("pointers", Rule::List(&Rule::Text)), ("expressions", Rule::List(&Rule::Text))],
    required: &[("timestamp", ALWAYS)],
    more: Some(cited_once),
};

fn cited_once(citation: &Map<String, Value>, walk: &mut Walk<'_, '_>) {
    let has = |key| citation.get(key).is_some_and(|value| !value.is_null());
    if has("pointers") == has("expressions") {
        walk.breach(ALWAYS, "a citation needs either `pointers` or `expressions`");
    }
    if !has("attributedTo") && !has("process") {
        walk.breach(ALWAYS, "a citation has neither `attributedTo` nor `process`");
    }
}

/// `urn:uuid:` and a UUID; since 1.0, and as every version spells it.
pub(super) fn is_serial_number(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else { return false };
    let parts: Vec<&str> = uuid.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A date and a time of day (RFC 3339). The zone may be missing: XML Schema allows that.
fn is_timestamp(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00").and_then(|rest| rest.strip_prefix(['T', 't', ' '])) else {
        return false;
    };
    let Some(rest) = rest.strip_prefix("00:00:00") else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('0') => fraction.trim_start_matches('0'),
        Some(_) => return false,
        None => rest,
    };
    matches!(zone, "" | "Z" | "z" | "+00:00" | "-00:00")
}

/// The lengths that a digest of any of the algorithms has, in hex.
fn is_digest(text: &str) -> bool {
    matches!(text.len(), 32 | 40 | 64 | 96 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_media_type(text: &str) -> bool {
    let half = |half: &str| {
        !half.is_empty() && half.bytes().all(|b| matches!(b, b'-' | b'+' | b'.' | b'a'..=b'z' | b'0'..=b'9'))
    };
    text.split_once('/').is_some_and(|(a, b)| half(a) && half(b))
}

/// The list that CycloneDX takes ids from holds exceptions too.
fn is_license(text: &str) -> bool {
    LICENSES.binary_search_by(|license| license.name.cmp(text)).is_ok()
        || EXCEPTIONS.iter().any(|exception| exception.name == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_serial_numbers_and_licences_are_told_from_other_texts() {
        for text in
            ["2020-04-13T20:20:39+00:00", "2020-04-13T20:20:39.25Z", "2020-04-13T20:20:39", "2020-04-13T20:20:39Z"]
        {
            assert!(is_timestamp(text), "{text}");
        }
        for text in
            ["", "2020-04-13", "2020-04-13T20:20", "2020-04-13T20:20:39.Z", "2020-04-13T20:20:39+00", "yesterday"]
        {
            assert!(!is_timestamp(text), "{text}");
        }
        assert!(is_serial_number("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"));
        for text in ["", "urn:uuid:3e671687-395b-41f5-a30f", "3e671687-395b-41f5-a30f-a58921a69b79"] {
            assert!(!is_serial_number(text), "{text}");
        }
        assert!(
            is_license("MIT") && is_license("Classpath-exception-2.0") && !is_license("Apache-2") && !is_license("mit")
        );
    }
}
