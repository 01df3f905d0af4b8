//! From a component to code that a program can carry.

use wasmtime::Engine;

use crate::settings::{Tasks, settings};

/// There is no code for a component.
#[derive(Debug, thiserror::Error)]
#[error("failed to compile: {reason}")]
pub struct NativeError {
    reason: String,
}

/// The code of a component for a processor and a system, which are named as rustc names targets. It asks of the processor what every
/// one of its kind has, so that it runs wherever the program does.
///
/// # Errors
/// A target that this build of the compiler does not know, and a component that it refuses.
pub fn native(component: &[u8], target: &str) -> Result<Vec<u8>, NativeError> {
    let failed = |error: wasmtime::Error| NativeError { reason: format!("{error:#}") };
    let mut settings = settings(Tasks::Off);
    settings.target(target).map_err(failed)?;
    Engine::new(&settings).map_err(failed)?.precompile_component(component).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> String {
        format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
    }

    #[test]
    fn a_target_that_nobody_knows_and_what_is_no_component_are_refused() {
        let empty = wat::parse_str("(component)").unwrap();
        assert!(native(&empty, "abacus-unknown-none").is_err());
        assert!(native(b"no component", &target()).is_err());
        assert!(native(&wat::parse_str("(module)").unwrap(), &target()).is_err());
    }

    #[test]
    fn the_same_component_gives_the_same_code() {
        let bytes =
            wat::parse_str("(component (core module (func (export \"f\") (result i32) (i32.const 1))))").unwrap();
        let code = native(&bytes, &target()).unwrap();
        assert_eq!(Engine::detect_precompiled(&code), Some(wasmtime::Precompiled::Component));
        assert_eq!(native(&bytes, &target()).unwrap(), code);
    }
}
