//! The round of a year: opening it on frozen facts, and calling it off.

use entity::id::{CommunityId, SelectionNomineeId, SelectionRoundId};
use entity::review_round::SubjectKind;
use entity::selection_ballot;
use entity::selection_nominee::{self, NominationSource, NomineeState};
use entity::selection_round::{self, Model, SelectionState};
use entity::selection_standing;
use entity::service_record::RecordState;
use entity::volunteer::{self, VolunteerState};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::{news, nominee};
use crate::community::wording;
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::event::SelectionNews;
use crate::exchange::review::outcome;
use crate::idempotency;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// What is fixed at the opening.
#[derive(Clone, Debug, Serialize)]
pub struct Terms {
    /// The year whose service counts, this one or the last.
    pub year: i32,
    /// What it is called, 1 to 60 characters.
    pub title: String,
    /// How many are chosen, 1 to 50.
    pub seats: i32,
    /// Certified minutes of the year that a nominee needs.
    pub min_minutes: i64,
    /// Weight of the panel, basis points; the three add up to 10,000.
    pub panel_bps: i32,
    /// Weight of the vote.
    pub vote_bps: i32,
    /// Weight of the certified minutes.
    pub record_bps: i32,
    /// How many are nominated by the leaderboard itself, 0 to 100.
    pub automatic: u64,
    /// Working days of public notice, 5 to 60.
    pub notice_days: i32,
}

impl Terms {
    fn check(&self, this_year: i32) -> Result<()> {
        let weights = [self.panel_bps, self.vote_bps, self.record_bps];
        let faults = [
            (!(this_year - 1..=this_year).contains(&self.year), "year"),
            (!(1..=50).contains(&self.seats), "seats"),
            (!(0..=1_000_000).contains(&self.min_minutes), "minMinutes"),
            (weights.iter().any(|weight| !(0..=10_000).contains(weight)) || weights.iter().sum::<i32>() != 10_000, "panelBps"),
            (self.automatic > 100, "automatic"),
            (!(5..=60).contains(&self.notice_days), "noticeDays"),
        ];
        match faults.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, field)) => Err(Error::from(Code::BadInput).on(field)),
            None => Ok(()),
        }
    }
}

/// Opens the selection of a year, once per `key`: freezes the leaderboard of certified minutes and nominates its first.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT` on the field at fault, `WORD_RESERVED`, `SELECTION_EXISTS`.
pub async fn open(tx: &Tx, actor: &Actor, key: &str, terms: Terms) -> Result<SelectionRoundId> {
    idempotency::once(tx, actor.account_id, "openSelection", key, &terms, async {
        actor.require(Action::OpenSelection, &actor.home())?;
        terms.check(tx.today().year())?;
        let row = Model {
            id: SelectionRoundId::new(tx.now),
            community_id: actor.community_id,
            year: terms.year,
            title: wording::label(&terms.title, 60, "title")?,
            state: SelectionState::Nominating,
            seats: terms.seats,
            min_minutes: terms.min_minutes,
            panel_bps: terms.panel_bps,
            vote_bps: terms.vote_bps,
            record_bps: terms.record_bps,
            notice_days: terms.notice_days,
            opened_by: actor.account_id,
            opened_at: tx.now,
            voting_until: None,
            ballots: None,
            notice_from: None,
            notice_until: None,
            ended_at: None,
            cancel_reason: None,
        };
        selection_round::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
        freeze(tx, &row).await?;
        nominate_first(tx, &row, terms.automatic).await?;
        Ok(row.id)
    })
    .await
}

/// Copies the order of the year's certified minutes; equal minutes go to who got there first.
async fn freeze(tx: &Tx, round: &Model) -> Result<()> {
    let text = "INSERT INTO selection_standing (round_id, volunteer_id, minutes, records, place) \
                SELECT $1, volunteer_id, minutes, records, ROW_NUMBER() OVER (ORDER BY minutes DESC, last, volunteer_id) FROM (\
                SELECT volunteer_id, CAST(SUM(minutes) AS BIGINT) AS minutes, COUNT(*) AS records, MAX(certified_at) AS last FROM service_record \
                WHERE community_id = $2 AND state = $3 AND business_date BETWEEN $4 AND $5 GROUP BY volunteer_id) AS t";
    let (first, last) = (round.year * 10_000, round.year * 10_000 + 9_999);
    let values = [round.id.into(), round.community_id.into(), RecordState::Certified.into(), first.into(), last.into()];
    tx.connection.execute_raw(sql(&tx.connection, text, values)).await?;
    Ok(())
}

async fn nominate_first(tx: &Tx, round: &Model, count: u64) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    let first = selection_standing::Entity::find()
        .filter(selection_standing::Column::RoundId.eq(round.id))
        .filter(selection_standing::Column::Minutes.gte(round.min_minutes))
        .order_by_asc(selection_standing::Column::Place)
        .limit(count)
        .all(&tx.connection)
        .await?;
    let active = volunteer::Entity::find()
        .filter(volunteer::Column::Id.is_in(first.iter().map(|row| row.volunteer_id)))
        .filter(volunteer::Column::State.eq(VolunteerState::Active))
        .all(&tx.connection)
        .await?;
    let rows: Vec<_> = first
        .into_iter()
        .filter(|row| active.iter().any(|person| person.id == row.volunteer_id))
        .map(|row| selection_nominee::Model {
            id: SelectionNomineeId::new(tx.now),
            round_id: round.id,
            volunteer_id: row.volunteer_id,
            source: NominationSource::Automatic,
            nominated_by: None,
            statement: String::new(),
            state: NomineeState::Nominated,
            minutes: row.minutes,
            panel: None,
            votes: None,
            total: None,
            place: None,
            created_at: tx.now,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = rows.iter().map(|row| (row, SelectionNews::Nominated)).collect();
    news::tell(tx, round, &told).await?;
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    selection_nominee::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// Calls a round off before its outcome is on notice: its panels are called off with it, and its ballots destroyed unread.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who stands, `REASON_REQUIRED`, `STATE_CHANGED`.
pub async fn cancel(tx: &Tx, actor: &Actor, id: SelectionRoundId, reason: &str) -> Result<Model> {
    let round = lock(tx, actor, Action::CancelSelection, id).await?;
    disinterested(tx, actor, &round).await?;
    let reason = texts::reason(reason)?;
    if !matches!(round.state, SelectionState::Nominating | SelectionState::Voting) {
        return Err(Code::StateChanged.into());
    }
    selection_round::Entity::update_many()
        .col_expr(selection_round::Column::State, Expr::value(SelectionState::Cancelled))
        .col_expr(selection_round::Column::EndedAt, Expr::value(tx.now))
        .col_expr(selection_round::Column::CancelReason, Expr::value(reason.as_str()))
        .filter(selection_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    let standing = nominee::standing(&tx.connection, id).await?;
    let ids: Vec<_> = standing.iter().map(|one| one.id.0).collect();
    outcome::recall(tx, SubjectKind::Nomination, &ids, &reason).await?;
    destroy_ballots(tx, id).await?;
    let told: Vec<_> = standing.iter().map(|one| (one, SelectionNews::Cancelled)).collect();
    news::tell(tx, &round, &told).await?;
    get(&tx.connection, id).await
}

/// The round behind an id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: SelectionRoundId) -> Result<Model> {
    selection_round::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A round of the actor's own community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: SelectionRoundId) -> Result<Model> {
    let row = get(connection, id).await?;
    if row.community_id == actor.community_id { Ok(row) } else { Err(Code::NotFound.into()) }
}

/// A round for a step of the actor's, locked; whoever else takes a step waits.
pub(super) async fn lock(tx: &Tx, actor: &Actor, action: Action, id: SelectionRoundId) -> Result<Model> {
    let row = selection_round::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    let row = row.filter(|row| row.community_id == actor.community_id).ok_or(Code::NotFound)?;
    actor.require(action, &actor.home())?;
    Ok(row)
}

/// Refuses whoever stands in a locked round.
///
/// # Errors
/// `SELF_DEALING`.
pub(super) async fn disinterested(tx: &Tx, actor: &Actor, round: &Model) -> Result<()> {
    let own = volunteer::Entity::find().filter(volunteer::Column::AccountId.eq(actor.account_id)).one(&tx.connection).await?;
    let standing = nominee::standing(&tx.connection, round.id).await?;
    let stands = own.is_some_and(|own| standing.iter().any(|one| one.volunteer_id == own.id));
    if stands { Err(Code::SelfDealing.into()) } else { Ok(()) }
}

/// Destroys the ballots of a round that is over; who voted stays on record.
pub(super) async fn destroy_ballots(tx: &Tx, id: SelectionRoundId) -> Result<()> {
    selection_ballot::Entity::delete_many().filter(selection_ballot::Column::RoundId.eq(id)).exec(&tx.connection).await?;
    Ok(())
}

/// The rounds of the actor's community, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, page: &Page) -> Result<Rows<Model>> {
    let query = selection_round::Entity::find().filter(selection_round::Column::CommunityId.eq(community_id));
    let order = ListOrder { key: None, id: selection_round::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, SelectionRoundId>(query, order)?.all(connection).await?))
}
