//! Images of strangers: the layers are theirs, and every digest is made right, so that what remains is the content.

use chiron_archive::{Image, Limits, snapshot, this_platform};
use sha2::{Digest as _, Sha256};

/// Small, so that a bomb is refused by a limit and not by the fuzzer's patience.
fn limits() -> Limits {
    Limits {
        entries_max: 200,
        entry_bytes_max: 1 << 20,
        total_bytes_max: 4 << 20,
        names_bytes_max: 64 << 10,
        memory_bytes_max: 1 << 20,
        ..Limits::default()
    }
}

/// Two layers, cut where the first two bytes say.
pub(super) fn image(bytes: &[u8]) {
    let Some((cut, layers)) = bytes.split_first_chunk::<2>() else { return };
    let cut = usize::from(u16::from_be_bytes(*cut)) * 512;
    let (lower, upper) = layers.split_at(cut.min(layers.len()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    std::fs::write(&path, saved(&[lower, upper])).unwrap();
    let taken = snapshot(&path, &limits()).unwrap();
    let Ok(Some(image)) = Image::of(&taken, "image.tar", &this_platform()) else { return };
    for path in image.files.iter().map(|file| &file.path).chain(image.links.iter().map(|link| &link.path)) {
        let safe = !path.starts_with('/') && path.split('/').all(|part| part != "..");
        assert!(safe, "a path that leads out: {path}");
    }
    let mut total = 0;
    for file in &image.files {
        let Ok(blob) = image.blob(&file.path) else { continue };
        assert_eq!(blob.size(), file.size, "{}", file.path);
        if let Ok(read) = blob.read_all(limits().entry_bytes_max) {
            assert_eq!(read.len() as u64, blob.size());
        }
        assert!(image.layer(&file.path).is_some(), "{} lies in no layer", file.path);
        total += blob.size();
    }
    assert!(total <= limits().total_bytes_max * 2, "{total} bytes in two layers");
}

/// What `docker save` writes of these layers.
fn saved(layers: &[&[u8]]) -> Vec<u8> {
    let ids: Vec<_> = layers.iter().map(|layer| format!("\"sha256:{:x}\"", Sha256::digest(layer))).collect();
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        ids.join(",")
    );
    let list = r#"[{"Config":"c.json","Layers":["0.tar","1.tar"]}]"#;
    let members: [(&str, &[u8]); 4] =
        [("0.tar", layers[0]), ("1.tar", layers[1]), ("c.json", config.as_bytes()), ("manifest.json", list.as_bytes())];
    let mut tar: Vec<u8> = members.iter().flat_map(|(name, bytes)| member(name, bytes)).collect();
    tar.extend([0; 1024]);
    tar
}

/// A member of a tar (POSIX.1-1988, ustar).
fn member(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(bytes);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}
