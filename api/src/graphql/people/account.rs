//! Signing in and out, for clients, and who is signed in.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::keys::Purpose;
use domain::people::account::phone::Phone;
use domain::people::account::sign_in::{self, Registration};
use domain::people::account::{self, Joining, phone_code};
use domain::people::permission::Actor;
use domain::people::role;
use domain::people::session::{self, Device, SignedIn, refresh};
use domain::rate::{Person, Verb};

use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Community;
use crate::graphql::error::ApiResult;
use crate::graphql::people::loader;
use crate::graphql::people::role::RoleGrant;
use crate::graphql::people::volunteer::Volunteer;
use crate::graphql::{ContextExt, audited, id};

/// What kind of client signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::login_session::ClientKind")]
pub enum ClientKind {
    /// The volunteer app: signed in for 30 days after its last refresh, 180 in all.
    App,
    /// The mini-program: as the app.
    MiniProgram,
    /// The review panel: signed out 30 minutes after its last refresh, and after 12 hours in all.
    Panel,
}

/// How a sign-in stands with the second factor (两步验证).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::people::permission::Factor")]
pub enum Factor {
    /// There is none, and none is needed.
    None,
    /// Staff need one here: `setUpSecondFactor`.
    ToSetUp,
    /// There is one: `showSecondFactor` before staff's work.
    Due,
    /// It has been shown.
    Shown,
}

/// Who is signed in.
#[derive(Description)]
pub struct Me(pub Arc<Actor>);

#[Object(use_type_description)]
impl Me {
    /// Id of my account.
    async fn account_id(&self) -> ID {
        self.0.account_id.into()
    }

    /// My phone, masked: `138****5678`; empty before one is bound.
    async fn phone(&self, ctx: &Context<'_>) -> ApiResult<String> {
        if !self.0.phone_bound {
            return Ok(String::new());
        }
        let row = account::get(ctx.app().db.reader(), self.0.account_id).await?;
        Ok(Phone::open(&ctx.app().keys, &row.phone_sealed)?.masked())
    }

    /// Whether I have bound a phone; before, I can do nothing else.
    async fn phone_bound(&self) -> bool {
        self.0.phone_bound
    }

    /// How this sign-in stands with the second factor.
    async fn second_factor(&self) -> Factor {
        self.0.factor.into()
    }

    /// The account of whoever acts for me in this sign-in; none when that is me.
    async fn acted_by(&self) -> Option<ID> {
        self.0.acts_for.map(|acts| acts.helper_id.into())
    }

    /// My community.
    async fn community(&self, ctx: &Context<'_>) -> ApiResult<Community> {
        Ok(Community(territory::of(ctx).load_one(self.0.community_id).await?.ok_or(Code::NotFound)?))
    }

    /// Me as a volunteer; none before `registerVolunteer`.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Option<Volunteer>> {
        let Some(own) = self.0.volunteer else { return Ok(None) };
        Ok(loader::of(ctx).load_one(own.id).await?.map(Volunteer::own))
    }

    /// The roles I hold, oldest first.
    async fn roles(&self, ctx: &Context<'_>) -> ApiResult<Vec<RoleGrant>> {
        Ok(role::list_of(ctx.app().db.reader(), self.0.account_id, ctx.app().db.now()).await?.into_iter().map(RoleGrant).collect())
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
    /// The one-time code sent by `requestPhoneCode`. Without it the answer is `PHONE_CODE_INVALID`.
    #[graphql(secret)]
    phone_code: Option<String>,
    /// The community to join.
    community_id: Option<ID>,
    /// The official code of its division, 12 digits.
    region_code: Option<String>,
    /// What the client calls itself, 1 to 80 characters.
    device: String,
    /// What kind of client it is.
    #[graphql(default_with = "ClientKind::App")]
    client: ClientKind,
}

/// A phone to send a one-time code to.
#[derive(InputObject)]
pub struct RequestPhoneCodeInput {
    /// Mainland mobile number of eleven digits.
    phone: String,
}

/// A sign-in by one-time code.
#[derive(InputObject)]
pub struct LogInWithCodeInput {
    /// Mainland mobile number of eleven digits.
    phone: String,
    /// The one-time code sent by `requestPhoneCode`.
    #[graphql(secret)]
    phone_code: String,
    /// What the client calls itself, 1 to 80 characters.
    device: String,
    /// What kind of client it is.
    #[graphql(default_with = "ClientKind::App")]
    client: ClientKind,
}

/// A first password, or another for a forgotten one.
#[derive(InputObject)]
pub struct SetPasswordInput {
    /// Mainland mobile number of eleven digits.
    phone: String,
    /// The one-time code sent by `requestPhoneCode`.
    #[graphql(secret)]
    phone_code: String,
    /// 8 characters or more, letters and digits among them.
    #[graphql(secret)]
    new_password: String,
    /// What the client calls itself, 1 to 80 characters.
    device: String,
    /// What kind of client it is.
    #[graphql(default_with = "ClientKind::App")]
    client: ClientKind,
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
    /// What kind of client it is.
    #[graphql(default_with = "ClientKind::App")]
    client: ClientKind,
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
    /// Sends a one-time code to a phone, known here or not; true always. One a minute, good for five minutes and five tries. Needs no token.
    async fn request_phone_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A phone to send a one-time code to.")] input: RequestPhoneCodeInput,
    ) -> ApiResult<bool> {
        let app = ctx.app();
        ctx.count(Verb::PhoneCode, Some(by_phone(ctx, &input.phone))).await?;
        let phone = Phone::parse(&input.phone, "phone")?;
        phone_code::request(&app.db, &app.keys, app.sms.as_ref(), &phone).await?;
        Ok(true)
    }

    /// Registers a resident of an open community, who shows the code sent to the phone, and signs in. Needs no token.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Someone who registers; exactly one of `communityId` and `regionCode`.")] input: RegisterInput,
    ) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::Register, Some(by_phone(ctx, &input.phone))).await?;
        let community = joining(input.community_id.as_ref(), input.region_code)?.ok_or_else(|| Error::from(Code::BadInput).on("regionCode"))?;
        let device = Device { name: input.device, client: input.client.into() };
        let registration = Registration { password: input.password, community, device };
        let code = input.phone_code.unwrap_or_default();
        answer(ctx, sign_in::register(&app.db, &app.keys, &app.sessions, &input.phone, &code, registration).await?).await
    }

    /// Signs in. An unknown phone and a wrong password are both `LOGIN_FAILED`; after five wrong passwords in a row for a phone, known or not, every try is
    /// `LOGIN_LOCKED` for ten minutes. Needs no token.
    async fn log_in(&self, ctx: &Context<'_>, #[graphql(desc = "A sign-in.")] input: LogInInput) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(by_phone(ctx, &input.phone))).await?;
        let device = Device { name: input.device, client: input.client.into() };
        let signed_in = sign_in::log_in(&app.db, &app.keys, &app.sessions, &input.phone, input.password, &device).await?;
        answer(ctx, signed_in).await
    }

    /// Signs in with a one-time code. `NOT_REGISTERED` leaves the code good for `register`. Needs no token.
    async fn log_in_with_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A sign-in by one-time code.")] input: LogInWithCodeInput,
    ) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(by_phone(ctx, &input.phone))).await?;
        let device = Device { name: input.device, client: input.client.into() };
        let signed_in = sign_in::log_in_with_code(&app.db, &app.keys, &app.sessions, &input.phone, &input.phone_code, &device).await?;
        answer(ctx, signed_in).await
    }

    /// Sets a first password, or another for a forgotten one, with a one-time code; ends every sign-in of the account and starts one. Needs no token.
    async fn set_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A first password, or another for a forgotten one.")] input: SetPasswordInput,
    ) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::LogIn, Some(by_phone(ctx, &input.phone))).await?;
        let device = Device { name: input.device, client: input.client.into() };
        let (phone, code) = (&input.phone, &input.phone_code);
        let signed_in = sign_in::set_password(&app.db, &app.keys, &app.sessions, phone, code, input.new_password, &device).await?;
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
        let request_id = audited::request_id(ctx);
        answer(ctx, refresh::refresh(&app.db, &app.keys, &app.sessions, &input.refresh_token, request_id).await?).await
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
        sign_in::change_password(&app.db, &app.sessions, actor, input.current_password, input.new_password).await?;
        Ok(Me(Arc::clone(actor)))
    }
}

/// Whom a phone stands for, known or not.
fn by_phone(ctx: &Context<'_>, phone: &str) -> Person {
    Person::Phone(ctx.app().keys.hash(Purpose::PhoneIndex, phone.as_bytes()))
}

/// The community that an input names, where it names one.
///
/// # Errors
/// `BAD_INPUT` when it names two, `BAD_ID`.
pub fn joining(community_id: Option<&ID>, region_code: Option<String>) -> ApiResult<Option<Joining>> {
    match (community_id, region_code) {
        (Some(community_id), None) => Ok(Some(Joining::Community(id::parse(community_id, "communityId")?))),
        (None, Some(code)) => Ok(Some(Joining::RegionCode(code))),
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::from(Code::BadInput).on("regionCode").into()),
    }
}

/// The tokens of a sign-in, and who it is.
///
/// # Errors
/// `UNAVAILABLE`.
pub async fn answer(ctx: &Context<'_>, signed_in: SignedIn) -> ApiResult<SignIn> {
    let app = ctx.app();
    let actor = app.sessions.load(&app.db, signed_in.account_id, signed_in.login_session_id).await?;
    audited::signed_in(ctx, &actor);
    Ok(SignIn {
        access_token: signed_in.access_token,
        access_token_expires_at: signed_in.access_token_expires_at.date_time(),
        refresh_token: signed_in.refresh_token,
        me: Me(actor),
    })
}
