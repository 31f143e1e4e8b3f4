//! A person's own rights over what is kept of them (个人信息保护法 art. 44–50): to have it ([`export`]), to have it put right ([`correction`]), to leave
//! ([`leave`]); and how long it is kept otherwise ([`retention`]).
//!
//! All of them rest on one register of tables ([`tables`]), which says of each table of the database whether it holds rows about a person, what of them the
//! person is given, and what leaving does to them. A test compares it with the database, so that a table that is added is thought about.

pub mod archive;
pub mod blocked;
pub mod correction;
pub mod erase;
pub mod export;
pub mod leave;
pub mod person;
pub mod policy;
pub mod retention;
pub mod tables;
mod wind_up;
mod words;
