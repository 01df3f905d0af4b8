//! `chiron trust update`: a TUF repository, from a mirror.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::roots::{RootsEvent, RootsUpdate, RootsUpdated};
use chiron_pipeline::update::{Machine, Mirror, MirrorError, Plaintext};
use chiron_trust::tuf::{Expired, Known, RepositoryName};
use jiff::Timestamp;

use super::{failed, folder, refused};
use crate::cli::{Global, TrustUpdateArgs};
use crate::commands::progress::Watch;
use crate::door;

pub(super) async fn update(args: TrustUpdateArgs, global: &Global) -> Result<(), ExitCode> {
    let plaintext = if args.plaintext_unsafe { Plaintext::Allowed } else { Plaintext::Refused };
    let mirror = args.mirror.as_deref().map(|text| mirror(text, plaintext)).transpose()?;
    let name = name(&args, mirror.as_ref())?;
    let update = RootsUpdate {
        folder: folder()?,
        name: name.clone(),
        mirror,
        plaintext,
        root: args.root,
        authorities: args.ca,
        now: whole_seconds(Timestamp::now()),
    };
    let from = update.plan().map_err(|error| failed(&name, &error))?;
    if args.dry_run {
        door::say(&format!("would update {name} in {} from {from}", update.folder.display()));
        return Ok(());
    }
    if args.offline && from.is_remote() {
        let message = format!("{from} is not asked: --offline, or CHIRON_OFFLINE, says to make no network connection");
        return Err(refused(&message, Code::Usage, "a mirror in a folder is read all the same: --mirror file:///…"));
    }
    let watch = Watch::new(global);
    let (told, verbose, quiet) = (Arc::clone(&watch), global.verbose > 0, global.quiet);
    let listener = move |event| match event {
        RootsEvent::Waiting if !quiet => told.say("another update of this repository is at work: waiting for it"),
        RootsEvent::Asking { address } if verbose => told.say(&format!("asking {address}")),
        RootsEvent::Asking { address } => told.note(address),
        RootsEvent::Waiting => {}
    };
    let machine = Machine::new(concat!("chiron/", env!("CARGO_PKG_VERSION")));
    let updated = update.run(&machine, Arc::new(listener)).await;
    watch.finish();
    let updated = updated.map_err(|error| failed(&name, &error))?;
    if !global.quiet {
        done_lines(&name, &updated, &update.folder, update.now).iter().for_each(|line| door::say(line));
    }
    Ok(())
}

/// An address, or a folder by its path.
fn mirror(text: &str, plaintext: Plaintext) -> Result<Mirror, ExitCode> {
    let absolute = if text.contains("://") { None } else { std::fs::canonicalize(text).ok() };
    let address = absolute.map_or_else(|| text.to_owned(), |path| format!("file://{}", path.display()));
    Mirror::parse(&address, plaintext).map_err(|error| match error {
        MirrorError::Plaintext(text) => refused(
            &format!("`{text}` is plain HTTP to another machine: whoever is on the way could hold back what is newer"),
            Code::Usage,
            "use https://, or --plaintext-unsafe if that network is trusted",
        ),
        MirrorError::Address { .. } => refused(
            &error.to_string(),
            Code::Usage,
            "--mirror takes https://…, http://localhost…, file:///absolute/path, or a folder that is there",
        ),
        MirrorError::Folder(_) | MirrorError::Objection { .. } => refused(&error.to_string(), Code::Usage, ""),
    })
}

/// Which repository is meant. One that begins with a root of the user's own is none that is known.
fn name(args: &TrustUpdateArgs, mirror: Option<&Mirror>) -> Result<RepositoryName, ExitCode> {
    match (&args.name, &args.root, mirror) {
        (Some(name), ..) => Ok(name.clone()),
        (None, None, _) => Ok(RepositoryName::from(Known::Sigstore)),
        (None, Some(_), Some(mirror)) => RepositoryName::of_mirror(&mirror.to_string()).ok_or_else(|| {
            refused("no name can be made of the mirror's address", Code::Usage, "name it: chiron trust update NAME …")
        }),
        (None, Some(_), None) => Err(refused(
            "where is the repository that begins with this root?",
            Code::Usage,
            "name it: --mirror https://…",
        )),
    }
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn done_lines(name: &RepositoryName, updated: &RootsUpdated, folder: &Path, now: Timestamp) -> Vec<String> {
    let what = if updated.is_new { "updated" } else { "nothing is new" };
    let mut lines = vec![format!("{name}: {what}, from {}, in {}", updated.store.mirror, folder.display())];
    // It verified a moment ago.
    if let Ok(verified) = updated.store.verify(name, Expired::Refused, now) {
        let versions: Vec<_> = verified.roles.iter().map(|facts| format!("{} {}", facts.role, facts.version)).collect();
        lines.push(format!("  versions: {}", versions.join(", ")));
        if let Some(first) = verified.roles.iter().min_by_key(|facts| facts.expires) {
            lines.push(format!("  holds until {} ({}); renew it before", first.expires, first.role));
        }
    }
    let form = if Known::of(name) == Some(Known::Sigstore) { "tuf".to_owned() } else { format!("tuf:{name}") };
    lines.push(format!("  use it with --trusted-root {form}"));
    lines
}
