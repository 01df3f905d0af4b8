//! Images: their forms, and layers laid over each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

mod forge;

use chiron_archive::{Image, Limits, snapshot};
use chiron_model::digest::Digest;
use forge::image::{self, Layout};
use forge::{gzip, tar, tar_member};

fn file(name: &str, bytes: &str) -> Vec<u8> {
    tar_member(name.as_bytes(), b'0', b"", bytes.as_bytes())
}

fn folder(name: &str) -> Vec<u8> {
    tar_member(name.as_bytes(), b'5', b"", b"")
}

fn link(name: &str, target: &str) -> Vec<u8> {
    tar_member(name.as_bytes(), b'2', target.as_bytes(), b"")
}

fn hard(name: &str, target: &str) -> Vec<u8> {
    tar_member(name.as_bytes(), b'1', target.as_bytes(), b"")
}

/// What is seen of these layers.
fn layers(layers: &[&[Vec<u8>]]) -> Image {
    let layers: Vec<_> = layers.iter().map(|members| tar(members)).collect();
    Layout::of(&layers).read().unwrap()
}

fn files(image: &Image) -> Vec<&str> {
    image.files.iter().map(|file| file.path.as_str()).collect()
}

fn text(image: &Image, path: &str) -> String {
    String::from_utf8(image.blob(path).unwrap().read_all(1000).unwrap()).unwrap()
}

#[test]
fn every_form_of_an_image_is_the_same_image() {
    let plain = tar(&[file("etc/x", "one")]);
    let upper = tar(&[file("etc/y", "two")]);
    let mut layout = Layout::default();
    let packed = zstd::stream::encode_all(upper.as_slice(), 3).unwrap();
    let id = layout.add(&[(plain.clone(), gzip(&plain)), (upper.clone(), packed)], "amd64", "");
    let root = tempfile::tempdir().unwrap();
    let as_folder = image::at(&image::folder(&layout.finished(), root.path()), &Limits::default()).unwrap();
    let as_archive = layout.read().unwrap();
    let as_packed_archive = image::read_bytes(&gzip(&image::archive(&layout.finished()))).unwrap();
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}","{}"]}}}}"#,
        Digest::sha256_of(&plain),
        Digest::sha256_of(&upper)
    );
    let saved = image::read(&saved(&config, &[plain.clone(), upper.clone()])).unwrap();
    let ids = [Digest::sha256_of(&plain), Digest::sha256_of(&upper)];
    for image in [&as_folder, &as_archive, &as_packed_archive, &saved] {
        assert_eq!((&image.id, image.platform.as_str()), (&id, "linux/amd64"));
        assert_eq!(files(image), ["etc/x", "etc/y"]);
        assert_eq!((text(image, "etc/x"), text(image, "etc/y")), ("one".into(), "two".into()));
        assert_eq!(image.layers, ids);
        assert_eq!((image.layer("etc/x"), image.layer("etc/y/inner/x")), (Some(&ids[0]), Some(&ids[1])));
        assert_eq!(image.files[0].sha256, Digest::sha256_of(b"one"));
    }
    assert_eq!(saved.names, ["a:1"]);
}

/// As `docker save` wrote it before version 25: one folder a layer, a layer that is there twice as a link.
fn saved(config: &str, layers: &[Vec<u8>]) -> Vec<(String, Vec<u8>)> {
    let id = Digest::sha256_of(config.as_bytes());
    let paths: Vec<_> = (0..layers.len()).map(|number| format!("layer{number}/layer.tar")).collect();
    let mut files: Vec<_> = paths.iter().cloned().zip(layers.iter().cloned()).collect();
    let quoted: Vec<_> = paths.iter().map(|path| format!("{path:?}")).collect();
    files.push((format!("{}.json", id.hex()), config.as_bytes().to_vec()));
    let list = format!(r#"[{{"Config":"{}.json","RepoTags":["a:1"],"Layers":[{}]}}]"#, id.hex(), quoted.join(","));
    files.push(("manifest.json".to_owned(), list.into_bytes()));
    files
}

#[test]
fn links_between_the_layers_of_an_archive_are_followed_inside_it() {
    let layer = tar(&[file("x", "1")]);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"diff_ids":["{0}","{0}"]}}}}"#,
        Digest::sha256_of(&layer)
    );
    let members = |target: &str| {
        let mut members: Vec<_> = saved(&config, &[layer.clone(), layer.clone()])
            .iter()
            .filter(|(path, _)| path != "layer1/layer.tar")
            .map(|(path, bytes)| tar_member(path.as_bytes(), b'0', b"", bytes))
            .collect();
        members.push(link("layer1/layer.tar", target));
        tar(&members)
    };
    assert_eq!(files(&image::read_bytes(&members("../layer0/layer.tar")).unwrap()), ["x"]);
    for (target, reason) in [
        ("../../../etc/passwd", "leads out of it"),
        ("layer.tar", "round in circles"),
        ("/etc/passwd", "`etc/passwd` is missing"),
    ] {
        let error = image::read_bytes(&members(target)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn what_is_no_image_is_none() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("manifest.json"), "{}").unwrap();
    let none = |path: &std::path::Path| {
        Image::of(&snapshot(path, &Limits::default()).unwrap(), "x", "linux/amd64").unwrap().is_none()
    };
    assert!(none(folder.path()));
    for (name, bytes) in [
        ("web.tar", tar(&[file("manifest.json", r#"{"name": "web"}"#)])),
        ("list.tar", tar(&[file("manifest.json", r#"["a"]"#)])),
        ("sdist.tar.gz", gzip(&tar(&[file("a-1/PKG-INFO", "Name: a")]))),
        ("cut.tar", tar(&[file("a-1/PKG-INFO", "Name: a")])[..700].to_vec()),
        ("text", b"oci-layout".to_vec()),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(none(&path), "{name}");
    }
}

#[test]
fn white_outs_hide_lower_layers_and_nothing_of_their_own() {
    let lower: &[_] = &[file("a/x", "1"), file("a/y", "1"), file("b/deep/z", "1"), file("c", "1"), file("c2", "1")];
    let upper: &[_] = &[file("a/.wh.x", ""), file("b/new", "2"), file("b/.wh..wh..opq", ""), file(".wh.c", "")];
    assert_eq!(files(&layers(&[lower, upper])), ["a/y", "b/new", "c2"]);
    // Before or after it in its layer, what is put there again stays.
    for again in [[file(".wh.c", ""), file("c", "2")], [file("c", "2"), file(".wh.c", "")]] {
        let image = layers(&[lower, &again]);
        assert_eq!(text(&image, "c"), "2");
        assert_eq!(image.layer("c"), Some(&image.layers[1]));
    }
    assert_eq!(files(&layers(&[lower, &[file(".wh..wh..opq", ""), file("only", "2")]])), ["only"]);
    assert_eq!(
        files(&layers(&[lower, &[file(".wh.a", ""), file(".wh.nothing", ""), file("b/.wh..wh.plnk", "")]])).len(),
        3
    );
    // And comes back when a third layer puts it there.
    assert_eq!(text(&layers(&[lower, &[file(".wh.c", "")], &[file("c", "3")]]), "c"), "3");
}

#[test]
fn files_and_folders_take_each_others_place() {
    let lower: &[_] = &[folder("d/"), file("d/x", "1"), file("f", "1")];
    assert_eq!(files(&layers(&[lower, &[file("d", "2")]])), ["d", "f"]);
    assert_eq!(files(&layers(&[lower, &[folder("f"), file("f/x", "2")]])), ["d/x", "f/x"]);
    assert_eq!(files(&layers(&[lower, &[file("f/x", "2")]])), ["d/x", "f/x"]);
    // A folder that is named again keeps what is in it.
    assert_eq!(files(&layers(&[lower, &[folder("d")]])), ["d/x", "f"]);
    assert_eq!(text(&layers(&[&[file("x", "1"), file("./x", "2"), file("/x", "3")]]), "x"), "3");
}

#[test]
fn names_that_differ_in_case_are_two_files() {
    let image = layers(&[&[file("etc/Readme", "1"), file("etc/README", "2")], &[file("etc/.wh.README", "")]]);
    assert_eq!(files(&image), ["etc/Readme"]);
}

#[test]
fn entries_below_a_link_lie_where_it_leads() {
    let lower: &[_] = &[
        folder("usr/lib"),
        link("lib", "usr/lib"),
        file("usr/lib/db", "old"),
        link("abs", "/usr"),
        link("up", "../../../usr"),
    ];
    let image = layers(&[
        lower,
        &[file("lib/db", "new"), file("abs/lib/a", "2"), file("up/lib/b", "2"), file("lib/.wh.none", "")],
    ]);
    assert_eq!(files(&image), ["usr/lib/a", "usr/lib/b", "usr/lib/db"]);
    assert_eq!(text(&image, "usr/lib/db"), "new");
    assert!(image.blob("lib/db").is_err());
    assert_eq!(files(&layers(&[lower, &[file("lib/.wh.db", "")]])), Vec::<&str>::new());
    // A folder in the link's place is a folder, as runtimes have it.
    let replaced = layers(&[lower, &[folder("lib"), file("lib/db", "new")]]);
    assert_eq!(files(&replaced), ["lib/db", "usr/lib/db"]);
    assert_eq!(text(&replaced, "usr/lib/db"), "old");
}

#[test]
fn hard_links_are_files_of_their_own() {
    let lower: &[_] = &[file("a", "one"), hard("b", "a"), hard("c/d", "./b")];
    let image = layers(&[lower, &[file(".wh.a", ""), hard("e", "/c/d"), file("b", "two")]]);
    assert_eq!(files(&image), ["b", "c/d", "e"]);
    assert_eq!((text(&image, "e"), text(&image, "b")), ("one".into(), "two".into()));
    assert_eq!(image.layer("e"), Some(&image.layers[1]));
    assert_eq!((image.files[1].sha256.clone(), image.files[1].size), (Digest::sha256_of(b"one"), 3));
}

#[test]
fn what_no_file_can_be_made_of_is_named() {
    let mut sparse = file("sparse", "");
    sparse[156] = b'S';
    sparse[482] = 1;
    forge::seal(&mut sparse);
    sparse.extend([0; 512]);
    let image = layers(&[&[
        hard("a", "b"),
        hard("b", "a"),
        hard("dir", "d"),
        hard("self", "self"),
        folder("d"),
        link("x", "y"),
        link("y", "x"),
        file("x/in", "1"),
        sparse,
        tar_member(b"null", b'3', b"", b""),
        tar_member(b"pipe", b'6', b"", b""),
        tar_member(b"na\xefve", b'0', b"", b"1"),
        tar_member(b"be\x07ll", b'0', b"", b"1"),
        file(r"unit\x2dname.slice", "1"),
        file("C:", "1"),
    ]]);
    let unreadable: Vec<_> = image.unreadable.iter().map(|one| (one.path.as_str(), one.reason.as_str())).collect();
    let nothing = "it is a hard link to something that is not there";
    assert_eq!(
        unreadable,
        [
            ("a", nothing),
            ("b", "it is a hard link to something that is not there"),
            ("be\u{fffd}ll", "the name holds a control character"),
            ("dir", nothing),
            ("na\u{fffd}ve", "the name is not UTF-8"),
            ("self", nothing),
            ("sparse", "it is a sparse file"),
            ("x/in", "the links on the way to it lead round in circles"),
        ]
    );
    assert_eq!(image.others, ["null", "pipe"]);
    assert_eq!(files(&image), ["C:", r"unit\x2dname.slice"]);
    assert_eq!(image.links.len(), 2);
}

#[test]
fn layers_may_be_empty_and_end_without_a_mark() {
    let image = Layout::of(&[vec![], vec![0; 1024], file("x", "1")]).read().unwrap();
    assert_eq!(files(&image), ["x"]);
    assert_eq!(Layout::of(&[]).read().unwrap().files, []);
}
