//! Signing services on loopback: npm's stand-ins for Fulcio and Rekor and an openssl timestamp authority, as `shared` starts them;
//! and servers between them and the binary that lie.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{binary, outside, shared, sigstore};

/// Who signs.
pub const IDENTITY: &str = "https://ci.example.test/org/repo/.github/workflows/release.yml@refs/heads/main";
/// Who vouches for that.
pub const ISSUER: &str = "https://oidc.example.test";

/// Running services.
pub struct Services {
    /// Of all of them.
    pub port: u16,
    /// Where `trusted_root.json` is.
    pub folder: PathBuf,
    _guard: Mutex<Child>,
}

/// The services, started once for each test binary; they end with it.
#[must_use]
pub fn services() -> Option<&'static Services> {
    static STARTED: OnceLock<Option<Services>> = OnceLock::new();
    STARTED.get_or_init(start).as_ref()
}

fn start() -> Option<Services> {
    let script = shared::path("tools/mock-sigstore/start")?;
    let judges = sigstore::judges()?;
    for program in ["node", "openssl"] {
        if !Command::new(program).arg("version").output().is_ok_and(|_| true) {
            outside::missing(program);
            return None;
        }
    }
    let modules = judges.join("node_modules");
    if !modules.join("@sigstore/mock").exists() {
        assert!(std::env::var_os("CHIRON_JUDGES").is_none(), "npm's @sigstore/mock was promised, and is not there");
        eprintln!("skipped: npm's @sigstore/mock is not there (tests/fixtures/judges/build)");
        return None;
    }
    let port = free();
    let folder = binary::target().join(format!("tmp/services-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(modules.canonicalize().unwrap(), folder.join("node_modules")).unwrap();
    let output = Command::new(script).arg(port.to_string()).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pid = std::fs::read_to_string(folder.join("server.pid")).unwrap();
    // Ends the services when this process is gone, however it goes: its end of the pipe closes then.
    let mut guard = Command::new("sh");
    guard.args(["-c", "cat > /dev/null; kill \"$0\"; rm -r \"$1\"", pid.trim()]).arg(&folder).stdin(Stdio::piped());
    let guard = guard.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    Some(Services { port, folder, _guard: Mutex::new(guard) })
}

/// A port where nobody listens.
#[must_use]
pub fn free() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// An identity token that lives for some seconds. Nobody here checks its signature.
#[must_use]
pub fn token(lives_s: i64, changes: &Value) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let mut claims = json!({
        "iss": ISSUER, "sub": IDENTITY, "aud": "sigstore", "iat": now - 5, "nbf": now - 5, "exp": now + lives_s,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg", part(&json!({ "alg": "ES256", "typ": "JWT" })), part(&claims))
}

impl Services {
    /// A signing configuration; a port of 0 is the services' own, and timestamps may be left out.
    #[must_use]
    pub fn config(&self, fulcio: u16, rekor: u16, version: u32, timestamps: Option<u16>) -> String {
        let own = |port: u16| if port == 0 { self.port } else { port };
        let service = |port: u16, path: &str, version: u32| {
            let url = format!("http://127.0.0.1:{}{path}", own(port));
            let valid = json!({ "start": "2020-01-01T00:00:00Z" });
            json!([{ "url": url, "majorApiVersion": version, "validFor": valid, "operator": "sigstore.mock" }])
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service(fulcio, "", 1), "rekorTlogUrls": service(rekor, "", version),
            "tsaUrls": timestamps.map_or(json!([]), |port| service(port, "/api/v1/timestamp", 1)),
            "rekorTlogConfig": { "selector": "ANY" }, "tsaConfig": { "selector": "ANY" },
        })
        .to_string()
    }

    /// A signing configuration for keys of one's own: without an authority for certificates, and with what is given. A port of 0 is
    /// the services' own.
    #[must_use]
    pub fn witnesses(&self, rekor: Option<(u16, u32)>, timestamps: Option<u16>) -> String {
        let (port, version) = rekor.unwrap_or((0, 1));
        let mut config: Value = serde_json::from_str(&self.config(0, port, version, timestamps)).unwrap();
        config["caUrls"] = json!([]);
        if rekor.is_none() {
            config["rekorTlogUrls"] = json!([]);
        }
        config.to_string()
    }

    /// The trust root.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder.join("trusted_root.json")
    }
}

/// What a server between does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Passes everything on.
    None,
    /// Fails once, then passes everything on.
    Once,
    /// Takes the request and answers nothing.
    Silence,
    /// Status 500.
    Broken,
    /// Another thing than asked for.
    Page,
    /// Leads somewhere else.
    Redirect,
    /// Refuses, and repeats the request in its answer.
    Echo,
    /// More bytes than anybody asked for.
    Flood,
    /// Fulcio: a certificate for another key.
    OtherKey,
    /// Fulcio: a certificate for another identity.
    OtherIdentity,
    /// Fulcio: an identity that somebody else vouches for.
    OtherIssuer,
    /// Rekor: the signed entry timestamp of something else.
    OtherPromise,
    /// Rekor, and no lie: it has the entry already (409), and gives it when it is asked for by its id.
    Known,
    /// Rekor: no signed entry timestamp at all.
    NoPromise,
    /// Rekor: a proof of inclusion in another tree.
    OtherTree,
    /// Rekor: an entry about something else.
    OtherEntry,
    /// The timestamp of another signature.
    OtherDigest,
}

/// A server between: its port, and how many requests it took.
pub struct Between {
    /// Where it listens.
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Between {
    /// Starts one before a port.
    #[must_use]
    pub fn start(behind: u16, lie: Lie) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream, behind, lie, &kept));
            }
        });
        Self { port, seen }
    }

    /// First lines of the requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, behind: u16, lie: Lie, seen: &Mutex<Vec<String>>) {
    let Some((head, mut body)) = message(&mut stream) else { return };
    let first = head.lines().next().unwrap_or_default().to_owned();
    let count = {
        let mut seen = seen.lock().unwrap();
        seen.push(first.clone());
        seen.len()
    };
    let answer = match lie {
        Lie::Silence => {
            // Until the other side gives up.
            let _ = stream.read(&mut [0]);
            return;
        }
        Lie::Once if count == 1 => answer("503 Unavailable", b"later"),
        Lie::Known => known(behind, &head, &body),
        Lie::Broken => answer("500 Broken", b"{\"message\":\"something is broken\"}"),
        Lie::Page => answer("200 OK", b"<html>welcome</html>"),
        Lie::Redirect => b"HTTP/1.1 307 Go\r\nlocation: http://localhost:9/\r\ncontent-length: 0\r\n\r\n".to_vec(),
        Lie::Echo => answer("400 No", json!({ "message": String::from_utf8_lossy(&body) }).to_string().as_bytes()),
        Lie::Flood => answer("200 OK", &vec![b' '; 2 << 20]),
        _ => {
            twist_request(lie, &mut body);
            let forwarded = forward(behind, &head, &body);
            let (status, mut content) = forwarded;
            twist_answer(lie, &mut content);
            with_etag(answer(&status, &content), &content)
        }
    };
    let _ = stream.write_all(&answer);
}

fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// What a log says of an entry that it has: to whoever sends it once more where it is, and there the entry.
fn known(behind: u16, head: &str, body: &[u8]) -> Vec<u8> {
    static ENTRIES: Mutex<Vec<(String, Vec<u8>)>> = Mutex::new(Vec::new());
    let mut entries = ENTRIES.lock().unwrap();
    if head.starts_with("GET ") {
        let found = entries.iter().find(|(id, _)| head.contains(&format!("/api/v1/log/entries/{id} ")));
        return found.map_or_else(|| answer("404 None", b"{}"), |(_, entry)| answer("200 OK", entry));
    }
    let (_, entry) = forward(behind, head, body);
    let named: serde_json::Map<String, Value> = serde_json::from_slice(&entry).unwrap();
    let id = named.keys().next().unwrap().clone();
    let message = format!("an equivalent entry already exists in the transparency log with UUID {id}");
    entries.push((id, entry));
    answer("409 Conflict", json!({ "code": 409, "message": message }).to_string().as_bytes())
}

/// Rekor's version 1 names a new entry in a header too, where cosign looks for it; the stand-in does not.
fn with_etag(answer: Vec<u8>, body: &[u8]) -> Vec<u8> {
    let entries = serde_json::from_slice::<serde_json::Map<String, Value>>(body).unwrap_or_default();
    let Some(id) = entries.keys().find(|key| key.len() >= 64 && key.chars().all(|c| c.is_ascii_hexdigit())) else {
        return answer;
    };
    let end = answer.windows(2).position(|window| window == b"\r\n").unwrap() + 2;
    [&answer[..end], format!("etag: {id}\r\n").as_bytes(), &answer[end..]].concat()
}

fn message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Asks the real one, and gives its status and its body.
fn forward(port: u16, head: &str, body: &[u8]) -> (String, Vec<u8>) {
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let kind =
        head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-type:")).unwrap_or("accept: */*");
    let request = format!("{method} {path} HTTP/1.0\r\nhost: x\r\n{kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.write_all(&[request.as_bytes(), body].concat()).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let end = all.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let status = String::from_utf8_lossy(&all[..end]).lines().next().unwrap().split_once(' ').unwrap().1.to_owned();
    (status, all[end..].to_vec())
}

fn twist_request(lie: Lie, body: &mut Vec<u8>) {
    match lie {
        Lie::OtherIdentity | Lie::OtherIssuer | Lie::OtherKey => {
            let mut request: Value = serde_json::from_slice(body).unwrap();
            match lie {
                Lie::OtherIdentity => {
                    request["credentials"]["oidcIdentityToken"] =
                        token(600, &json!({ "sub": "https://evil.example.test" })).into();
                }
                Lie::OtherIssuer => {
                    request["credentials"]["oidcIdentityToken"] =
                        token(600, &json!({ "iss": "https://evil.example.test" })).into();
                }
                _ => {
                    let folder = tempfile::tempdir().unwrap();
                    crate::keys::make(folder.path(), "other", "P-256");
                    let pem = std::fs::read_to_string(folder.path().join("other.pub")).unwrap();
                    request["publicKeyRequest"]["publicKey"]["content"] = pem.into();
                }
            }
            *body = request.to_string().into_bytes();
        }
        Lie::OtherEntry => {
            // The digest of something else, where the entry is one of a file.
            let mut request: Value = serde_json::from_slice(body).unwrap();
            if request["kind"] == "hashedrekord" {
                request["spec"]["data"]["hash"]["value"] = "ab".repeat(32).into();
                *body = request.to_string().into_bytes();
            }
        }
        Lie::OtherDigest => {
            // `OCTET STRING`, 32 bytes: the digest.
            let place = body.windows(2).position(|window| window == [0x04, 0x20]).unwrap() + 2;
            body[place] ^= 0xff;
        }
        _ => {}
    }
}

fn twist_answer(lie: Lie, body: &mut Vec<u8>) {
    if !matches!(lie, Lie::OtherPromise | Lie::NoPromise | Lie::OtherTree) {
        return;
    }
    let mut entries: Value = serde_json::from_slice(body).unwrap();
    for entry in entries.as_object_mut().unwrap().values_mut() {
        let verification = &mut entry["verification"];
        if lie == Lie::OtherTree {
            verification["inclusionProof"]["rootHash"] = "cd".repeat(32).into();
        } else if lie == Lie::NoPromise {
            verification.as_object_mut().unwrap().remove("signedEntryTimestamp");
        } else {
            let promise = verification["signedEntryTimestamp"].as_str().unwrap();
            let mut bytes = STANDARD.decode(promise).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            verification["signedEntryTimestamp"] = STANDARD.encode(bytes).into();
        }
    }
    *body = entries.to_string().into_bytes();
}

/// Whether something holds a piece of a token.
#[must_use]
pub fn holds_token(bytes: &[u8], token: &str) -> bool {
    // The head of every token is the same; claims and signature are what must not be seen.
    let pieces: Vec<&str> = token.split('.').skip(1).map(|part| &part[..16.min(part.len())]).collect();
    let tail = &token[token.len() - 16..];
    pieces.iter().chain([&tail]).any(|piece| bytes.windows(piece.len()).any(|window| window == piece.as_bytes()))
}

/// Fails when a file below a folder, or a text, holds a piece of a token.
///
/// # Panics
/// As said.
pub fn no_token(folder: &crate::Folder, ended: &crate::Ended, token: &str, except: &[&str]) {
    for (path, bytes) in folder.listing().iter().filter(|(path, _)| !except.contains(&path.as_str())) {
        assert!(!holds_token(bytes, token), "{path} holds a piece of the token");
    }
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!holds_token(text.as_bytes(), token), "an output holds a piece of the token:\n{text}");
    }
}
