//! pnpm's lock files in, inventories out.

use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

const NINE: &str = "lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(p@3.0.0)
      shared:
        specifier: workspace:*
        version: link:packages/shared
    devDependencies:
      string-width-cjs:
        specifier: npm:string-width@^4.2.0
        version: string-width@4.2.3
      g:
        specifier: github:o/g
        version: https://codeload.github.com/o/g/tar.gz/01

packages:

  a@1.0.0:
    resolution: {integrity: sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=}

  g@https://codeload.github.com/o/g/tar.gz/01:
    resolution: {tarball: https://codeload.github.com/o/g/tar.gz/01}
    version: 2.0.0

  o@1.0.0:
    resolution: {integrity: x}

  '@s/p@3.0.0':
    resolution: {integrity: x}

  string-width@4.2.3:
    resolution: {integrity: x}

snapshots:

  a@1.0.0(p@3.0.0):
    dependencies:
      p: '@s/p@3.0.0'
    optionalDependencies:
      o: 1.0.0

  g@https://codeload.github.com/o/g/tar.gz/01: {}

  o@1.0.0:
    optional: true

  '@s/p@3.0.0': {}

  string-width@4.2.3:
    dependencies:
      o: 1.0.0
";

#[test]
fn version_nine_is_read_with_scopes_by_reach() {
    let inventory = inventory("pnpm-lock.yaml", NINE);
    let git = "pkg:generic/g@2.0.0?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fg%4001";
    assert_eq!(
        listed(&inventory),
        [
            "pkg:npm/a@1.0.0 runtime",
            &format!("{git} development"),
            "pkg:npm/o@1.0.0 optional",
            "pkg:npm/%40s/p@3.0.0 runtime",
            "pkg:npm/string-width@4.2.3 development",
            "shared@ runtime"
        ]
    );
    assert_eq!(
        needs(&inventory),
        [
            "pkg:npm/a@1.0.0 -> pkg:npm/%40s/p@3.0.0",
            "pkg:npm/a@1.0.0 -> pkg:npm/o@1.0.0",
            "pkg:npm/string-width@4.2.3 -> pkg:npm/o@1.0.0"
        ]
    );
    assert_eq!(inventory.components[0].locations[0].line, Some(23));
    assert_eq!(inventory.components[0].digests[0].value, "0".repeat(40));
    assert_eq!(property(&inventory, "shared@", "chiron:source"), ["link:packages/shared"]);
    assert_eq!(outcome(&inventory), "read 6 0");
}

#[test]
fn versions_five_and_six_are_read_with_their_flags() {
    let five = "lockfileVersion: 5.4
specifiers:
  a: ^1.0.0
dependencies:
  a: 1.0.0_p@3.0.0
  w: link:../w
devDependencies:
  d: github.com/o/d/01
packages:
  /a/1.0.0_p@3.0.0:
    resolution: {integrity: x}
    dependencies: {p: 3.0.0, swc: /string-width/4.2.3}
    dev: false
  /p/3.0.0:
    resolution: {integrity: x}
  /string-width/4.2.3:
    resolution: {integrity: x}
    dev: true
  github.com/o/d/01:
    resolution: {tarball: https://codeload.github.com/o/d/tar.gz/01}
    name: d
    version: 2.0.0
    dev: true
";
    let five = inventory("pnpm-lock.yaml", five);
    assert_eq!(outcome(&five), "read 5 0");
    let d = "pkg:generic/d@2.0.0?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fd%4001 development";
    let expected = [
        "pkg:npm/a@1.0.0 runtime",
        "pkg:npm/p@3.0.0 runtime",
        "pkg:npm/string-width@4.2.3 development",
        d,
        "w@ runtime",
    ];
    assert_eq!(listed(&five), expected);
    assert_eq!(needs(&five), ["pkg:npm/a@1.0.0 -> pkg:npm/p@3.0.0", "pkg:npm/a@1.0.0 -> pkg:npm/string-width@4.2.3"]);
    let six = "lockfileVersion: '6.0'
importers:
  .:
    dependencies:
      '@s/a': {specifier: ^1, version: 1.0.0(p@3.0.0)}
packages:
  /@s/a@1.0.0(p@3.0.0):
    resolution: {integrity: x}
    dependencies:
      p: 3.0.0
  /p@3.0.0:
    resolution: {integrity: x}
    optional: true
  file:local:
    resolution: {directory: local, type: directory}
    name: local
    version: 1.0.0
";
    let six = inventory("pnpm-lock.yaml", six);
    assert_eq!(listed(&six), ["pkg:npm/%40s/a@1.0.0 runtime", "pkg:npm/p@3.0.0 optional", "local@1.0.0 runtime"]);
    assert_eq!((needs(&six).len(), outcome(&six).as_str()), (1, "read 3 0"));
}

#[test]
fn a_file_of_two_documents_is_read_whole() {
    let first = "lockfileVersion: '9.0'\nimporters:\n  .:\n    packageManagerDependencies:\n      pnpm: {specifier: 11.0.0, version: 11.0.0}\npackages:\n  pnpm@11.0.0:\n    resolution: {integrity: x}\nsnapshots:\n  pnpm@11.0.0: {}\n";
    let inventory = inventory("pnpm-lock.yaml", format!("---\n{first}---\n{NINE}"));
    assert_eq!((listed(&inventory)[0].as_str(), inventory.components.len()), ("pkg:npm/pnpm@11.0.0 development", 7));
}

#[test]
fn what_is_malformed_is_named_and_counted() {
    let cut = &NINE[..NINE.find("  '@s/p@3.0.0':\n    resolution").unwrap()];
    outcomes(
        "pnpm-lock.yaml",
        &[
            ("", "failed 0 0: no lockfileVersion"),
            ("a: 1\n", "failed 0 0: no lockfileVersion"),
            ("lockfileVersion: '10.0'\n", "failed 0 0: lockfileVersion `10.0` is not known; 5 to 9 are"),
            ("lockfileVersion: x\n", "lockfileVersion `x` is not known"),
            ("lockfileVersion: 9.0\n", "read 0 0"),
            ("lockfileVersion: 9.0\npackages: [a]\n", "failed 0 0: `packages` is not a map"),
            ("lockfileVersion: 9.0\npackages:\n  a: {}\n", "partly 0 1: line 3: `a`: names no package"),
            ("lockfileVersion: 9.0\npackages:\n  \"a b@1.0.0\": {}\n", "`a b` is no name or version"),
            (
                "lockfileVersion: 9.0\nsnapshots:\n  a@1.0.0: {}\n",
                "partly 0 1: line 3: `a@1.0.0` stands in no `packages`",
            ),
            ("lockfileVersion: 9.0\na: &b 1\nc: *b\n", "failed 0 0: line 3: an alias"),
            (cut, "`string-width-cjs` string-width@4.2.3 is asked for, and not listed"),
        ],
    );
}
