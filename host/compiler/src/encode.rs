//! Turns the core module that stock `cargo build --target wasm32-unknown-unknown` makes into a component.

/// The module cannot become a component.
#[derive(Debug, thiserror::Error)]
#[error("failed to encode a component: {reason}")]
pub struct EncodeError {
    reason: String,
}

/// Encodes a core module that was built with a Chiron SDK. A component passes through unchanged. No adapter is used: the
/// component imports exactly what the module uses.
///
/// # Errors
/// When the bytes are not WebAssembly, hold no description of their world (not built with an SDK), or import something
/// that no world declares, such as WASI.
pub fn component(module: &[u8]) -> Result<Vec<u8>, EncodeError> {
    if wasmparser::Parser::is_component(module) {
        return Ok(module.to_vec());
    }
    // The encoder takes the module to be valid: one that is cut off inside a section makes it panic.
    wasmparser::Validator::new().validate_all(module).map_err(|error| EncodeError { reason: error.to_string() })?;
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| EncodeError { reason: format!("{error:#}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_is_cut_off_is_refused_unless_what_is_left_is_whole() {
        let whole = wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "f") nop))"#).unwrap();
        for end in 0..whole.len() {
            // Between two sections what is left can be a whole module, a smaller one.
            let left = wasmparser::Validator::new().validate_all(&whole[..end]).is_ok();
            assert_eq!(component(&whole[..end]).is_ok(), left, "{end}");
        }
        assert!(component(&whole[..whole.len() - 1]).is_err() && component(&whole[..9]).is_err());
    }
}
