//! Programs that the operator pinned, run through command lines that the operator wrote.
//!
//! The only crate that starts a program. Three rules hold everywhere:
//! - The bytes that run are the bytes that were pinned: a program is read once, hashed while it is copied into sealed
//!   memory, and that memory is executed. No path is looked at twice.
//! - Nobody but the operator writes a command line. A plugin fills typed holes, and a value never becomes an option or a
//!   second argument. There is no shell.
//! - A program sees nothing that was not put there: no environment, no network, no file but its input and what the
//!   operator added, read-only; and when it is over, nothing of it is left running.
//!
//! On Linux that is done with namespaces, by a launcher of one thread: the host's own binary, started again
//! ([`launched`]). Elsewhere only [`Confinement::None`] exists.

mod argument;
#[cfg(target_os = "linux")]
mod confine;
mod elf;
mod error;
mod execution;
mod material;
mod process;
mod profile;
mod program;
mod runner;
mod scratch;
mod template;
mod tool;

pub use argument::{Declared, DeclaredError, TEXT_BYTES_MAX, Value};
#[cfg(target_os = "linux")]
pub use confine::launched;
pub use error::Error;
pub use execution::{Ended, Execution};
pub use material::{Fill, Material, MaterialError};
pub use profile::{Profile, ProfileError};
pub use program::{Linkage, PROGRAM_BYTES_MAX, Pinned, ProgramError, find, platform};
pub use runner::{Input, Order, Runner};
pub use scratch::{Scratch, default_folder};
pub use template::{TemplateError, is_name as is_hole_name};
pub use tool::{Confinement, Environment, Limits, Tool};

/// Whether this process was started to be a launcher; it never was where there is nothing to confine with.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn launched() -> Option<std::process::ExitCode> {
    None
}
