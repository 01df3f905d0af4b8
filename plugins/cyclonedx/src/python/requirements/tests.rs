use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::{Coverage, Inventory};

use super::*;

fn inventory(text: impl Into<Vec<u8>>) -> Inventory {
    (CATALOGER.read)(&fake::subject("requirements.txt"), &FakeBlob::new(text)).unwrap()
}

/// `purl or name@version` and line of each package.
fn packages(inventory: &Inventory) -> Vec<(String, u32)> {
    let shown = |component: &chiron_sdk::sbom::Component| {
        let version = component.version.clone().unwrap_or_default();
        let id = component.purl.clone().unwrap_or_else(|| format!("{}@{version}", component.name));
        (id, component.locations[0].line.unwrap())
    };
    inventory.components.iter().map(shown).collect()
}

#[test]
fn names_are_spelled_as_in_the_file_and_purls_as_the_registry_compares() {
    let inventory = inventory("Django==3.1.3\nzope.interface==5.4.0\nruamel_yaml==0.17\n");
    let names: Vec<_> = inventory.components.iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["Django", "zope.interface", "ruamel_yaml"]);
    let expected = ["pkg:pypi/django@3.1.3", "pkg:pypi/zope-interface@5.4.0", "pkg:pypi/ruamel-yaml@0.17"];
    assert_eq!(packages(&inventory).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), expected);
    assert_eq!((inventory.files[0].coverage, inventory.files[0].entries_read), (Coverage::Read, 3));
    assert_eq!(inventory.files[0].reason, None);
}

#[test]
fn comments_continuations_hashes_and_options_are_understood() {
    let text = "\u{feff}# pip-compile\r\n\r\n--index-url https://index.example/simple\r\n\
        a==1.0 \\\r\n    --hash=sha256:aa \\\r\n    --hash=sha256:bb\r\n    # via b\r\n\
        b[x]==2.0 ; python_version > '3'  # why\r\nc==3.0 --hash sha256:cc\r\n-i https://x.example\r\n\
        d==4.0 \\\r\n# a comment ends what was continued\r\ne==5.0";
    let inventory = inventory(text);
    let expected = [("a@1.0", 4), ("b@2.0", 8), ("c@3.0", 9), ("d@4.0", 11), ("e@5.0", 13)];
    assert_eq!(packages(&inventory), expected.map(|(id, line)| (format!("pkg:pypi/{id}"), line)));
    let archives: Vec<_> = inventory.components[0].properties.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(archives, ["sha256:aa", "sha256:bb"]);
    assert_eq!(inventory.components[2].digests[0].value, "cc");
    assert_eq!(inventory.files[0].coverage, Coverage::Read);
}

#[test]
fn includes_are_left_to_the_host_and_constraints_install_nothing() {
    let inventory =
        inventory("-r base.txt\n-rdev.txt\n--requirement=https://u:p@h.example/x.txt\n-c constraints.txt\na==1\n");
    let outcome = &inventory.files[0];
    assert_eq!((outcome.coverage, outcome.entries_read, outcome.entries_dropped), (Coverage::Read, 1, 0));
    let included: Vec<_> = inventory
        .relations
        .iter()
        .map(|relation| (relation.source.as_str(), relation.kind.as_str(), relation.target.as_str()))
        .collect();
    let expected = ["base.txt", "dev.txt", "https://h.example/x.txt"].map(|target| (".", "includes", target));
    assert_eq!(included, expected);
}

#[test]
fn a_file_of_constraints_is_no_list_of_what_is_installed() {
    let read = |name: &str| (CATALOGER.read)(&fake::subject(name), &FakeBlob::new("a==1\n")).unwrap();
    for name in ["requirements/constraints.txt", "requirements/constraints-dev.txt"] {
        assert_eq!((read(name).components.len(), read(name).files[0].coverage), (0, Coverage::Unsupported), "{name}");
    }
    assert_eq!(read("requirements/dev.txt").components.len(), 1);
}

#[test]
fn editable_and_vcs_packages_have_a_source_and_no_purl() {
    let text = "-e git+https://u:p@h.example/a.git@main#egg=a\n-e .\n--editable=./b-1.0.tar.gz\n\
        git+ssh://git@h.example/c.git#egg=c\nd @ https://h.example/d-2.0-py3-none-any.whl\n";
    let inventory = inventory(text);
    let expected = [("a@", 1), ("b@1.0", 3), ("c@", 4), ("d@2.0", 5)];
    assert_eq!(packages(&inventory), expected.map(|(id, line)| (id.to_owned(), line)));
    assert!(inventory.components.iter().all(|component| component.purl.is_none()));
    let source = ("chiron:source".to_owned(), "git+https://h.example/a.git@main#egg=a".to_owned());
    assert!(inventory.components[0].properties.contains(&source));
    assert_eq!(inventory.files[0].reason.as_deref(), Some("line 2: `.` does not say which package it is"));
}

#[test]
fn unpinned_packages_are_listed_without_a_version_and_counted() {
    let inventory = inventory("a\nb>=1,<2\nc==1.*\nd==1\n");
    assert_eq!(inventory.components.iter().filter(|component| component.version.is_none()).count(), 3);
    assert_eq!(inventory.files[0].coverage, Coverage::Read);
    assert_eq!(inventory.files[0].reason.as_deref(), Some("3 of 4 packages are not pinned to a version"));
}

#[test]
fn malformed_files_have_their_outcome_by_name() {
    for (text, coverage, expected) in [
        (b"\xff\xfea\0=\0=\0".to_vec(), Coverage::Failed, "UTF-16, where UTF-8 is expected"),
        (b"a==1\n\xe9==2\n".to_vec(), Coverage::Failed, "not UTF-8 on line 2"),
        (b"a\0==1".to_vec(), Coverage::Failed, "no text: it holds NUL bytes"),
        (vec![b'a'; 25 << 20], Coverage::Failed, "26214400 bytes, more than the 25165824 this reads"),
        (b"a==1\n<<<<<<< HEAD\n".to_vec(), Coverage::Partly, "line 2: `<<<<<<< HEAD` names no package"),
        (b"a==1\n--frobnicate x\n".to_vec(), Coverage::Partly, "line 2: the option `--frobnicate` is not known"),
        (b"a==".to_vec(), Coverage::Partly, "line 1: `==` is no version specifier"),
        (b"a[b".to_vec(), Coverage::Partly, "line 1: `[b` does not close its extras"),
        (b"-".to_vec(), Coverage::Partly, "line 1: the option `-` is not known"),
        ("-\u{e9}x".into(), Coverage::Partly, "line 1: the option `-\u{e9}x` is not known"),
    ] {
        let outcome = inventory(text).files.remove(0);
        assert_eq!((outcome.coverage, outcome.reason.as_deref()), (coverage, Some(expected)));
    }
}

#[test]
fn what_ends_in_the_middle_of_a_line_is_read_as_far_as_it_goes() {
    assert_eq!(packages(&inventory("a==1 \\")), [("pkg:pypi/a@1".to_owned(), 1)]);
    assert_eq!(inventory("").files[0].entries_read, 0);
}

#[test]
fn a_hundred_thousand_lines_and_a_huge_one_are_read() {
    let mut text: String = (0..100_000).map(|n| format!("p{n}==1\n")).collect();
    text.push_str(&"x".repeat(8 << 20));
    text.push(' ');
    text.push_str(&"[".repeat(1 << 20));
    let outcome = inventory(text).files.remove(0);
    assert_eq!((outcome.entries_read, outcome.entries_dropped), (100_000, 1));
    assert!(outcome.reason.unwrap().chars().count() <= 201);
}

#[test]
fn a_package_listed_twice_with_two_versions_is_two() {
    let text = "a==1 ; python_version < '3'\na==2 ; python_version >= '3'\nA==2\n";
    let inventory = inventory(text);
    assert_eq!(packages(&inventory).len(), 2);
    assert_eq!(inventory.components[1].locations.len(), 2);
}
