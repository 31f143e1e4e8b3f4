//! The second factor for clients.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::people::second_factor;
use domain::rate::{Person, Verb};

use crate::graphql::error::ApiResult;
use crate::graphql::people::account::Me;
use crate::graphql::{ContextExt, id};

/// What an authenticator is given, shown once.
#[derive(SimpleObject)]
pub struct SecondFactorSetUp {
    /// The secret in base32, for typing in.
    secret: String,
    /// The same as an address (`otpauth://…`), for a QR code.
    url: String,
}

/// A code of the authenticator.
#[derive(InputObject)]
pub struct ConfirmSecondFactorInput {
    /// Six digits.
    #[graphql(secret)]
    code: String,
}

/// A code of the authenticator, or a recovery code.
#[derive(InputObject)]
pub struct ShowSecondFactorInput {
    /// Six digits, or the ten characters of a recovery code.
    #[graphql(secret)]
    code: String,
}

/// One last code.
#[derive(InputObject)]
pub struct RemoveSecondFactorInput {
    /// Six digits, or the ten characters of a recovery code.
    #[graphql(secret)]
    code: String,
}

/// Somebody who lost their second factor.
#[derive(InputObject)]
pub struct ResetSecondFactorInput {
    /// The account.
    account_id: ID,
}

#[derive(Default)]
pub struct SecondFactorMutation;

#[Object]
impl SecondFactorMutation {
    /// Begins to set up my second factor; it is in force after `confirmSecondFactor`.
    async fn set_up_second_factor(&self, ctx: &Context<'_>) -> ApiResult<SecondFactorSetUp> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let made = second_factor::set_up(&tx, &ctx.app().keys, actor).await?;
        tx.commit().await?;
        Ok(SecondFactorSetUp { secret: made.secret, url: made.url })
    }

    /// Puts my second factor in force with a first code, and gives ten recovery codes, each good once, which are shown this once.
    async fn confirm_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A code of the authenticator.")] input: ConfirmSecondFactorInput,
    ) -> ApiResult<Vec<String>> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(Person::Account(actor.account_id))).await?;
        let codes = second_factor::confirm(&app.db, &app.keys, actor, &input.code).await?;
        app.sessions.forget(actor.account_id);
        Ok(codes)
    }

    /// Shows my second factor in this sign-in, so that I may work as staff.
    async fn show_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A code of the authenticator, or a recovery code.")] input: ShowSecondFactorInput,
    ) -> ApiResult<Me> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(Person::Account(actor.account_id))).await?;
        second_factor::show(&app.db, &app.keys, actor, &input.code).await?;
        app.sessions.forget(actor.account_id);
        Ok(Me(app.sessions.load(&app.db, actor.account_id, actor.login_session_id).await?))
    }

    /// Takes my second factor away, with one last code.
    async fn remove_second_factor(&self, ctx: &Context<'_>, #[graphql(desc = "One last code.")] input: RemoveSecondFactorInput) -> ApiResult<bool> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(Person::Account(actor.account_id))).await?;
        second_factor::remove(&app.db, &app.keys, actor, &input.code).await?;
        app.sessions.forget(actor.account_id);
        Ok(true)
    }

    /// Takes the second factor of somebody who lost it away (administrators, not for themselves).
    async fn reset_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Somebody who lost their second factor.")] input: ResetSecondFactorInput,
    ) -> ApiResult<bool> {
        let actor = ctx.actor()?;
        let account_id = id::parse(&input.account_id, "accountId")?;
        let tx = ctx.app().db.begin().await?;
        second_factor::reset(&tx, actor, account_id).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(account_id);
        Ok(true)
    }
}
