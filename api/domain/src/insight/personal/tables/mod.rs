//! The register of tables: for each table of the database whether it holds rows about a person, how they are found, what of them the person is given, and
//! what leaving does to them.
//!
//! Conditions are SQL with words of their own, put in by [`super::person`]: `:account`, `:volunteer`, `:wallet`, `:phone` (its keyed hash), `:member` and
//! `:checked_in` (the keyed hashes of a Party membership and of a check-in as a member), `:region` (the community's own), `:random` (fresh bytes), `:nothing` (no bytes), `:left` (已注销), `:now`, and the lists
//! `:listings`, `:matches`, `:merits`, `:packs`, `:rounds`. Tables stand in the order in which they are gone through: what others are found by comes last.
//!
//! What is left of somebody who has gone are ids that lead to nobody, and numbers. What somebody did in office (decisions, replies, votes of a panel) is the
//! community's record and stays under such an id; so do texts of a team, a unit or the community.
//!
//! Invariant: every table stands here once, and every column named here exists; a test reads the tables from the database.

mod co_building;
mod exchange;
mod people;
mod points;
mod recognition;
mod rest;
mod service;

/// A table of the database.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What it holds, in Chinese.
    pub title: &'static str,
    /// What the person is given of it.
    pub export: Export,
    /// What leaving does to it.
    pub leaving: &'static [Leave],
}

/// What somebody is given of a table (个人信息保护法 art. 45).
pub enum Export {
    /// Rows found by a condition, and columns of them: a name with a kind behind a colon, `i` a number, `b` yes or no, `t` a time, `d` a day,
    /// `seal=PLACE` sealed, anything else the prefix of an id; text without one.
    Rows(&'static str, &'static str),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// What leaving does to rows of a table (art. 47).
pub enum Leave {
    /// Nothing, and why.
    Keep(&'static str),
    /// Rows found by a condition go.
    Erase(&'static str),
    /// In rows found by a condition columns get these values; an empty value empties a text where there is one.
    Blank(&'static str, &'static [(&'static str, &'static str)]),
}

/// Why a table without a person in it needs nothing.
const NOBODY: &str = "no person's: the community's own, with at most the id of who wrote it in office";
/// Why rows of ids stay.
const IDS: &str = "ids and numbers, which lead to nobody once the person is anonymised";

impl Table {
    /// A table that holds nobody.
    const fn of_nobody(name: &'static str, title: &'static str) -> Self {
        Self { name, title, export: Export::Nothing(NOBODY), leaving: &[Leave::Keep(NOBODY)] }
    }
}

/// The whole register, in the order in which it is gone through.
pub fn all() -> impl Iterator<Item = &'static Table> {
    [exchange::TABLES, recognition::TABLES, service::TABLES, points::TABLES, co_building::TABLES, rest::TABLES, people::TABLES].into_iter().flatten()
}
