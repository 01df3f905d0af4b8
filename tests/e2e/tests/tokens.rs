//! Keys in tokens (PKCS #11): SoftHSM holds them, OpenSC's tool makes them, openssl and cosign judge what they sign.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_e2e::token::{PIN, Tokens};
use chiron_e2e::{Ended, Folder, keys, osv, outside, pipeline, wheel};
use serde_json::Value;

const WHEEL: &str = "dist/demo-2.0-py3-none-any.whl";
const BUNDLE: &str = "dist/demo-2.0-py3-none-any.whl.sigstore.json";

/// Where the PIN is, for a command.
const GIVEN: &[(&str, &str)] = &[("RELEASE_PIN", PIN)];

/// The pipeline, with a key in a token.
fn signing(uri: &str) -> String {
    pipeline::SIGNED
        .replace("file = \"release.key\"", &format!("pkcs11 = \"{uri}\"\npin = {{ env = \"RELEASE_PIN\" }}"))
}

/// A subject that passes, and a pipeline that signs it with the key of a URI.
fn folder(uri: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write(WHEEL, wheel::of("demo", "2.0")).write("pipeline.toml", signing(uri));
    work
}

/// A token with a P-256 key, and the folder for it.
fn ready() -> Option<(Tokens, Folder)> {
    let tokens = Tokens::release()?;
    tokens.generate("release", "EC:prime256v1", "signing", "01");
    let work = folder(&tokens.uri("release", "signing"));
    Some((tokens, work))
}

fn json(work: &Folder, name: &str) -> Value {
    serde_json::from_str(&work.read(name)).unwrap()
}

/// Fails unless openssl says that the bundle's signature is the key's over the file.
fn openssl_accepts(work: &Folder, algorithm: &str) {
    let bundle = json(work, BUNDLE);
    let signature = STANDARD.decode(bundle["messageSignature"]["signature"].as_str().unwrap()).unwrap();
    work.write("signature", signature);
    let check: &[&str] = match algorithm {
        "ed25519" => {
            &["pkeyutl", "-verify", "-pubin", "-inkey", "release.pub", "-rawin", "-in", WHEEL, "-sigfile", "signature"]
        }
        _ => &["dgst", "-sha256", "-verify", "release.pub", "-signature", "signature", WHEEL],
    };
    keys::must(&work.path("."), check);
}

#[test]
fn what_a_key_in_a_token_signs_everybody_accepts() {
    for (algorithm, kind) in [("p256", "EC:prime256v1"), ("ed25519", "EC:edwards25519")] {
        let Some(tokens) = Tokens::release() else { return };
        tokens.generate("release", kind, "signing", "01");
        // A pair of the same id and another kind is not the key's.
        tokens.generate("release", if algorithm == "p256" { "EC:secp384r1" } else { "EC:prime256v1" }, "other", "01");
        let uri = tokens.uri("release", "signing");
        let work = folder(&uri);
        let public = tokens.chiron(&work, &[], &["key", "public", &uri]).with_code(0).stdout;
        work.write("release.pub", &public);
        let _ = tokens.chiron(&work, GIVEN, &["run"]).with_code(0);
        if keys::openssl_is_there() {
            openssl_accepts(&work, algorithm);
        }
        work.chiron(&["verify", "dist", "--key", "release.pub", "-v"]).with_code(0).shows(&["signatures  passed"]);
        // The token's public half needs no PIN, and no other program's key passes for it.
        let _ = tokens.chiron(&work, &[], &["verify", "dist", "--key", &uri]).with_code(0);
        let _ = tokens.chiron(&work, &[], &["verify", WHEEL, "--signatures", "--key", &uri]).with_code(0);
        let statement = ["verify", "dist", "--key", &uri, "--bundle", "attestations/scan.intoto.sigstore.json"];
        let _ = tokens.chiron(&work, &[], &statement).with_code(0);
        tokens.generate("release", kind, "another", "09");
        let another = tokens.uri("release", "another");
        let _ = tokens.chiron(&work, &[], &["verify", WHEEL, "--signatures", "--key", &another]).with_code(4);
        work.write(WHEEL, "changed");
        let _ = tokens.chiron(&work, &[], &["verify", WHEEL, "--signatures", "--key", &uri]).with_code(4);
    }
}

#[test]
fn cosign_accepts_what_a_key_in_a_token_signs() {
    let Some(cosign) = std::env::var_os("CHIRON_COSIGN") else {
        outside::missing("cosign");
        return;
    };
    let Some((tokens, work)) = ready() else { return };
    let _ = tokens.chiron(&work, GIVEN, &["run"]).with_code(0);
    let public = tokens.chiron(&work, &[], &["key", "public", &tokens.uri("release", "signing")]).with_code(0).stdout;
    work.write("release.pub", public);
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(&cosign);
        command.current_dir(work.path(".")).env_clear().env("HOME", work.home());
        command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("HTTP_PROXY", "http://127.0.0.1:1");
        Ended::of(&command.args(arguments).stdin(std::process::Stdio::null()).output().unwrap())
    };
    let blob = ["verify-blob", "--key", "release.pub", "--bundle", BUNDLE, "--insecure-ignore-tlog", WHEEL];
    ask(&blob).with_code(0).says(&["Verified OK"]);
    let kind = "https://chiron.dev/attestation/scan/v0.1";
    let statement = "attestations/scan.intoto.sigstore.json";
    let attested = ["verify-blob-attestation", "--key", "release.pub", "--bundle", statement, "--type", kind];
    ask(&[&attested[..], &["--insecure-ignore-tlog", WHEEL]].concat()).with_code(0).says(&["Verified OK"]);
    work.write(WHEEL, "changed");
    assert_ne!(ask(&blob).code, 0);
}

#[test]
fn a_run_is_refused_with_the_reason_and_nothing_is_written() {
    let Some((tokens, work)) = ready() else { return };
    tokens.initialize("empty");
    tokens.initialize("twin");
    tokens.initialize("twin");
    for (kind, label, id) in [
        ("EC:prime256v1", "twice", "02"),
        ("EC:prime256v1", "twice", "03"),
        ("rsa:2048", "rsa", "04"),
        ("EC:secp384r1", "p384", "05"),
    ] {
        tokens.generate("release", kind, label, id);
    }
    tokens.generate_for_others("release", "others", "06");
    let each = ["--keypairgen", "--key-type", "EC:prime256v1", "--label", "each", "--id", "07", "--usage-sign"];
    let _ = tokens.tool("release", &[&each[..], &["--always-auth"]].concat());
    let right = [("RELEASE_PIN", PIN)];
    let refused = |uri: &str, environment: &[(&str, &str)], said: &[&str]| {
        work.write("pipeline.toml", signing(uri));
        let before = work.listing();
        let ended = tokens.chiron(&work, environment, &["run", "-vv", "-o", "json"]).with_code(6);
        ended.says(&["the key `release` cannot be used"]).says(said);
        assert_eq!(work.listing(), before, "{uri}");
        assert!(!ended.stderr.contains(PIN) && !ended.stdout.contains(PIN), "{uri}");
    };
    let uri = |token: &str, object: &str| tokens.uri(token, object);
    let good = uri("release", "signing");
    refused(
        &good,
        &[("RELEASE_PIN", "not-the-pin")],
        &["the PIN is wrong", "it was tried once", "few wrong ones lock"],
    );
    refused(
        &good,
        &[("RELEASE_PIN", "1")],
        &["not of a length that the token takes (4 to 255 bytes); it was not tried"],
    );
    refused(&good, &[("RELEASE_PIN", "")], &["wants a PIN, and none was given", "pin = { env"]);
    refused(&good, &[], &["the environment has no RELEASE_PIN"]);
    refused(&uri("nowhere", "signing"), &right, &["no token is what the URI says", "`release` (serial", "`empty`"]);
    refused(&uri("empty", "signing"), &right, &["no private key that the URI names: there is none"]);
    refused(&uri("release", "nothing"), &right, &["there is", "`signing` (id 01)", "`rsa` (id 04)"]);
    refused(&uri("release", "twice"), &right, &["more than one private key", "`twice` (id 02)", "`twice` (id 03)"]);
    refused(&uri("twin", "signing"), &right, &["more than one token", "`twin` (serial", "`serial` tells them apart"]);
    refused(&uri("release", "rsa"), &right, &["the key is an RSA key, but only"]);
    refused(&uri("release", "p384"), &right, &["of the curve P-384"]);
    refused(&uri("release", "others"), &right, &["the key may not sign"]);
    refused(&uri("release", "each"), &right, &["wants the PIN at every signature"]);
    refused(&uri("release", "signing;type=public"), &right, &["signing needs the private key"]);
    let module = tokens.module().display();
    let other = format!("pkcs11:token=release;object=signing;library-description=Other?module-path={module}");
    refused(&other, &right, &["the module is", "SoftHSM"]);
    // An id, a serial number and what the module says of itself do as well, and one wrong PIN has locked nothing.
    let exact = format!(
        "pkcs11:library-manufacturer=SoftHSM;manufacturer=SoftHSM%20project;token=release;id=%02?module-path={module}"
    );
    work.write("pipeline.toml", signing(&exact));
    let _ = tokens.chiron(&work, GIVEN, &["run"]).with_code(0);
}

#[test]
fn a_module_that_is_not_fit_to_be_loaded_is_a_mistake_at_its_line() {
    let Some((tokens, work)) = ready() else { return };
    work.write("text.so", "no library").write("open.so", "no library");
    let mode = |name: &str, mode| {
        std::fs::set_permissions(work.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("text.so", 0o644);
    mode("open.so", 0o666);
    let at = |name: &str| format!("pkcs11:token=release;object=signing?module-path={}", work.path(name).display());
    for (name, said) in [("no.so", "failed to read the PKCS #11 module"), ("open.so", "mode 0666"), (".", "is no file")]
    {
        work.write("pipeline.toml", signing(&at(name)));
        tokens.chiron(&work, GIVEN, &["run"]).with_code(2).says(&["[pipeline.toml:16:", said]);
    }
    // Whether it is one shows when it is loaded.
    work.write("pipeline.toml", signing(&at("text.so")));
    tokens.chiron(&work, GIVEN, &["run", "-o", "json"]).with_code(6).says(&["cannot be loaded as a PKCS #11 module"]);
    // A library that is none.
    let library = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6"];
    if let Some(library) = library.into_iter().find(|path| std::path::Path::new(path).is_file()) {
        work.write("pipeline.toml", signing(&format!("pkcs11:token=release;object=signing?module-path={library}")));
        tokens
            .chiron(&work, GIVEN, &["run", "-o", "json"])
            .with_code(6)
            .says(&["cannot be loaded as a PKCS #11 module"]);
    }
    work.write("pipeline.toml", signing("pkcs11:token=release;object=signing"));
    tokens.chiron(&work, GIVEN, &["run"]).with_code(2).says(&["does not say whose code reaches its token"]);
    let uri = "pkcs11:token=release;object=signing";
    tokens.chiron(&work, GIVEN, &["key", "public", uri]).with_code(2).says(&["COSIGN_PKCS11_MODULE_PATH"]);
    let module = tokens.module().display().to_string();
    let _ = tokens.chiron(&work, &[("COSIGN_PKCS11_MODULE_PATH", &module)], &["key", "public", uri]).with_code(0);
}

#[test]
fn an_operator_says_which_modules_are_loaded_and_none_unless_it_does() {
    let Some((tokens, work)) = ready() else { return };
    let plan = tokens.chiron(&work, &[], &["run", "--dry-run"]).with_code(0);
    plan.shows(&[
        "KEYS IN TOKENS",
        "pkcs11:token=release;object=signing",
        "PIN from the variable RELEASE_PIN",
        "libsofthsm2.so sha256:",
    ]);
    let digest = plan.stdout.lines().find(|line| line.contains("libsofthsm2.so")).unwrap();
    let digest = digest.split_whitespace().find(|word| word.starts_with("sha256:")).unwrap().trim_end_matches(',');
    let run = ["run", "--operator", "operator.toml"];
    let operator = |modules: &str| {
        let grants = "[grants]\ncapabilities = [\"content\", \"advisories\", \"signing\"]\n";
        work.write("operator.toml", format!("{grants}{modules}\n[allow]\nunlocked = true\n"));
    };
    for modules in ["", "pkcs11_modules = []", "pkcs11_modules = [\"/usr/lib/other.so\"]"] {
        operator(modules);
        tokens.chiron(&work, GIVEN, &run).with_code(3).says(&[
            "libsofthsm2.so",
            "may not be loaded, says the operator's file operator.toml",
            "[pipeline.toml:16:",
            &format!("[grants] pkcs11_modules = [\"{digest}\"]"),
        ]);
        assert!(!work.has(BUNDLE));
    }
    for modules in [
        format!("pkcs11_modules = [\"{digest}\"]"),
        format!("pkcs11_modules = [\"{}\"]", tokens.module().display()),
        "pkcs11_modules = \"any\"".to_owned(),
    ] {
        operator(&modules);
        let _ = tokens.chiron(&work, GIVEN, &run).with_code(0);
    }
    operator("pkcs11_modules = [\"libsofthsm2.so\"]");
    tokens.chiron(&work, GIVEN, &run).with_code(2).says(&["`libsofthsm2.so` names no module"]);
}

#[test]
fn an_operator_has_a_say_in_the_module_that_a_command_names() {
    let Some((tokens, work)) = ready() else { return };
    let uri = tokens.uri("release", "signing");
    let made = ["--product", "made", "--", "sh", "-c", "echo 1 > made"];
    let attest = [&["attest", "--operator", "operator.toml", "--key", &uri, "--pin-env", "RELEASE_PIN"][..], &made];
    let attest = attest.concat();
    work.write("operator.toml", "");
    tokens.chiron(&work, GIVEN, &attest).with_code(2).says(&[
        "libsofthsm2.so",
        "may not be loaded, says the operator's file operator.toml",
        "[grants] pkcs11_modules = [\"sha256:",
    ]);
    assert!(!work.has("made") && !work.has("build.link.sigstore.json"));
    work.write("operator.toml", format!("[grants]\npkcs11_modules = [\"{}\"]\n", tokens.module().display()));
    let _ = tokens.chiron(&work, GIVEN, &attest).with_code(0);
    // A file that caps is read whoever signs.
    let plain = [&["attest", "--operator", "none.toml", "--key", "release.key"][..], &made].concat();
    work.chiron(&plain).with_code(74).says(&["none.toml"]);
}

#[test]
fn report_and_provenance_name_the_key_and_the_code_that_was_loaded() {
    let Some((tokens, work)) = ready() else { return };
    let text = work.read("pipeline.toml").replace("subjects = ", "attest = [\"provenance\"]\nsubjects = ");
    work.write("pipeline.toml", text);
    let report = tokens.chiron(&work, GIVEN, &["run", "-o", "json"]).with_code(0).json();
    let value = |key: &str| {
        let settings = report["settings"].as_array().unwrap();
        settings
            .iter()
            .find(|setting| setting["key"] == key)
            .map(|setting| setting["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(value("keys.release.pkcs11").unwrap(), "pkcs11:token=release;object=signing");
    let module = value("keys.release.pkcs11.module").unwrap();
    assert!(module.starts_with("libsofthsm2.so sha256:"), "{module}");
    let bundle = json(&work, "attestations/provenance.intoto.sigstore.json");
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    let used = statement["predicate"]["buildDefinition"]["resolvedDependencies"].as_array().unwrap();
    let named = used.iter().find(|one| one["name"] == "pkcs11-module:release").unwrap();
    assert!(module.ends_with(named["digest"]["sha256"].as_str().unwrap()), "{module} {named}");
}

#[test]
fn two_keys_of_one_token_sign_in_one_run() {
    let Some((tokens, work)) = ready() else { return };
    tokens.generate("release", "EC:edwards25519", "second", "02");
    let second = format!(
        "[[step]]\nid = \"again\"\nuses = \"cosign\"\n[step.bind]\nkeys.signing = \"second\"\n\
         [keys.second]\npkcs11 = \"{}\"\npin = {{ env = \"RELEASE_PIN\" }}\n",
        tokens.uri("release", "second")
    );
    // One place takes one bundle: both keys are opened, and the second signer is refused for its place alone.
    work.write("pipeline.toml", work.read("pipeline.toml") + &second);
    let ended = tokens.chiron(&work, GIVEN, &["run"]).with_code(4);
    ended.says(&["step `again`", "another bundle of this run is written to the same file"]);
}

#[test]
fn a_watching_run_gives_a_wrong_pin_once() {
    let Some((tokens, work)) = ready() else { return };
    let outside = tempfile::tempdir().unwrap();
    let log = std::fs::File::create(outside.path().join("log")).unwrap();
    let mut command = work.command(&["run", "--watch"]);
    let (name, value) = tokens.environment();
    command.env(name, value).env("RELEASE_PIN", "not-the-pin").stdout(log.try_clone().unwrap()).stderr(log);
    let mut watching = command.spawn().unwrap();
    let said = |text: &str| {
        let all = std::fs::read_to_string(outside.path().join("log")).unwrap();
        all.split_whitespace().collect::<Vec<_>>().join(" ").contains(text)
    };
    // Something changes until it is noticed, and not for ever.
    let noticed = |(text, name): (&str, &str)| {
        (0..600).any(|round| {
            std::thread::sleep(std::time::Duration::from_millis(200));
            if round % 20 == 19 {
                work.write(&format!("dist/{name}-{round}.0-py3-none-any.whl"), wheel::of(name, &format!("{round}.0")));
            }
            said(text)
        })
    };
    let texts = [("the PIN is wrong", "one"), ("none is tried again until Chiron is started anew", "two")];
    let noticed = texts.map(noticed);
    let _ = Command::new("kill").args(["-INT", &watching.id().to_string()]).status().unwrap();
    let _ = watching.wait().unwrap();
    assert_eq!(noticed, [true, true], "{}", std::fs::read_to_string(outside.path().join("log")).unwrap());
}

#[test]
fn a_key_is_made_in_a_token_and_signs_for_a_command() {
    let Some(tokens) = Tokens::release() else { return };
    let given = [("COSIGN_PKCS11_PIN", PIN)];
    for (name, algorithm) in [("one", "p256"), ("two", "ed25519")] {
        let work = Folder::new();
        let uri = tokens.uri("release", name);
        let made = ["key", "generate", "release", "--algorithm", algorithm, "--pkcs11", &uri];
        let dry = tokens.chiron(&work, &[], &[&made[..], &["--dry-run"]].concat()).with_code(0);
        dry.says(&["would make pkcs11:token=release;object="]);
        tokens.chiron(&work, &[], &made).with_code(2).says(&["wants a PIN", "--pin-env"]);
        assert!(!work.has("release.pub"));
        tokens.chiron(&work, &given, &made).with_code(0).says(&["stays in its token"]);
        assert!(!work.has("release.key"));
        assert_eq!(tokens.chiron(&work, &[], &["key", "public", &uri]).with_code(0).stdout, work.read("release.pub"));
        tokens.chiron(&work, &given, &made).with_code(2).says(&["is there already"]);
        let other = ["key", "generate", "other", "--algorithm", algorithm, "--pkcs11", &uri];
        tokens.chiron(&work, &given, &other).with_code(2).says(&["has a key of this label or id already"]);
        let listed = String::from_utf8(tokens.tool("release", &["--list-objects"]).stdout).unwrap();
        assert!(listed.contains("never extractable"), "{listed}");
        let attest =
            ["attest", "--key", &uri, "--pin-env", "THE_PIN", "--product", "made", "--", "sh", "-c", "echo 1 > made"];
        let _ = tokens.chiron(&work, &[("THE_PIN", PIN)], &attest).with_code(0);
        let verify = ["verify", "made", "--signatures", "--key", "release.pub", "--bundle", "build.link.sigstore.json"];
        let _ = work.chiron(&verify).with_code(0);
        tokens.chiron(&work, &[("THE_PIN", "guessed")], &attest).with_code(2).says(&["the PIN is wrong"]);
    }
    let work = Folder::new();
    for command in ["generate", "rotate"] {
        let uri = tokens.uri("release", "one");
        work.chiron(&["key", command, &uri]).with_code(2).says(&["a key in a token has no files", "--pkcs11"]);
    }
}

/// OpenSC's module that writes down what another one is asked.
const SPIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/pkcs11/pkcs11-spy.so",
    "/usr/lib/aarch64-linux-gnu/pkcs11/pkcs11-spy.so",
    "/usr/lib64/pkcs11/pkcs11-spy.so",
];

#[test]
fn while_the_command_of_an_attestation_runs_the_token_is_closed_and_its_pin_nowhere() {
    let Some((tokens, work)) = ready() else { return };
    let Some(spy) = SPIES.into_iter().find(|path| std::path::Path::new(path).is_file()) else {
        outside::missing("pkcs11-tool");
        return;
    };
    let module = tokens.module().display().to_string();
    let uri = tokens.uri("release", "signing").replace(&module, spy);
    let environment = [
        ("PKCS11SPY", module.as_str()),
        ("PKCS11SPY_OUTPUT", "asked"),
        ("RELEASE_PIN", PIN),
        ("COSIGN_PKCS11_PIN", PIN),
        ("COSIGN_PASSWORD", PIN),
    ];
    let command = "cp asked before && env > seen && echo 1 > made";
    let attest = ["attest", "--key", &uri, "--pin-env", "RELEASE_PIN", "--product", "made", "--", "sh", "-c", command];
    let _ = tokens.chiron(&work, &environment, &attest).with_code(0);
    let before = work.read("before");
    let last = |what: &str| before.rfind(what).unwrap_or_else(|| panic!("no {what} before the command:\n{before}"));
    assert!(last("C_Login") < last("C_CloseSession"), "the command ran while somebody was logged in:\n{before}");
    assert!(!work.read("seen").contains(PIN), "the PIN is in the command's environment");
    assert_eq!(work.read("asked").matches(": C_Login\n").count(), 2, "opened again, to sign");
}

#[test]
fn the_pin_comes_from_a_file_of_its_owner_where_the_uri_says_so() {
    let Some((tokens, work)) = ready() else { return };
    work.write("pin", format!("{PIN}\n"));
    let source = format!("{}&pin-source=file:{}", tokens.uri("release", "signing"), work.path("pin").display());
    work.write("pipeline.toml", signing(&source).replace("pin = { env = \"RELEASE_PIN\" }\n", ""));
    std::fs::set_permissions(work.path("pin"), std::fs::Permissions::from_mode(0o644)).unwrap();
    tokens.chiron(&work, &[], &["run", "-o", "json"]).with_code(6).says(&["0644", "chmod 600"]);
    keys::close(&work.path("pin"));
    let _ = tokens.chiron(&work, &[], &["run"]).with_code(0);
}

#[test]
fn a_pin_that_stands_where_it_should_not_is_refused_and_not_shown() {
    let work = Folder::new();
    work.write("dist/a.whl", "");
    for line in [
        "pkcs11 = \"pkcs11:token=t;object=k?module-path=/m.so&pin-value=s3cret-pin\"",
        "pkcs11 = \"pkcs11:token=t;object=k?pin-value=s3cret-pin&module-path=/m.so\"",
        "pkcs11 = \"pkcs11:token=t;object=k?module-path=/m.so\"\npin = \"s3cret-pin\"",
        "pkcs11 = \"pkcs11:token=t;object=k?module-path=/m.so\"\nwrong = 1 # ?pin-value=s3cret-pin",
        "pkcs11 = \"pkcs11:token=t;object=k&pin-value=s3cret-pin?module-path=/m.so\"",
        "pkcs11 = \"pkcs11:token=t;object=k?module-path=/m.so\"\npin = { value = \"s3cret-pin\" }",
        "pkcs11 = \"pkcs11:token=t;object=k?module-path=/m.so\"\nPIN = \"s3cret-pin\"",
        "pkcs11 = \"pkcs11:token=t;object=k?module-path=/m.so\"\npin = \"s3cret-pin",
    ] {
        work.write("pipeline.toml", pipeline::SIGNED.replace("file = \"release.key\"", line));
        let ended = work.chiron(&["run", "-vvv"]).with_code(2);
        assert!(!ended.stderr.contains("s3cret") && !ended.stdout.contains("s3cret"), "{}", ended.stderr);
        ended.says(&["**********"]);
    }
    for arguments in [&["key", "public"][..], &["verify", "dist", "--key"], &["plugin", "verify", "a.wasm", "--key"]] {
        for uri in ["pkcs11:token=t;object=k?pin-value=s3cret-pin", "pkcs11:token=t;object=k&Pin%2Dvalue=s3cret-pin"] {
            let ended = work.chiron(&[arguments, &[uri]].concat()).with_code(2);
            ended.says(&["`pin-value` would put the PIN where everybody reads it", "COSIGN_PKCS11_PIN"]);
            assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_file_that_is_judged_loads_no_module_to_verify() {
    let Some((tokens, work)) = ready() else { return };
    let uri = tokens.uri("release", "signing");
    let text = work.read("pipeline.toml");
    work.write("pipeline.toml", format!("{text}[verify]\nbefore_run = true\nkey = \"{uri}\"\n"));
    tokens.chiron(&work, GIVEN, &["run"]).with_code(2).says(&["named by --key alone"]);
    tokens.chiron(&work, GIVEN, &["verify", "-p", "pipeline.toml"]).with_code(2).says(&["named by --key alone"]);
    let plugin = format!("[plugins.mine]\nsource = \"./mine.wasm\"\nsigner = {{ key = \"{uri}\" }}\n");
    work.write("pipeline.toml", text + &plugin);
    tokens.chiron(&work, GIVEN, &["run"]).with_code(2).says(&["named by --key alone"]);
}
