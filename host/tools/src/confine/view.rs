//! The root that a confined program sees: made from nothing, read-only but for its scratch.

use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind_recursive, mount_change, mount_remount, unmount,
};
use rustix::process::pivot_root;

use super::wire::View;
use super::{Fault, confining};

/// What a program needs that loads libraries. No program is among it: nothing else can be started.
const LIBRARIES: [&str; 11] = [
    "/lib",
    "/lib64",
    "/lib32",
    "/libx32",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib32",
    "/usr/libx32",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/etc/ld.so.cache",
];

/// Devices that hold nothing.
const DEVICES: [&str; 4] = ["null", "zero", "random", "urandom"];

/// Builds the root and goes there. What was there before is out of reach afterwards.
pub(super) fn build(view: &View) -> Result<(), Fault> {
    // Nothing that is done here reaches the machine's own mounts.
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(confining("making mounts private"))?;
    let root = view.root.as_path();
    memory(root, 1 << 20, "755", MountFlags::NOEXEC).map_err(confining("mounting the new root"))?;
    for (from, to) in &view.reads {
        show(root, from, to, MountFlags::NOEXEC).map_err(confining("showing the input"))?;
    }
    if view.libraries {
        LIBRARIES.iter().try_for_each(|path| library(root, path)).map_err(confining("showing libraries"))?;
    }
    devices(root).map_err(confining("showing devices"))?;
    let scratch = root.join("scratch");
    fs::create_dir(&scratch).map_err(confining("making scratch"))?;
    memory(&scratch, view.scratch_bytes, "700", MountFlags::NOEXEC).map_err(confining("mounting scratch"))?;
    processes(root).map_err(confining("making /proc"))?;
    mount_remount(root, MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, "mode=755")
        .map_err(confining("closing the new root"))?;
    enter(root).map_err(confining("entering the new root"))
}

fn memory(at: &Path, bytes: u64, mode: &str, more: MountFlags) -> io::Result<()> {
    let data = CString::new(format!("size={bytes},mode={mode},nr_inodes=1000000"))?;
    Ok(mount("tool", at, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV | more, data.as_c_str())?)
}

/// Shows a file or folder, read-only, with everything that is mounted below it.
fn show(root: &Path, from: &Path, to: &str, more: MountFlags) -> io::Result<()> {
    let place = make_place(root, to, fs::metadata(from)?.is_dir())?;
    mount_bind_recursive(from, &place)?;
    for mounted in mounted_below(&place)? {
        let flags = kept(statvfs(&mounted)?.f_flag);
        let flags = flags | more | MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
        mount_remount(&mounted, flags, "")?;
    }
    Ok(())
}

/// The same for a place of the system's libraries, where it is there. Links stay links: `/lib` is one on most systems.
fn library(root: &Path, path: &str) -> io::Result<()> {
    let Ok(kind) = fs::symlink_metadata(path) else { return Ok(()) };
    if !kind.is_symlink() {
        return show(root, Path::new(path), path, MountFlags::empty());
    }
    let place = root.join(path.trim_start_matches('/'));
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    std::os::unix::fs::symlink(fs::read_link(path)?, place)
}

fn devices(root: &Path) -> io::Result<()> {
    for name in DEVICES {
        let place = make_place(root, &format!("/dev/{name}"), false)?;
        mount_bind_recursive(Path::new("/dev").join(name), &place)?;
    }
    Ok(())
}

/// An account of its own processes, where the system lets it have one. Programs can do without.
fn processes(root: &Path) -> io::Result<()> {
    let place = root.join("proc");
    fs::create_dir(&place)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    // Only processes, and nothing of the kernel (since Linux 5.8).
    let _ = mount("proc", &place, "proc", flags, c"subset=pid");
    Ok(())
}

fn make_place(root: &Path, to: &str, folder: bool) -> io::Result<PathBuf> {
    let place = root.join(to.trim_start_matches('/'));
    if folder {
        fs::create_dir_all(&place)?;
    } else {
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        File::create(&place)?;
    }
    Ok(place)
}

/// Everything mounted at a place or below it.
fn mounted_below(place: &Path) -> io::Result<Vec<PathBuf>> {
    let table = fs::read_to_string("/proc/self/mountinfo")?;
    let points = table.lines().filter_map(|line| line.split(' ').nth(4)).map(unescaped);
    Ok(points.filter(|point| point.starts_with(place)).collect())
}

/// The table writes blanks, line breaks and backslashes as three octal digits.
fn unescaped(text: &str) -> PathBuf {
    let mut plain = Vec::new();
    let mut bytes = text.as_bytes();
    while let Some((&byte, rest)) = bytes.split_first() {
        let octal = rest.get(..3).filter(|_| byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(decoded) => {
                plain.push(decoded);
                bytes = &rest[3..];
            }
            None => {
                plain.push(byte);
                bytes = rest;
            }
        }
    }
    let text: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(plain);
    PathBuf::from(text)
}

/// What a mount forbids already: a namespace may not take that back.
fn kept(flags: StatVfsMountFlags) -> MountFlags {
    let pairs = [
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ];
    pairs.into_iter().filter(|(has, _)| flags.contains(*has)).fold(MountFlags::empty(), |all, (_, flag)| all | flag)
}

fn enter(root: &Path) -> io::Result<()> {
    std::env::set_current_dir(root)?;
    // The old root ends up on top of the new one, and is taken away (pivot_root(2), "pivot_root(".", ".")").
    pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    std::env::set_current_dir("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_tables_escapes() {
        assert_eq!(unescaped(r"/a\040b\134c"), Path::new(r"/a b\c"));
        assert_eq!(unescaped(r"/a\x\04"), Path::new(r"/a\x\04"));
    }
}
