use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> UriError {
    TokenUri::parse(text).unwrap_err()
}

#[test]
fn what_the_rfc_writes_is_read() {
    let uri = TokenUri::parse(
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
         object=my-key;type=private;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
    )
    .unwrap();
    assert_eq!(uri.text(Attribute::Token), Some("The Software PKCS#11 Softtoken"));
    assert_eq!(uri.text(Attribute::Manufacturer), Some("Snake Oil, Inc."));
    assert_eq!(uri.get(Attribute::Id), Some(&[0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91][..]));
    assert_eq!(uri.get(Attribute::Serial), Some(&[][..]));
    assert_eq!(uri.pin_source(), Some(SecretSource::File("/etc/token_pin".into())));
    let uri =
        TokenUri::parse("pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%Ba%dd").unwrap();
    assert_eq!(uri.text(Attribute::Token), Some("My token% created by Joe"));
    assert_eq!(uri.library_version(), Some((3, 0)));
    assert_eq!(uri.get(Attribute::Id), Some(&[1, 0xba, 0xdd][..]));
    let uri =
        TokenUri::parse("PKCS11:slot-id=327;object=:[]@!$'()*+,=&?module-path=/usr/lib/a%20b.so&vendor=x/?|y").unwrap();
    assert_eq!((uri.slot(), uri.text(Attribute::Object)), (Some(327), Some(":[]@!$'()*+,=&")));
    assert_eq!(uri.module(), Some(Path::new("/usr/lib/a b.so")));
    assert_eq!(uri.ignored(), ["vendor"]);
    let acute = TokenUri::parse("pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1;object=k").unwrap();
    assert_eq!(acute.text(Attribute::Token), Some("Name with a small A with acute: \u{e1}"));
    for source in ["/etc/pin", "file:/etc/pin", "file:///etc/pin"] {
        let uri = TokenUri::parse(&format!("pkcs11:token=t;object=k?pin-source={source}")).unwrap();
        assert_eq!(uri.pin_source(), Some(SecretSource::File("/etc/pin".into())), "{source}");
    }
}

#[test]
fn what_names_no_key_or_says_it_wrongly_is_refused() {
    for (text, error) in [
        ("", UriError::Scheme),
        ("release.key", UriError::Scheme),
        ("pkcs11", UriError::Scheme),
        ("pkcs11:", UriError::NoKey),
        ("pkcs11:token=t", UriError::NoKey),
        ("pkcs11:object=k", UriError::NoToken),
        ("pkcs11:object=k;model=m", UriError::NoToken),
        ("pkcs11:token=t;object=k;type=cert", UriError::OtherType),
        ("pkcs11:token=t;object", UriError::NoAttribute),
        ("pkcs11:token=t;object=k;", UriError::NoAttribute),
        ("pkcs11:token=t;=k", UriError::NoAttribute),
        ("pkcs11:token=t;token=t;object=k", UriError::Twice { name: "token" }),
        ("pkcs11:token=t;object=k;x-mine=1", UriError::Unknown { name: "x-mine".to_owned() }),
        ("pkcs11:token=a b;object=k", UriError::Character { name: "token".to_owned() }),
        ("pkcs11:token=a/b;object=k", UriError::Character { name: "token".to_owned() }),
        ("pkcs11:token=t;object=k#f", UriError::Character { name: "object".to_owned() }),
        ("pkcs11:token=\u{e1};object=k", UriError::Character { name: "token".to_owned() }),
        ("pkcs11:token=%2;object=k", UriError::Percent { name: "token".to_owned() }),
        ("pkcs11:token=%zz;object=k", UriError::Percent { name: "token".to_owned() }),
        ("pkcs11:token=%FF;object=k", UriError::Value { name: "token", expected: "UTF-8" }),
        ("pkcs11:slot-id=+1;object=k", UriError::Value { name: "slot-id", expected: "a number" }),
        ("pkcs11:slot-id=99999999999999999999;object=k", UriError::Value { name: "slot-id", expected: "a number" }),
        (
            "pkcs11:token=t;object=k;library-version=1.2.3",
            UriError::Value { name: "library-version", expected: "MAJOR or MAJOR.MINOR" },
        ),
        ("pkcs11:token=t;object=k?pin-value=1234", UriError::PinValue),
        ("pkcs11:token=t;object=k?pin-value=%", UriError::PinValue),
        ("pkcs11:token=t;object=k&pin-value=1234?module-path=/m.so", UriError::PinValue),
        ("pkcs11:token=t;object=k;pin-value=1234", UriError::PinValue),
        ("pkcs11:token=t;object=k?Pin-Value=1234", UriError::PinValue),
        ("pkcs11:token=t;object=k%26%70in%2dvalue%3D1234", UriError::PinValue),
        ("pkcs11:token=t;object=k?pin-source=|/bin/pin", UriError::PinProgram),
        ("pkcs11:token=t;object=k?pin-source=%7Cpin", UriError::PinProgram),
        (
            "pkcs11:token=t;object=k?pin-source=pin.txt",
            UriError::Value { name: "pin-source", expected: "the absolute path of a file" },
        ),
        (
            "pkcs11:token=t;object=k?module-path=evil.so",
            UriError::Value { name: "module-path", expected: "the absolute path of a file" },
        ),
        ("pkcs11:token=t;object=k?module-path=/a&module-path=/b", UriError::Twice { name: "module-path" }),
        ("pkcs11:token=t;object=k?module-name=softhsm2", UriError::ModuleName),
    ] {
        assert_eq!(refused(text), error, "{text}");
    }
    let long = format!("pkcs11:token=t;object={}", "k".repeat(URI_BYTES_MAX));
    assert_eq!(refused(&long), UriError::TooLong);
}

#[test]
fn no_error_tells_a_value() {
    for text in
        ["pkcs11:token=t;object=k?pin-value=s3cret", "pkcs11:token=t;object=k?s3cret", "pkcs11:token=s3cret s3cret"]
    {
        assert!(!refused(text).to_string().contains("s3cret"), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(token in "\\PC{0,20}", object in "\\PC{0,20}", id in proptest::collection::vec(any::<u8>(), 0..20), slot in any::<u64>()) {
        let mut uri = TokenUri::default();
        uri.path.insert(Attribute::Token, token.into_bytes());
        uri.path.insert(Attribute::Object, object.into_bytes());
        uri.path.insert(Attribute::Id, id);
        uri.path.insert(Attribute::SlotId, slot.to_string().into_bytes());
        prop_assert_eq!(TokenUri::parse(&uri.to_string()), Ok(uri));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(pkcs11:)?[a-z;=?&%0-9 \\PC]{0,60}") {
        let _ = TokenUri::parse(&text);
    }
}
