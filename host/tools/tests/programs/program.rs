//! A program that does what its first argument says, for this crate's tests and the suite's. It says what it managed.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    clippy::zombie_processes,
    reason = "a program for tests"
)]

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rest = arguments.get(2..).unwrap_or_default();
    match arguments.get(1).map_or("", String::as_str) {
        "--version" => println!("test-program 1.2.3"),
        "arguments" => rest.iter().for_each(|argument| println!("<{argument}>")),
        "environment" => std::env::vars().for_each(|(name, value)| println!("{name}={value}")),
        "read" => rest.iter().for_each(|path| println!("{path}: {}", read(path))),
        "list" => list(&rest[0], 0),
        "write" => rest.iter().for_each(|path| println!("{path}: {}", said(std::fs::write(path, "written")))),
        "fill" => fill(&rest[0]),
        "connect" => {
            println!("{}", said(TcpStream::connect_timeout(&rest[0].parse().unwrap(), Duration::from_secs(2))))
        }
        "start" => println!("{}", said(Command::new(&rest[0]).spawn())),
        "whoami" => whoami(),
        "exit" => std::process::exit(rest[0].parse().unwrap()),
        "crash" => std::process::abort(),
        "complain" => eprintln!("complaint"),
        "flood" => flood(),
        "allocate" => println!("{}", vec![1_u8; rest[0].parse::<usize>().unwrap()].len()),
        "sleep" => std::thread::sleep(Duration::from_secs(600)),
        "linger" => linger(rest),
        "components" => components(&rest[0]),
        other => println!("no such behaviour: {other}"),
    }
}

fn said<T, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.map_or_else(|error| format!("refused: {error}"), |_| "done".to_owned())
}

fn read(path: &str) -> String {
    std::fs::read(path).map_or_else(|error| format!("refused: {error}"), |b| String::from_utf8_lossy(&b).into_owned())
}

fn list(folder: &str, depth: usize) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        println!("{}{}", "  ".repeat(depth), entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() && depth < 3 {
            list(&entry.path().to_string_lossy(), depth + 1);
        }
    }
}

fn fill(path: &str) {
    let mut file = std::fs::File::create(path).unwrap();
    let block = vec![0; 1 << 20];
    let mut written = 0;
    let why = loop {
        match file.write_all(&block) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    println!("{written} MiB, then {why}");
}

fn flood() {
    let block = vec![b'x'; 1 << 16];
    let mut stdout = std::io::stdout().lock();
    while stdout.write_all(&block).is_ok() {}
}

/// What the system says this process is.
fn whoami() {
    let status = read("/proc/self/status");
    let wanted = ["Uid", "CapEff", "CapPrm", "CapBnd", "CapAmb", "NoNewPrivs", "NSpid"];
    status.lines().filter(|line| wanted.iter().any(|key| line.starts_with(key))).for_each(|line| println!("{line}"));
    println!("pid {}", std::process::id());
    println!(
        "open {:?}",
        std::fs::read_dir("/proc/self/fd").map(|fds| fds.flatten().filter(|e| e.file_name() > *"2").count())
    );
}

/// Starts itself again in the background, in a session of its own, and leaves or stays. The token tells tests whether
/// anything is left.
fn linger(rest: &[String]) {
    if rest[0] == "child" {
        #[cfg(target_os = "linux")]
        nix::unistd::setsid().unwrap();
        std::thread::sleep(Duration::from_secs(600));
        return;
    }
    println!("{}", said(Command::new("/proc/self/exe").args(["linger", "child", &rest[1]]).spawn()));
    // So that it is there, and has its session, before anybody looks.
    std::thread::sleep(Duration::from_millis(300));
    if rest[0] == "stay" {
        std::thread::sleep(Duration::from_secs(600));
    }
}

/// The names of components in a CycloneDX document, without a parser: this program has no dependencies.
fn components(path: &str) {
    let text = read(path);
    text.lines().filter_map(|line| line.trim().strip_prefix("\"purl\": ")).for_each(|purl| println!("{purl}"));
}
