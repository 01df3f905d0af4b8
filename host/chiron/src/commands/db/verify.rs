//! `chiron db verify`: every byte against the digest.

use chiron_pipeline::ExitCode as Code;

use super::{Refusal, because, folder, open};
use crate::cli::{DbPlace, Global};
use crate::door;

pub(super) fn verify(place: DbPlace, global: &Global) -> Result<(), Refusal> {
    let folder = folder(place)?;
    let database = open(&folder)?;
    database.verify().map_err(|error| Refusal::new(because(&error), Code::Unverified))?;
    if !global.quiet {
        door::say(&format!("{} is whole: {}", folder.display(), database.id().digest));
    }
    Ok(())
}
