//! Images that no builder would make.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

mod forge;

use chiron_archive::Limits;
use chiron_model::digest::Digest;
use forge::image::{self, Layout, MANIFEST};
use forge::{gzip, tar, tar_member};

fn file(name: &str, bytes: &str) -> Vec<u8> {
    tar_member(name.as_bytes(), b'0', b"", bytes.as_bytes())
}

fn layer() -> Vec<u8> {
    tar(&[file("x", "1")])
}

fn refusal(layout: &Layout) -> String {
    layout.read().unwrap_err().to_string()
}

/// The reason for which an image of this one layer is refused.
fn refused_layer(layer: Vec<u8>) -> String {
    refusal(&Layout::of(&[layer]))
}

#[test]
fn blobs_are_what_their_digests_say() {
    let mut layout = Layout::of(&[layer()]);
    let upper = tar(&[file("y", "1")]);
    assert_eq!(upper.len(), layer().len());
    layout.files[0].1 = upper;
    let error = refusal(&layout);
    let digest = Digest::sha256_of(&layer());
    assert!(error.contains(&format!("its blob {digest} has the digest sha256:")), "{error}");
    layout.files[0].1.push(0);
    assert!(
        refusal(&layout).contains("has 1537 bytes, and should have 1536")
            || refusal(&layout).contains("bytes, and should have")
    );
    layout.files.remove(0);
    assert!(refusal(&layout).contains(&format!("its blob {digest} is missing")));
}

#[test]
fn layers_are_what_the_configuration_says() {
    let mut layout = Layout::default();
    layout.add(&[(layer(), gzip(&tar(&[file("evil", "1")])))], "amd64", "");
    let error = refusal(&layout);
    assert!(error.contains("its layer sha256:") && error.contains("once it is unpacked"), "{error}");
}

#[test]
fn what_is_no_layer_is_refused() {
    for (bytes, reason) in [
        (b"this is no tar".repeat(100), "a header does not fit its checksum"),
        (b"short".to_vec(), "it ends without an end mark"),
        (gzip(&layer())[..40].to_vec(), "compressed bytes are corrupt"),
        (layer()[..700].to_vec(), "it ends without an end mark"),
        (b"\x28\xb5\x2f\xfd garbage".to_vec(), "compressed bytes are corrupt"),
        (tar(&[file("../x", "1")]), "the name leads out of the tree"),
        (tar(&[file("a/../../x", "1")]), "the name leads out of the tree"),
        (tar(&[file("a/.wh...", "1")]), "the name leads out of the tree"),
        (tar(&[tar_member(b"x", b'1', b"../../etc/passwd", b"")]), "the name leads out of the tree"),
    ] {
        let error = refused_layer(bytes);
        assert!(error.contains(reason), "{error}");
        assert!(error.contains("sha256:"), "{error}");
    }
}

#[test]
fn bombs_cost_no_more_than_the_limits() {
    let zeros = gzip(&vec![0; 20 << 20]);
    let mut layout = Layout::default();
    layout.add(&[(vec![0; 20 << 20], zeros)], "amd64", "");
    let limits = Limits { total_bytes_max: 4 << 20, ..Limits::default() };
    let error = image::within(&image::archive(&layout.finished()), &limits).unwrap_err().to_string();
    assert!(error.contains("total_bytes_max"), "{error}");
    let limits = Limits { ratio_max: 10, ..Limits::default() };
    let error = image::within(&image::archive(&layout.finished()), &limits).unwrap_err().to_string();
    assert!(error.contains("ratio_max"), "{error}");
    let many: Vec<_> = (0..200).map(|number| file(&format!("f{number}"), "")).collect();
    let limits = Limits { files_max: 100, ..Limits::default() };
    let bytes = image::archive(&Layout::of(&[tar(&many)]).finished());
    let error = image::within(&bytes, &limits).unwrap_err().to_string();
    assert!(error.contains("files_max"), "{error}");
    let limits = Limits { names_bytes_max: 2000, ..Limits::default() };
    let deep = tar(&[file(&"d/".repeat(40), ""), file(&format!("{}x", "d/".repeat(45)), "")]);
    let bytes = image::archive(&Layout::of(&[deep]).finished());
    let error = image::within(&bytes, &limits).unwrap_err().to_string();
    assert!(error.contains("names_bytes_max"), "{error}");
}

#[test]
fn a_thousand_white_outs_of_everything_cost_as_much_as_one() {
    let lower: Vec<_> = (0..20_000).map(|number| file(&format!("f{number}"), "")).collect();
    let mut upper: Vec<_> = (0..20_000).map(|number| file(&format!("g{number}"), "")).collect();
    upper.extend((0..20_000).map(|_| file(".wh..wh..opq", "")));
    let image = Layout::of(&[tar(&lower), tar(&upper)]).read().unwrap();
    assert_eq!(image.files.len(), 20_000);
    assert_eq!(image.files[0].path, "g0");
}

#[test]
fn hard_links_to_one_large_file_cost_one_file() {
    let mut members = vec![tar_member(b"big", b'0', b"", &vec![7; 1 << 20])];
    members.extend((0..5000).map(|number| tar_member(format!("h{number}").as_bytes(), b'1', b"big", b"")));
    let image = Layout::of(&[tar(&members)]).read().unwrap();
    assert_eq!(image.files.len(), 5001);
    assert!(image.files.iter().all(|file| file.size == 1 << 20));
}

#[test]
fn ten_thousand_layers_are_refused_before_one_is_opened() {
    let one = (layer(), layer());
    let mut layout = Layout::default();
    layout.add(&vec![one; 10_000], "amd64", "");
    layout.files.retain(|(path, _)| !path.contains(Digest::sha256_of(&layer()).hex()));
    assert!(refusal(&layout).contains("its image has 10000 layers, more than 1024"));
}

#[test]
fn a_layer_named_a_thousand_times_is_unpacked_once() {
    let big = tar(&[file("x", &"1".repeat(1 << 20))]);
    let mut layout = Layout::default();
    layout.add(&vec![(big.clone(), gzip(&big)); 1000], "amd64", "");
    let limits = Limits { total_bytes_max: 8 << 20, ratio_max: 100_000, ..Limits::default() };
    let image = image::within(&image::archive(&layout.finished()), &limits).unwrap();
    assert_eq!((image.layers.len(), image.files.len()), (1000, 1));
}

#[test]
fn documents_are_bounded_and_read_strictly() {
    let mut layout = Layout::of(&[layer()]);
    let padding = " ".repeat(5 << 20);
    layout.index[0].push_str(&padding);
    assert!(refusal(&layout).contains("its index.json has") && refusal(&layout).contains("more than 4194304"));
    for (index, reason) in [
        (r#"{"digest":"sha256:00","size":1}"#, "`sha256:00` is not a digest"),
        (r#"{"digest":"../../etc/passwd","size":1}"#, "is not a digest"),
        (r#"{"size":1}"#, "missing field `digest`"),
        (&"[".repeat(10_000), "cannot be read"),
    ] {
        let mut layout = Layout::default();
        layout.index.push(index.replace("\"size\"", &format!("\"mediaType\":\"{MANIFEST}\",\"size\"")));
        let error = refusal(&layout);
        assert!(error.contains(reason), "{error}");
    }
    let mut counted = Layout::of(&[layer(), layer()]);
    let config = counted.files.iter().position(|(_, bytes)| bytes.starts_with(b"{\"arch")).unwrap();
    let short = br#"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[]}}"#.to_vec();
    let (path, _) = counted.files.remove(config);
    let old = path.rsplit('/').next().unwrap().to_owned();
    let descriptor = counted.blob(&short, "application/vnd.oci.image.config.v1+json", "");
    let manifest = counted.files.iter().position(|(_, bytes)| bytes.starts_with(b"{\"schema")).unwrap();
    let (_, bytes) = counted.files.remove(manifest);
    let text = String::from_utf8(bytes).unwrap();
    let start = text.find("{\"mediaType\"").unwrap();
    assert!(text[start..].contains(&old));
    let end = start + text[start..].find('}').unwrap() + 1;
    let text = format!("{}{descriptor}{}", &text[..start], &text[end..]);
    counted.index = vec![counted.blob(text.as_bytes(), MANIFEST, "")];
    assert!(refusal(&counted).contains("its image has 2 layers, and its configuration names 0"));
}

#[test]
fn the_image_that_is_meant_is_clear_or_refused() {
    let packed = [(layer(), layer())];
    let other = tar(&[file("other", "1")]);
    let mut layout = Layout::default();
    let amd64 = layout.add(&packed, "amd64", r#","annotations":{"org.opencontainers.image.ref.name":"v1"}"#);
    layout.add(&packed, "arm64", "");
    let attestation = r#","platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#;
    let descriptor = layout.blob(b"{}", MANIFEST, attestation);
    layout.index.push(descriptor);
    // A platform of an index whose blobs were not exported.
    let absent = Digest::sha256_of(b"absent");
    layout.index.push(format!(
        r#"{{"mediaType":"{MANIFEST}","digest":"{absent}","size":2,"platform":{{"os":"linux","architecture":"s390x"}}}}"#
    ));
    let image = layout.read().unwrap();
    assert_eq!((image.id, image.platform.as_str(), image.names), (amd64, "linux/amd64", vec!["v1".to_owned()]));
    let aside = image.set_aside.join("; ");
    assert!(aside.starts_with("an attestation (sha256:"), "{aside}");
    assert!(aside.contains(&format!("an image linux/s390x that is not there ({absent})")), "{aside}");
    assert!(aside.contains("an image for linux/arm64 (sha256:"), "{aside}");
    // One image under two tags is one.
    let mut tags = Layout::default();
    tags.add(&packed, "amd64", r#","annotations":{"org.opencontainers.image.ref.name":"v1"}"#);
    tags.add(&packed, "amd64", r#","annotations":{"org.opencontainers.image.ref.name":"v2"}"#);
    assert_eq!(tags.read().unwrap().names, ["v1", "v2"]);
    // The only one is meant, whatever it is for.
    let mut arm = Layout::default();
    arm.add(&packed, "arm64", "");
    assert_eq!(arm.read().unwrap().platform, "linux/arm64");
    layout.add(&[(other.clone(), other)], "amd64", "");
    assert!(refusal(&layout).contains("it holds 2 images for linux/amd64: "), "{}", refusal(&layout));
    let mut foreign = arm.clone();
    foreign.add(&packed, "s390x", "");
    assert!(refusal(&foreign).contains("it holds 2 images, none for linux/amd64"));
    assert!(refusal(&Layout::default()).contains("it holds no image"));
    let mut artifact = Layout::default();
    let empty = artifact.blob(b"{}", "application/vnd.oci.empty.v1+json", "");
    let chart = artifact.blob(format!(r#"{{"config":{empty},"layers":[]}}"#).as_bytes(), MANIFEST, "");
    artifact.index.push(chart);
    assert!(refusal(&artifact).contains("only an artifact of type `application/vnd.oci.empty.v1+json`"));
}

#[test]
fn two_lists_that_name_different_images_hide_neither() {
    let mut layout = Layout::of(&[layer()]);
    let evil = tar(&[file("evil", "1")]);
    let config =
        format!(r#"{{"architecture":"amd64","os":"linux","rootfs":{{"diff_ids":["{}"]}}}}"#, Digest::sha256_of(&evil));
    layout.files.push(("evil.tar".to_owned(), evil));
    layout.files.push(("evil.json".to_owned(), config.into_bytes()));
    let list = br#"[{"Config":"evil.json","RepoTags":["evil:1"],"Layers":["evil.tar"]}]"#;
    layout.files.push(("manifest.json".to_owned(), list.to_vec()));
    assert!(refusal(&layout).contains("it holds 2 images for linux/amd64"));
}

#[test]
fn an_archive_that_was_cut_off_is_a_broken_image_and_not_some_other_file() {
    let bytes = image::archive(&Layout::of(&[layer()]).finished());
    assert!(image::read_bytes(&bytes[..3000]).unwrap_err().to_string().contains("it ends"));
    let packed = gzip(&bytes);
    assert!(image::read_bytes(&packed[..packed.len() - 9]).unwrap_err().to_string().contains("corrupt"));
}
