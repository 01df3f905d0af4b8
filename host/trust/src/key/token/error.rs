//! What can be wrong with a token. No message holds a PIN or a part of one; names that tokens give are made inert.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A key in a token cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Left out when this program was built.
    #[error("keys in tokens (PKCS #11) are left out of this build of Chiron")]
    NotBuilt,
    /// Nobody says whose code reaches the token.
    #[error("the module that reaches the token is not named: neither by `module-path` in the URI nor by {variable}")]
    NoModule {
        /// The variable that may name it.
        variable: &'static str,
    },
    /// The module's file cannot be read.
    #[error("failed to read the PKCS #11 module {}: {source}", path.display())]
    ModuleUnreadable {
        /// As it was named.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder, a device, or more bytes than a module has.
    #[error("the PKCS #11 module {} is no file of at most {max} bytes", path.display())]
    NoFile {
        /// As it was named.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
    /// Code that others may replace.
    #[error("the PKCS #11 module {} may be written by other users of this machine ({}: user {owner}, mode {mode:04o})", path.display(), at.display())]
    ModuleExposed {
        /// The file itself, links followed.
        path: PathBuf,
        /// What is theirs, or open to them: the file, or a folder that it lies in.
        at: PathBuf,
        /// Whose that is, as the system numbers users.
        owner: u32,
        /// Its permissions.
        mode: u32,
    },
    /// What was looked at is not what would be loaded.
    #[error("the PKCS #11 module {} changed meanwhile", path.display())]
    ModuleChanged {
        /// The file.
        path: PathBuf,
    },
    /// The file is no module, or lacks what it needs.
    #[error("{} cannot be loaded as a PKCS #11 module: {reason}", path.display())]
    NotAModule {
        /// The file.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// The module is another than the URI says.
    #[error("the module is {found}, and not what the URI says of it")]
    OtherModule {
        /// What it says of itself.
        found: String,
    },
    /// Nothing that the URI means.
    #[error("no token is what the URI says: there is {}", listed(found))]
    NoToken {
        /// Those that are there.
        found: Vec<String>,
    },
    /// More than one.
    #[error("more than one token is what the URI says: {}; `serial` tells them apart", listed(found))]
    SeveralTokens {
        /// Which.
        found: Vec<String>,
    },
    /// Nobody has set it up.
    #[error("the token is not initialised")]
    NotInitialized,
    /// It has no user PIN yet.
    #[error("the token has no user PIN yet")]
    PinNotSet,
    /// It wants a PIN.
    #[error("the token wants a PIN, and none was given")]
    PinMissing,
    /// A PIN that no such token has. Trying it would cost one of few tries.
    #[error("the PIN is not of a length that the token takes ({min} to {max} bytes); it was not tried")]
    PinLength {
        /// Shortest.
        min: usize,
        /// Longest.
        max: usize,
    },
    /// The PIN does not open the token. It was tried once.
    #[error("the PIN is wrong: it does not open the token; it was tried once{left}")]
    WrongPin {
        /// What the token says of further tries.
        left: TriesLeft,
    },
    /// This process has had a PIN of the token refused, and asks no more.
    #[error("a wrong PIN was given to the token before: none is tried again until Chiron is started anew")]
    NotTriedAgain,
    /// Too many wrong ones.
    #[error("the token is locked: too many wrong PINs were tried")]
    PinLocked,
    /// It has to be changed first.
    #[error("the PIN has expired: the token wants another one first")]
    PinExpired,
    /// No such key.
    #[error("the token has no {what} that the URI names: there is {}", listed(found))]
    NoKey {
        /// Private or public key.
        what: &'static str,
        /// Those that are there.
        found: Vec<String>,
    },
    /// More than one.
    #[error("more than one {what} is what the URI says: {}; `id` tells them apart", listed(found))]
    SeveralKeys {
        /// Private or public key.
        what: &'static str,
        /// Which.
        found: Vec<String>,
    },
    /// A URI of a public key where a private one belongs.
    #[error("the URI says `type=public`, but signing needs the private key")]
    PublicInsteadOfPrivate,
    /// The private key is there alone.
    #[error("the token does not tell the public half of the key")]
    NoPublicHalf,
    /// What the token says of the public half is no key.
    #[error("what the token tells of the public half is no {algorithm} key")]
    BadPublicHalf {
        /// Which it would be.
        algorithm: &'static str,
    },
    /// A key of another kind.
    #[error("the key is {found}, but only ECDSA on the curve P-256 and Ed25519 are supported")]
    OtherKind {
        /// Its name.
        found: String,
    },
    /// Made for something else.
    #[error("the key may not sign: the token has it for other purposes (CKA_SIGN is false)")]
    MayNotSign,
    /// The PIN would have to be kept, and given at every signature.
    #[error("the key wants the PIN at every signature (CKA_ALWAYS_AUTHENTICATE), which is not supported")]
    AsksEachTime,
    /// The token has no such way to sign.
    #[error("the token cannot do {mechanism}, which the key needs")]
    NoMechanism {
        /// Its name.
        mechanism: &'static str,
    },
    /// Nothing is written over.
    #[error("the token has a key of this label or id already")]
    Taken,
    /// The token was pulled, or ended the session.
    #[error("the token is gone, or has ended the session")]
    Lost,
    /// Whatever else.
    #[error("the token failed: {call} answered {answer}")]
    Failed {
        /// The function that was called.
        call: String,
        /// What it answered, by its name.
        answer: String,
    },
}

/// What a token says of further tries, after a wrong PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriesLeft {
    /// Nothing.
    NotSaid,
    /// Not many.
    Few,
    /// One.
    One,
    /// None.
    None,
}

impl fmt::Display for TriesLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSaid => "",
            Self::Few => ", and the token says that few tries are left",
            Self::One => ", and one more wrong PIN locks the token",
            Self::None => ", and the token is locked now",
        })
    }
}

/// Most that a message lists.
const LISTED_MAX: usize = 10;

fn listed(found: &[String]) -> String {
    match found {
        [] => "none".to_owned(),
        _ if found.len() > LISTED_MAX => {
            format!("{}, and {} more", found[..LISTED_MAX].join(", "), found.len() - LISTED_MAX)
        }
        _ => found.join(", "),
    }
}
