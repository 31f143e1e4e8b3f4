//! A consent (同意): who agreed to what, in which version, and until when.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ActingRelationId, CommunityId, ConsentId};
use crate::time::UtcMicros;

/// What a consent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentPurpose {
    /// 隐私政策: what is collected and why.
    PrivacyNotice,
    /// 公开姓名: to be named on leaderboards, honour lists and public notices.
    NamePublicity,
    /// 身份证件: to keep the number of the identity card.
    IdentityDocument,
    /// 健康说明: to keep a note about health.
    HealthNote,
    /// 党员身份: to keep that somebody is a Party member. Never a row of this table.
    PartyMembership,
    /// 未成年人参加服务: that a child under 14 serves, given by the guardian.
    MinorService,
}

/// How a consent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentEnding {
    /// It was taken back.
    Withdrawn,
    /// Another version was agreed to.
    Replaced,
    /// The guardian who gave it no longer acts for the child.
    RelationEnded,
}

/// A consent (同意): who agreed to what, in which version, and until when.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConsentId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose.
    pub account_id: AccountId,
    /// What for.
    pub purpose: ConsentPurpose,
    /// Version of the text.
    pub version: i32,
    /// The account that gave it: the person, or the guardian.
    pub given_by: AccountId,
    /// By which relation a guardian gave it.
    pub relation_id: Option<ActingRelationId>,
    /// When it was given.
    pub given_at: UtcMicros,
    /// When it ended.
    pub ended_at: Option<UtcMicros>,
    /// The account that ended it.
    pub ended_by: Option<AccountId>,
    /// How it ended.
    pub ending: Option<ConsentEnding>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
