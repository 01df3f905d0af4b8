//! The host's side of what plugins may touch: adapters from the sandbox's traits to the crates that do the work.

pub(crate) mod advisories;
pub(crate) mod content;
pub(crate) mod http;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod tools;
