//! Awards (发放积分): from certified minutes to points, with every number of the sum kept.
//!
//! points = ⌊minutes × points per hour × service type × calendar × evidence ÷ 60⌋, floored once, then held to the caps of the day and the month.
//! The calendar multiplier is that of the service day or of the service month, whichever is higher, never both (28 March is one day).
//! An award row stands for each record, also when it brought nothing: it answers "why".
//!
//! Invariant: a record is awarded at most once, and reversed at most once.
//! Invariant: award, then reverse, leaves balance, debt and buckets as they were.

use std::collections::HashMap;

use entity::award::{self, CalendarRule, PointsCap};
use entity::entry::Contra;
use entity::id::{AccountId, CommunityId, OperationId, ServiceRecordId, VolunteerId};
use entity::operation::OperationKind;
use entity::points_policy;
use entity::service_record::RecordSource;
use entity::time::BusinessDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::ledger::movement::{self, Cause, Movement};
use super::ledger::{self, AwardBatch, AwardLine};
use super::{policy, wallet};
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::keys::sha256;
use crate::tx::Tx;

const BPS: i128 = 10_000;

/// A certified piece of service that may bring points.
#[derive(Clone, Debug)]
pub struct Service {
    /// The record; awarded at most once.
    pub record_id: ServiceRecordId,
    /// Its community.
    pub community_id: CommunityId,
    /// Who served.
    pub volunteer_id: VolunteerId,
    /// The day it counts for.
    pub business_date: BusinessDate,
    /// Minutes certified.
    pub minutes: i64,
    /// Coefficient of the service type, basis points.
    pub type_bps: i32,
    /// How the record came about.
    pub source: RecordSource,
}

/// The calendar multiplier of a day: service day or service month, the higher one.
#[must_use]
pub fn calendar(policy: &points_policy::Model, date: BusinessDate) -> (CalendarRule, i32) {
    let day = (date.day() == policy.service_day).then_some((CalendarRule::ServiceDay, policy.service_day_bps));
    let month = (date.month() == policy.service_month).then_some((CalendarRule::ServiceMonth, policy.service_month_bps));
    match (day, month) {
        (Some(day), Some(month)) => {
            if month.1 > day.1 {
                month
            } else {
                day
            }
        }
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => (CalendarRule::Ordinary, 10_000),
    }
}

/// The sum of one service under a policy, before caps.
#[must_use]
pub fn explain(policy: &points_policy::Model, service: &Service) -> award::Model {
    let (calendar_rule, calendar_bps) = calendar(policy, service.business_date);
    let evidence_bps = if service.source == RecordSource::Backfill { policy.backfill_bps } else { 10_000 };
    let factors = [service.type_bps, calendar_bps, evidence_bps];
    let weighed = factors.into_iter().fold(i128::from(service.minutes) * i128::from(policy.points_per_hour), |sum, bps| sum * i128::from(bps));
    let points = i64::try_from(weighed / (60 * BPS * BPS * BPS)).unwrap_or(i64::MAX);
    award::Model {
        record_id: service.record_id,
        community_id: service.community_id,
        volunteer_id: service.volunteer_id,
        operation_id: None,
        business_date: service.business_date,
        minutes: service.minutes,
        points_per_hour: policy.points_per_hour,
        type_bps: service.type_bps,
        calendar_bps,
        calendar_rule,
        evidence_bps,
        uncapped_points: points,
        points,
        cap: None,
        policy_version: policy.version,
        expires_on: policy::expires_on(policy, service.business_date),
        reversed_at: None,
        created_at: entity::time::UtcMicros(0),
    }
}

/// Awards points for records just certified; gives the explanations in the same order. The caller has locked the volunteers. A volunteer with
/// several records in the batch is served in turns, so that one statement of the ledger holds each wallet once.
///
/// # Errors
/// `ALREADY_AWARDED`.
pub async fn award(tx: &Tx, actor_id: Option<AccountId>, services: &[Service]) -> Result<Vec<award::Model>> {
    let Some(first) = services.first() else { return Ok(Vec::new()) };
    let community_id = first.community_id;
    let mut policies: HashMap<BusinessDate, points_policy::Model> = HashMap::new();
    let mut awards = Vec::with_capacity(services.len());
    for service in services {
        if let std::collections::hash_map::Entry::Vacant(slot) = policies.entry(service.business_date) {
            slot.insert(policy::in_force(&tx.connection, community_id, service.business_date).await?);
        }
        let award = explain(&policies[&service.business_date], service);
        awards.push(award::Model { created_at: tx.now, ..award });
    }
    apply_caps(tx, &policies, &mut awards).await?;
    post(tx, AwardBatch { community_id, actor_id, now: tx.now }, &mut awards).await?;
    let inserted = tx.insert_all(awards.iter().cloned().map(IntoActiveModel::into_active_model).collect(), None).await;
    inserted.map_err(|error| match crate::db::refused_by(&error) {
        Some(name) if name.contains("award") => Code::AlreadyAwarded.into(),
        _ => Error::from(error),
    })?;
    Ok(awards)
}

/// Posts the awards that bring something, in turns of one per volunteer.
async fn post(tx: &Tx, batch: AwardBatch, awards: &mut [award::Model]) -> Result<()> {
    let mut waiting: Vec<usize> = (0..awards.len()).filter(|at| awards[*at].points > 0).collect();
    while !waiting.is_empty() {
        let mut seen = std::collections::HashSet::new();
        let (turn, rest): (Vec<usize>, Vec<usize>) = waiting.into_iter().partition(|at| seen.insert(awards[*at].volunteer_id));
        let line = |at: &usize| AwardLine {
            record_id: awards[*at].record_id,
            volunteer_id: awards[*at].volunteer_id,
            points: awards[*at].points,
            expires_on: awards[*at].expires_on,
            business_date: awards[*at].business_date,
            policy_version: awards[*at].policy_version,
        };
        let lines: Vec<AwardLine> = turn.iter().map(line).collect();
        let posted: HashMap<ServiceRecordId, OperationId> = ledger::award(tx, batch, &lines).await?.into_iter().collect();
        for at in turn {
            awards[at].operation_id = posted.get(&awards[at].record_id).copied();
        }
        waiting = rest;
    }
    Ok(())
}

/// Holds awards to the most points a day and a month, counting what the volunteer was awarded before.
async fn apply_caps(tx: &Tx, policies: &HashMap<BusinessDate, points_policy::Model>, awards: &mut [award::Model]) -> Result<()> {
    if policies.values().all(|policy| policy.daily_points_max.is_none() && policy.monthly_points_max.is_none()) {
        return Ok(());
    }
    let months: std::collections::BTreeSet<i32> = awards.iter().map(|award| award.business_date.month_key()).collect();
    let mut earlier = Vec::new();
    for month in months {
        let query = award::Entity::find()
            .filter(award::Column::VolunteerId.is_in(awards.iter().map(|award| award.volunteer_id)))
            .filter(award::Column::BusinessDate.between(BusinessDate(month * 100 + 1), BusinessDate(month * 100 + 31)))
            .filter(award::Column::ReversedAt.is_null());
        earlier.extend(query.all(&tx.connection).await?);
    }
    let mut per_day: HashMap<(VolunteerId, i32), i64> = HashMap::new();
    let mut per_month: HashMap<(VolunteerId, i32), i64> = HashMap::new();
    for award in earlier {
        *per_day.entry((award.volunteer_id, award.business_date.0)).or_default() += award.points;
        *per_month.entry((award.volunteer_id, award.business_date.month_key())).or_default() += award.points;
    }
    for award in awards {
        let Some(policy) = policies.get(&award.business_date) else { continue };
        let day = per_day.entry((award.volunteer_id, award.business_date.0)).or_default();
        let month = per_month.entry((award.volunteer_id, award.business_date.month_key())).or_default();
        for (cap, max, used) in [(PointsCap::Day, policy.daily_points_max, &*day), (PointsCap::Month, policy.monthly_points_max, &*month)] {
            let room = max.map(|max| (max - used).max(0));
            if let Some(room) = room.filter(|room| *room < award.points) {
                award.points = room;
                award.cap = Some(cap);
            }
        }
        *day += award.points;
        *month += award.points;
    }
    Ok(())
}

/// Takes the award of a revoked record back; gives the points that no longer count for rank.
///
/// What is still there is taken from the balance; what was spent becomes debt, which the next earnings pay first and which blocks redeeming;
/// what had expired unused is owed by nobody.
///
/// # Errors
/// `ALREADY_REVERSED`.
pub async fn reverse(tx: &Tx, actor_id: AccountId, record_id: ServiceRecordId, reason: &str) -> Result<i64> {
    let marked = award::Entity::update_many()
        .col_expr(award::Column::ReversedAt, Expr::value(tx.now))
        .filter(award::Column::RecordId.eq(record_id))
        .filter(award::Column::ReversedAt.is_null())
        .exec_with_returning(&tx.connection)
        .await?;
    let Some(award) = marked.into_iter().next() else { return Err(Code::AlreadyReversed.into()) };
    let Some(operation_id) = award.operation_id else { return Ok(award.points) };
    let wallet = movement::lock(tx, wallet::get(&tx.connection, award.volunteer_id).await?.id).await?;
    let entry = entity::entry::Entity::find().filter(entity::entry::Column::OperationId.eq(operation_id)).one(&tx.connection).await?;
    let credited = entry.map_or(0, |row| row.delta);
    let bucket = entity::bucket::Entity::find_by_id((wallet.id, award.expires_on)).one(&tx.connection).await?;
    let lapsed = bucket.map_or(0, |row| row.expired).min(credited);
    let taken = (credited - lapsed).min(wallet.credits - wallet.debits);
    let owed = award.points - lapsed - taken;
    let cause = Cause {
        community_id: award.community_id,
        idem_key: format!("reverse-award:{}", record_id.0),
        kind: OperationKind::ReverseAward,
        cause_id: record_id.into(),
        reverses: Some(operation_id),
        actor_id: Some(actor_id),
        approver_id: None,
        reason: Some(reason.to_owned()),
        policy_version: Some(award.policy_version),
    };
    let back =
        Movement { credits: -(taken + lapsed), debits: -lapsed, debt: owed, lapsed, contra: Contra::Issuance, expires_on: Some(award.expires_on) };
    movement::post(tx, &cause, sha256(reason.as_bytes()), wallet.id, back).await?.ok_or_else(|| Error::from(Code::AlreadyReversed))?;
    let bucket = "UPDATE bucket SET earned = earned - $3, expired = expired - $4 WHERE wallet_id = $1 AND expires_on = $2";
    let values = [wallet.id.into(), award.expires_on.into(), (taken + lapsed).into(), lapsed.into()];
    tx.connection.execute_raw(sql(&tx.connection, bucket, values)).await?;
    Ok(award.points)
}

/// Why records brought what they brought; records without an award row are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_records(connection: &impl ConnectionTrait, records: &[ServiceRecordId]) -> Result<Vec<award::Model>> {
    Ok(award::Entity::find().filter(award::Column::RecordId.is_in(records.iter().copied())).all(connection).await?)
}
