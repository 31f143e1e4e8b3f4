//! The devices on which somebody is signed in, for their owner to look at and to sign out from afar.

use entity::id::LoginSessionId;
use entity::login_session::{self, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::people::session;
use crate::tx::Tx;

/// The devices on which the actor is signed in, last used first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, now: entity::time::UtcMicros) -> Result<Vec<Model>> {
    let query = login_session::Entity::find()
        .filter(login_session::Column::AccountId.eq(actor.account_id))
        .filter(login_session::Column::RevokedAt.is_null())
        .filter(login_session::Column::ExpiresAt.gt(now));
    Ok(query.order_by_desc(login_session::Column::LastUsedAt).order_by_desc(login_session::Column::Id).all(connection).await?)
}

/// Signs one of the actor's devices out. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND` for somebody else's.
pub async fn sign_out(tx: &Tx, actor: &Actor, id: LoginSessionId) -> Result<()> {
    actor.require(Action::SignOutDevice, &actor.home())?;
    let row = login_session::Entity::find_by_id(id).one(&tx.connection).await?;
    if row.is_none_or(|row| row.account_id != actor.account_id) {
        return Err(Error::from(Code::NotFound).on("id"));
    }
    login_session::Entity::update_many()
        .col_expr(login_session::Column::RevokedAt, Expr::value(tx.now))
        .col_expr(login_session::Column::RevokedReason, Expr::value("SIGNED_OUT"))
        .filter(login_session::Column::Id.eq(id))
        .filter(login_session::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// Signs all of the actor's devices out but the present one.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out_others(tx: &Tx, actor: &Actor) -> Result<()> {
    actor.require(Action::SignOutOtherDevices, &actor.home())?;
    session::end_others(tx, actor, "SIGNED_OUT").await
}
