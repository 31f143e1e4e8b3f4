//! The member's points: balance, what runs out, passbook.

use async_graphql::{Context, Description, Enum, ID, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::points::wallet::{self, Line, Remainder};
use entity::time::BusinessDate;
use entity::wallet as rows;

use crate::connection_of;
use crate::graphql::ContextExt;
use crate::graphql::connection::{args, of};
use crate::graphql::error::{ApiResult, nullable};
use crate::graphql::loader;
use crate::graphql::points::award::Award;
use crate::graphql::points::proof::Proof;

/// What an operation of the ledger did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::operation::OperationKind")]
pub enum OperationKind {
    /// Points for a certified record.
    Award,
    /// A record was revoked.
    ReverseAward,
    /// Points spent on a reward.
    Redeem,
    /// A redemption was cancelled or ran out; the points came back at their old expiry.
    Refund,
    /// Points expired.
    Expire,
    /// A correction by two people.
    Adjust,
}

/// Points that run out on one date.
#[derive(Description)]
pub struct ExpiringPoints(pub Remainder);

#[Object(use_type_description)]
impl ExpiringPoints {
    /// The last day they can be used.
    async fn expires_on(&self) -> NaiveDate {
        self.0.expires_on.naive()
    }

    /// How many.
    async fn points(&self) -> i64 {
        self.0.points
    }
}

/// A volunteer's points (积分账户).
#[derive(Description)]
pub struct Wallet(pub rows::Model);

#[Object(use_type_description)]
impl Wallet {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Points that can be used.
    async fn balance(&self) -> i64 {
        self.0.credits - self.0.debits
    }

    /// Points still owed after a record was revoked whose points had been spent. While above zero nothing can be redeemed; the next points earned
    /// pay it first.
    async fn owed(&self) -> i64 {
        self.0.debt
    }

    /// Points ever earned, less what was taken back.
    async fn earned(&self) -> i64 {
        self.0.credits
    }

    /// Points ever spent or expired, less refunds.
    async fn spent(&self) -> i64 {
        self.0.debits
    }

    /// Points that run out within so many days, date by date.
    async fn expiring(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Days from today, 1 to 3660.", default = 30)] within_days: u32,
    ) -> ApiResult<Vec<ExpiringPoints>> {
        let db = &ctx.app().db;
        let until = db.now().business_date().plus_days(within_days.clamp(1, 3_660));
        Ok(wallet::expiring(db.reader(), &self.0, until).await?.into_iter().map(ExpiringPoints).collect())
    }

    /// The passbook (积分明细), newest first, with the balance after each line.
    async fn passbook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<PassbookPage> {
        let page = args(first, after, last, before)?;
        let rows = wallet::passbook(ctx.app().db.reader(), self.0.id, &page).await?;
        Ok(of(rows, |line| (line.entry.wallet_version, line.entry.id.to_string()), PassbookLine))
    }
}

/// One line of the passbook.
#[derive(Description)]
pub struct PassbookLine(pub Line);

#[Object(use_type_description)]
impl PassbookLine {
    /// Id.
    async fn id(&self) -> ID {
        self.0.entry.id.into()
    }

    /// Number of the line in this passbook, from 1, without gaps.
    async fn number(&self) -> i64 {
        self.0.entry.wallet_version
    }

    /// What happened.
    async fn kind(&self) -> OperationKind {
        self.0.operation.kind.into()
    }

    /// Points in (positive) or out (negative).
    async fn delta(&self) -> i64 {
        self.0.entry.delta
    }

    /// Balance after this line.
    async fn balance_after(&self) -> i64 {
        self.0.entry.balance_after
    }

    /// Points owed that were paid (negative) or taken on (positive).
    async fn owed_change(&self) -> i64 {
        self.0.entry.debt_change
    }

    /// The day it counts for.
    async fn business_date(&self) -> NaiveDate {
        self.0.operation.business_date.naive()
    }

    /// The last day the points of this line can be used; null for points out and points that never expire.
    async fn expires_on(&self) -> Option<NaiveDate> {
        self.0.entry.expires_on.and_then(expiry)
    }

    /// Why, where somebody gave a reason.
    async fn reason(&self) -> Option<&str> {
        self.0.operation.reason.as_deref()
    }

    /// Id of the operation.
    async fn operation_id(&self) -> ID {
        self.0.operation.id.into()
    }

    /// Id of the operation that this one takes back.
    async fn reverses(&self) -> Option<ID> {
        self.0.operation.reverses.map(Into::into)
    }

    /// Id of the record, redemption or adjustment behind it; null for expiry.
    async fn cause_id(&self) -> Option<ID> {
        use entity::id::{AdjustmentId, RedemptionId, ServiceRecordId};
        use entity::operation::OperationKind as Kind;
        let cause = self.0.operation.cause_id;
        match self.0.operation.kind {
            Kind::Award | Kind::ReverseAward => Some(ServiceRecordId(cause).into()),
            Kind::Redeem | Kind::Refund => Some(RedemptionId(cause).into()),
            Kind::Adjust => Some(AdjustmentId(cause).into()),
            Kind::Expire => None,
        }
    }

    /// Why the points came, for an award and its reversal.
    async fn award(&self) -> Option<Award> {
        self.0.award.clone().map(Award)
    }

    /// What shows that this operation happened as it stands here (存证), for a program that does not trust this server. Null until it is sealed, which is
    /// about a minute after it happened: ask again then.
    async fn proof(&self, ctx: &Context<'_>) -> Option<ApiResult<Proof>> {
        let found = loader::proof(ctx).load_one(self.0.operation.id).await;
        nullable(found.map(|proof| proof.map(Proof)))
    }

    /// When.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.entry.created_at.date_time()
    }
}

connection_of!(PassbookPage, PassbookLine, PassbookNames, "PassbookConnection", "PassbookEdge");

/// An expiry date for clients: null for never.
#[must_use]
pub fn expiry(date: BusinessDate) -> Option<NaiveDate> {
    (date < BusinessDate::NEVER).then(|| date.naive())
}

#[derive(Default)]
pub struct WalletQuery;

#[Object]
impl WalletQuery {
    /// My points (我的积分).
    async fn my_points(&self, ctx: &Context<'_>) -> ApiResult<Wallet> {
        let volunteer = ctx.actor()?.volunteer()?;
        Ok(Wallet(wallet::get(ctx.app().db.reader(), volunteer.id).await?))
    }
}
