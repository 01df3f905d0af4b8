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
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| EncodeError { reason: format!("{error:#}") })
}
