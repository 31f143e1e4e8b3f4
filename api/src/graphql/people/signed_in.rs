//! The devices on which somebody is signed in, for clients.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::people::session::signed_in;
use entity::id::LoginSessionId;
use entity::login_session;

use crate::graphql::error::ApiResult;
use crate::graphql::people::account::ClientKind;
use crate::graphql::{ContextExt, id};

/// A device on which I am signed in (登录设备).
#[derive(Description)]
pub struct SignedInDevice {
    row: login_session::Model,
    present: LoginSessionId,
}

#[Object(use_type_description)]
impl SignedInDevice {
    /// Id; `signOutDevice` names it.
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// What the client called itself.
    async fn name(&self) -> &str {
        &self.row.device
    }

    /// What kind of client it is.
    async fn client(&self) -> ClientKind {
        self.row.client.into()
    }

    /// When it signed in.
    async fn signed_in_at(&self) -> DateTime<Utc> {
        self.row.created_at.date_time()
    }

    /// When its tokens were last refreshed.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.row.last_used_at.date_time()
    }

    /// Whether it is the one that asks.
    async fn present(&self) -> bool {
        self.row.id == self.present
    }

    /// The account of whoever acts for me there; none when that is me.
    async fn acted_by(&self) -> Option<ID> {
        self.row.acted_by.map(Into::into)
    }
}

/// A device to sign out.
#[derive(InputObject)]
pub struct SignOutDeviceInput {
    /// The device.
    id: ID,
}

#[derive(Default)]
pub struct SignedInQuery;

#[Object]
impl SignedInQuery {
    /// The devices on which I am signed in, last used first.
    async fn my_signed_in_devices(&self, ctx: &Context<'_>) -> ApiResult<Vec<SignedInDevice>> {
        let actor = ctx.actor()?;
        let rows = signed_in::list(ctx.app().db.reader(), actor, ctx.app().db.now()).await?;
        Ok(rows.into_iter().map(|row| SignedInDevice { row, present: actor.login_session_id }).collect())
    }
}

#[derive(Default)]
pub struct SignedInMutation;

#[Object]
impl SignedInMutation {
    /// Signs one of my devices out; true also when it was.
    async fn sign_out_device(&self, ctx: &Context<'_>, #[graphql(desc = "A device to sign out.")] input: SignOutDeviceInput) -> ApiResult<bool> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        signed_in::sign_out(&tx, actor, id).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(actor.account_id);
        Ok(true)
    }

    /// Signs all of my devices out but this one.
    async fn sign_out_other_devices(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        signed_in::sign_out_others(&tx, actor).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(actor.account_id);
        Ok(true)
    }
}
