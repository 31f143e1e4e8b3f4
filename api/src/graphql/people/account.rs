//! Signing in and out, for clients, and who is signed in.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::error::{Code, Error};
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Community;
use crate::graphql::error::ApiResult;
use crate::graphql::people::loader;
use crate::graphql::people::role::RoleGrant;
use crate::graphql::people::volunteer::Volunteer;
use crate::graphql::{ContextExt, id};
use crate::keys::Purpose;
use crate::people::account::phone::Phone;
use crate::people::account::{self, Joining, Registration};
use crate::people::permission::Actor;
use crate::people::role;
use crate::people::session::{self, SignedIn, refresh};
use crate::rate::{Person, Verb};

/// Who is signed in.
#[derive(Description)]
pub struct Me(Arc<Actor>);

#[Object(use_type_description)]
impl Me {
    /// Id of my account.
    async fn account_id(&self) -> ID {
        self.0.account_id.into()
    }

    /// My phone, masked: `138****5678`.
    async fn phone(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let row = account::get(ctx.app().db.reader(), self.0.account_id).await?;
        Ok(Phone::open(&ctx.app().keys, &row.phone_sealed)?.masked())
    }

    /// My community.
    async fn community(&self, ctx: &Context<'_>) -> ApiResult<Community> {
        Ok(Community(territory::of(ctx).load_one(self.0.community_id).await?.ok_or(Code::NotFound)?))
    }

    /// Me as a volunteer; none before `registerVolunteer`.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Option<Volunteer>> {
        let Some(own) = self.0.volunteer else { return Ok(None) };
        Ok(loader::of(ctx).load_one(own.id).await?.map(Volunteer::named))
    }

    /// The roles I hold, oldest first.
    async fn roles(&self, ctx: &Context<'_>) -> ApiResult<Vec<RoleGrant>> {
        Ok(role::list_of(ctx.app().db.reader(), self.0.account_id).await?.into_iter().map(RoleGrant).collect())
    }
}

/// Tokens of a sign-in.
#[derive(SimpleObject)]
pub struct SignIn {
    /// For the header `Authorization: Bearer …`.
    access_token: String,
    /// When the access token runs out; call `refreshTokens` before.
    access_token_expires_at: DateTime<Utc>,
    /// For `refreshTokens`, once; keep it secret.
    refresh_token: String,
    /// Who is signed in.
    me: Me,
}

/// Someone who registers; exactly one of `communityId` and `regionCode`.
#[derive(InputObject)]
pub struct RegisterInput {
    /// Mainland mobile number of eleven digits.
    phone: String,
    /// 8 characters or more, letters and digits among them.
    #[graphql(secret)]
    password: String,
    /// The community to join.
    community_id: Option<ID>,
    /// The official code of its division, 12 digits.
    region_code: Option<String>,
    /// What the client calls itself, 1 to 80 characters.
    device: String,
}

/// A sign-in.
#[derive(InputObject)]
pub struct LogInInput {
    /// Mainland mobile number of eleven digits.
    phone: String,
    /// The password.
    #[graphql(secret)]
    password: String,
    /// What the client calls itself, 1 to 80 characters.
    device: String,
}

/// A refresh token to exchange.
#[derive(InputObject)]
pub struct RefreshTokensInput {
    /// The last refresh token this device was given.
    #[graphql(secret)]
    refresh_token: String,
}

/// A new password.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password now.
    #[graphql(secret)]
    current_password: String,
    /// 8 characters or more, letters and digits among them.
    #[graphql(secret)]
    new_password: String,
}

#[derive(Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// Who I am, where I belong and what I may do.
    async fn me(&self, ctx: &Context<'_>) -> ApiResult<Me> {
        Ok(Me(Arc::clone(ctx.actor()?)))
    }
}

#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Registers a resident of an open community and signs in. Needs no token.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Someone who registers; exactly one of `communityId` and `regionCode`.")] input: RegisterInput,
    ) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::Register, Some(by_phone(ctx, &input.phone))).await?;
        let community = match (&input.community_id, input.region_code) {
            (Some(community_id), None) => Joining::Community(id::parse(community_id, "communityId")?),
            (None, Some(code)) => Joining::RegionCode(code),
            _ => return Err(Error::from(Code::BadInput).on("regionCode").into()),
        };
        let registration = Registration { phone: input.phone, password: input.password, community, device: input.device };
        answer(ctx, account::register(&app.db, &app.keys, &app.sessions, registration).await?).await
    }

    /// Signs in. An unknown phone and a wrong password are both `LOGIN_FAILED`; five wrong passwords lock for ten minutes. Needs no token.
    async fn log_in(&self, ctx: &Context<'_>, #[graphql(desc = "A sign-in.")] input: LogInInput) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(by_phone(ctx, &input.phone))).await?;
        let signed_in = account::log_in(&app.db, &app.keys, &app.sessions, &input.phone, input.password, &input.device).await?;
        answer(ctx, signed_in).await
    }

    /// Exchanges a refresh token for new tokens. A token is good once; when the answer is lost, the same call within ten seconds gives it again.
    /// A token that comes back later ends the sign-in (`TOKEN_INVALID`). Needs no access token.
    async fn refresh_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A refresh token to exchange.")] input: RefreshTokensInput,
    ) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::Refresh, None).await?;
        answer(ctx, refresh::refresh(&app.db, &app.keys, &app.sessions, &input.refresh_token).await?).await
    }

    /// Signs this device out; true also when it was.
    async fn log_out(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        session::log_out(&tx, actor).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(actor.account_id);
        Ok(true)
    }

    /// Changes my password and signs my other devices out.
    async fn change_password(&self, ctx: &Context<'_>, #[graphql(desc = "A new password.")] input: ChangePasswordInput) -> ApiResult<Me> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(Person::Account(actor.account_id))).await?;
        account::change_password(&app.db, &app.sessions, actor, input.current_password, input.new_password).await?;
        Ok(Me(Arc::clone(actor)))
    }
}

/// Whom a phone stands for, known or not.
fn by_phone(ctx: &Context<'_>, phone: &str) -> Person {
    Person::Phone(ctx.app().keys.hash(Purpose::PhoneIndex, phone.as_bytes()))
}

async fn answer(ctx: &Context<'_>, signed_in: SignedIn) -> ApiResult<SignIn> {
    let app = ctx.app();
    let actor = app.sessions.load(&app.db, signed_in.account_id, signed_in.login_session_id).await?;
    Ok(SignIn {
        access_token: signed_in.access_token,
        access_token_expires_at: signed_in.access_token_expires_at.date_time(),
        refresh_token: signed_in.refresh_token,
        me: Me(actor),
    })
}
