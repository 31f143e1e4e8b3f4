//! The audit log (审计日志), kept: put into chains, read by auditors, and cut off when it is old enough.
//!
//! What is written, and when, stands in [`crate::audit`]. After the commit the relay puts each row into the *chain* of its community ([`chain`]): a link
//! holds a number and the SHA-256 of the row's fixed text ([`text`]), which names the hash before it. So a row that is changed, taken out or put in between
//! is found ([`crate::insight::verify`]). A chain in the same database proves only itself: its heads stand in the program's own log, and auditors see the
//! link of each line; who keeps one sees any change before it.
//!
//! Lines are kept for 184 days at least, which six months never exceed (Cybersecurity Law of 2017 art. 21(3)), or longer where the community says so
//! ([`retention`]). What goes is the oldest part of a chain, and a *checkpoint* keeps number and hash of where the rest begins.
//!
//! Auditors (审计员) read the lines of a community ([`read`]) and do nothing else; administrators do not read them, and nobody changes them.
//!
//! Invariant: the links of a chain are numbered without gaps, from 1 or from its checkpoint on (PRIMARY KEY, `qicai verify`); a row is linked once (UNIQUE).

use entity::id::CommunityId;
use uuid::Uuid;

pub mod chain;
pub mod read;
pub mod retention;
pub mod text;

/// Bytes of a hash.
pub const HASH_LEN: usize = 32;

/// The chain of a row: its community's, or the one of what belongs to none.
#[must_use]
pub fn chain_of(community_id: Option<CommunityId>) -> Uuid {
    community_id.map_or(Uuid::nil(), |id| id.0)
}

/// A chain as it is called.
#[must_use]
pub fn name_of(chain: Uuid) -> String {
    if chain.is_nil() { "the chain of no community".to_owned() } else { format!("the chain of {}", CommunityId(chain)) }
}
