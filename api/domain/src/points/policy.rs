//! Points policies (积分规则): the numbers of earning, one version after another.
//!
//! A policy governs from its effective date on; an award names the version that governed its day of service, so an old award keeps its old
//! rule. A published version is never changed.
//!
//! Defaults follow common practice of points stores: 10 points an hour (one for six minutes, so that whole numbers lose little), the service
//! day on the 28th and the service month in March at 1.0 until the community says otherwise, nothing for back-fill, eight hours a day certified at
//! once, expiry at the end of the next calendar year, fourteen days to fetch a reward, a day to answer an offer, two days to answer the proposal of a match,
//! thirty in which a declined pair is left alone and in which a confirmed match may be disputed.

use entity::id::CommunityId;
use entity::points_policy::{self, ExpiryRule};
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// The numbers of a policy to publish.
#[derive(Clone, Debug)]
pub struct Terms {
    /// First business date it governs; tomorrow or later.
    pub effective_from: BusinessDate,
    /// Points for 60 minutes, 0 to 10000.
    pub points_per_hour: i64,
    /// Day of the month, 1 to 28.
    pub service_day: i32,
    /// Its multiplier, basis points.
    pub service_day_bps: i32,
    /// Month of the year, 1 to 12.
    pub service_month: i32,
    /// Its multiplier, basis points.
    pub service_month_bps: i32,
    /// Multiplier of back-filled service, basis points, at most 10000.
    pub backfill_bps: i32,
    /// Most points a day.
    pub daily_points_max: Option<i64>,
    /// Most points a month.
    pub monthly_points_max: Option<i64>,
    /// Minutes a day that certify without an approver, at most 1440.
    pub daily_minutes_auto: i64,
    /// When points expire.
    pub expiry: ExpiryRule,
    /// Months, for `END_OF_MONTH_AFTER`.
    pub expiry_months: i32,
    /// Days to fetch a reward, 1 to 90.
    pub pickup_days: i32,
    /// Hours a waitlist offer stands, 1 to 168.
    pub offer_hours: i32,
    /// Hours the proposal of a match waits for an answer, 1 to 336.
    pub match_answer_hours: i32,
    /// Days a pair that was declined is not proposed again, 0 to 365.
    pub match_dismissal_days: i32,
    /// Days a confirmed match may be disputed, 1 to 365.
    pub match_dispute_days: i32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            effective_from: BusinessDate(20_000_101),
            points_per_hour: 10,
            service_day: 28,
            service_day_bps: 10_000,
            service_month: 3,
            service_month_bps: 10_000,
            backfill_bps: 0,
            daily_points_max: None,
            monthly_points_max: None,
            daily_minutes_auto: 480,
            expiry: ExpiryRule::EndOfNextYear,
            expiry_months: 0,
            pickup_days: 14,
            offer_hours: 24,
            match_answer_hours: 48,
            match_dismissal_days: 30,
            match_dispute_days: 30,
        }
    }
}

impl Terms {
    fn check(&self) -> Result<()> {
        let faults = [
            (!(0..=10_000).contains(&self.points_per_hour), "pointsPerHour"),
            (!(1..=28).contains(&self.service_day), "serviceDay"),
            (!(0..=100_000).contains(&self.service_day_bps), "serviceDayBps"),
            (!(1..=12).contains(&self.service_month), "serviceMonth"),
            (!(0..=100_000).contains(&self.service_month_bps), "serviceMonthBps"),
            (!(0..=10_000).contains(&self.backfill_bps), "backfillBps"),
            (self.daily_points_max.is_some_and(|max| max < 0), "dailyPointsMax"),
            (self.monthly_points_max.is_some_and(|max| max < 0), "monthlyPointsMax"),
            (!(0..=1_440).contains(&self.daily_minutes_auto), "dailyMinutesAuto"),
            (!(0..=120).contains(&self.expiry_months), "expiryMonths"),
            (!(1..=90).contains(&self.pickup_days), "pickupDays"),
            (!(1..=168).contains(&self.offer_hours), "offerHours"),
            (!(1..=336).contains(&self.match_answer_hours), "matchAnswerHours"),
            (!(0..=365).contains(&self.match_dismissal_days), "matchDismissalDays"),
            (!(1..=365).contains(&self.match_dispute_days), "matchDisputeDays"),
        ];
        match faults.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, field)) => Err(Error::from(Code::BadInput).on(field)),
            None => Ok(()),
        }
    }

    /// The terms as version 1 of nobody's policy: for working out what they would bring.
    #[must_use]
    pub fn draft(&self) -> points_policy::Model {
        self.row(UtcMicros(0), CommunityId(uuid::Uuid::nil()), 1)
    }

    fn row(&self, now: UtcMicros, community_id: CommunityId, version: i32) -> points_policy::Model {
        points_policy::Model {
            community_id,
            version,
            effective_from: self.effective_from,
            points_per_hour: self.points_per_hour,
            service_day: self.service_day,
            service_day_bps: self.service_day_bps,
            service_month: self.service_month,
            service_month_bps: self.service_month_bps,
            backfill_bps: self.backfill_bps,
            daily_points_max: self.daily_points_max,
            monthly_points_max: self.monthly_points_max,
            daily_minutes_auto: self.daily_minutes_auto,
            expiry: self.expiry,
            expiry_months: self.expiry_months,
            pickup_days: self.pickup_days,
            offer_hours: self.offer_hours,
            match_answer_hours: self.match_answer_hours,
            match_dismissal_days: self.match_dismissal_days,
            match_dispute_days: self.match_dispute_days,
            published_by: None,
            published_at: now,
        }
    }
}

/// Gives a new community its first policy, in force from the beginning.
///
/// # Errors
/// When the database refuses.
pub async fn seed(tx: &Tx, community_id: CommunityId) -> Result<()> {
    Terms::default().row(tx.now, community_id, 1).into_active_model().insert(&tx.connection).await?;
    Ok(())
}

/// Publishes the next version.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT`, `POLICY_DATE` when it would reach back or before the last version, `CONFLICT` when two publish at once.
pub async fn publish(tx: &Tx, actor: &Actor, terms: &Terms) -> Result<points_policy::Model> {
    actor.require(Action::PublishPointsPolicy, &actor.home())?;
    terms.check()?;
    let last = list(&tx.connection, actor.community_id).await?.into_iter().next();
    let earliest = last.as_ref().map_or(tx.today(), |row| row.effective_from).max(tx.today().plus_days(1));
    if terms.effective_from < earliest {
        return Err(Error::from(Code::PolicyDate).on("effectiveFrom").with("earliest", earliest.naive()));
    }
    let version = last.map_or(1, |row| row.version + 1);
    let row = points_policy::Model { published_by: Some(actor.account_id), ..terms.row(tx.now, actor.community_id, version) };
    let inserted = row.into_active_model().insert(&tx.connection).await;
    inserted.map_err(|error| match crate::db::refused_by(&error) {
        Some(name) if name.contains("points_policy") => Code::Conflict.into(),
        _ => error.into(),
    })
}

/// The policies of today at hand, so that a hot request need not read them.
///
/// A policy can only be published for a later day, so what governs a day that has begun never changes, and no entry grows stale.
#[derive(Debug)]
pub struct InForce(moka::sync::Cache<(CommunityId, BusinessDate), points_policy::Model>);

impl Default for InForce {
    fn default() -> Self {
        Self(moka::sync::Cache::new(10_000))
    }
}

impl InForce {
    /// The policy that governs `today`, which must have begun.
    ///
    /// # Errors
    /// `NOT_FOUND` for a community that has none.
    pub async fn today(&self, connection: &impl ConnectionTrait, community_id: CommunityId, today: BusinessDate) -> Result<points_policy::Model> {
        if let Some(policy) = self.0.get(&(community_id, today)) {
            return Ok(policy);
        }
        let policy = in_force(connection, community_id, today).await?;
        self.0.insert((community_id, today), policy.clone());
        Ok(policy)
    }
}

/// The policy that governs a business date.
///
/// # Errors
/// `NOT_FOUND` for a community that has none.
pub async fn in_force(connection: &impl ConnectionTrait, community_id: CommunityId, date: BusinessDate) -> Result<points_policy::Model> {
    let row = points_policy::Entity::find()
        .filter(points_policy::Column::CommunityId.eq(community_id))
        .filter(points_policy::Column::EffectiveFrom.lte(date))
        .order_by_desc(points_policy::Column::Version)
        .one(connection)
        .await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// Every version, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Vec<points_policy::Model>> {
    let query = points_policy::Entity::find().filter(points_policy::Column::CommunityId.eq(community_id));
    Ok(query.order_by_desc(points_policy::Column::Version).all(connection).await?)
}

/// When points earned on a day expire.
#[must_use]
pub fn expires_on(policy: &points_policy::Model, earned_on: BusinessDate) -> BusinessDate {
    match policy.expiry {
        ExpiryRule::EndOfNextYear => BusinessDate((earned_on.year() + 1) * 10_000 + 1_231),
        ExpiryRule::EndOfMonthAfter => earned_on.end_of_month_after(u32::try_from(policy.expiry_months).unwrap_or_default()),
        ExpiryRule::Never => BusinessDate::NEVER,
    }
}
