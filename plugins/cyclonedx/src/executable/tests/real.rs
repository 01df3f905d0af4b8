//! A program built by the Go that is installed.
//!
//! `CHIRON_TEST_GO_SYSTEMS=linux,windows,darwin` builds it for each of those; cold, that is half a minute each.

use std::process::Command;

use super::{inventory, listed, needs, outcome};

#[test]
fn a_real_go_program_says_what_it_was_built_from() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    put(
        "go.mod",
        "module example.com/app\n\ngo 1.18\n\nrequire example.com/own v1.0.0\n\nreplace example.com/own => ./own\n",
    );
    put("main.go", "package main\n\nimport \"example.com/own\"\n\nfunc main() { println(own.Text) }\n");
    put("own/go.mod", "module example.com/own\n\ngo 1.18\n");
    put("own/own.go", "package own\n\nconst Text = \"x\"\n\nvar Used = Text\n");
    let systems =
        std::env::var("CHIRON_TEST_GO_SYSTEMS").unwrap_or_else(|_| std::env::consts::OS.replace("macos", "darwin"));
    for system in systems.split(',') {
        let mut go = Command::new("go");
        go.args(["build", "-trimpath", "-buildvcs=false", "-o", "program", "."]).current_dir(folder.path());
        go.envs([
            ("GOOS", system),
            ("GOARCH", "arm64"),
            ("CGO_ENABLED", "0"),
            ("GOFLAGS", ""),
            ("GOTOOLCHAIN", "local"),
        ]);
        match go.output() {
            Ok(built) => assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("skipped: Go is not installed");
                return;
            }
            Err(error) => panic!("{error}"),
        }
        let inventory = inventory(std::fs::read(folder.path().join("program")).unwrap());
        assert_eq!(outcome(&inventory), "read 3 0", "{system}");
        let listed = listed(&inventory);
        assert!(listed[0].starts_with("pkg:golang/stdlib@1."), "{listed:?}");
        assert_eq!(listed[1..], ["example.com/own@v1.0.0 runtime", "example.com/app@ runtime"], "{system}");
        assert_eq!(needs(&inventory).len(), 2, "{system}");
    }
}
