//! Tokens of SoftHSM, for keys that never leave one: made with the tools that people use, in a folder of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::{Ended, Folder, outside};

/// The PIN of every token.
pub const PIN: &str = "pin-of-the-token-8642";

/// Where distributions put SoftHSM's module.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// A folder of tokens.
#[derive(Debug)]
pub struct Tokens {
    folder: TempDir,
    module: PathBuf,
}

impl Tokens {
    /// An empty one; None, said aloud, where SoftHSM or OpenSC are missing.
    #[must_use]
    pub fn new() -> Option<Self> {
        let _ = (outside::program("softhsm2-util")?, outside::program("pkcs11-tool")?);
        let Some(module) = MODULES.iter().map(PathBuf::from).find(|path| path.is_file()) else {
            outside::missing("softhsm2-util");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let tokens = folder.path().join("tokens");
        std::fs::create_dir(&tokens).unwrap();
        let text =
            format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
        std::fs::write(folder.path().join("softhsm2.conf"), text).unwrap();
        Some(Self { folder, module })
    }

    /// With a token `release` in it.
    #[must_use]
    pub fn release() -> Option<Self> {
        let tokens = Self::new()?;
        tokens.initialize("release");
        Some(tokens)
    }

    /// SoftHSM's module.
    #[must_use]
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// What SoftHSM, and whoever loads it, has to be told.
    #[must_use]
    pub fn environment(&self) -> (&'static str, String) {
        ("SOFTHSM2_CONF", self.folder.path().join("softhsm2.conf").display().to_string())
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let (name, value) = self.environment();
        Command::new(program).env(name, value).args(arguments).output().unwrap()
    }

    /// Runs `pkcs11-tool`, logged in to a token, and expects it to succeed.
    ///
    /// # Panics
    /// When it does not.
    pub fn tool(&self, token: &str, arguments: &[&str]) -> Output {
        let module = self.module.display().to_string();
        let all = [&["--module", &module, "--token-label", token, "--login", "--pin", PIN], arguments].concat();
        let output = self.run("pkcs11-tool", &all);
        assert!(output.status.success(), "pkcs11-tool {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Makes a token.
    ///
    /// # Panics
    /// When that fails.
    pub fn initialize(&self, label: &str) {
        let all = ["--init-token", "--free", "--label", label, "--so-pin", "so-pin-of-the-token", "--pin", PIN];
        let output = self.run("softhsm2-util", &all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes a pair of keys, e.g. of the kind `EC:prime256v1`.
    pub fn generate(&self, token: &str, kind: &str, label: &str, id: &str) {
        let _ = self.tool(token, &["--keypairgen", "--key-type", kind, "--label", label, "--id", id, "--usage-sign"]);
    }

    /// Makes a P-256 pair of which the private half may not sign. No tool says that to SoftHSM, so that its files are changed: `CKA_SIGN` is
    /// 0x108, a flag has the kind 1, and 0xff is true.
    ///
    /// # Panics
    /// When SoftHSM writes other files than those of 2.6.
    pub fn generate_for_others(&self, token: &str, label: &str, id: &str) {
        let before = self.objects();
        self.generate(token, "EC:prime256v1", label, id);
        let sign = [&[0, 0, 0, 0, 0, 0, 1, 8][..], &[0, 0, 0, 0, 0, 0, 0, 1, 0xff]].concat();
        let mut changed = 0;
        for path in self.objects().into_iter().filter(|path| !before.contains(path)) {
            let mut bytes = std::fs::read(&path).unwrap();
            if let Some(at) = bytes.windows(sign.len()).position(|window| window == sign) {
                bytes[at + sign.len() - 1] = 0;
                std::fs::write(&path, bytes).unwrap();
                changed += 1;
            }
        }
        assert_eq!(changed, 1);
    }

    /// The files of objects.
    fn objects(&self) -> Vec<PathBuf> {
        let tokens = std::fs::read_dir(self.folder.path().join("tokens")).unwrap();
        let files = tokens.flat_map(|token| std::fs::read_dir(token.unwrap().path()).unwrap());
        files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "object"))
            .collect()
    }

    /// The URI of a key, module and all.
    #[must_use]
    pub fn uri(&self, token: &str, object: &str) -> String {
        format!("pkcs11:token={token};object={object}?module-path={}", self.module.display())
    }

    /// Runs the binary with these tokens, and some more in its environment.
    #[must_use]
    pub fn chiron(&self, work: &Folder, environment: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let (name, value) = self.environment();
        work.chiron_with(&[environment, &[(name, &value)]].concat(), arguments)
    }
}
