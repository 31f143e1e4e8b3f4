//! The parts of a round of review for clients: criteria, seats, ballots, and the words they use.

use async_graphql::{ContainerType, Context, Description, Enum, ID, Object, ServerResult, SimpleObject, Value};
use chrono::{DateTime, Utc};
use domain::exchange::review::score::Cast;
use entity::review_seat;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::graphql::at_hand::AtHand;
use crate::graphql::error::{ApiResult, nullable};
use crate::graphql::exchange::loader;
use crate::graphql::exchange::review_loader::VolunteerOf;
use crate::graphql::people::volunteer::Volunteer;

/// What is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::review_round::SubjectKind")]
pub enum ReviewSubjectKind {
    /// 共建项目
    Project,
    /// A line of the three lists (清单条目).
    Listing,
    /// 志愿先锋提名
    Nomination,
    /// 申诉
    Appeal,
}

/// How far a round of review is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::review_round::RoundPhase")]
pub enum ReviewPhase {
    /// Reviewers score, each alone.
    Scoring,
    /// Enough have scored; the panel sees all scores.
    Closed,
    /// The verdict is known.
    Published,
    /// Called off.
    Cancelled,
}

/// What a reviewer or a panel finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::review_round::Verdict")]
pub enum ReviewVerdict {
    /// 通过
    Approve,
    /// 退回修改
    Return,
    /// 不通过
    Reject,
}

/// As what I see a round of review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::exchange::review::round::Sight")]
pub enum ReviewStanding {
    /// I have a stake in it: I see its progress, and the verdict once it is published.
    Applicant,
    /// I was recused, and see the same.
    Recused,
    /// I sit on the panel: I see who sits there, the evidence and my own score, and all scores once enough have scored.
    Panel,
    /// I am in charge: I see who sits there and the evidence, and all scores once enough have scored.
    Staff,
}

/// How far a reviewer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::review_seat::SeatState")]
pub enum ReviewSeatState {
    /// Is to score.
    Active,
    /// Has scored.
    Scored,
    /// Is tied to the subject and does not judge (回避).
    Recused,
    /// Enough others had scored, or the round was called off.
    Released,
}

/// What ties a reviewer to a subject (回避情形).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::review_seat::Tie")]
pub enum ReviewTie {
    /// Applied, or is nominated.
    Applicant,
    /// Belongs to the unit.
    OwnUnit,
    /// Belongs to the team.
    OwnTeam,
    /// Is of the family of somebody who has a stake.
    Family,
    /// Said so, or it is nothing that may be written down.
    Declared,
}

/// Something that is judged, with its weight.
#[derive(SimpleObject)]
pub struct ReviewCriterion {
    /// Stable code; `scoreReview` names it.
    pub code: String,
    /// The word shown.
    pub label: String,
    /// Weight among the others.
    pub weight: i32,
}

impl AtHand for ReviewCriterion {
    type Shape = Self;

    fn value(&self, field: &str) -> Option<Value> {
        Some(match field {
            "code" => self.code.as_str().into(),
            "label" => self.label.as_str().into(),
            "weight" => self.weight.into(),
            _ => return None,
        })
    }
}

/// A reviewer's seat on a panel.
#[derive(Description)]
pub struct ReviewSeat {
    pub(super) row: review_seat::Model,
    /// Whether the reader may know what ties the reviewer.
    pub(super) shows_tie: bool,
}

#[Object(use_type_description)]
impl ReviewSeat {
    /// The reviewer's account.
    async fn account_id(&self) -> ID {
        self.row.account_id.into()
    }

    /// The reviewer, where they are a volunteer too; the name is masked unless they agreed to be named.
    async fn volunteer(&self, ctx: &Context<'_>) -> Option<ApiResult<Volunteer>> {
        nullable(loader::of(ctx).load_one(VolunteerOf(self.row.account_id)).await.map(|row| row.map(Volunteer::masked)))
    }

    /// How far the reviewer is.
    async fn state(&self) -> ReviewSeatState {
        self.row.state.into()
    }

    /// Why recused; for the reviewer and those in charge.
    async fn tie(&self) -> Option<ReviewTie> {
        self.row.tie.filter(|_| self.shows_tie).map(Into::into)
    }

    /// Account of the recused reviewer for whom this one came in.
    async fn replaces(&self) -> Option<ID> {
        self.row.replaces.map(Into::into)
    }

    /// Since when.
    async fn seated_at(&self) -> DateTime<Utc> {
        self.row.seated_at.date_time()
    }
}

impl AtHand for ReviewSeat {
    type Shape = Self;

    fn value(&self, field: &str) -> Option<Value> {
        Some(match field {
            "accountId" => self.row.account_id.to_string().into(),
            "state" => ReviewSeatState::from(self.row.state).into(),
            _ => return None,
        })
    }

    fn ask<'a>(&'a self, ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>> {
        self.resolve_field(ctx).boxed()
    }
}

/// Points for one criterion.
#[derive(SimpleObject)]
pub struct ReviewPoints {
    /// Place of the criterion in `criteria`, from 1.
    position: i32,
    /// 0 to 100.
    points: i32,
}

/// A reviewer's ballot.
#[derive(Description)]
pub struct ReviewBallot(pub(super) Cast);

#[Object(use_type_description)]
impl ReviewBallot {
    /// The reviewer's account.
    async fn account_id(&self) -> ID {
        self.0.vote.account_id.into()
    }

    /// The finding.
    async fn verdict(&self) -> ReviewVerdict {
        self.0.vote.verdict.into()
    }

    /// Why.
    async fn reason(&self) -> Option<&str> {
        self.0.vote.reason.as_deref()
    }

    /// Weighted mean of the points, 0 to 100 with two decimals.
    async fn total(&self) -> f64 {
        points(self.0.vote.total_bps)
    }

    /// Points for each criterion.
    async fn points(&self) -> Vec<ReviewPoints> {
        self.0.points.iter().map(|(position, points)| ReviewPoints { position: *position, points: *points }).collect()
    }

    /// When it was cast.
    async fn voted_at(&self) -> DateTime<Utc> {
        self.0.vote.voted_at.date_time()
    }
}

/// Hundredths of a point as points.
pub(super) fn points(hundredths: i32) -> f64 {
    f64::from(hundredths) / 100.0
}
