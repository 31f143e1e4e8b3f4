//! Merit recorded by a party worker, or claimed by the member and decided on.

use entity::id::{MeritAccountId, MeritEntryId, PartyMemberId};
use entity::merit_entry::{self, MeritState, Model};
use entity::merit_item::{self, MeritRecorder};
use entity::party_member::PartyMemberState;
use entity::time::BusinessDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;

use super::account;
use super::member::{self, Member};
use super::scheme::{self, Scheme};
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Occurrence {
    /// Code of an item of the year's rules.
    pub item_code: String,
    /// When; in this year or, until it is closed, the last, and not in the future.
    pub occurred_on: BusinessDate,
    /// A remark, up to 200 characters.
    pub note: Option<String>,
}

/// Records merit or a deduction, once per `key`; granted is what the limits leave of it.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND`; `SELF_DEALING`; `STATE_CHANGED` for who is not confirmed; `BAD_INPUT` on `itemCode` or `occurredOn`; `MERIT_SCHEME_MISSING`,
/// `MERIT_YEAR_CLOSED`, `MERIT_LIMIT_REACHED`.
pub async fn record(tx: &Tx, keys: &Keys, actor: &Actor, key: &str, member_id: PartyMemberId, input: Occurrence) -> Result<MeritEntryId> {
    // The record of keys holds the worker's account and a hash; neither names the member.
    idempotency::once(tx, actor.account_id, "recordMerit", key, &(member_id, &input), async {
        let member = member::get_for(&tx.connection, keys, actor, Action::RecordMerit, member_id).await?;
        check_other(actor, &member)?;
        let (scheme, item) = rules(tx, &member, &input).await?;
        let item = item_of(&scheme, &item)?;
        match item.recorder {
            MeritRecorder::Member => return Err(Error::from(Code::BadInput).on("itemCode")),
            MeritRecorder::Committee => actor.require(Action::RecordMerit, &actor.home())?,
            MeritRecorder::Branch => {}
        }
        let account = account::lock(tx, member.row.community_id, member_id, input.occurred_on.year()).await?;
        let granted = account::worth(tx, &account, &scheme, item).await?;
        account::grant(tx, &account, granted).await?;
        let draft = Model { granted, state: MeritState::Posted, recorder_id: Some(actor.account_id), ..draft(tx, account.id, item, &input)? };
        Ok(draft.into_active_model().insert(&tx.connection).await?.id)
    })
    .await
}

/// Claims merit for the actor, where the rules let members do so; a party worker decides. The same item, day and remark is claimed once.
///
/// # Errors
/// `NOT_FOUND` for who is no confirmed member; `BAD_INPUT`, `MERIT_SCHEME_MISSING`, `MERIT_YEAR_CLOSED` as above; `CONFLICT` when the same claim waits already.
pub async fn claim(tx: &Tx, keys: &Keys, actor: &Actor, input: Occurrence) -> Result<Model> {
    actor.require(Action::ClaimMerit, &actor.home())?;
    let member = member::own_confirmed(&tx.connection, keys, actor).await?;
    let (scheme, item) = rules(tx, &member, &input).await?;
    let item = item_of(&scheme, &item)?;
    if item.recorder != MeritRecorder::Member {
        return Err(Error::from(Code::BadInput).on("itemCode"));
    }
    let account = account::lock(tx, member.row.community_id, member.row.id, input.occurred_on.year()).await?;
    let draft = draft(tx, account.id, item, &input)?;
    let waiting = of_account(&tx.connection, account.id).await?;
    let same = |row: &Model| row.item_code == draft.item_code && row.occurred_on == draft.occurred_on && row.note == draft.note;
    if waiting.iter().any(|row| row.state != MeritState::Rejected && same(row)) {
        return Err(Code::Conflict.into());
    }
    Ok(draft.into_active_model().insert(&tx.connection).await?)
}

/// Decides on a claim.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND`, `SELF_DEALING`, `REASON_REQUIRED` to refuse, `STATE_CHANGED`, `MERIT_YEAR_CLOSED`, `MERIT_LIMIT_REACHED`.
pub async fn decide(tx: &Tx, keys: &Keys, actor: &Actor, id: MeritEntryId, approve: bool, reason: Option<&str>) -> Result<Model> {
    member::check_worker(actor, Action::DecideMeritClaim)?;
    let row = get(&tx.connection, id).await?;
    let held = account::get(&tx.connection, row.account_id).await?;
    let member = member::get_for(&tx.connection, keys, actor, Action::DecideMeritClaim, held.member_id).await?;
    check_other(actor, &member)?;
    let reason = match (approve, reason) {
        (false, reason) => Some(texts::reason(reason.unwrap_or_default())?),
        (true, reason) => texts::optional(reason, "reason", 200)?,
    };
    let account = account::lock(tx, held.community_id, held.member_id, held.year).await?;
    let mut granted = 0;
    if approve {
        let scheme = scheme::in_force(&tx.connection, held.community_id, held.year).await?;
        granted = account::worth(tx, &account, &scheme, item_of(&scheme, &row.item_code)?).await?;
    }
    let state = if approve { MeritState::Posted } else { MeritState::Rejected };
    let changed = merit_entry::Entity::update_many()
        .col_expr(merit_entry::Column::State, Expr::value(state))
        .col_expr(merit_entry::Column::Granted, Expr::value(granted))
        .col_expr(merit_entry::Column::DeciderId, Expr::value(actor.account_id))
        .col_expr(merit_entry::Column::Reason, Expr::value(reason))
        .col_expr(merit_entry::Column::DecidedAt, Expr::value(tx.now))
        .filter(merit_entry::Column::Id.eq(id))
        .filter(merit_entry::Column::State.eq(MeritState::Pending))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    account::grant(tx, &account, granted).await?;
    get(&tx.connection, id).await
}

/// An entry by id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: MeritEntryId) -> Result<Model> {
    merit_entry::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The entries of an account, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_account(connection: &impl ConnectionTrait, id: MeritAccountId) -> Result<Vec<Model>> {
    let query = merit_entry::Entity::find().filter(merit_entry::Column::AccountId.eq(id));
    Ok(query.order_by_asc(merit_entry::Column::Id).all(connection).await?)
}

pub(super) fn check_other(actor: &Actor, member: &Member) -> Result<()> {
    if member.account_id == Some(actor.account_id) { Err(Code::SelfDealing.into()) } else { Ok(()) }
}

/// The rules of the year that something happened in, and the code of its item, checked for the kind of member.
async fn rules(tx: &Tx, member: &Member, input: &Occurrence) -> Result<(Scheme, String)> {
    let class = member.class.filter(|_| member.row.state == PartyMemberState::Confirmed).ok_or(Code::StateChanged)?;
    let (year, this_year) = (input.occurred_on.year(), tx.today().year());
    if input.occurred_on > tx.today() || year < this_year - 1 {
        return Err(Error::from(Code::BadInput).on("occurredOn"));
    }
    let scheme = scheme::in_force(&tx.connection, member.row.community_id, year).await?;
    let code = scheme.item(&input.item_code, class)?.code.clone();
    Ok((scheme, code))
}

pub(super) fn item_of<'a>(scheme: &'a Scheme, code: &str) -> Result<&'a merit_item::Model> {
    scheme.items.iter().find(|item| item.code == code).ok_or_else(|| Error::from(Code::BadInput).on("itemCode"))
}

fn draft(tx: &Tx, account_id: MeritAccountId, item: &merit_item::Model, input: &Occurrence) -> Result<Model> {
    Ok(Model {
        id: MeritEntryId::new(tx.now),
        account_id,
        scheme_id: item.scheme_id,
        item_code: item.code.clone(),
        granted: 0,
        occurred_on: input.occurred_on,
        note: texts::optional(input.note.as_deref(), "note", 200)?,
        state: MeritState::Pending,
        recorder_id: None,
        corrects: None,
        decider_id: None,
        reason: None,
        created_at: tx.now,
        decided_at: None,
    })
}
