//! Numbers in keys.

use std::fmt::Write as _;

/// Longest number whose length is one letter, `A` to `Y`. Longer ones are a `Z` and ten digits of length.
const SHORT_MAX: usize = 25;

/// Appends digits without leading zeros ("0" for zero), their length first: of two numbers the longer is the larger.
pub(super) fn push(key: &mut String, digits: &str) {
    match u8::try_from(digits.len()) {
        Ok(length @ 1..) if usize::from(length) <= SHORT_MAX => key.push(char::from(b'A' + length - 1)),
        _ => {
            // Writing to a String cannot fail.
            let _ = write!(key, "Z{:010}", digits.len());
        }
    }
    key.push_str(digits);
}

/// Appends digits as they stand in a version: leading zeros do not count, and no digits are zero.
pub(super) fn push_digits(key: &mut String, digits: &str) {
    let significant = digits.trim_start_matches('0');
    push(key, if significant.is_empty() { "0" } else { significant });
}

/// The digits at the start of a text, and what follows them.
pub(super) fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Appends a number of up to 64 bits.
pub(super) fn push_u64(key: &mut String, number: u64) {
    if let Ok(digit @ 0..=9) = u8::try_from(number) {
        key.push('A');
        key.push(char::from(b'0' + digit));
        return;
    }
    push(key, &number.to_string());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(digits: &str) -> String {
        let mut key = String::new();
        push(&mut key, digits);
        key
    }

    #[test]
    fn numbers_longer_than_a_letter_can_say_are_ordered() {
        let (short, long, longer) = ("9".repeat(25), format!("1{}", "0".repeat(25)), format!("1{}", "0".repeat(300)));
        assert!(key(&short) < key(&long) && key(&long) < key(&longer));
    }

    proptest! {
        #[test]
        fn keys_compare_as_numbers_do(left: u64, right: u64, shift in 0_u32..64) {
            let (left, right) = (left >> shift, right >> shift);
            let of = |number| {
                let mut key = String::new();
                push_u64(&mut key, number);
                key
            };
            prop_assert_eq!(of(left).cmp(&of(right)), left.cmp(&right));
            prop_assert_eq!(of(left), key(&left.to_string()));
        }
    }
}
