//! Frames: length, checksum, bytes.
//!
//! The checksum (CRC-32, which also ZIP uses) finds damage, not forgery: against that stands the digest, which
//! `verify` compares and every report names.

use rawzip::Crc32;

const LENGTH: usize = 4;
const CHECKSUM: usize = 4;

/// The bytes of a frame; None when they are too many for one.
pub(crate) fn seal(payload: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(payload.len()).ok()?.to_le_bytes();
    let mut frame = Vec::with_capacity(LENGTH + CHECKSUM + payload.len());
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&checksum(length, payload).to_le_bytes());
    frame.extend_from_slice(payload);
    Some(frame)
}

/// The payload of the frame at `place`, and where the next one begins; None when it is damaged or not there.
pub(crate) fn open(section: &[u8], place: u64) -> Option<(&[u8], u64)> {
    let start = usize::try_from(place).ok()?;
    let frame = section.get(start..)?;
    let (length, rest) = frame.split_first_chunk::<LENGTH>()?;
    let (expected, rest) = rest.split_first_chunk::<CHECKSUM>()?;
    let payload = rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let next = place + (LENGTH + CHECKSUM + payload.len()) as u64;
    (checksum(*length, payload) == u32::from_le_bytes(*expected)).then_some((payload, next))
}

/// The length is part of it: a flipped length must not find a shorter text whose checksum happens to follow.
fn checksum(length: [u8; LENGTH], payload: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(&length);
    crc.update(payload);
    crc.checksum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_frame_opens_to_what_was_sealed_and_no_flipped_bit_passes(
            payload in prop::collection::vec(any::<u8>(), 0..64), flip in any::<prop::sample::Index>(), bit in 0_u8..8,
        ) {
            let mut frame = seal(&payload).unwrap();
            let length = frame.len() as u64;
            prop_assert_eq!(open(&frame, 0), Some((payload.as_slice(), length)));
            let at = flip.index(frame.len());
            frame[at] ^= 1 << bit;
            prop_assert_eq!(open(&frame, 0), None);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), place in any::<u64>()) {
            let _ = open(&bytes, place);
            let _ = open(&bytes, place % 64);
        }
    }
}
