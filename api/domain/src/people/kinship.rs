//! Families on record (亲属关系): two people of whom neither judges what the other has a stake in.
//!
//! An administrator records what is declared, and ends what no longer holds. Nothing is concluded from it but that somebody is recused
//! ([`crate::people`] does not know by whom); nobody but administrators reads it.
//!
//! Invariant: two people stand in one live row at most, the smaller id first.

use entity::id::{AccountId, KinshipId};
use entity::kinship::{self, Model, Relationship};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::account;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Records that two people of the actor's community are of one family. What is on record already stays as it is.
///
/// # Errors
/// `FORBIDDEN`; `NOT_FOUND` on `otherId` or `accountId` for an account of another community; `BAD_INPUT` for a person and themselves.
pub async fn record(tx: &Tx, actor: &Actor, account_id: AccountId, other_id: AccountId, relation: Relationship) -> Result<Model> {
    actor.require(Action::RecordKinship, &actor.home())?;
    if account_id == other_id {
        return Err(Error::from(Code::BadInput).on("otherId"));
    }
    for (id, field) in [(account_id, "accountId"), (other_id, "otherId")] {
        let row = account::get(&tx.connection, id).await.map_err(|error| error.on(field))?;
        if row.community_id != actor.community_id {
            return Err(Error::from(Code::NotFound).on(field));
        }
    }
    let (first_id, second_id) = if account_id < other_id { (account_id, other_id) } else { (other_id, account_id) };
    let known = kinship::Entity::find()
        .filter(kinship::Column::FirstId.eq(first_id))
        .filter(kinship::Column::SecondId.eq(second_id))
        .filter(kinship::Column::EndedAt.is_null())
        .one(&tx.connection)
        .await?;
    if let Some(row) = known {
        return Ok(row);
    }
    let row = Model {
        id: KinshipId::new(tx.now),
        community_id: actor.community_id,
        first_id,
        second_id,
        relation,
        recorded_by: actor.account_id,
        recorded_at: tx.now,
        ended_at: None,
    };
    kinship::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(row)
}

/// Ends a record; again changes nothing.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND`.
pub async fn end(tx: &Tx, actor: &Actor, id: KinshipId) -> Result<Model> {
    actor.require(Action::EndKinship, &actor.home())?;
    kinship::Entity::update_many()
        .col_expr(kinship::Column::EndedAt, Expr::value(tx.now))
        .filter(kinship::Column::Id.eq(id))
        .filter(kinship::Column::CommunityId.eq(actor.community_id))
        .filter(kinship::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    let row = kinship::Entity::find_by_id(id).filter(kinship::Column::CommunityId.eq(actor.community_id)).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of what is on record in the actor's community, oldest first.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<Model>> {
    actor.require(Action::ListKinships, &actor.home())?;
    let query = kinship::Entity::find().filter(kinship::Column::CommunityId.eq(actor.community_id)).filter(kinship::Column::EndedAt.is_null());
    let order = ListOrder { key: None, id: kinship::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, KinshipId>(query, order)?.all(connection).await?))
}

/// Who is of the family of one of `people`, as pairs of (one of them, relative).
///
/// # Errors
/// When the database cannot be read.
pub async fn relatives(connection: &impl ConnectionTrait, people: &[AccountId]) -> Result<Vec<(AccountId, AccountId)>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let either =
        Condition::any().add(kinship::Column::FirstId.is_in(people.iter().copied())).add(kinship::Column::SecondId.is_in(people.iter().copied()));
    let rows = kinship::Entity::find().filter(either).filter(kinship::Column::EndedAt.is_null()).all(connection).await?;
    Ok(rows
        .into_iter()
        .flat_map(|row| [(row.first_id, row.second_id), (row.second_id, row.first_id)])
        .filter(|pair| people.contains(&pair.0))
        .collect())
}
