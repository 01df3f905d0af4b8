//! Java: archives of classes, and Maven's projects. (Gradle's lock files are `gradle.rs`.)

mod coordinates;
pub(crate) mod jar;
mod manifest;
pub(crate) mod pom;
