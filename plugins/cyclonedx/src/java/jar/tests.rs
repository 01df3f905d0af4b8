use chiron_sdk::fake::{self, FakeBlob, FakeTree};

use super::*;
use crate::lockfile::tests::{listed, outcome, property};

fn properties(group: &str, artifact: &str, version: &str) -> (String, String) {
    let path = format!("META-INF/maven/{group}/{artifact}/pom.properties");
    (path, format!("groupId={group}\nartifactId={artifact}\nversion={version}\n"))
}

fn jar(packages: &[(&str, &str, &str)]) -> FakeTree {
    packages.iter().fold(FakeTree::new(), |tree, (group, artifact, version)| {
        let (path, text) = properties(group, artifact, version);
        tree.file(&path, text)
    })
}

fn inventory(file_name: &str, tree: FakeTree) -> Inventory {
    (CATALOGER.read)(&fake::subject(file_name), &FakeBlob::archive(tree)).unwrap()
}

fn inside(inventory: &Inventory) -> Vec<String> {
    let relations = inventory.relations.iter();
    relations.map(|relation| format!("{} {} {}", relation.source, relation.kind, relation.target)).collect()
}

#[test]
fn a_jar_is_the_package_its_build_tool_names() {
    let inventory = inventory("lib/a-1.0.jar", jar(&[("org.a", "a", "1.0")]));
    assert_eq!(listed(&inventory), ["pkg:maven/org.a/a@1.0 runtime"]);
    assert_eq!(inventory.components[0].name, "org.a:a");
    let algorithms: Vec<_> = inventory.components[0].digests.iter().map(|digest| digest.algorithm.as_str()).collect();
    assert_eq!((algorithms, outcome(&inventory).as_str()), (vec!["sha1", "sha256"], "read 1 0"));
}

#[test]
fn packages_merged_into_a_jar_are_inside_of_it() {
    let shaded = [("org.a", "app", "2.0"), ("org.b", "b", "1.0"), ("org.c", "c", "3.0")];
    let inventory = inventory("app-2.0-all.jar", jar(&shaded));
    let app = "pkg:maven/org.a/app@2.0";
    assert_eq!(
        inside(&inventory),
        [format!("{app} contains pkg:maven/org.b/b@1.0"), format!("{app} contains pkg:maven/org.c/c@3.0")]
    );
    assert_eq!(inventory.components[1].digests, []);
}

#[test]
fn of_several_packages_none_is_taken_for_the_archive_by_chance() {
    let inventory = inventory("application.jar", jar(&[("org.b", "b", "1.0"), ("org.c", "c", "3.0")]));
    assert_eq!(
        listed(&inventory),
        ["application@ runtime", "pkg:maven/org.b/b@1.0 runtime", "pkg:maven/org.c/c@3.0 runtime"]
    );
    assert_eq!(inside(&inventory).len(), 2);
}

#[test]
fn archives_inside_are_read_and_those_too_deep_are_dropped_by_name() {
    let too_deep = FakeBlob::refused(PluginError::BadInput("`d.jar` exceeds depth_max of 3".to_owned()));
    let inner = jar(&[("org.b", "b", "1.0")]).blob("lib/d.jar", too_deep);
    let manifest = "Bundle-SymbolicName: org.c\nBundle-Version: 3.1\n";
    let other = FakeTree::new().file("META-INF/MANIFEST.MF", manifest);
    let outer = jar(&[("org.a", "app", "2.0")])
        .blob("BOOT-INF/lib/b-1.0.jar", FakeBlob::archive(inner))
        .blob("c.jar", FakeBlob::archive(other))
        .file("BOOT-INF/lib/README", "x");
    let inventory = inventory("app.jar", outer);
    let (app, b) = ("pkg:maven/org.a/app@2.0", "pkg:maven/org.b/b@1.0");
    assert_eq!(listed(&inventory), [format!("{app} runtime"), format!("{b} runtime"), "org.c@3.1 runtime".to_owned()]);
    assert_eq!(inside(&inventory), [format!("{app} contains org.c@3.1"), format!("{app} contains {b}")]);
    assert_eq!(property(&inventory, b, "chiron:metadata-path"), ["BOOT-INF/lib/b-1.0.jar"]);
    let dropped = "partly 3 1: `BOOT-INF/lib/b-1.0.jar!/lib/d.jar`: `d.jar` exceeds depth_max of 3";
    assert_eq!(outcome(&inventory), dropped);
}

#[test]
fn a_group_is_never_invented() {
    let manifest = "Implementation-Vendor-Id: org.a\nImplementation-Title: A\nImplementation-Version: 1.2\n";
    let inventory = inventory("a-1.jar", FakeTree::new().file("META-INF/MANIFEST.MF", manifest));
    let [a] = inventory.components.as_slice() else { panic!() };
    assert_eq!((a.name.as_str(), a.version.as_deref(), a.purl.as_deref()), ("a", Some("1.2"), None));
    assert!(property(&inventory, "a@1.2", "chiron:note")[0].contains("no purl"));
}

#[test]
fn a_project_file_stands_in_for_missing_or_unfinished_properties() {
    let pom =
        "<project><parent><groupId>org.a</groupId><version>7</version></parent><artifactId>a</artifactId></project>";
    let tree = FakeTree::new()
        .file("META-INF/maven/org.a/a/pom.properties", "version=${v}\n")
        .file("META-INF/maven/org.a/a/pom.xml", pom)
        .file("META-INF/maven/org.b/b/pom.xml", "<project/>");
    let inventory = inventory("a.jar", tree);
    assert_eq!(listed(&inventory), ["pkg:maven/org.a/a@7 runtime"]);
    assert_eq!(outcome(&inventory), "partly 1 1: `META-INF/maven/org.b/b/pom.xml`: no groupId");
}

#[test]
fn what_cannot_be_read_fails_with_its_reason() {
    let refused = FakeBlob::refused(PluginError::BadInput("zip: a bomb".to_owned()));
    let failed = (CATALOGER.read)(&fake::subject("x.jar"), &refused).unwrap();
    assert_eq!(outcome(&failed), "failed 0 0: zip: a bomb");
    let cancelled = FakeBlob::refused(PluginError::Cancelled);
    assert_eq!((CATALOGER.read)(&fake::subject("x.jar"), &cancelled).unwrap_err(), PluginError::Cancelled);
    let huge = FakeTree::new().file("META-INF/MANIFEST.MF", vec![b' '; 2 << 20]);
    assert!(outcome(&inventory("x.jar", huge)).starts_with("failed 0 0: 2097152 bytes"));
}

#[test]
fn more_archives_than_are_opened_are_counted() {
    let empty = || FakeBlob::archive(FakeTree::new());
    let outer = |count: usize| (0..count).fold(FakeTree::new(), |tree, n| tree.blob(&format!("{n}.jar"), empty()));
    let middle =
        FakeTree::new().blob("a.jar", FakeBlob::archive(outer(3_000))).blob("b.jar", FakeBlob::archive(outer(3_000)));
    let outcome = outcome(&inventory("x.jar", middle));
    assert!(outcome.contains("more than 5000 archives"), "{outcome}");
}
