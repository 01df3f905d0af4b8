//! Components and modules.

use std::sync::OnceLock;

use chiron_sandbox::{Engine, Plugin, encode, inspect};

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap())
}

pub(super) fn component(bytes: &[u8]) {
    if let Ok(inspection) = inspect(bytes) {
        // A refusal has words.
        if let Err(error) = Plugin::load(engine(), bytes, inspection) {
            assert!(!error.to_string().is_empty());
        }
    }
}

pub(super) fn module(bytes: &[u8]) {
    if let Ok(component) = encode::component(bytes) {
        // What was just made can be read, or is refused by name.
        let _ = inspect(&component).map_err(|error| error.to_string());
    }
}
