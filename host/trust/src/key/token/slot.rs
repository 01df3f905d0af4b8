//! From a URI to one token, and into it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::RawAuthPin;

use super::library::{self, failed, words};
use super::{Module, TokenError, TriesLeft};
use crate::key::uri::Attribute;
use crate::key::{Secret, TokenUri};

/// Tokens that refused a PIN: module, serial number, slot. A run that watches files would otherwise try it at every change, until the token
/// is locked.
static REFUSED: Mutex<BTreeSet<(PathBuf, String, u64)>> = Mutex::new(BTreeSet::new());

/// One token, found.
pub(super) struct Token {
    client: Pkcs11,
    module: PathBuf,
    slot: Slot,
    info: TokenInfo,
}

impl Token {
    /// Loads the module, and finds the one token that the URI means.
    pub(super) fn find(uri: &TokenUri, module: &Module) -> Result<Self, TokenError> {
        let client = library::load(module)?;
        is_the_module(uri, &client)?;
        let (mut meant, mut there) = (Vec::new(), Vec::new());
        for slot in client.get_slots_with_token().map_err(|error| failed(&error))? {
            // A token that cannot tell what it is is nobody's.
            let Ok(info) = client.get_token_info(slot) else { continue };
            let token = Self { client: client.clone(), module: module.path().to_owned(), slot, info };
            // Modules of software show an empty slot, for the next token. It is none unless its number is named.
            if token.info.token_initialized() {
                there.push(token.described());
            }
            if token.is_meant(uri)? && (token.info.token_initialized() || uri.slot().is_some()) {
                meant.push(token);
            }
        }
        match meant.len() {
            0 => Err(TokenError::NoToken { found: there }),
            1 => meant.pop().ok_or(TokenError::NoToken { found: there }),
            _ => Err(TokenError::SeveralTokens { found: meant.iter().map(Self::described).collect() }),
        }
    }

    fn is_meant(&self, uri: &TokenUri) -> Result<bool, TokenError> {
        let is = |attribute, found: &str| uri.text(attribute).is_none_or(|text| text == found.trim_end());
        let token = is(Attribute::Token, self.info.label())
            && is(Attribute::Serial, self.info.serial_number())
            && is(Attribute::Model, self.info.model())
            && is(Attribute::Manufacturer, self.info.manufacturer_id())
            && uri.slot().is_none_or(|slot| slot == self.slot.id());
        let of_slot = [Attribute::SlotDescription, Attribute::SlotManufacturer];
        if !token || of_slot.iter().all(|attribute| uri.get(*attribute).is_none()) {
            return Ok(token);
        }
        let slot = self.client.get_slot_info(self.slot).map_err(|error| failed(&error))?;
        Ok(is(Attribute::SlotDescription, slot.slot_description())
            && is(Attribute::SlotManufacturer, slot.manufacturer_id()))
    }

    fn described(&self) -> String {
        let (label, serial) = (words(self.info.label()), words(self.info.serial_number()));
        format!("`{label}` (serial {serial}, slot {})", self.slot.id())
    }

    /// A session in which nothing is written.
    pub(super) fn session(&self) -> Result<Session, TokenError> {
        if !self.info.token_initialized() {
            return Err(TokenError::NotInitialized);
        }
        self.client.open_ro_session(self.slot).map_err(|error| failed(&error))
    }

    /// A session in which keys are made.
    pub(super) fn writing_session(&self) -> Result<Session, TokenError> {
        if !self.info.token_initialized() {
            return Err(TokenError::NotInitialized);
        }
        self.client.open_rw_session(self.slot).map_err(|error| failed(&error))
    }

    /// Whether the token signs in this way.
    pub(super) fn can(&self, mechanism: MechanismType, name: &'static str) -> Result<(), TokenError> {
        let known = self.client.get_mechanism_list(self.slot).map_err(|error| failed(&error))?;
        if known.contains(&mechanism) { Ok(()) } else { Err(TokenError::NoMechanism { mechanism: name }) }
    }

    /// Opens the token for the session: the PIN is tried once, or not at all where it is plain that it would not do.
    pub(super) fn log_in(&self, session: &Session, pin: Option<&Secret>) -> Result<(), TokenError> {
        let pin = pin.filter(|pin| !pin.as_bytes().is_empty());
        match pin {
            // Nothing is asked, and everything is there.
            None if !self.info.login_required() => return Ok(()),
            None if !self.info.protected_authentication_path() => return Err(TokenError::PinMissing),
            None | Some(_) => self.takes_pins()?,
        }
        let answer = match pin {
            // The token has keys of its own to enter the PIN with.
            None => session.login(UserType::User, None),
            Some(pin) => {
                self.fits(pin)?;
                // Wiped when it is dropped.
                let pin = RawAuthPin::new(Box::new(pin.as_bytes().to_vec()));
                session.login_with_raw(UserType::User, &pin)
            }
        };
        match answer {
            Ok(()) => Ok(()),
            // Another key of this token is open: whoever is in is in with all sessions of a process.
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid, _)) => {
                REFUSED.lock().unwrap_or_else(PoisonError::into_inner).insert(self.identity());
                Err(TokenError::WrongPin { left: self.tries_left() })
            }
            Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::PinLocked),
            Err(Error::Pkcs11(RvError::PinExpired, _)) => Err(TokenError::PinExpired),
            Err(Error::Pkcs11(RvError::UserPinNotInitialized, _)) => Err(TokenError::PinNotSet),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Refuses what is known to be refused, before a try is spent on it.
    fn takes_pins(&self) -> Result<(), TokenError> {
        if !self.info.user_pin_initialized() {
            return Err(TokenError::PinNotSet);
        }
        if self.info.user_pin_locked() {
            return Err(TokenError::PinLocked);
        }
        if REFUSED.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.identity()) {
            return Err(TokenError::NotTriedAgain);
        }
        Ok(())
    }

    fn identity(&self) -> (PathBuf, String, u64) {
        (self.module.clone(), self.info.serial_number().to_owned(), self.slot.id())
    }

    /// A PIN that is too short or too long is nobody's, and would cost a try. Some modules do not know what their tokens take.
    fn fits(&self, pin: &Secret) -> Result<(), TokenError> {
        let (min, max) = (self.info.min_pin_length(), self.info.max_pin_length());
        let known = max > 0 && min <= max;
        if known && !(min..=max).contains(&pin.as_bytes().len()) {
            return Err(TokenError::PinLength { min, max });
        }
        Ok(())
    }

    fn tries_left(&self) -> TriesLeft {
        match self.client.get_token_info(self.slot) {
            Ok(info) if info.user_pin_locked() => TriesLeft::None,
            Ok(info) if info.user_pin_final_try() => TriesLeft::One,
            Ok(info) if info.user_pin_count_low() => TriesLeft::Few,
            Ok(_) | Err(_) => TriesLeft::NotSaid,
        }
    }
}

/// What the URI says of the module itself.
fn is_the_module(uri: &TokenUri, client: &Pkcs11) -> Result<(), TokenError> {
    let about = [Attribute::LibraryDescription, Attribute::LibraryManufacturer, Attribute::LibraryVersion];
    if about.iter().all(|attribute| uri.get(*attribute).is_none()) {
        return Ok(());
    }
    let info = client.get_library_info().map_err(|error| failed(&error))?;
    let is = |attribute, found: &str| uri.text(attribute).is_none_or(|text| text == found.trim_end());
    let version = (u64::from(info.library_version().major()), u64::from(info.library_version().minor()));
    let meant = is(Attribute::LibraryDescription, info.library_description())
        && is(Attribute::LibraryManufacturer, info.manufacturer_id())
        && uri.library_version().is_none_or(|named| named == version);
    if meant {
        return Ok(());
    }
    let (description, maker) = (words(info.library_description()), words(info.manufacturer_id()));
    Err(TokenError::OtherModule { found: format!("`{description}` {}.{} of `{maker}`", version.0, version.1) })
}
