//! The SDK carries its own copy of the WIT, so that it builds from a registry or a copied folder. Inside the
//! repository the copy must be the contract, byte for byte.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test: a failed unwrap is its message")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn sdk_wit_is_the_contract() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contract = here.join("../../wit");
    // In a registry or a copied folder there is nothing to compare with.
    if !contract.join("worlds.wit").is_file() {
        return;
    }
    let (contract, copy) = (wit_files(&contract), wit_files(&here.join("wit")));
    assert_eq!(
        contract.keys().collect::<Vec<_>>(),
        copy.keys().collect::<Vec<_>>(),
        "copy wit/worlds.wit and wit/deps to sdk/rust/wit"
    );
    for (path, text) in contract {
        assert_eq!(text, copy[&path], "sdk/rust/wit/{path} differs from wit/{path}: copy it");
    }
}

/// Relative path -> text of every `.wit` file.
fn wit_files(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wit") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}
