//! Databases that stay fresh, through the binary: fetched, compared, searched, several at once, too old, enriched.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;

use chiron_e2e::{Folder, bom, osv, zip};

/// A server for the files below a folder, as simple as Python's: it knows dates, and no ranges.
fn server(folder: &Path) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let folder = folder.to_owned();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &folder)));
    base
}

fn serve(mut stream: TcpStream, folder: &Path) {
    const DATE: &str = "Tue, 01 Jul 2025 00:00:00 GMT";
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    let mut answer = match std::fs::read(folder.join(path)) {
        Ok(_) if head.contains(&format!("if-modified-since: {DATE}")) => b"HTTP/1.1 304 Same\r\n\r\n".to_vec(),
        Ok(bytes) => {
            let mut answer =
                format!("HTTP/1.1 200 OK\r\nlast-modified: {DATE}\r\ncontent-length: {}\r\n\r\n", bytes.len())
                    .into_bytes();
            answer.extend(bytes);
            answer
        }
        Err(_) => b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n".to_vec(),
    };
    let _ = stream.write_all(&std::mem::take(&mut answer));
}

fn export(records: &[String]) -> Vec<u8> {
    let members: Vec<_> =
        records.iter().enumerate().map(|(n, record)| zip::stored(format!("{n}.json"), record.as_bytes())).collect();
    zip::of(&members)
}

fn demo_from_mirror() -> (Folder, String) {
    let work = Folder::new();
    work.write("mirror/PyPI/all.zip", export(&[osv::demo()])).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let base = server(&work.path("mirror"));
    (work, base)
}

#[test]
fn a_database_is_fetched_and_asked_about_and_judged_by() {
    let (work, base) = demo_from_mirror();
    let update = |more: &[&str]| {
        work.chiron(&[&["db", "update", "--db", "db", "--from", &base, "--ecosystem", "pypi"], more].concat())
    };
    update(&["--dry-run"]).with_code(0).shows(&["would update db", &format!("from {base}/PyPI/all.zip")]);
    assert!(!work.has("db"));
    update(&["--offline"]).with_code(2).says(&["--offline", "file:///"]);
    update(&[]).with_code(0).says(&["PyPI: asking", "updated: 1 records", "1 added, 0 removed"]);
    update(&[]).with_code(0).says(&["PyPI: unchanged", "db is up to date"]);
    assert_eq!(update(&["-q"]).with_code(0).stderr, "");
    let status = work.chiron(&["db", "status", "--db", "db", "-o", "json"]).with_code(0).json();
    assert_eq!((&status["how"], &status["ecosystems"]["PyPI"]), (&"updated".into(), &1.into()));
    assert_eq!(status["sources"][0]["from"], format!("{base}/"));
    assert!(status["age_seconds"].as_u64().unwrap() < 3600);
    work.chiron(&["db", "status", "--db", "db"])
        .with_code(0)
        .shows(&["age      less than a minute: updated", "sources"]);
    let scan = work.chiron(&["scan", "app.cdx.json", "--db", "db", "--max-db-age", "1d", "-o", "json"]).with_code(0);
    let report = scan.json();
    assert_eq!(report["findings"][0]["matched"][0]["database"], "default");
    assert!(report["notes"].as_array().unwrap().iter().any(|note| note["code"] == "database-age"));
}

#[test]
fn a_mirror_that_fails_is_named_and_what_was_there_stays() {
    let (work, base) = demo_from_mirror();
    let _ = work.chiron(&["db", "update", "--db", "db", "--from", &base, "--ecosystem", "PyPI"]).with_code(0);
    let before = std::fs::read(work.path("db/advisories.chdb")).unwrap();
    let failed = work.chiron(&["db", "update", "--db", "db", "--from", &format!("{base}/none")]).with_code(74);
    failed.says(&[&format!("{base}/none/PyPI/all.zip: it answers 404"), "left as it was", "help:", "--from"]);
    work.write("mirror/PyPI/all.zip", "<!DOCTYPE html><p>Sign in</p>");
    let second = format!("file://{}", work.path("mirror2").display());
    work.write("mirror2/PyPI/all.zip", export(&[osv::demo(), osv::record("X-2", "demo", "3.0", "LOW").to_string()]));
    std::fs::remove_dir_all(work.path("db/downloads")).unwrap();
    let page = work.chiron(&["db", "update", "--db", "db", "--from", &base]).with_code(74);
    page.says(&["a page for people"]);
    assert_eq!(std::fs::read(work.path("db/advisories.chdb")).unwrap(), before);
    let other = work.chiron(&["db", "update", "--db", "db", "--from", &base, "--from", &second]).with_code(0);
    other.says(&["warning: PyPI:", "trying the next mirror", "1 added, 0 removed"]);
    for (from, said) in
        [("http://mirror.example/", "--plaintext-unsafe"), ("mirror", "chiron db import"), ("file://x", "file:///")]
    {
        let refused = work.chiron(&["db", "update", "--db", "db", "--from", from]).with_code(2);
        refused.says(&[said]);
    }
    let unknown = work.chiron(&["db", "update", "--db", "db", "--ecosystem", "Nothing"]).with_code(2);
    unknown.says(&["the advisory engine knows: PyPI, npm, crates.io"]);
}

#[test]
fn an_old_database_or_one_of_unknown_age_cannot_judge() {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let pipeline = "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
        [[step]]\nid = \"scan\"\nuses = \"osv\"\n[databases.main]\npath = \"db\"\nmax_age = \"7d\"\n";
    work.write("pipeline.toml", pipeline);
    let _ = work.chiron(&["run", "-o", "json"]).with_code(1);
    let late = work.chiron(&["run", "--at", "2199-01-01T00:00:00Z", "-o", "json"]).with_code(6).json();
    let scan = late["steps"].as_array().unwrap().iter().find(|step| step["id"] == "scan").unwrap();
    assert_eq!(scan["ending"]["code"], "database-too-old");
    assert!(scan["ending"]["message"].as_str().unwrap().contains("more than 7 days before 2199-01-01"));
    assert_eq!(late["findings"], serde_json::json!([]));
    // The limit holds wherever the database is.
    let _ = work.chiron(&["run", "--at", "2199-01-01T00:00:00Z", "--db", "db"]).with_code(6);
    std::fs::remove_file(work.path("db/advisories.origin.json")).unwrap();
    work.chiron(&["run"]).with_code(6).shows(&["cannot be told"]);
    let _ = work.chiron(&["scan", "app.cdx.json", "--db", "db"]).with_code(0);
    work.chiron(&["db", "status", "--db", "db"]).with_code(0).shows(&["age      not known"]);
}

#[test]
fn private_records_stand_first_and_can_take_public_ones_back() {
    let work = Folder::new();
    work.database(&[osv::demo(), osv::record("PYSEC-2024-2", "demo", "2.0", "CRITICAL").to_string()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0", "pkg:npm/left-pad@1.0.0"]));
    let mut ours = osv::record("ACME-1", "demo", "1.5", "LOW");
    ours["aliases"] = serde_json::json!(["PYSEC-2024-1"]);
    let mut withdrawn = osv::record("PYSEC-2024-2", "demo", "2.0", "CRITICAL");
    withdrawn["withdrawn"] = "2024-02-01T00:00:00Z".into();
    let mut other = osv::record("ACME-2", "elsewhere", "1.0", "LOW");
    other["affected"][0]["package"]["ecosystem"] = "npm".into();
    work.write("acme/1.json", ours.to_string())
        .write("acme/2.json", withdrawn.to_string())
        .write("acme/3.json", other.to_string());
    let scan = work.chiron(&["scan", "app.cdx.json", "--db", "acme", "--db", "db", "-o", "json"]).with_code(0).json();
    let [finding] = scan["findings"].as_array().unwrap().as_slice() else { panic!("{scan:#}") };
    assert_eq!((&finding["id"], &finding["severity"]), (&"ACME-1".into(), &"low".into()));
    assert_eq!(finding["matched"][0]["database"], "acme");
    assert_eq!(
        (&finding["matched"][1]["id"], &finding["matched"][1]["database"]),
        (&"PYSEC-2024-1".into(), &"db".into())
    );
    let notes = scan["notes"].to_string();
    assert!(notes.contains("PYSEC-2024-2 of `db` does not count: `acme` withdraws it"), "{notes}");
    // One private record is not all that is known about npm.
    assert!(notes.contains("1 component was not judged: the advisory database holds no record for npm"), "{notes}");
    work.chiron(&["scan", "app.cdx.json", "--db", "acme", "--db", "db"]).with_code(0).shows(&["[acme] [db]"]);
}

#[test]
fn databases_are_compared_and_searched() {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    work.write("new/1.json", osv::demo()).write("new/2.json", osv::record("X-2", "other", "3.0", "LOW").to_string());
    work.chiron(&["db", "diff", "db", "new"]).with_code(0).shows(&["1 added, 0 removed", "1 the same", "X-2  other"]);
    let json = work.chiron(&["db", "diff", "new", "db", "-o", "json"]).with_code(0).json();
    assert_eq!((&json["changes"][0]["change"], &json["ecosystems"]["PyPI"]["removed"]), (&"removed".into(), &1.into()));
    let _ = work.chiron(&["db", "diff", "db", "absent"]).with_code(2);
    let search = |query: &[&str]| work.chiron(&[&["db", "search", "--db", "db"], query].concat());
    search(&["pkg:pypi/demo@1.0"]).with_code(0).shows(&["PYSEC-2024-1", "that version is affected; fixed in 2.0"]);
    search(&["flaw", "demo"]).with_code(0).shows(&["1 record", "PYSEC-2024-1"]);
    search(&["CVE-1999-0001"]).with_code(0).shows(&["none: no record"]);
    search(&["pkg:npm/x@1.0.0"]).with_code(6).says(&["holds no record for npm", "--ecosystem npm"]);
    assert_eq!(search(&["pysec-2024-1", "-o", "json"]).with_code(0).json()["records"][0]["id"], "PYSEC-2024-1");
}

#[test]
fn exploits_stand_beside_findings_and_damaged_files_are_named() {
    let work = Folder::new();
    let mut record = osv::record("PYSEC-2024-1", "demo", "2.0", "HIGH");
    record["aliases"] = serde_json::json!(["CVE-2024-0001", "CVE-2024-0002"]);
    work.database(&[record.to_string()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work.write(
        "epss.csv",
        "#model_version:v1,score_date:2025-05-01T12:55:00+0000\ncve,epss,percentile\nCVE-2024-0001,0.1,0.5\nCVE-2024-0002,0.9,0.99\n",
    );
    work.write(
        "kev.json",
        r#"{"dateReleased": "2025-05-01", "count": 1, "vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2025-04-01"}]}"#,
    );
    let scan = |more: &[&str]| work.chiron(&[&["scan", "app.cdx.json", "--db", "db"], more].concat());
    let report = scan(&["--epss", "epss.csv", "--kev", "kev.json", "-o", "json"]).with_code(0).json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["epss"]["cve"], &finding["epss"]["score"]), (&"CVE-2024-0002".into(), &0.9.into()));
    assert_eq!((&finding["kev"]["cve"], &finding["kev"]["added"]), (&"CVE-2024-0001".into(), &"2025-04-01".into()));
    assert_eq!(report["enrichments"].as_array().unwrap().len(), 2);
    scan(&["--epss", "epss.csv", "--kev", "kev.json"]).with_code(0).shows(&["KEV EPSS 90.0%", "EXPLOITS"]);
    work.write("epss.csv", "#x\ncve,epss,percentile\nCVE-2024-0001,often,0.5\n");
    scan(&["--epss", "epss.csv"]).with_code(2).says(&["epss.csv:3:", "CVE-2024-0001,often,0.5"]);
    scan(&["--kev", "absent.json"]).with_code(2).says(&["absent.json"]);
}
