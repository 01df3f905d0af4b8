//! Keys and signatures by openssl, the outside judge.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Whether openssl is there; says what is skipped where it is not.
#[must_use]
pub fn openssl_is_there() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !there {
        crate::outside::missing("openssl");
    }
    there
}

/// Runs openssl in a folder.
#[must_use]
pub fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl").current_dir(folder).args(arguments).output().unwrap()
}

/// Runs openssl and expects it to succeed.
///
/// # Panics
/// When it does not.
pub fn must(folder: &Path, arguments: &[&str]) {
    let output = openssl(folder, arguments);
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Leaves a file to its owner alone, as private keys have to be.
pub fn close(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Makes `NAME.key` and `NAME.pub` on a curve.
pub fn make(folder: &Path, name: &str, curve: &str) {
    let (key, public) = (format!("{name}.key"), format!("{name}.pub"));
    let curve = format!("ec_paramgen_curve:{curve}");
    must(folder, &["genpkey", "-algorithm", "EC", "-pkeyopt", &curve, "-out", &key]);
    must(folder, &["pkey", "-in", &key, "-pubout", "-out", &public]);
}
