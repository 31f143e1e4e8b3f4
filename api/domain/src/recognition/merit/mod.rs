//! Party members' merit (党员量化积分): a year's points that feed appraisal and nothing else.
//!
//! Reading order: [`member`] is who takes part and may know it; [`scheme`] the rules of a year; [`account`] keeps the points and their limits; [`entry`]
//! records, claims and decides; [`appeal`] puts right; [`unmasking`] shows whole names for a reason. Words: a *party worker* (党务专干) keeps the affairs of members, of the whole community (*committee*) or
//! of a place below it (*branch*).
//!
//! Invariant: merit buys nothing: no table of the store, the ledger or a leaderboard points at a merit account, and no operation of theirs takes one.
//! Invariant: membership is known to the person and to party workers alone. It is in no event, message, leaderboard or idempotency record, since each of
//! these would tell it to whoever reads them; what members do themselves is therefore made safe by states and not by keys.

pub mod account;
pub mod appeal;
pub mod entry;
pub mod member;
pub mod scheme;
pub mod unmasking;
