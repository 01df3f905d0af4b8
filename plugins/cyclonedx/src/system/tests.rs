//! Systems as a whole.

use chiron_sdk::fake::FakeTree;
use chiron_sdk::sbom::Coverage;

use super::*;

const RELEASE: &str = "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";

const STATUS: &str = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\n\
    Version: 3.0.11-1~deb12u2\nDescription: Secure Sockets Layer toolkit\n long text\n\n\
    Package: python3-six\nStatus: install ok installed\nArchitecture: all\nSource: six\nVersion: 1.16.0-4\n\n\
    Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n\
    Package: git\nStatus: install ok triggers-awaited\nArchitecture: amd64\nVersion: 1:2.39.5-0+deb12u1\n\n";

fn debian() -> FakeTree {
    FakeTree::new()
        .file("usr/lib/os-release", RELEASE)
        .link("etc/os-release", "../usr/lib/os-release")
        .link("lib", "usr/lib")
        .file("var/lib/dpkg/status", STATUS)
        .file("var/lib/dpkg/info/libssl3:amd64.list", "/.\n/usr\n/lib/libssl.so.3\n/usr/share/doc/libssl3/copyright\n")
        .file("var/lib/dpkg/info/python3-six.list", "/usr/lib/python3/dist-packages/six-1.16.0.egg-info\n")
        .file("var/lib/dpkg/info/gone.list", "/etc/gone.conf\n")
        .file("var/lib/dpkg/info/git.list", "")
}

fn purls(inventory: &Inventory) -> Vec<&str> {
    inventory.components.iter().filter_map(|component| component.purl.as_deref()).collect()
}

fn owned(component: &Component) -> Vec<&str> {
    let owns = component.properties.iter().filter(|(key, _)| key == "chiron:owns-path");
    owns.map(|(_, path)| path.as_str()).collect()
}

fn account<'i>(inventory: &'i Inventory, path: &str) -> &'i FileOutcome {
    inventory.files.iter().find(|file| file.path == path).unwrap()
}

#[test]
fn debian_packages_have_source_release_and_owner() {
    let inventory = inventory(&debian()).unwrap();
    assert_eq!(
        purls(&inventory),
        [
            "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
            "pkg:deb/debian/python3-six@1.16.0-4?arch=all&distro=debian-12&upstream=six",
            "pkg:deb/debian/git@1:2.39.5-0%2Bdeb12u1?arch=amd64&distro=debian-12",
        ]
    );
    let [ssl, six, git, system] = inventory.components.as_slice() else { panic!() };
    assert_eq!((ssl.name.as_str(), ssl.version.as_deref()), ("libssl3", Some("3.0.11-1~deb12u2")));
    assert_eq!(ssl.locations, [Location { path: "var/lib/dpkg/status".to_owned(), line: Some(1), layer: None }]);
    // `lib` is a link: the file lies in `usr/lib`, whatever dpkg calls it.
    assert_eq!(owned(ssl), ["usr/lib/libssl.so.3"]);
    assert_eq!(owned(six), ["usr/lib/python3/dist-packages/six-1.16.0.egg-info"]);
    assert!(
        git.properties.contains(&("chiron:note".to_owned(), "dpkg's status of it is `triggers-awaited`".to_owned()))
    );
    assert_eq!(
        (system.kind.as_str(), system.name.as_str(), system.version.as_deref()),
        ("operating-system", "debian", Some("12"))
    );
    assert_eq!(account(&inventory, "var/lib/dpkg/status"), &FileOutcome::read("var/lib/dpkg/status", 3));
    assert_eq!(account(&inventory, "usr/lib/os-release").coverage, Coverage::Read);
}

#[test]
fn a_database_that_was_cut_off_says_so() {
    let middle = &STATUS[..STATUS.find("Version: 1.16").unwrap() + 12];
    let cut = inventory(&debian().file("var/lib/dpkg/status", middle)).unwrap();
    let outcome = account(&cut, "var/lib/dpkg/status");
    // The entry that was cut, and those of the packages whose lists are left.
    assert_eq!((outcome.coverage, outcome.entries_read, outcome.entries_dropped), (Coverage::Partly, 1, 4));
    let reason = outcome.reason.as_deref().unwrap();
    assert!(reason.contains("line 9: the file ends in the middle of a line"), "{reason}");
    assert!(reason.contains("`git` has a list of files and no entry"), "{reason}");
    let nameless = inventory(&debian().file("var/lib/dpkg/status", "Version: 1\n\nPackage: x\n\n")).unwrap();
    let reason = account(&nameless, "var/lib/dpkg/status").reason.clone().unwrap();
    assert!(reason.starts_with("line 1: an entry without a name; line 3: x has no version"), "{reason}");
}

#[test]
fn without_a_release_nothing_is_guessed() {
    let tree =
        FakeTree::new().file("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1+deb12u1\n\n");
    let inventory = inventory(&tree).unwrap();
    assert_eq!(purls(&inventory), ["pkg:deb/a@1%2Bdeb12u1"]);
    assert!(inventory.components[0].properties.iter().any(|(key, value)| key == "chiron:note" && value == NO_RELEASE));
}

#[test]
fn a_database_behind_a_link_is_found() {
    let tree = FakeTree::new()
        .file("etc/os-release", RELEASE)
        .file("usr/lib/dpkg-db/status", STATUS)
        .link("var/lib/dpkg", "../../usr/lib/dpkg-db");
    let inventory = inventory(&tree).unwrap();
    assert_eq!(purls(&inventory).len(), 3);
    assert_eq!(account(&inventory, "usr/lib/dpkg-db/status").entries_read, 3);
}

#[test]
fn images_without_dpkg_have_a_file_for_each_package() {
    let tree = FakeTree::new()
        .file("etc/os-release", RELEASE)
        .file("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n")
        .file("var/lib/dpkg/status.d/tzdata.md5sums", "0123  usr/bin/tzselect\n");
    let inventory = inventory(&tree).unwrap();
    assert_eq!(purls(&inventory), ["pkg:deb/debian/tzdata@2024a-0%2Bdeb12u1?arch=all&distro=debian-12"]);
    assert_eq!(owned(&inventory.components[0]), ["usr/bin/tzselect"]);
}

const INSTALLED: &str = "C:Q1abc=\nP:busybox\nV:1.36.1-r5\nA:x86_64\nT:Size optimized toolbox\nL:GPL-2.0-only\no:busybox\n\
    F:bin\nR:busybox\na:0:0:755\nF:etc\nR:securetty\n\nP:ssl_client\nV:1.36.1-r5\nA:x86_64\no:busybox\nF:usr/bin\nR:ssl_client\n\n";

#[test]
fn alpine_packages_are_read_in_both_places() {
    for path in ["lib/apk/db/installed", "usr/lib/apk/db/installed"] {
        let tree = FakeTree::new().file("etc/os-release", "ID=alpine\nVERSION_ID=3.18.4\n").file(path, INSTALLED);
        let inventory = inventory(&tree).unwrap();
        assert_eq!(
            purls(&inventory),
            [
                "pkg:apk/alpine/busybox@1.36.1-r5?arch=x86_64&distro=alpine-3.18.4",
                "pkg:apk/alpine/ssl_client@1.36.1-r5?arch=x86_64&distro=alpine-3.18.4&upstream=busybox",
            ]
        );
        assert_eq!(owned(&inventory.components[0]), ["bin/busybox", "etc/securetty"]);
        assert_eq!(inventory.components[0].licenses.len(), 1);
        let cut = INSTALLED.trim_end();
        let tree = FakeTree::new().file(path, cut);
        let outcome = super::inventory(&tree).unwrap().files.remove(0);
        assert_eq!((outcome.coverage, outcome.entries_read, outcome.entries_dropped), (Coverage::Partly, 1, 1));
    }
}

#[test]
fn systems_in_folders_are_told_apart() {
    let tree = FakeTree::new()
        .file("a/etc/os-release", "ID=alpine\nVERSION_ID=3.18.4\n")
        .file("a/lib/apk/db/installed", INSTALLED)
        .file("b/etc/os-release", RELEASE)
        .file("b/var/lib/dpkg/status", STATUS)
        .file("tests/etc/os-release", RELEASE);
    let inventory = inventory(&tree).unwrap();
    let systems: Vec<_> =
        inventory.components.iter().filter(|c| c.kind == "operating-system").map(|c| c.name.as_str()).collect();
    assert_eq!(systems, ["alpine", "debian"]);
    assert_eq!(inventory.components.len(), 7);
    assert_eq!(account(&inventory, "tests/etc/os-release").coverage, Coverage::Unsupported);
}

#[test]
fn a_system_whose_packages_nobody_can_list_is_no_system_without_packages() {
    let tree = FakeTree::new()
        .file("etc/os-release", "ID=fedora\nVERSION_ID=40\n")
        .file("usr/lib/sysimage/rpm/rpmdb.sqlite", "x");
    let inventory = inventory(&tree).unwrap();
    assert_eq!(account(&inventory, "usr/lib/sysimage/rpm/rpmdb.sqlite").coverage, Coverage::Failed);
    let arch = super::inventory(&FakeTree::new().file("etc/os-release", "ID=arch\n")).unwrap();
    assert_eq!(arch.files[0].reason.as_deref(), Some(NO_DATABASE));
}

#[test]
fn roots_are_what_stands_before_a_mark() {
    for (mark, root) in [
        ("etc/os-release", Some("")),
        ("x/usr/lib/apk/db/installed", Some("x/")),
        ("lib/apk/db/installed", Some("")),
        ("x/y/var/lib/dpkg/status.d/a", Some("x/y/")),
        ("my-etc/os-release", None),
    ] {
        assert_eq!(prefix(mark), root, "{mark}");
    }
}
