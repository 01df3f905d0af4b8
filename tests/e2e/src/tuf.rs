//! TUF repositories on this machine: made by python-tuf (`tests/fixtures/tuf/build.py`), served from a folder as static files are.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::{binary, sigstore};

/// Makes all cases in a folder, around a trust root and a signing configuration; None where python-tuf is not there.
#[must_use]
pub fn repositories(trusted_root: &Path, signing_config: &str, out: &Path) -> Option<()> {
    let python = sigstore::judges()?.join("sigstore/bin/python");
    std::fs::create_dir_all(out).unwrap();
    let config = out.join("signing_config.json");
    std::fs::write(&config, signing_config).unwrap();
    let script = binary::root().join("tests/fixtures/tuf/build.py");
    let made = Command::new(python).arg(script).args([trusted_root, &config, out]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(())
}

/// What python-tuf's own client makes of each case, after it has seen another one: the name of its error, or null.
#[must_use]
pub fn judged(cases: &Path, before: Option<&str>) -> serde_json::Map<String, serde_json::Value> {
    let python = sigstore::judges().unwrap().join("sigstore/bin/python");
    let script = binary::root().join("tests/fixtures/tuf/judge.py");
    let judged = Command::new(python).arg(script).arg(cases).args(before).output().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    serde_json::from_slice(&judged.stdout).unwrap()
}

/// How a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// With files.
    Good,
    /// With files, each first refused with 503.
    Late,
    /// With a first byte of the timestamp, and then without an end.
    Endless,
    /// It is out of order.
    Broken,
    /// It sends everybody to another machine.
    Elsewhere,
}

/// A server of the files below a folder.
pub struct Mirror {
    /// Its address.
    pub base: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Mirror {
    /// Starts one.
    #[must_use]
    pub fn start(folder: &Path, manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let (folder, seen): (PathBuf, Arc<Mutex<Vec<String>>>) = (folder.to_owned(), Arc::default());
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| {
                let _ = serve(stream, &folder, manner, &kept);
            });
        });
        Self { base, seen }
    }

    /// What was asked for since the last time.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, folder: &Path, manner: Manner, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    let again = {
        let mut seen = seen.lock().unwrap();
        let again = seen.contains(&path);
        seen.push(path.clone());
        again
    };
    let status = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
    match (manner, std::fs::read(folder.join(&path))) {
        (Manner::Broken, _) => stream.write_all(status("500 Broken").as_bytes()),
        (Manner::Late, Ok(_)) if !again => stream.write_all(status("503 Later").as_bytes()),
        (Manner::Elsewhere, _) => {
            stream.write_all(b"HTTP/1.1 302 Go\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n")
        }
        (Manner::Endless, _) if path == "timestamp.json" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{")?;
            // Until the other side has had enough.
            loop {
                stream.write_all(&[b' '; 4096])?;
            }
        }
        (_, Ok(bytes)) => {
            stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", bytes.len()).as_bytes())?;
            stream.write_all(&bytes)
        }
        // As stores of objects say it.
        (_, Err(_)) if path.ends_with(".root.json") => stream.write_all(status("403 No").as_bytes()),
        (_, Err(_)) => stream.write_all(status("404 No").as_bytes()),
    }
}
