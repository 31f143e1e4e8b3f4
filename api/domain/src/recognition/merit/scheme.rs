//! The rules of a year of merit (量化积分办法): what brings points, to whom, how much at most, who may record it, and what a sum is called.
//!
//! A version that was published is never changed; a new one governs what is recorded from then on, and limits count the whole year by item code.

use std::collections::BTreeSet;

use entity::id::{CommunityId, MeritSchemeId};
use entity::merit_item::{self, MeritRecorder};
use entity::merit_scheme::{self, Model};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::member::MemberClass;
use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Most items and most grades of a scheme.
const ITEMS_MAX: usize = 100;
const GRADES_MAX: usize = 10;
/// Most points of a year, and of one item a year.
const YEAR_MAX: i64 = 100_000;
/// Most points of one time, either way.
const POINTS_MAX: i64 = 10_000;

/// From how many points on a year is called what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// What it is called, as 优秀.
    pub label: String,
    /// From this many points on.
    pub from: i64,
}

/// What brings or costs points.
#[derive(Clone, Debug)]
pub struct Item {
    /// Code: capitals, digits and `_`, 1 to 30 characters.
    pub code: String,
    /// What it is, 1 to 60 characters.
    pub label: String,
    /// Points each time; negative for a deduction.
    pub points: i64,
    /// Most points of a year by it, either way.
    pub annual_max: i64,
    /// For which kinds of members; all when empty.
    pub classes: Vec<MemberClass>,
    /// Who may record it.
    pub recorder: MeritRecorder,
}

/// Rules to publish.
#[derive(Clone, Debug)]
pub struct NewScheme {
    /// The year, this one or the next.
    pub year: i32,
    /// Most points of a year.
    pub annual_max: i64,
    /// What sums are called; the lowest starts at 0.
    pub grades: Vec<Grade>,
    /// What brings or costs points.
    pub items: Vec<Item>,
}

/// Rules with their items.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// The version.
    pub row: Model,
    /// Grades, best first.
    pub grades: Vec<Grade>,
    /// Items by code.
    pub items: Vec<merit_item::Model>,
}

/// Publishes the next version of a year's rules.
///
/// # Errors
/// `FORBIDDEN` for who does not keep the affairs of the whole community; `BAD_INPUT` on `year`, `annualMax`, `grades` or `items`; `WORD_RESERVED`; `CONFLICT`
/// when two publish at once.
pub async fn publish(tx: &Tx, actor: &Actor, input: NewScheme) -> Result<Scheme> {
    actor.require(Action::PublishMeritScheme, &actor.home())?;
    let this_year = tx.today().year();
    let fault = |field| Err(Error::from(Code::BadInput).on(field));
    if !(this_year..=this_year + 1).contains(&input.year) {
        return fault("year");
    }
    if !(1..=YEAR_MAX).contains(&input.annual_max) {
        return fault("annualMax");
    }
    let grades = check_grades(input.grades)?;
    check_items(&input.items)?;
    let last = latest(&tx.connection, actor.community_id, input.year).await?;
    let row = Model {
        id: MeritSchemeId::new(tx.now),
        community_id: actor.community_id,
        year: input.year,
        version: last.map_or(1, |last| last.version + 1),
        annual_max: input.annual_max,
        grades: serde_json::to_string(&grades).map_err(Error::internal)?,
        published_by: actor.account_id,
        published_at: tx.now,
    };
    let row = row.into_active_model().insert(&tx.connection).await?;
    let mut items = Vec::with_capacity(input.items.len());
    for item in input.items {
        items.push(merit_item::Model {
            scheme_id: row.id,
            label: wording::label(&item.label, 60, "items")?,
            code: item.code,
            points: item.points,
            annual_max: item.annual_max,
            member_classes: serde_json::to_string(&item.classes).map_err(Error::internal)?,
            recorder: item.recorder,
        });
    }
    merit_item::Entity::insert_many(items.iter().cloned().map(IntoActiveModel::into_active_model)).exec_without_returning(&tx.connection).await?;
    Ok(Scheme { row, grades, items })
}

fn check_grades(mut grades: Vec<Grade>) -> Result<Vec<Grade>> {
    grades.sort_by_key(|grade| std::cmp::Reverse(grade.from));
    let falls = grades.windows(2).all(|pair| pair[0].from > pair[1].from);
    let ends = grades.last().is_some_and(|grade| grade.from == 0);
    if !falls || !ends || grades.len() > GRADES_MAX {
        return Err(Error::from(Code::BadInput).on("grades"));
    }
    for grade in &mut grades {
        grade.label = wording::label(&grade.label, 20, "grades")?;
    }
    Ok(grades)
}

fn check_items(items: &[Item]) -> Result<()> {
    let codes: BTreeSet<&str> = items.iter().map(|item| item.code.as_str()).collect();
    let sound = |item: &Item| {
        (1..=30).contains(&item.code.len())
            && item.code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && item.points != 0
            && item.points.abs() <= POINTS_MAX
            && (item.points.abs()..=YEAR_MAX).contains(&item.annual_max)
            // Nobody claims a deduction for themselves.
            && (item.points > 0 || item.recorder != MeritRecorder::Member)
    };
    let right = !items.is_empty() && items.len() <= ITEMS_MAX && codes.len() == items.len() && items.iter().all(sound);
    if right { Ok(()) } else { Err(Error::from(Code::BadInput).on("items")) }
}

/// The rules of a year that govern now.
///
/// # Errors
/// `MERIT_SCHEME_MISSING` before any are published.
pub async fn in_force(connection: &impl ConnectionTrait, community_id: CommunityId, year: i32) -> Result<Scheme> {
    let row = latest(connection, community_id, year).await?.ok_or_else(|| Error::from(Code::MeritSchemeMissing).with("year", year))?;
    let items =
        merit_item::Entity::find().filter(merit_item::Column::SchemeId.eq(row.id)).order_by_asc(merit_item::Column::Code).all(connection).await?;
    let grades = serde_json::from_str(&row.grades).map_err(Error::internal)?;
    Ok(Scheme { row, grades, items })
}

/// Locks the rules of a year until the commit: shared by whoever records, alone by whoever closes the year.
///
/// # Errors
/// When the database refuses.
pub(super) async fn hold(tx: &Tx, community_id: CommunityId, year: i32, how: LockType) -> Result<()> {
    let query = merit_scheme::Entity::find().filter(merit_scheme::Column::CommunityId.eq(community_id)).filter(merit_scheme::Column::Year.eq(year));
    query.order_by_asc(merit_scheme::Column::Version).lock(how).all(&tx.connection).await?;
    Ok(())
}

async fn latest(connection: &impl ConnectionTrait, community_id: CommunityId, year: i32) -> Result<Option<Model>> {
    let query = merit_scheme::Entity::find()
        .filter(merit_scheme::Column::CommunityId.eq(community_id))
        .filter(merit_scheme::Column::Year.eq(year))
        .order_by_desc(merit_scheme::Column::Version);
    Ok(query.one(connection).await?)
}

impl Scheme {
    /// What a sum is called.
    #[must_use]
    pub fn grade(&self, points: i64) -> &str {
        self.grades.iter().find(|grade| points >= grade.from).map_or("", |grade| grade.label.as_str())
    }

    /// An item for a kind of member.
    ///
    /// # Errors
    /// `BAD_INPUT` on `itemCode` for one that is not part of the rules or not for such members.
    pub fn item(&self, code: &str, class: MemberClass) -> Result<&merit_item::Model> {
        let item = self.items.iter().find(|item| item.code == code).ok_or_else(|| Error::from(Code::BadInput).on("itemCode"))?;
        let classes = classes(item)?;
        if classes.is_empty() || classes.contains(&class) { Ok(item) } else { Err(Error::from(Code::BadInput).on("itemCode")) }
    }
}

/// For which kinds of members an item is; all when empty.
///
/// # Errors
/// When the row was not written by this program.
pub fn classes(item: &merit_item::Model) -> Result<Vec<MemberClass>> {
    serde_json::from_str(&item.member_classes).map_err(Error::internal)
}
