//! A person's own data for clients: a copy of it, and leaving.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::insight::personal::archive;
use domain::insight::personal::blocked::{self, Blocker};
use domain::insight::personal::leave::{self, Preview, Shown};
use domain::rate::{Person, Verb};
use entity::account_deletion;

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;

/// A copy of my data (个人信息副本), to be fetched for a while.
#[derive(SimpleObject)]
pub struct PersonalDataExport {
    /// Path on this server, without any header: a ZIP archive with `data.json`, one CSV file per table, `README.txt` on what the fields mean, and `SHA256SUMS`.
    path: String,
    /// Until when the path holds; signing out ends it sooner.
    expires_at: DateTime<Utc>,
}

/// What keeps me from deleting my account for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum DeletionObstacle {
    /// 最后一位管理员: a place would be left without an administrator.
    LastAdmin,
    /// 进行中的对接: service that has begun, waits to be confirmed, or is disputed.
    Matches,
    /// 未归还或未兑现: something of mine is lent or promised.
    Promises,
}

/// Something that keeps me from deleting my account, and how many of it.
#[derive(SimpleObject)]
pub struct DeletionBlocker {
    /// What.
    what: DeletionObstacle,
    /// How many.
    count: i64,
}

/// What deleting my account would bring about (注销须知); to be shown before it is confirmed.
#[derive(SimpleObject)]
pub struct DeletionPreview {
    /// Points that would lapse, those of open redemptions among them.
    points: i64,
    /// Redemptions that wait at the desk and would be taken back; fetch them first to keep them.
    open_redemptions: i64,
    /// Sign-ups that would be given back.
    sign_ups: i64,
    /// Needs, resources and services that would be taken back.
    listings: i64,
    /// Matches that would be taken back.
    matches: i64,
    /// Certificates that would hold no longer.
    certificates: i64,
    /// What has to be brought to an end first; none when I may go.
    blockers: Vec<DeletionBlocker>,
    /// What has to be typed in as `confirm`.
    confirm: &'static str,
}

impl From<Preview> for DeletionPreview {
    fn from(preview: Preview) -> Self {
        let blocker = |Blocker { what, count }| {
            let what = match what {
                blocked::Obstacle::LastAdmin => DeletionObstacle::LastAdmin,
                blocked::Obstacle::Matches => DeletionObstacle::Matches,
                blocked::Obstacle::Promises => DeletionObstacle::Promises,
            };
            DeletionBlocker { what, count }
        };
        Self {
            points: preview.points,
            open_redemptions: preview.redemptions,
            sign_ups: preview.sign_ups,
            listings: preview.listings,
            matches: preview.matches,
            certificates: preview.certificates,
            blockers: preview.blockers.into_iter().map(blocker).collect(),
            confirm: leave::WORD,
        }
    }
}

/// A deleted account (注销结果).
#[derive(SimpleObject)]
pub struct AccountDeletion {
    /// When.
    deleted_at: DateTime<Utc>,
    /// Points that lapsed.
    points_lapsed: i64,
    /// Redemptions that were taken back.
    redemptions: i32,
    /// Sign-ups that were given back.
    sign_ups: i32,
    /// Listings that were taken back.
    listings: i32,
}

impl From<account_deletion::Model> for AccountDeletion {
    fn from(row: account_deletion::Model) -> Self {
        Self {
            deleted_at: row.deleted_at.date_time(),
            points_lapsed: row.points_lapsed,
            redemptions: row.redemptions,
            sign_ups: row.sign_ups,
            listings: row.listings,
        }
    }
}

/// Deleting my account for good. One of `password`, `phoneCode` and `wechatCode` shows that it is me.
#[derive(InputObject)]
pub struct DeleteMyAccountInput {
    /// My password.
    #[graphql(secret)]
    password: Option<String>,
    /// The one-time code that `requestPhoneCode` sent to my phone.
    #[graphql(secret)]
    phone_code: Option<String>,
    /// A fresh code of `wx.login`.
    #[graphql(secret)]
    wechat_code: Option<String>,
    /// The word that `deletionPreview` names, typed in.
    confirm: String,
}

#[derive(Default)]
pub struct PersonalQuery;

#[Object]
impl PersonalQuery {
    /// What deleting my account would bring about.
    async fn deletion_preview(&self, ctx: &Context<'_>) -> ApiResult<DeletionPreview> {
        let actor = ctx.actor()?;
        Ok(leave::preview(ctx.app(), actor).await?.into())
    }
}

#[derive(Default)]
pub struct PersonalMutation;

#[Object]
impl PersonalMutation {
    /// A path to everything that is held about me, for ten minutes; five times an hour. Nobody acts for me in this.
    async fn export_my_data(&self, ctx: &Context<'_>) -> ApiResult<PersonalDataExport> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        ctx.count(Verb::Export, Some(Person::Account(actor.account_id))).await?;
        let ticket = archive::ticket(&app.keys, actor, app.db.now())?;
        Ok(PersonalDataExport { path: format!("/export/{}", ticket.name), expires_at: ticket.until.date_time() })
    }

    /// Deletes my account (注销账号), for good: what is under way ends, points lapse, whatever says who I am is erased, and every sign-in stops at once. My minutes
    /// and records stay without a name, so that totals and places of others are what they were. The phone may register anew, as somebody new.
    /// `OBLIGATIONS_OPEN` and `LAST_ADMIN` say what has to end first.
    async fn delete_my_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Deleting my account for good.")] input: DeleteMyAccountInput,
    ) -> ApiResult<AccountDeletion> {
        let actor = ctx.actor()?;
        ctx.count(Verb::LogIn, Some(Person::Account(actor.account_id))).await?;
        let shown = Shown { password: input.password, phone_code: input.phone_code, wechat_code: input.wechat_code };
        Ok(Box::pin(leave::delete(ctx.app(), actor, shown, &input.confirm)).await?.into())
    }
}
