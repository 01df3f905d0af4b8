//! What kind of address a name resolved to, and who may be reached there. The lists are IANA's registries of special
//! purposes (RFC 6890 and its updates), and the addresses at which clouds hand out credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// Anywhere on the internet.
    Public,
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, RFC 4193).
    Private,
    /// Between a provider and its customers (RFC 6598), and for benchmarks (RFC 2544): used as private by many.
    Shared,
    /// The same cable (RFC 3927, RFC 4291).
    LinkLocal,
    /// A cloud's metadata service, which hands out credentials to whoever can ask.
    Metadata,
    /// `0.0.0.0`, `::`: this machine, for many systems.
    Unspecified,
    /// Many machines.
    Multicast,
    /// Examples in documents.
    Documentation,
    /// Carries another address in it by a mechanism that is no longer in use (6to4, Teredo, IPv4-compatible).
    Transition,
    /// Set aside.
    Reserved,
}

/// Who may reach an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every endpoint.
    Public,
    /// Endpoints with `private_addresses = true`.
    Private,
    /// None.
    Never,
}

impl AddressKind {
    /// The kind of an address. One that carries an IPv4 address (mapped, NAT64) is of that address's kind.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => v4(address),
            IpAddr::V6(address) => v6(address),
        }
    }

    /// Who may reach it.
    #[must_use]
    pub const fn reach(self) -> Reach {
        match self {
            Self::Public => Reach::Public,
            Self::Loopback | Self::Private | Self::Shared => Reach::Private,
            Self::LinkLocal
            | Self::Metadata
            | Self::Unspecified
            | Self::Multicast
            | Self::Documentation
            | Self::Transition
            | Self::Reserved => Reach::Never,
        }
    }

    /// For a person, after "which is".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::Shared => "a shared or benchmark address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud's metadata service",
            Self::Unspecified => "the unspecified address",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address of documentation",
            Self::Transition => "an address of a transition mechanism",
            Self::Reserved => "a reserved address",
        }
    }
}

fn v4(address: Ipv4Addr) -> AddressKind {
    match address.octets() {
        // Link-local for all, Alibaba, Azure's host.
        [169, 254, 169, 254] | [100, 100, 100, 200] | [168, 63, 129, 16] => AddressKind::Metadata,
        [0, 0, 0, 0] => AddressKind::Unspecified,
        [127, ..] => AddressKind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressKind::Private,
        [100, 64..=127, ..] | [198, 18..=19, ..] => AddressKind::Shared,
        [169, 254, ..] => AddressKind::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressKind::Documentation,
        [192, 88, 99, _] => AddressKind::Transition,
        [224..=239, ..] => AddressKind::Multicast,
        [0 | 240..=255, ..] | [192, 0, 0, _] => AddressKind::Reserved,
        _ => AddressKind::Public,
    }
}

fn v6(address: Ipv6Addr) -> AddressKind {
    let [.., high, low] = address.segments();
    let inner = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressKind::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressKind::Loopback,
        [0, 0, 0, 0, 0, 0xffff, ..] => v4(inner),
        // The well-known prefix of NAT64 (RFC 6052): the public internet, for networks without IPv4.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => v4(inner),
        [0, 0, 0, 0, 0, 0, ..] | [0x2001, 0, ..] | [0x2002, ..] => AddressKind::Transition,
        // Amazon's.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => AddressKind::Metadata,
        // NAT64 for private use (RFC 8215), unique local addresses.
        [0x64, 0xff9b, 1, ..] | [0xfc00..=0xfdff, ..] => AddressKind::Private,
        [0xfe80..=0xfebf, ..] => AddressKind::LinkLocal,
        [0xff00..=0xffff, ..] => AddressKind::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressKind::Documentation,
        [0x2001, 0..=0x01ff, ..] => AddressKind::Reserved,
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        // Only 2000::/3 is given out.
        _ => AddressKind::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> AddressKind {
        AddressKind::of(text.parse().unwrap())
    }

    #[test]
    fn special_addresses_are_told_from_public_ones() {
        use AddressKind::*;
        for (text, expected) in [
            ("93.184.216.34", Public),
            ("2606:2800:220:1::1", Public),
            ("172.15.255.255", Public),
            ("172.32.0.0", Public),
            ("100.63.255.255", Public),
            ("64:ff9b::5db8:d822", Public),
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("64:ff9b::7f00:1", Loopback),
            ("10.0.0.1", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("fd12::1", Private),
            ("64:ff9b:1::a00:1", Private),
            ("::ffff:10.0.0.1", Private),
            ("64:ff9b::a00:1", Private),
            ("100.64.0.1", Shared),
            ("198.19.255.255", Shared),
            ("169.254.1.1", LinkLocal),
            ("fe80::1", LinkLocal),
            ("169.254.169.254", Metadata),
            ("::ffff:169.254.169.254", Metadata),
            ("64:ff9b::a9fe:a9fe", Metadata),
            ("100.100.100.200", Metadata),
            ("168.63.129.16", Metadata),
            ("fd00:ec2::254", Metadata),
            ("0.0.0.0", Unspecified),
            ("::", Unspecified),
            ("::ffff:0.0.0.0", Unspecified),
            ("0.1.2.3", Reserved),
            ("192.0.0.192", Reserved),
            ("255.255.255.255", Reserved),
            ("240.0.0.1", Reserved),
            ("2001:10::1", Reserved),
            ("4000::1", Reserved),
            ("fec0::1", Reserved),
            ("224.0.0.1", Multicast),
            ("ff02::1", Multicast),
            ("192.0.2.1", Documentation),
            ("2001:db8::1", Documentation),
            ("3fff::1", Documentation),
            ("::10.0.0.1", Transition),
            ("2002:a00:1::1", Transition),
            ("2001:0:4136:e378::1", Transition),
            ("192.88.99.1", Transition),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn credentials_of_a_cloud_are_out_of_reach_for_everyone() {
        for text in ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200", "0.0.0.0"] {
            assert_eq!(kind(text).reach(), Reach::Never, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_address_in_ipv6_clothes_is_of_its_own_kind(bits: u32) {
            let inner = Ipv4Addr::from(bits);
            let [a, b, c, d] = inner.octets();
            prop_assert_eq!(v6(inner.to_ipv6_mapped()), v4(inner));
            let translated = Ipv6Addr::from([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
            prop_assert_eq!(v6(translated), v4(inner));
        }

        /// The standard library's own judgement, as far as it goes.
        #[test]
        fn what_the_standard_library_calls_special_is_not_public(bits: u32, wide: u128) {
            let (four, six) = (Ipv4Addr::from(bits), Ipv6Addr::from(wide));
            let special = four.is_private() || four.is_loopback() || four.is_link_local() || four.is_multicast()
                || four.is_broadcast() || four.is_documentation() || four.is_unspecified();
            prop_assert!(!special || v4(four) != AddressKind::Public);
            let special = six.is_loopback() || six.is_multicast() || six.is_unique_local() || six.is_unspecified()
                || six.is_unicast_link_local();
            prop_assert!(!special || v6(six) != AddressKind::Public);
        }
    }
}
