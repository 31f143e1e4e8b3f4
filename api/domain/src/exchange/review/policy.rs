//! How a community reviews: k of n, how long, by which criteria, and how far scores may lie apart. Tenant policy, versioned for each kind of subject.
//!
//! A community that has published nothing reviews by the defaults, version 0. A round keeps what it was opened under, whatever is published later.

use entity::id::CommunityId;
use entity::review_policy;
use entity::review_round::SubjectKind;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Most seats of a panel.
const PANEL_MAX: i32 = 50;
/// Most criteria.
const CRITERIA_MAX: usize = 20;

/// Something that is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// Stable code: capitals, digits and `_`, 2 to 40 characters.
    pub code: String,
    /// The word shown, 1 to 40 characters.
    pub label: String,
    /// Weight among the others, 1 to 1000.
    pub weight: i32,
}

/// How reviews of one kind of subject go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Version; 0 for the defaults.
    pub version: i32,
    /// k: how many must have scored.
    pub votes_needed: i32,
    /// n: how many sit on the panel.
    pub panel_size: i32,
    /// Days to score in, 1 to 90.
    pub days: i32,
    /// Days before the end at which who has not scored is reminded; below `days`.
    pub remind_days: i32,
    /// Spread of the totals, in hundredths of a point, beyond which a note of consensus is needed.
    pub spread_bps: i32,
    /// What is judged.
    pub criteria: Vec<Criterion>,
}

impl Policy {
    /// What holds before a community has published anything.
    #[must_use]
    pub fn default_of(kind: SubjectKind) -> Self {
        let words: &[(&str, &str, i32)] = match kind {
            SubjectKind::Project => &[("NEED", "必要性", 30), ("FEASIBILITY", "可行性", 30), ("BENEFIT", "受益面", 25), ("LASTING", "可持续性", 15)],
            SubjectKind::Listing => &[("TRUE", "真实性", 50), ("USEFUL", "实用性", 50)],
            SubjectKind::Nomination => &[("SERVICE", "服务实绩", 50), ("EXAMPLE", "示范作用", 30), ("REPUTE", "群众口碑", 20)],
            SubjectKind::Appeal => &[("FACTS", "事实依据", 100)],
        };
        let criteria = words.iter().map(|(code, label, weight)| Criterion { code: (*code).to_owned(), label: (*label).to_owned(), weight: *weight });
        Self { version: 0, votes_needed: 3, panel_size: 5, days: 7, remind_days: 2, spread_bps: 3_000, criteria: criteria.collect() }
    }

    /// The policy of a row.
    ///
    /// # Errors
    /// When the row was not written by this program.
    pub fn of(row: &review_policy::Model) -> Result<Self> {
        let criteria = serde_json::from_str(&row.criteria).map_err(Error::internal)?;
        let review_policy::Model { version, votes_needed, panel_size, days, remind_days, spread_bps, .. } = *row;
        Ok(Self { version, votes_needed, panel_size, days, remind_days, spread_bps, criteria })
    }

    fn check(&mut self) -> Result<()> {
        let within = |value: i32, least: i32, most: i32, field: &'static str| {
            let fits = (least..=most).contains(&value);
            if fits { Ok(()) } else { Err(Error::from(Code::BadInput).on(field).with("min", least).with("max", most)) }
        };
        within(self.panel_size, 1, PANEL_MAX, "panelSize")?;
        within(self.votes_needed, 1, self.panel_size, "votesNeeded")?;
        within(self.days, 1, 90, "days")?;
        within(self.remind_days, 0, self.days - 1, "remindDays")?;
        within(self.spread_bps, 0, 10_000, "spreadBps")?;
        if self.criteria.is_empty() || self.criteria.len() > CRITERIA_MAX {
            return Err(Error::from(Code::BadInput).on("criteria").with("max", CRITERIA_MAX));
        }
        for at in 0..self.criteria.len() {
            let (before, rest) = self.criteria.split_at_mut(at);
            let one = &mut rest[0];
            let spelt = (2..=40).contains(&one.code.len()) && one.code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            if !spelt || before.iter().any(|other| other.code == one.code) {
                return Err(Error::from(Code::BadInput).on("code"));
            }
            one.label = wording::label(&one.label, 40, "label")?;
            within(one.weight, 1, 1_000, "weight")?;
        }
        Ok(())
    }
}

/// The policy in force.
///
/// # Errors
/// When the database cannot be read.
pub async fn in_force(connection: &impl ConnectionTrait, community_id: CommunityId, kind: SubjectKind) -> Result<Policy> {
    let row = review_policy::Entity::find()
        .filter(review_policy::Column::CommunityId.eq(community_id))
        .filter(review_policy::Column::SubjectKind.eq(kind))
        .order_by_desc(review_policy::Column::Version)
        .one(connection)
        .await?;
    row.map_or_else(|| Ok(Policy::default_of(kind)), |row| Policy::of(&row))
}

/// Publishes a new version for the actor's community; rounds that are open go on under theirs.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT`, `WORD_RESERVED`; `CONFLICT` when another version came at the same moment.
pub async fn publish(tx: &Tx, actor: &Actor, kind: SubjectKind, mut policy: Policy) -> Result<Policy> {
    actor.require(Action::PublishReviewPolicy, &actor.home())?;
    policy.check()?;
    policy.version = in_force(&tx.connection, actor.community_id, kind).await?.version + 1;
    let row = review_policy::Model {
        community_id: actor.community_id,
        subject_kind: kind,
        version: policy.version,
        votes_needed: policy.votes_needed,
        panel_size: policy.panel_size,
        days: policy.days,
        remind_days: policy.remind_days,
        spread_bps: policy.spread_bps,
        criteria: serde_json::to_string(&policy.criteria).map_err(Error::internal)?,
        published_by: actor.account_id,
        published_at: tx.now,
    };
    review_policy::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(policy)
}
