//! What an update would take away. An export that was cut down calls things clean, and says nothing about it.

use chiron_advisories::{Database, How, LookupError, Origin};

use super::UpdateError;

/// Records that are named where they would be lost.
const NAMED: usize = 5;

/// Whether records may be gone after an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Publishers withdraw records and keep them: what is gone was lost.
    Refused,
    /// It is meant.
    Allowed,
}

/// How many records were added and removed.
///
/// # Errors
/// Where a database that was imported would lose a record, since nothing has it any more, or one that was updated half
/// of those of an ecosystem.
pub(super) fn compare(
    old: Option<&Database>,
    new: &Database,
    before: Option<&Origin>,
    loss: Loss,
) -> Result<(u64, u64), UpdateError> {
    let damaged = |error: LookupError| UpdateError::New(error.to_string());
    let records = new.ids().map_err(damaged)?;
    // An old database that cannot be read has nothing to lose.
    let Some((old, known)) = old.and_then(|old| Some((old, old.ids().ok()?))) else {
        return Ok((records.len() as u64, 0));
    };
    let added = records.iter().filter(|id| !old.holds(id)).count() as u64;
    let gone: Vec<_> = known.into_iter().filter(|id| !new.holds(id)).collect();
    let removed = gone.len() as u64;
    if loss == Loss::Allowed {
        return Ok((added, removed));
    }
    if removed > 0 && before.is_none_or(|before| before.how == How::Imported) {
        return Err(UpdateError::Lost { count: removed, ids: gone.into_iter().take(NAMED).collect() });
    }
    for (ecosystem, held) in old.ecosystems() {
        let now = new.ecosystems().into_iter().find(|(other, _)| *other == ecosystem).map_or(0, |(_, count)| count);
        if now < held.div_ceil(2) {
            return Err(UpdateError::Shrunk { ecosystem, old: held, new: now });
        }
    }
    Ok((added, removed))
}
