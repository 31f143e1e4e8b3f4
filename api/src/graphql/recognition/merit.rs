//! Merit of Party members, as it is read.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use domain::recognition::merit::scheme::{self, Scheme};
use entity::time::UtcMicros;
use entity::{merit_account, merit_appeal, merit_entry, merit_item};

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;
use crate::graphql::recognition::loader::{self, AppealOf, EntriesOf};
use crate::graphql::recognition::party_member::PartyMemberClass;

/// Who may record an item of merit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::merit_item::MeritRecorder")]
pub enum MeritRecorder {
    /// The member claims it and a party worker decides.
    Member,
    /// A party worker of the member's place.
    Branch,
    /// A party worker of the whole community.
    Committee,
}

/// How far an entry of merit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::merit_entry::MeritState")]
pub enum MeritState {
    /// Claimed, waits for a party worker.
    Pending,
    /// Counts.
    Posted,
    /// Refused.
    Rejected,
}

/// How far an appeal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::merit_appeal::AppealState")]
pub enum MeritAppealState {
    /// Waits.
    Open,
    /// The entry was put right.
    Upheld,
    /// The entry stands.
    Dismissed,
}

/// A Party member's merit of a year (党员量化积分). It feeds appraisal, buys nothing and stands on no list.
#[derive(Description)]
pub struct MeritYear(pub merit_account::Model);

#[Object(use_type_description)]
impl MeritYear {
    /// The year.
    async fn year(&self) -> i32 {
        self.0.year
    }

    /// Points, at least 0.
    async fn points(&self) -> i64 {
        self.0.points
    }

    /// What the points are called; null until the year is closed.
    async fn grade(&self) -> Option<&str> {
        self.0.grade.as_deref()
    }

    /// When the year was closed.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at.map(UtcMicros::date_time)
    }

    /// What was recorded, claimed or put right, oldest first.
    async fn entries(&self, ctx: &Context<'_>) -> ApiResult<Vec<MeritEntry>> {
        Ok(loader::of(ctx).load_one(EntriesOf(self.0.id)).await?.unwrap_or_default().into_iter().map(MeritEntry).collect())
    }
}

/// Merit recorded, claimed or put right.
#[derive(Description)]
pub struct MeritEntry(pub merit_entry::Model);

#[Object(use_type_description)]
impl MeritEntry {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Code of the item of the year's rules.
    async fn item_code(&self) -> &str {
        &self.0.item_code
    }

    /// Points after the limits; 0 while it waits or when it was refused.
    async fn granted(&self) -> i64 {
        self.0.granted
    }

    /// When it happened.
    async fn occurred_on(&self) -> NaiveDate {
        self.0.occurred_on.naive()
    }

    /// A remark.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// How far it is.
    async fn state(&self) -> MeritState {
        self.0.state.into()
    }

    /// Why it was refused.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The entry that it puts right after an appeal.
    async fn corrects(&self) -> Option<ID> {
        self.0.corrects.map(Into::into)
    }

    /// The appeal against it.
    async fn appeal(&self, ctx: &Context<'_>) -> ApiResult<Option<MeritAppeal>> {
        Ok(loader::of(ctx).load_one(AppealOf(self.0.id)).await?.map(MeritAppeal))
    }
}

/// An appeal (申诉) against an entry of merit.
#[derive(Description)]
pub struct MeritAppeal(pub merit_appeal::Model);

#[Object(use_type_description)]
impl MeritAppeal {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Why the member disagrees.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How far it is.
    async fn state(&self) -> MeritAppealState {
        self.0.state.into()
    }

    /// What was decided, in words.
    async fn decision(&self) -> Option<&str> {
        self.0.decision.as_deref()
    }
}

/// The rules of a year of merit (量化积分办法).
#[derive(SimpleObject)]
pub struct MeritScheme {
    /// The year.
    year: i32,
    /// 1, 2, 3 …
    version: i32,
    /// Most points of a year.
    annual_max: i64,
    /// What sums are called, best first.
    grades: Vec<MeritGrade>,
    /// What brings or costs points.
    items: Vec<MeritItem>,
}

/// From how many points on a year is called what.
#[derive(SimpleObject)]
pub struct MeritGrade {
    /// What it is called.
    label: String,
    /// From this many points on.
    from: i64,
}

/// What brings or costs merit.
#[derive(SimpleObject)]
pub struct MeritItem {
    /// Code.
    code: String,
    /// What it is.
    label: String,
    /// Points each time; negative for a deduction.
    points: i64,
    /// Most points of a year by it, either way.
    annual_max: i64,
    /// For which kinds of members; all when empty.
    member_classes: Vec<PartyMemberClass>,
    /// Who may record it.
    recorder: MeritRecorder,
}

/// Rules as clients read them.
pub(super) fn shown(found: Scheme) -> ApiResult<MeritScheme> {
    let item = |row: merit_item::Model| -> ApiResult<MeritItem> {
        let member_classes = scheme::classes(&row)?.into_iter().map(Into::into).collect();
        let merit_item::Model { code, label, points, annual_max, recorder, .. } = row;
        Ok(MeritItem { code, label, points, annual_max, member_classes, recorder: recorder.into() })
    };
    Ok(MeritScheme {
        year: found.row.year,
        version: found.row.version,
        annual_max: found.row.annual_max,
        grades: found.grades.into_iter().map(|grade| MeritGrade { label: grade.label, from: grade.from }).collect(),
        items: found.items.into_iter().map(item).collect::<ApiResult<_>>()?,
    })
}

#[derive(Default)]
pub struct MeritQuery;

#[Object]
impl MeritQuery {
    /// The rules of a year of merit in my community; `MERIT_SCHEME_MISSING` before any are published.
    async fn merit_scheme(&self, ctx: &Context<'_>, #[graphql(desc = "The year.")] year: i32) -> ApiResult<MeritScheme> {
        shown(scheme::in_force(ctx.app().db.reader(), ctx.actor()?.community_id, year).await?)
    }
}
