//! A launcher without the rest of Chiron, for this crate's tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = chiron_tools::launched() {
        return code;
    }
    ExitCode::from(2)
}
