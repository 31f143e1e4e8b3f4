//! The texts that people agree to. Version 1 of each is the program's and never changes: a change is a new version, published by the community.

use std::borrow::Cow;

use entity::consent::ConsentPurpose;
use entity::consent_text::{self, Model};
use entity::id::CommunityId;
use entity::time::UtcMicros;
use entity::volunteer;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::PURPOSES;
use crate::community::{tenant, wording};
use crate::error::Result;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Longest text, in characters.
const TEXT_MAX: usize = 10_000;

/// One version of a text.
#[derive(Clone, Debug)]
pub struct Text {
    /// What it is for.
    pub purpose: ConsentPurpose,
    /// Its version, from 1 on.
    pub version: i32,
    /// The text.
    pub text: Cow<'static, str>,
    /// Whether older consents no longer suffice.
    pub material: bool,
    /// When the community published it; none for the first.
    pub published_at: Option<UtcMicros>,
}

/// The versions of a text that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The newest: what is agreed to today.
    pub present: i32,
    /// The oldest that still suffices: the last material one.
    pub sufficient: i32,
}

impl Versions {
    /// Those of some texts of one purpose.
    pub fn of<'a>(texts: impl Iterator<Item = &'a Text>) -> Self {
        texts.fold(Self { present: 1, sufficient: 1 }, |found, text| found.with(text.version, text.material))
    }

    fn with(self, version: i32, material: bool) -> Self {
        Self { present: self.present.max(version), sufficient: if material { self.sufficient.max(version) } else { self.sufficient } }
    }
}

/// The first text of a purpose. These are agreed to by their number: they may not be changed, not even by a comma.
#[must_use]
pub const fn first(purpose: ConsentPurpose) -> &'static str {
    match purpose {
        ConsentPurpose::PrivacyNotice => {
            "社区收集您的姓名、手机号、出生日期、居住网格、志愿服务记录和积分,用于招募与组织志愿服务、记录服务时间、发放和兑换积分、开具志愿服务证明。\
             手机号加密保存;姓名默认只显示姓氏。工作人员因工作需要查看完整姓名或手机号时须写明理由,您可以查到是谁在何时因何查看。不采集定位轨迹,不做人脸识别,\
             不向第三方出售或提供。您可以查询、更正、复制、删除个人信息,可以随时撤回同意;撤回后不能再报名新的服务,已记录的服务时间不受影响。"
        }
        ConsentPurpose::NamePublicity => "同意在排行榜、光荣榜和公示中显示我的完整姓名。不同意或撤回后,只显示姓氏,不影响排名、积分和参加服务。",
        ConsentPurpose::IdentityDocument => {
            "身份证号属于敏感个人信息。仅用于志愿者实名登记和同一人查重,加密保存,任何人都看不到完整号码,本人只看到首尾几位。撤回同意后立即删除,不影响参加服务。"
        }
        ConsentPurpose::HealthNote => {
            "健康说明属于敏感个人信息。由您自愿填写,供您报名的服务场次的带队人在现场照顾您时查看,每次查看都有记录。加密保存,不用于评价或筛选。\
             撤回同意后立即删除,不影响参加服务。"
        }
        ConsentPurpose::PartyMembership => {
            "党员身份属于敏感个人信息。仅用于党员报到和党员积分,加密保存,只有您本人、党务工作者以及双报到时您单位的联络员和社区管理员可见。\
             撤回同意后,记录中不再保留您的身份,不影响参加服务。"
        }
        ConsentPurpose::MinorService => {
            "我是孩子的监护人,已满十八周岁。我已了解志愿服务的内容、时间、地点和风险,同意孩子参加适合其年龄的志愿服务,同意社区为此处理孩子的姓名、出生日期、\
             居住网格和服务记录。我可以随时撤回;撤回后孩子不能再报名新的服务,已记录的服务时间不受影响。"
        }
    }
}

/// Every text of a community, by purpose, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Vec<Text>> {
    let rows = of(connection, community_id).await?;
    let mut texts = Vec::with_capacity(rows.len() + PURPOSES.len());
    for purpose in PURPOSES {
        texts.extend(rows.iter().filter(|row| row.purpose == purpose).map(Text::of));
        texts.push(Text { purpose, version: 1, text: Cow::Borrowed(first(purpose)), material: true, published_at: None });
    }
    Ok(texts)
}

/// The texts of a community by its id, for anybody.
///
/// # Errors
/// `NOT_FOUND` on `communityId`.
pub async fn list_of(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Vec<Text>> {
    tenant::get(connection, community_id).await.map_err(|error| error.on("communityId"))?;
    list(connection, community_id).await
}

/// The versions of a purpose's text.
///
/// # Errors
/// When the database cannot be read.
pub async fn versions(connection: &impl ConnectionTrait, community_id: CommunityId, purpose: ConsentPurpose) -> Result<Versions> {
    let query = consent_text::Entity::find().filter(consent_text::Column::CommunityId.eq(community_id));
    let rows = query.filter(consent_text::Column::Purpose.eq(purpose)).all(connection).await?;
    Ok(rows.iter().fold(Versions::of(std::iter::empty()), |found, row| found.with(row.version, row.material)))
}

/// Publishes a new version of a text, 1 to 10,000 characters. What is material makes older consents insufficient; names that were public by them are masked
/// at once.
///
/// # Errors
/// `FORBIDDEN`, `REASON_REQUIRED`, `BAD_INPUT` on `text`, `CONFLICT` when somebody else published at the same moment.
pub async fn publish(tx: &Tx, actor: &Actor, purpose: ConsentPurpose, text: &str, material: bool, reason: &str) -> Result<Text> {
    actor.require(Action::PublishConsentText, &actor.home())?;
    wording::reason(reason)?;
    let text = wording::paragraphs(text, TEXT_MAX, "text")?;
    let version = versions(&tx.connection, actor.community_id, purpose).await?.present + 1;
    let row = Model { community_id: actor.community_id, purpose, version, text, material, published_by: actor.account_id, published_at: tx.now };
    let row = row.into_active_model().insert(&tx.connection).await?;
    if material && purpose == ConsentPurpose::NamePublicity {
        volunteer::Entity::update_many()
            .col_expr(volunteer::Column::PublishesName, Expr::value(false))
            .filter(volunteer::Column::CommunityId.eq(actor.community_id))
            .filter(volunteer::Column::PublishesName.eq(true))
            .exec(&tx.connection)
            .await?;
    }
    Ok(Text::of(&row))
}

impl Text {
    fn of(row: &Model) -> Self {
        let text = Cow::Owned(row.text.clone());
        Self { purpose: row.purpose, version: row.version, text, material: row.material, published_at: Some(row.published_at) }
    }
}

async fn of(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Vec<Model>> {
    let query = consent_text::Entity::find().filter(consent_text::Column::CommunityId.eq(community_id));
    Ok(query.order_by_desc(consent_text::Column::Version).all(connection).await?)
}

#[cfg(test)]
mod tests {
    use super::{PURPOSES, first};
    use crate::keys::sha256;

    #[test]
    fn the_first_texts_are_never_changed() {
        let all: String = PURPOSES.iter().map(|purpose| first(*purpose)).collect();
        let digest = sha256(all.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            digest, "381b506553e3c5cea07996d675f78e0f0598bfc53cadac95c5121bb3d12bd23a",
            "people have agreed to these texts: publish a new version instead"
        );
    }
}
