//! Clients: what an endpoint answers is told in a report as what a plugin made up.

use chiron_e2e::{Folder, bom};

use crate::hostile::active::ACTIVE;
use crate::hostile::behaviours::Client;
use crate::hostile::{guests, server};
use crate::running::{heard, run, succeeded};

#[test]
fn texts_of_an_endpoint_reach_nobody_alive() {
    let (work, (port, _)) = (Folder::new(), server::saying(ACTIVE));
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("hostile.wasm", guests::component("client")).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"hostile\"\nuses = \"./hostile.wasm\"\nwith = {{ behaviour = \"{}\" }}\n\
             bind = {{ endpoints = {{ api = \"acme\" }} }}\n[endpoints.acme]\nbase = \"http://127.0.0.1:{port}/api/\"\n\
             plaintext_unsafe = true\nprivate_addresses = true\n",
            Client::Honest.word()
        ),
    );
    let (report, ended) = run(&work);
    succeeded(&report, "hostile");
    ended.says(&["forged"]);
    assert!(ended.stdout.contains("forged"), "{}", ended.stdout);
    heard(&work, &["json", "sarif", "csv", "markdown", "junit", "github", "gitlab", "html"]);
}
