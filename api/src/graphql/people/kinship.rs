//! Families on record for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::people::kinship;
use entity::kinship as rows;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, connection, id};

/// How two people are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::kinship::Relationship")]
pub enum Relationship {
    /// 配偶
    Spouse,
    /// 父母子女
    ParentChild,
    /// 兄弟姐妹
    Sibling,
    /// 其他近亲属
    OtherRelative,
}

/// Two people of one family, as far as it is on record: neither judges what the other has a stake in.
#[derive(Description)]
pub struct Kinship(pub rows::Model);

#[Object(use_type_description)]
impl Kinship {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The two accounts.
    async fn account_ids(&self) -> Vec<ID> {
        vec![self.0.first_id.into(), self.0.second_id.into()]
    }

    /// How they are related.
    async fn relation(&self) -> Relationship {
        self.0.relation.into()
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at.date_time()
    }

    /// Until when it held; null while it does.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(KinshipPage, Kinship, KinshipNames, "KinshipConnection", "KinshipEdge");

/// Two people of one family.
#[derive(InputObject)]
pub struct RecordKinshipInput {
    /// One account.
    account_id: ID,
    /// The other.
    other_id: ID,
    /// How they are related.
    relation: Relationship,
}

/// A record that no longer holds.
#[derive(InputObject)]
pub struct EndKinshipInput {
    /// The record.
    id: ID,
}

#[derive(Default)]
pub struct KinshipQuery;

#[Object]
impl KinshipQuery {
    /// Families on record in my community, in the order they were recorded (administrators).
    async fn kinships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<KinshipPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = kinship::list(ctx.app().db.reader(), ctx.actor()?, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Kinship))
    }
}

#[derive(Default)]
pub struct KinshipMutation;

#[Object]
impl KinshipMutation {
    /// Records that two people are of one family; again changes nothing (administrators).
    async fn record_kinship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Two people of one family.")] input: RecordKinshipInput,
    ) -> ApiResult<Kinship> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (account_id, other_id) = (id::parse(&input.account_id, "accountId")?, id::parse(&input.other_id, "otherId")?);
        let tx = app.db.begin().await?;
        let row = kinship::record(&tx, actor, account_id, other_id, input.relation.into()).await?;
        tx.commit().await?;
        Ok(Kinship(row))
    }

    /// Ends a record of a family; again changes nothing (administrators).
    async fn end_kinship(&self, ctx: &Context<'_>, #[graphql(desc = "A record that no longer holds.")] input: EndKinshipInput) -> ApiResult<Kinship> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = kinship::end(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(Kinship(row))
    }
}
