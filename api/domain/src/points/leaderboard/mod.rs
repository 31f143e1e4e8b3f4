//! Leaderboards: who earned most points and served most minutes, where and when.
//!
//! A *board* is one ranking: a *period* (week, month, quarter, year, all), a *scope* (everything below a region, or one colour of a community)
//! and a *subject* (volunteers, teams, units, places). A *member* stands on a board with two *totals*, one per *metric*: points earned and
//! minutes certified. A *score* packs a total and the moment it was reached, so that one integer orders the members.
//!
//! SQL holds the truth: the totals, and a histogram that gives a rank without counting members. Redis holds the order, written by the one
//! relay with absolute values. A read asks Redis once; whenever Redis is away or cannot be trusted the same answer comes from SQL.
//! [`mod@apply`] brings the totals up to date, [`push`] the order; [`mod@read`] answers; [`rebuild`] makes the order anew.
//!
//! Invariant: a total is the sum over certified records of what they brought (adjustments and redemptions do not count), and a score's moment is
//! that of the latest of them that brought something; so an award that is taken back leaves no trace in rank or tie order.
//! Invariant: order is score, then member id, both descending; the same in SQL and in Redis.
//! Invariant: delivering an event twice, or a page of totals twice, changes nothing; a relay that lost its lease cannot write.
//! Invariant: a name is masked unless the person agreed to be named (PIPL art. 13, 25); one's own place is always shown to oneself.

use chrono::NaiveDate;
use entity::id::RegionId;
use entity::leaderboard_board::{BoardPeriod, BoardSubject};
use entity::team::TeamColour;
use sea_orm::{ActiveEnum, QueryResult, Value};
use uuid::Uuid;

use crate::error::Result;

pub mod period;
pub mod place;

pub mod apply;
pub mod contribution;

pub mod identity;
pub mod order;
pub mod probe;
pub mod push;
pub mod rebuild;

pub mod audit;

pub mod at_hand;
mod from_sql;
pub mod read;

pub use apply::apply;
pub use at_hand::AtHand;
pub use order::Order;
pub use read::{locate, read};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Points earned; redeeming does not lower them.
    Points,
    /// Minutes certified.
    Minutes,
}

impl Metric {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Points, Self::Minutes];

    /// As tables and keys write it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Points => "POINTS",
            Self::Minutes => "MINUTES",
        }
    }
}

/// The steps at which the histogram counts members: each total, and stretches of totals.
pub const STEPS: [i64; 2] = [1, 1024];

/// Where a board counts, as a client names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A region with everything below it.
    Region(RegionId),
    /// One colour of the reader's community.
    Colour(TeamColour),
}

/// A board as a client names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Board {
    /// What is counted.
    pub metric: Metric,
    /// Kind of period.
    pub period: BoardPeriod,
    /// A day of the period; today when there is none.
    pub date: Option<NaiveDate>,
    /// Where; the reader's community when there is none.
    pub scope: Option<Scope>,
    /// Who is ranked.
    pub subject: BoardSubject,
}

/// A board as the tables name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoardKey {
    /// A region, or a community for a colour board.
    pub scope_id: Uuid,
    /// The colour of a colour board.
    pub colour: Option<TeamColour>,
    /// Who is ranked.
    pub subject: BoardSubject,
    /// Kind of period.
    pub period: BoardPeriod,
    /// Which one.
    pub period_key: i32,
}

impl BoardKey {
    /// The colour as the tables write it, empty for none.
    #[must_use]
    pub fn colour_text(&self) -> String {
        self.colour.map(|colour| colour.to_value()).unwrap_or_default()
    }

    /// Scope, colour, subject, period and key, for a statement.
    #[must_use]
    pub fn values(&self) -> [Value; 5] {
        [self.scope_id.into(), self.colour_text().into(), self.subject.to_value().into(), self.period.to_value().into(), self.period_key.into()]
    }

    /// Reads the columns of a board.
    ///
    /// # Errors
    /// When a column is missing or holds no word of the schema.
    pub fn read(row: &QueryResult) -> Result<Self> {
        let colour: String = row.try_get("", "colour")?;
        Ok(Self {
            scope_id: row.try_get("", "scope_id")?,
            colour: (!colour.is_empty()).then(|| TeamColour::try_from_value(&colour)).transpose()?,
            subject: row.try_get("", "subject")?,
            period: row.try_get("", "period")?,
            period_key: row.try_get("", "period_key")?,
        })
    }
}
