//! Container images, as small as they can be: what `docker save` writes, and systems made of a few files.

use sha2::{Digest as _, Sha256};

/// A tar of these files; a name that ends in a slash is a folder.
#[must_use]
pub fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, bytes) in files {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..107].copy_from_slice(b"0000644");
        block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        block[156] = if name.ends_with('/') { b'5' } else { b'0' };
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block.extend(bytes.as_bytes());
        block.resize(block.len().next_multiple_of(512), 0);
        tar.extend(block);
    }
    tar.extend([0; 1024]);
    tar
}

/// `sha256:…`.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// What `docker save` writes of an image with these layers.
#[must_use]
pub fn saved(layers: &[Vec<u8>]) -> Vec<u8> {
    let ids: Vec<_> = layers.iter().map(|layer| format!("\"{}\"", digest(layer))).collect();
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        ids.join(",")
    );
    let config_name = format!("{}.json", digest(config.as_bytes()).trim_start_matches("sha256:"));
    let names: Vec<_> = (0..layers.len()).map(|number| format!("l{number}/layer.tar")).collect();
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let list = format!(r#"[{{"Config":"{config_name}","RepoTags":["demo:1"],"Layers":[{}]}}]"#, quoted.join(","));
    let texts: Vec<_> = layers.iter().map(|layer| String::from_utf8(layer.clone()).unwrap()).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    files.extend([(config_name.as_str(), config.as_str()), ("manifest.json", list.as_str())]);
    tar(&files)
}

/// Debian 12 with `python3-demo`, which owns the metadata of the Python package `demo` 1.0.
pub const DEBIAN: [(&str, &str); 5] = [
    ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"),
    (
        "var/lib/dpkg/status",
        "Package: python3-demo\nStatus: install ok installed\nArchitecture: all\nSource: demo\nVersion: 1.0-2+deb12u1\n\n\
         Package: removed\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n",
    ),
    (
        "var/lib/dpkg/info/python3-demo.list",
        "/.\n/usr\n/usr/lib/python3/dist-packages/demo-1.0.dist-info/METADATA\n/usr/local\n/usr/local/lib\n",
    ),
    ("var/lib/dpkg/info/removed.list", "/etc/removed.conf\n"),
    ("usr/lib/python3/dist-packages/demo-1.0.dist-info/METADATA", "Name: demo\nVersion: 1.0\n"),
];
