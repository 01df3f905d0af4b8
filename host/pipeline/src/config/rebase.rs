//! Paths in a file are relative to that file. In one that is extended they are made relative to the file that extends it.

use chiron_trust::judge::RootSource;
use serde_json::Value;

/// Puts `folder` before every relative path of a pipeline. `folder` is empty for the same folder.
pub(super) fn rebase(value: &mut Value, folder: &str) {
    if folder.is_empty() {
        return;
    }
    each(value.pointer_mut("/pipeline/subjects"), &mut |path| below(path, folder));
    each(value.pointer_mut("/pipeline/attestations"), &mut |path| below(path, folder));
    for pointer in ["/ignore/files", "/vex/files", "/gate/baseline"] {
        each(value.pointer_mut(pointer), &mut |path| below(path, folder));
    }
    for pointer in ["/verify/key", "/verify/bundles"] {
        each(value.pointer_mut(pointer), &mut |path| {
            if is_file(path) {
                below(path, folder);
            }
        });
    }
    each(value.pointer_mut("/verify/trusted_root"), &mut |path| rooted(path, folder));
    // A plugin's name is no path.
    let named: Vec<String> =
        value.get("plugins").and_then(Value::as_object).map(|map| map.keys().cloned().collect()).unwrap_or_default();
    let plugin = |source: &mut String| {
        if crate::registry::is_path(source) && !named.contains(source) {
            below(source, folder);
        }
    };
    for step in value.get_mut("step").and_then(Value::as_array_mut).into_iter().flatten() {
        each(step.get_mut("uses"), &mut |source| plugin(source));
        if step.get("uses").and_then(Value::as_str).is_some_and(|uses| uses == "gate" || uses == "builtin:gate") {
            each(step.pointer_mut("/with/baseline"), &mut |path| below(path, folder));
        }
    }
    tables(value, "plugins", |table| {
        each(table.get_mut("source"), &mut |source| plugin(source));
        each(table.pointer_mut("/signer/trusted_root"), &mut |path| rooted(path, folder));
        each(table.pointer_mut("/signer/key"), &mut |key| {
            if is_file(key) {
                below(key, folder);
            }
        });
    });
    tables(value, "databases", |table| {
        each(table.get_mut("path"), &mut |path| below(path, folder));
        each(table.get_mut("records"), &mut |path| below(path, folder));
    });
    tables(value, "keys", |table| {
        each(table.get_mut("file"), &mut |path| below(path, folder));
        for file in ["/password/file", "/pin/file", "/keyless/token/file", "/keyless/ca", "/witness/ca"] {
            each(table.pointer_mut(file), &mut |path| below(path, folder));
        }
        for table_of in ["/keyless", "/witness"] {
            for file in ["signing_config", "trusted_root"] {
                each(table.pointer_mut(&format!("{table_of}/{file}")), &mut |path| rooted(path, folder));
            }
        }
    });
    tables(value, "endpoints", |table| {
        each(table.get_mut("ca"), &mut |path| below(path, folder));
        each(table.pointer_mut("/token/file"), &mut |path| below(path, folder));
        for secret in
            table.get_mut("headers").and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut())
        {
            each(secret.get_mut("file"), &mut |path| below(path, folder));
        }
    });
    tables(value, "tools", |table| {
        // A bare name is looked for in PATH.
        each(table.get_mut("path"), &mut |path| {
            if path.contains('/') {
                below(path, folder);
            }
        });
        for read in table.get_mut("read").and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut()) {
            each(Some(read), &mut |path| below(path, folder));
        }
    });
}

fn tables(value: &mut Value, key: &str, mut change: impl FnMut(&mut Value)) {
    let tables = value.get_mut(key).and_then(Value::as_object_mut);
    tables.into_iter().flat_map(|map| map.values_mut()).for_each(&mut change);
}

/// A text, or each text of a list.
fn each(value: Option<&mut Value>, change: &mut dyn FnMut(&mut String)) {
    match value {
        Some(Value::String(text)) => change(text),
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| each(Some(item), change)),
        _ => {}
    }
}

/// A TUF repository is no path.
fn rooted(path: &mut String, folder: &str) {
    if !RootSource::is_repository(path) {
        below(path, folder);
    }
}

fn below(path: &mut String, folder: &str) {
    if !path.starts_with('/') {
        let plain = path.strip_prefix("./").unwrap_or(path);
        *path = format!("{folder}/{plain}");
    }
}

/// Whether a public key is named by its file.
fn is_file(key: &str) -> bool {
    !key.starts_with("env://") && chiron_verify::KeyName::objection(key).is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_path_is_moved_and_nothing_else() {
        let mut value = json!({
            "pipeline": { "name": "x", "subjects": ["dist/*.whl", "/abs"], "attestations": "a" },
            "plugins": { "mine": { "source": "./mine.wasm", "signer": { "key": "k.pub", "trusted_root": "r.json" } }, "osv": { "source": "builtin:osv" } },
            "step": [{ "uses": "mine" }, { "uses": "builtin:osv" }, { "uses": "other.wasm", "with": { "path": "p" } }],
            "databases": { "d": { "path": "db", "records": "r" } },
            "ignore": { "files": ["i.toml"] }, "vex": { "files": ["v.json"] }, "gate": { "baseline": "b.json" },
            "keys": { "k": { "file": "k.pem", "witness": { "signing_config": "s", "trusted_root": "r", "ca": "c" } }, "e": { "env": "K" }, "p": { "pkcs11": "pkcs11:token=t", "pin": { "file": "pin" } }, "l": { "keyless": { "token": { "file": "t" }, "signing_config": "s", "trusted_root": "r", "ca": "c" } } },
            "endpoints": { "e": { "base": "https://x", "ca": "ca.pem", "token": { "file": "t" }, "headers": { "h": { "file": "h" } } } },
            "tools": { "t": { "path": "syft", "read": { "db": "cache" } }, "u": { "path": "./bin/u" } },
            "verify": { "key": "k.pub", "trusted_root": "r.json", "bundles": ["b"] },
        });
        rebase(&mut value, "../base");
        assert_eq!(
            value,
            json!({
                "pipeline": { "name": "x", "subjects": ["../base/dist/*.whl", "/abs"], "attestations": "../base/a" },
                "plugins": { "mine": { "source": "../base/mine.wasm", "signer": { "key": "../base/k.pub", "trusted_root": "../base/r.json" } }, "osv": { "source": "builtin:osv" } },
                "step": [{ "uses": "mine" }, { "uses": "builtin:osv" }, { "uses": "../base/other.wasm", "with": { "path": "p" } }],
                "databases": { "d": { "path": "../base/db", "records": "../base/r" } },
                "ignore": { "files": ["../base/i.toml"] }, "vex": { "files": ["../base/v.json"] },
                "gate": { "baseline": "../base/b.json" },
                "keys": { "k": { "file": "../base/k.pem", "witness": { "signing_config": "../base/s", "trusted_root": "../base/r", "ca": "../base/c" } }, "e": { "env": "K" }, "p": { "pkcs11": "pkcs11:token=t", "pin": { "file": "../base/pin" } }, "l": { "keyless": { "token": { "file": "../base/t" }, "signing_config": "../base/s", "trusted_root": "../base/r", "ca": "../base/c" } } },
                "endpoints": { "e": { "base": "https://x", "ca": "../base/ca.pem", "token": { "file": "../base/t" }, "headers": { "h": { "file": "../base/h" } } } },
                "tools": { "t": { "path": "syft", "read": { "db": "../base/cache" } }, "u": { "path": "../base/bin/u" } },
                "verify": { "key": "../base/k.pub", "trusted_root": "../base/r.json", "bundles": ["../base/b"] },
            })
        );
    }

    #[test]
    fn a_tuf_repository_is_no_path() {
        let named = json!({
            "verify": { "key": "k.pub", "trusted_root": "tuf:acme" },
            "plugins": { "mine": { "source": "builtin:osv", "signer": { "trusted_root": "tuf-expired" } } },
            "keys": { "l": { "keyless": { "signing_config": "tuf", "trusted_root": "tuf", "ca": "tuf" } } },
        });
        let mut value = named.clone();
        rebase(&mut value, "../base");
        assert_eq!(value["verify"]["trusted_root"], named["verify"]["trusted_root"]);
        assert_eq!(value["plugins"], named["plugins"]);
        assert_eq!(
            value["keys"]["l"]["keyless"],
            json!({ "signing_config": "tuf", "trusted_root": "tuf", "ca": "../base/tuf" })
        );
    }
}
