//! WeChat for clients.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::error::Code;
use domain::people::session::Device;
use domain::people::wechat::{self, Wechat, bind, check, login, message, page_code};
use domain::rate::{Person, Verb};

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;
use crate::graphql::people::account::{self, ClientKind, SignIn};

/// A sign-in by WeChat; at most one of `communityId` and `regionCode`.
#[derive(InputObject)]
pub struct LogInWithWechatInput {
    /// The code of `wx.login`.
    #[graphql(secret)]
    code: String,
    /// The community that a newcomer joins; may be left out where there is one alone.
    community_id: Option<ID>,
    /// The official code of its division, 12 digits.
    region_code: Option<String>,
    /// What the client calls itself, 1 to 80 characters.
    device: String,
    /// What kind of client it is.
    #[graphql(default_with = "ClientKind::MiniProgram")]
    client: ClientKind,
}

/// A phone to bind.
#[derive(InputObject)]
pub struct BindPhoneInput {
    /// The code of the button `getPhoneNumber`, which is not the one of `wx.login`.
    #[graphql(secret)]
    phone_code: String,
}

/// What a tap on `wx.requestSubscribeMessage` agreed to.
#[derive(InputObject)]
pub struct RecordSubscriptionsInput {
    /// Kinds of messages that were accepted, at most five.
    accepted: Vec<String>,
}

/// Where a text is to appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "check::Scene")]
pub enum TextScene {
    /// 资料: about a person.
    Profile,
    /// 评论: a remark.
    Comment,
    /// 论坛: a discussion.
    Forum,
    /// 社交日志: a post.
    Post,
}

/// What to think of a text (内容安全).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "wechat::Verdict")]
pub enum Verdict {
    /// Nothing to be seen.
    Pass,
    /// Somebody should look; also when WeChat could not be asked.
    Review,
    /// Not to be published.
    Risky,
}

/// A text that I am about to publish.
#[derive(InputObject)]
pub struct CheckTextInput {
    /// The text, 1 to 2,500 characters.
    text: String,
    /// Where it is to appear.
    scene: TextScene,
}

/// A page of the mini-program, and what it is to show.
#[derive(InputObject)]
pub struct MakePageCodeInput {
    /// The page, as `pages/session/index`.
    page: String,
    /// What the page is told: an id, 1 to 32 characters.
    scene: String,
}

/// A kind of message that I can receive through WeChat (订阅消息).
#[derive(SimpleObject)]
pub struct MessageSubscription {
    /// The kind, as in `Notification.kind`.
    kind: String,
    /// What to ask `wx.requestSubscribeMessage` for.
    template_id: String,
    /// How many messages may still be sent to me; each tap that accepts adds one.
    credits: i32,
}

/// A code to scan (小程序码).
#[derive(SimpleObject)]
pub struct PageCode {
    /// Media type of the picture.
    media_type: String,
    /// The picture in base64.
    image: String,
}

#[derive(Default)]
pub struct WechatQuery;

#[Object]
impl WechatQuery {
    /// What I can receive through WeChat, and how often still; empty where the deployment has no mini-program.
    async fn my_message_subscriptions(&self, ctx: &Context<'_>) -> ApiResult<Vec<MessageSubscription>> {
        let actor = ctx.actor()?;
        let Some(wechat) = &ctx.app().wechat else { return Ok(Vec::new()) };
        let found = message::standing(ctx.app().db.reader(), wechat, actor).await?;
        Ok(found.into_iter().map(subscription).collect())
    }
}

#[derive(Default)]
pub struct WechatMutation;

#[Object]
impl WechatMutation {
    /// Signs in by WeChat. Who is new gets an account without a phone: `bindPhone` comes first. When the answer is lost, the same code gives it again
    /// for a minute. Needs no token.
    async fn log_in_with_wechat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A sign-in by WeChat; at most one of `communityId` and `regionCode`.")] input: LogInWithWechatInput,
    ) -> ApiResult<SignIn> {
        let app = ctx.app();
        ctx.count(Verb::Wechat, None).await?;
        let joining = account::joining(input.community_id.as_ref(), input.region_code)?;
        let device = Device { name: input.device, client: input.client.into() };
        let signed_in = login::log_in(&app.db, &app.keys, &app.sessions, offered(ctx)?, &input.code, &device, joining.as_ref()).await?;
        account::answer(ctx, signed_in).await
    }

    /// Binds the phone that WeChat tells, and signs this device in anew: to the account that the phone has already, where it has one.
    async fn bind_phone(&self, ctx: &Context<'_>, #[graphql(desc = "A phone to bind.")] input: BindPhoneInput) -> ApiResult<SignIn> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::Wechat, Some(Person::Account(actor.account_id))).await?;
        let signed_in = bind::bind(&app.db, &app.keys, &app.sessions, offered(ctx)?, actor, &input.phone_code).await?;
        account::answer(ctx, signed_in).await
    }

    /// Keeps what a tap on `wx.requestSubscribeMessage` agreed to: one message of each kind.
    async fn record_subscriptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What a tap on `wx.requestSubscribeMessage` agreed to.")] input: RecordSubscriptionsInput,
    ) -> ApiResult<Vec<MessageSubscription>> {
        let actor = ctx.actor()?;
        let wechat = offered(ctx)?;
        let tx = ctx.app().db.begin().await?;
        message::record(&tx, wechat, actor, &input.accepted).await?;
        let found = message::standing(&tx.connection, wechat, actor).await?;
        tx.commit().await?;
        Ok(found.into_iter().map(subscription).collect())
    }

    /// What WeChat thinks of a text that I am about to publish.
    async fn check_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A text that I am about to publish.")] input: CheckTextInput,
    ) -> ApiResult<Verdict> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::Wechat, Some(Person::Account(actor.account_id))).await?;
        let verdict = check::check_text(&app.db, &app.keys, offered(ctx)?, actor, input.scene.into(), &input.text).await?;
        Ok(verdict.into())
    }

    /// A code that opens a page of the mini-program, for print (team leaders and staff).
    async fn make_page_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A page of the mini-program, and what it is to show.")] input: MakePageCodeInput,
    ) -> ApiResult<PageCode> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::Wechat, Some(Person::Account(actor.account_id))).await?;
        let image = page_code::make(&app.db, &app.keys, offered(ctx)?, actor, &input.page, &input.scene).await?;
        Ok(PageCode { media_type: image.media_type, image: STANDARD.encode(image.bytes) })
    }
}

/// WeChat, where the deployment has a mini-program.
fn offered<'a>(ctx: &Context<'a>) -> ApiResult<&'a Wechat> {
    let app: &'a domain::app::App = ctx.data_unchecked();
    app.wechat.as_deref().ok_or_else(|| Code::NotOffered.into())
}

fn subscription(found: message::Subscription) -> MessageSubscription {
    MessageSubscription { kind: found.kind, template_id: found.template_id, credits: found.credits }
}
