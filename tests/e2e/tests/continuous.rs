//! The action, the hooks and the examples for CI: what they say is judged by the tools they are for, and their scripts are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chiron_e2e::{Ended, Folder, binary, image, osv, outside};

fn root(name: &str) -> PathBuf {
    binary::root().join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

const ACTION: &str = ".github/actions/chiron/action.yml";
const WORKFLOW: &str = "examples/ci/github/chiron.yml";
const GITLAB: &str = "examples/ci/gitlab/.gitlab-ci.yml";
const SCRIPTS: [&str; 4] = [
    ".github/actions/chiron/install.sh",
    ".github/actions/chiron/run.sh",
    "examples/ci/shell/check.sh",
    "examples/ci/shell/pre-commit",
];

/// A tag can be moved, and a commit cannot.
#[test]
fn everything_that_is_used_is_a_full_commit() {
    let mut used = 0;
    for file in [ACTION, WORKFLOW] {
        for line in text(file).lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses:")) {
            let (_, commit) = line.trim().split(' ').next().unwrap().split_once('@').unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{file}: {line}");
            used += 1;
        }
    }
    assert_eq!(used, 4);
    let rev = text("examples/ci/pre-commit/.pre-commit-config.yaml");
    assert!(rev.contains("rev: '0000000000000000000000000000000000000000'"), "{rev}");
}

/// What stands in an expression becomes text of the script before any shell reads it.
#[test]
fn no_expression_is_part_of_a_script() {
    for file in [ACTION, WORKFLOW] {
        let text = text(file);
        let mut deeper_than = None;
        for line in text.lines() {
            let depth = line.len() - line.trim_start().len();
            if deeper_than.is_some_and(|outer| depth <= outer && !line.trim().is_empty()) {
                deeper_than = None;
            }
            let begins = line.trim_start().trim_start_matches("- ").starts_with("run:");
            if begins {
                deeper_than = Some(depth);
            }
            assert!(!(deeper_than.is_some() && line.contains("${{")), "{file}: {line}");
        }
        assert!(text.contains("run:"), "{file}");
    }
}

fn judged(program: &str, arguments: &[&str], in_folder: &Path) {
    let Some(program) = outside::program(program) else { return };
    let output = Command::new(&program).args(arguments).current_dir(in_folder).output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{} {arguments:?}\n{told}", program.display());
}

#[test]
fn shell_scripts_pass_shellcheck() {
    judged("shellcheck", &SCRIPTS, &binary::root());
}

/// actionlint knows the inputs of an action that lies beside the workflow.
#[test]
fn the_workflow_and_the_use_of_the_action_pass_actionlint() {
    let Some(git) = outside::program("git") else { return };
    let work = Folder::new();
    let _ = Command::new(git).args(["init", "-q"]).current_dir(work.path(".")).output().unwrap();
    work.copy(&root(".github/actions"), ".github/actions");
    let local = text(WORKFLOW).replace(
        "OWNER/chiron/.github/actions/chiron@0000000000000000000000000000000000000000",
        "./.github/actions/chiron",
    );
    work.write(".github/workflows/chiron.yml", &local);
    judged("actionlint", &[], &work.path("."));
    let Some(actionlint) = outside::program("actionlint") else { return };
    // The judge judges: an input that the action does not have is seen.
    work.write(".github/workflows/chiron.yml", local.replace("          version: 0.1.0", "          nonsense: 1"));
    assert!(!Command::new(actionlint).current_dir(work.path(".")).output().unwrap().status.success());
}

#[test]
fn files_for_github_gitlab_and_pre_commit_are_what_their_schemas_allow() {
    for (schema, file) in [("github-actions", ACTION), ("github-workflows", WORKFLOW)] {
        judged("check-jsonschema", &["--builtin-schema", &format!("vendor.{schema}"), file], &binary::root());
    }
    let gitlab = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", GITLAB];
    judged("check-jsonschema", &gitlab, &binary::root());
    judged("pre-commit", &["validate-manifest", ".pre-commit-hooks.yaml"], &binary::root());
    judged("pre-commit", &["validate-config", "examples/ci/pre-commit/.pre-commit-config.yaml"], &binary::root());
}

/// A script of the action as a runner starts it.
fn step(work: &Folder, script: &str, inputs: &[(&str, &str)]) -> Output {
    std::fs::create_dir_all(work.path("temp")).unwrap();
    let mut command = Command::new(root(".github/actions/chiron").join(script));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", work.home());
    command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64").env("RUNNER_TEMP", work.path("temp"));
    command.env("GITHUB_PATH", work.path("path")).env("GITHUB_OUTPUT", work.path("output"));
    command.env("GITHUB_SERVER_URL", "https://github.invalid").env("GITHUB_ACTION_REPOSITORY", "acme/chiron");
    command.envs(inputs.iter().copied()).current_dir(work.path(".")).stdin(std::process::Stdio::null());
    command.output().unwrap()
}

#[test]
fn the_action_runs_the_binary_whose_digest_was_asked_for_and_no_other() {
    let work = Folder::new();
    let bytes = std::fs::read(binary::path()).unwrap();
    let sha256 = image::digest(&bytes).trim_start_matches("sha256:").to_owned();
    let path = binary::path().to_str().unwrap();
    let version = work.chiron(&["--version"]).stdout.trim().trim_start_matches("chiron ").to_owned();
    let install = |sha256: &str, version: &str, path: &str, url: &str| {
        let inputs = [("INPUT_SHA256", sha256), ("INPUT_VERSION", version), ("INPUT_PATH", path), ("INPUT_URL", url)];
        step(&work, "install.sh", &inputs)
    };
    let (other, sha256, version) = ("0".repeat(64), sha256.as_str(), version.as_str());
    for (sha256, version, path, url, words) in [
        (other.as_str(), version, path, "", "the binary is not the one that was asked for"),
        ("abc", version, path, "", "sha256 is not a SHA-256"),
        (sha256, "0.1.0\"; touch pwned; \"", path, "", "version is not a version"),
        (sha256, "9.9.9", path, "", "and not chiron 9.9.9"),
        (sha256, version, "nowhere", "", "cannot be read"),
        (sha256, version, "", "http://127.0.0.1:9/chiron", "url does not begin with https://"),
    ] {
        let output = install(sha256, version, path, url);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}: {told}");
        assert!(told.contains(words), "{words}: {told}");
        assert!(!work.has("path") && !work.has("output") && !work.has("pwned"), "{words}");
    }
    let output = install(sha256, version, path, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let installed = work.read("output").trim().trim_start_matches("path=").to_owned();
    assert_eq!(format!("{}/chiron", work.read("path").trim()), installed);
    // One argument a line, whatever it holds, and nothing of it is read by a shell.
    work.database(&[osv::demo()]).write("a $(touch pwned) b.txt", "").write("requirements.txt", "demo==1.0\n");
    let run = |arguments: &str| {
        let inputs =
            [("INPUT_BINARY", installed.as_str()), ("INPUT_ARGUMENTS", arguments), ("INPUT_WORKING_DIRECTORY", ".")];
        step(&work, "run.sh", &inputs)
    };
    let denied = run("scan\nrequirements.txt\n--db\ndb\n\n--fail-on\nhigh\r\n-o\nsarif=chiron.sarif\n");
    assert_eq!(denied.status.code(), Some(1), "{}", String::from_utf8_lossy(&denied.stderr));
    assert!(work.has("chiron.sarif") && work.read("output").contains("exit-code=1"));
    let odd = run("scan\na $(touch pwned) b.txt\n--db\ndb\n; touch pwned\n`touch pwned`");
    assert_eq!(odd.status.code(), Some(2), "{}", String::from_utf8_lossy(&odd.stderr));
    assert!(!work.has("pwned"));
}

/// A repository of somebody who uses the hooks, with a chiron in `PATH` and a database.
struct Repository {
    work: Folder,
    git: PathBuf,
}

impl Repository {
    fn new() -> Option<Self> {
        let git = outside::program("git")?;
        let work = Folder::new();
        work.database(&[osv::demo()]);
        let bin = work.home().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::os::unix::fs::symlink(binary::path(), bin.join("chiron")).unwrap();
        let repository = Self { work, git };
        repository.git(&["init", "-q", "repo"], ".");
        Some(repository)
    }

    fn command(&self, program: &Path, arguments: &[&str], folder: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env_clear().env("PATH", format!("{}/bin:{path}", self.work.home().display()));
        command.env("HOME", self.work.home()).env("CHIRON_DB", self.work.path("db"));
        command
            .env("XDG_CACHE_HOME", binary::target().join("tmp/e2e-cache"))
            .env("PRE_COMMIT_HOME", self.work.home().join("pc"));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.com");
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").args(arguments).current_dir(self.work.path(folder));
        command.stdin(std::process::Stdio::null());
        command
    }

    #[track_caller]
    fn git(&self, arguments: &[&str], folder: &str) -> Ended {
        let ended = Ended::of(&self.command(&self.git, arguments, folder).output().unwrap());
        assert_eq!(ended.code, 0, "git {arguments:?}\n{}{}", ended.stdout, ended.stderr);
        ended
    }

    fn commit(&self) -> Ended {
        Ended::of(&self.command(&self.git, &["commit", "-m", "x"], "repo").output().unwrap())
    }

    fn stage(&self, name: &str, text: &str) {
        self.work.write(&format!("repo/{name}"), text);
        self.git(&["add", name], "repo");
    }
}

#[test]
fn a_plain_git_hook_judges_what_is_staged() {
    let Some(repository) = Repository::new() else { return };
    std::fs::copy(root("examples/ci/shell/pre-commit"), repository.work.path("repo/.git/hooks/pre-commit")).unwrap();
    repository.stage("notes.md", "nothing to judge\n");
    assert_eq!(repository.commit().code, 0);
    repository.stage("app/requirements.txt", "demo==1.0\n");
    let held = repository.commit();
    assert_ne!(held.code, 0);
    held.says(&["this commit is held back (exit code 1)"]);
    // What is staged counts, and not what lies beside it.
    repository.stage("app/requirements.txt", "demo==2.0\n");
    repository.work.write("repo/app/requirements.txt", "demo==1.0\n");
    let ended = repository.commit();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    // A decision that is staged with it is heard.
    repository.stage("chiron-ignore.toml", "[[suppress]]\nid = \"PYSEC-2024-1\"\nreason = \"never called\"\n");
    repository.stage("app/requirements.txt", "demo==1.0\n");
    let ended = repository.commit();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn the_hook_of_the_pre_commit_framework_holds_a_commit_back() {
    let (Some(repository), Some(program)) = (Repository::new(), outside::program("pre-commit")) else { return };
    repository.git(&["init", "-q", "hooks"], ".");
    repository.work.write("hooks/.pre-commit-hooks.yaml", text(".pre-commit-hooks.yaml"));
    repository.git(&["add", "-A"], "hooks");
    repository.git(&["commit", "-q", "-m", "x"], "hooks");
    let commit = repository.git(&["rev-parse", "HEAD"], "hooks").stdout.trim().to_owned();
    let config = text("examples/ci/pre-commit/.pre-commit-config.yaml")
        .replace("https://github.com/OWNER/chiron", repository.work.path("hooks").to_str().unwrap())
        .replace(&"0".repeat(40), &commit);
    repository.stage(".pre-commit-config.yaml", &config);
    repository.stage("chiron-ignore.toml", "");
    let installed = repository.command(&program, &["install"], "repo").output().unwrap();
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let ended = repository.commit();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    repository.stage("requirements.txt", "demo==1.0\n");
    let held = repository.commit();
    assert_ne!(held.code, 0, "{}{}", held.stdout, held.stderr);
    let told = format!("{}{}", held.stdout, held.stderr);
    assert!(told.contains("PYSEC-2024-1") && told.contains("exit code: 1"), "{told}");
    repository.stage("requirements.txt", "demo==2.0\n");
    let ended = repository.commit();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn the_shell_example_passes_every_exit_code_on() {
    let work = Folder::new();
    work.copy(&root("examples/ci"), "ci");
    work.copy(&root("examples/quickstart/advisories"), "quickstart/advisories");
    // The decision of the example ends one day, and this test does not.
    work.write("ci/chiron-ignore.toml", text("examples/ci/chiron-ignore.toml").replace("2027-06-30", "2090-01-31"));
    let run = |more: &[(&str, &str)]| {
        let mut command = Command::new("sh");
        command.arg("shell/check.sh").current_dir(work.path("ci")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", work.home()).env("CHIRON", binary::path());
        command.env("XDG_CACHE_HOME", binary::target().join("tmp/e2e-cache")).envs(more.iter().copied());
        Ended::of(&command.output().unwrap())
    };
    let db = [("CHIRON_DB", "../quickstart/advisories")];
    run(&db).with_code(0).shows(&["chiron: passed"]);
    assert!(work.has("ci/reports/chiron.sarif") && work.has("ci/reports/chiron.json"));
    run(&[]).with_code(6).shows(&["could not judge, which is not the same as clean"]);
    work.write("ci/requirements.txt", "jinja2==3.1.4\n");
    run(&db).with_code(1).shows(&["chiron: denied"]);
    let zeros = "0".repeat(64);
    run(&[db[0], ("CHIRON_SHA256", zeros.as_str())]).with_code(4).says(&["is not the binary that CHIRON_SHA256 names"]);
}
