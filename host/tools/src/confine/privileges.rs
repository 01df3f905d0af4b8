//! What a program may not do even inside.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

use super::wire::Ceilings;

/// Most processes and threads: a Go program has some dozens.
const PROCESSES_MAX: u64 = 4096;

/// Most open files.
const FILES_MAX: u64 = 8192;

/// Sets what the system holds the program to. A limit that is lower already stays.
pub(super) fn limit(ceilings: &Ceilings) -> io::Result<()> {
    let limits = [
        (Resource::Core, 0),
        (Resource::Nproc, PROCESSES_MAX),
        (Resource::Nofile, FILES_MAX),
        (Resource::Fsize, ceilings.file_bytes),
        // What is written to, not what is reserved: a Go program reserves far more than it uses.
        (Resource::Data, ceilings.memory_bytes),
    ];
    for (resource, most) in limits {
        let most = getrlimit(resource).maximum.map_or(most, |already| already.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Gives up every capability, for good, and the way to any: no program started from here on can have more.
pub(super) fn drop_all() -> io::Result<()> {
    // Namespaces inside of which it would be root again. Not everywhere writable, and only one wall of several.
    let _ = std::fs::write("/proc/sys/user/max_user_namespaces", "0");
    for number in 0..64 {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Ok(()) => {}
            // The first that this kernel does not know.
            Err(rustix::io::Errno::INVAL) => break,
            Err(error) => return Err(error.into()),
        }
    }
    set_no_new_privs(true)?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(())
}
