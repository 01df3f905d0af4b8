//! Files that change while a run goes on, between what the plan read and what is used of it: an endpoint that a scanner asks
//! changes them before it answers.

mod hostile;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

use chiron_e2e::{Ended, Folder, bom, keys, wheel};
use chiron_model::digest::Digest;
use hostile::behaviours::{Client, Policy};
use hostile::{guests, raw};
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::Value;

/// A pipeline whose scanner asks an endpoint, and after which a policy decides and a key signs. `change` is made when the scanner asks:
/// everything was planned, and neither policy nor key was needed yet.
fn run_while(change: impl FnOnce(&Folder)) -> (Folder, Ended) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (work, port) = (Folder::new(), listener.local_addr().unwrap().port());
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"));
    work.write("client.wasm", guests::component("client")).write("policy.wasm", guests::component("policy"));
    write_key(&work, 7);
    work.write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\", \"*.whl\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"ask\"\nuses = \"./client.wasm\"\nwith = {{ behaviour = \"{}\" }}\n\
             bind = {{ endpoints = {{ api = \"acme\" }} }}\n\
             [[step]]\nid = \"later\"\nuses = \"./policy.wasm\"\nwith = {{ behaviour = \"{}\" }}\n\
             [[step]]\nid = \"sign\"\nuses = \"cosign\"\nbind = {{ keys = {{ signing = \"release\" }} }}\n\
             [keys.release]\nfile = \"release.key\"\n[endpoints.acme]\nbase = \"http://127.0.0.1:{port}/\"\n\
             plaintext_unsafe = true\nprivate_addresses = true\n",
            Client::Honest.word(),
            Policy::Honest.word()
        ),
    );
    let mut command = work.command(&["run", "-o", "json=report.json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Each call of the scanner asks: the first one finds the change made, later ones are answered alike.
    let (mut change, answered) = (Some(change), std::thread::spawn(move || child.wait_with_output().unwrap()));
    listener.set_nonblocking(true).unwrap();
    while !answered.is_finished() {
        let Ok((mut stream, _)) = listener.accept() else {
            std::thread::sleep(std::time::Duration::from_millis(5));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
            head.push(byte[0]);
        }
        if let Some(change) = change.take() {
            change(&work);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
    }
    assert!(change.is_none(), "the scanner did not ask");
    (work, Ended::of(&answered.join().unwrap()))
}

fn write_key(work: &Folder, seed: u8) {
    let key = p256::SecretKey::from_slice(&[seed; 32]).unwrap().to_pkcs8_pem(Default::default()).unwrap();
    work.write("release.key", key.as_bytes());
    keys::close(&work.path("release.key"));
}

fn report(work: &Folder) -> Value {
    serde_json::from_str(&work.read("report.json")).unwrap()
}

/// Bundles by name, each with what it says of the key that signed it.
fn signed(work: &Folder) -> Vec<Value> {
    let bundles = work.listing().into_iter().filter(|(name, _)| name.ends_with(".sigstore.json"));
    bundles.map(|(_, bytes)| serde_json::from_slice::<Value>(&bytes).unwrap()["verificationMaterial"].clone()).collect()
}

/// Its bytes were read once, when the run was planned: what was hashed is what was compiled.
#[test]
fn a_plugin_that_is_replaced_after_it_was_planned_is_not_what_runs() {
    let before = Digest::sha256_of(&guests::component("policy")).to_string();
    let others = [raw::Policy::default().component(), raw::Policy::describing("{").component(), b"no plugin".to_vec()];
    for other in others {
        let (work, ended) = run_while(|work| _ = work.write("policy.wasm", &other));
        let (report, _) = (report(&work), ended.with_code(0));
        let verdicts = report["verdict"]["policies"].as_array().unwrap();
        let later = verdicts.iter().find(|policy| policy["step"] == "later").unwrap();
        assert_eq!(later["summary"], "nothing speaks against it");
        let step = report["steps"].as_array().unwrap().iter().find(|step| step["id"] == "later").unwrap();
        assert!(step.to_string().contains(&before), "{step:#}");
    }
}

#[test]
fn a_plugin_that_is_gone_after_it_was_planned_runs() {
    let (work, ended) = run_while(|work| std::fs::remove_file(work.path("policy.wasm")).unwrap());
    let _ = ended.with_code(0);
    assert!(report(&work)["verdict"]["policies"].to_string().contains("nothing speaks against it"));
}

/// A file is read when signing begins, once: what it holds then signs everything.
#[test]
fn a_key_that_is_replaced_before_signing_signs_all_or_nothing() {
    let (work, ended) = run_while(|work| write_key(work, 9));
    let _ = ended.with_code(0);
    let replaced = signed(&work);
    assert!(replaced.len() >= 2 && replaced.iter().all(|material| *material == replaced[0]), "{replaced:#?}");
    let (work, ended) = run_while(|_| ());
    let _ = ended.with_code(0);
    let kept = signed(&work);
    assert!(kept.len() == replaced.len() && kept[0] != replaced[0], "{kept:#?}");
    let (work, ended) = run_while(|work| _ = work.write("release.key", "no key"));
    ended.with_code(6).says(&["the key `release` cannot be used"]);
    assert_eq!(signed(&work), Vec::<Value>::new());
}
