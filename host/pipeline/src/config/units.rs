//! Durations, sizes and dates as people write them.

/// Reads `250ms`, `30s`, `5m`, `1h` into milliseconds. Zero is no duration.
#[must_use]
pub fn duration_ms(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(factor).filter(|&ms| ms > 0)
}

/// Reads `36h`, `7d`, `2w` into seconds. Zero is no age.
#[must_use]
pub fn age_s(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.checked_mul(factor).filter(|&seconds| seconds > 0)
}

/// Reads `64 MiB`, `1 GiB`, `512 KiB`, `100 B` into bytes. Zero is no size.
#[must_use]
pub fn size_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(factor).filter(|&bytes| bytes > 0)
}

/// Reads `2027-01-31`.
#[must_use]
pub fn date(text: &str) -> Option<jiff::civil::Date> {
    text.parse().ok()
}

fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..digits].parse().ok()?, text[digits..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_nothing_else() {
        assert_eq!(duration_ms("30s"), Some(30_000));
        assert_eq!(duration_ms("250 ms"), Some(250));
        assert_eq!(size_bytes("256 MiB"), Some(268_435_456));
        for wrong in ["", "30", "s", "-1s", "0s", "1.5s", "30 parsecs", "99999999999999999999s"] {
            assert_eq!(duration_ms(wrong), None, "{wrong}");
        }
        assert_eq!(size_bytes("1 TiB"), None);
        assert_eq!((age_s("7d"), age_s("36 h"), age_s("2w")), (Some(604_800), Some(129_600), Some(1_209_600)));
        for wrong in ["", "7", "d", "0d", "-1d", "1.5d", "7 years", "99999999999999999999d"] {
            assert_eq!(age_s(wrong), None, "{wrong}");
        }
    }
}
