//! Taxonomies: the word lists each community keeps for itself.
//!
//! Service types, qualifications, occasions, unit kinds, reward categories, skills, kinds of relief, resource categories and the three axes of projects
//! differ from community to community; a new community gets a default list and may add and retire words. A retired word stays on what carries it and
//! is no longer offered.
//!
//! Invariant: no word classifies people by criminal record, petitioning, illness or residence (PIPL art. 28; left out on purpose). A label that
//! holds such a word is refused.

use entity::id::{CommunityId, TaxonomyTermId};
use entity::taxonomy_term::{self, TaxonomyKind};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Weight of a service type that neither raises nor lowers points.
pub const COEFFICIENT_ONE: i32 = 10_000;

/// Words that would classify people; see the module's invariant.
pub const RESERVED_WORDS: &[&str] = &["前科", "信访", "上访", "精神病", "刑满", "吸毒", "流动人员", "重点人员", "艾滋"];

/// What a new community starts with (domain of the five seed communities).
const DEFAULTS: &[(TaxonomyKind, &str, &str)] = &[
    (TaxonomyKind::ServiceType, "ENVIRONMENT", "环境整治"),
    (TaxonomyKind::ServiceType, "PATROL", "治安巡逻"),
    (TaxonomyKind::ServiceType, "CARE_VISIT", "走访慰问"),
    (TaxonomyKind::ServiceType, "MEAL_DELIVERY", "助餐送餐"),
    (TaxonomyKind::ServiceType, "YOUTH", "青少年课堂"),
    (TaxonomyKind::ServiceType, "LEGAL_AID", "法律援助"),
    (TaxonomyKind::ServiceType, "MEDIATION", "纠纷调解"),
    (TaxonomyKind::ServiceType, "APPLIANCE_REPAIR", "家电维修"),
    (TaxonomyKind::ServiceType, "FREE_CLINIC", "义诊"),
    (TaxonomyKind::ServiceType, "POLICY_TALK", "政策宣讲"),
    (TaxonomyKind::ServiceType, "WASTE_SORTING", "垃圾分类"),
    (TaxonomyKind::ServiceType, "CULTURE", "文化惠民"),
    (TaxonomyKind::Qualification, "PHYSICIAN", "执业医师资格"),
    (TaxonomyKind::Qualification, "NURSE", "护士执业资格"),
    (TaxonomyKind::Qualification, "LAWYER", "律师执业证"),
    (TaxonomyKind::Qualification, "ELECTRICIAN", "电工证"),
    (TaxonomyKind::Qualification, "FIRST_AID", "急救员证"),
    (TaxonomyKind::Occasion, "PARTY_DAY", "支部主题党日"),
    (TaxonomyKind::Occasion, "CIVIL_CITY", "文明城市创建"),
    (TaxonomyKind::Occasion, "LEI_FENG", "学雷锋日"),
    (TaxonomyKind::Occasion, "FESTIVAL", "节日慰问"),
    (TaxonomyKind::UnitKind, "COMPANY", "企业"),
    (TaxonomyKind::UnitKind, "PROPERTY", "物业公司"),
    (TaxonomyKind::UnitKind, "SCHOOL", "学校"),
    (TaxonomyKind::UnitKind, "AGENCY", "机关事业单位"),
    (TaxonomyKind::UnitKind, "SOCIAL_ORGANISATION", "社会组织"),
    (TaxonomyKind::RewardCategory, "DAILY", "日用品"),
    (TaxonomyKind::RewardCategory, "FOOD", "粮油食品"),
    (TaxonomyKind::RewardCategory, "SERVICE", "便民服务"),
    (TaxonomyKind::RewardCategory, "CULTURE", "文化用品"),
    (TaxonomyKind::Skill, "HAIRDRESSING", "理发"),
    (TaxonomyKind::Skill, "PLUMBING", "水电维修"),
    (TaxonomyKind::Skill, "ESCORT", "陪诊陪护"),
    (TaxonomyKind::Skill, "COUNSELLING", "心理疏导"),
    (TaxonomyKind::Skill, "TUTORING", "课业辅导"),
    (TaxonomyKind::Skill, "LEGAL", "法律咨询"),
    (TaxonomyKind::Skill, "DRIVING", "驾驶"),
    (TaxonomyKind::Skill, "COOKING", "烹饪"),
    (TaxonomyKind::Skill, "SMARTPHONE", "智能手机教学"),
    (TaxonomyKind::Skill, "ARTS", "书画文艺"),
    (TaxonomyKind::Skill, "MEDIATING", "调解劝和"),
    (TaxonomyKind::Skill, "HEAVY_LIFTING", "搬运"),
    (TaxonomyKind::ReliefKind, "WORRY", "解民忧"),
    (TaxonomyKind::ReliefKind, "HARDSHIP", "解民难"),
    (TaxonomyKind::ReliefKind, "WANT", "解民需"),
    (TaxonomyKind::ReliefKind, "LONGING", "解民思"),
    (TaxonomyKind::ResourceCategory, "VENUE", "场地"),
    (TaxonomyKind::ResourceCategory, "SUPPLIES", "物资"),
    (TaxonomyKind::ResourceCategory, "AIDS", "康复辅具"),
    (TaxonomyKind::ResourceCategory, "TOOLS", "工具设备"),
    (TaxonomyKind::ResourceCategory, "VEHICLE", "车辆"),
    (TaxonomyKind::ResourceCategory, "BOOKS", "图书文体"),
    (TaxonomyKind::ProjectCategory, "YOUTH", "花季护航"),
    (TaxonomyKind::ProjectCategory, "HEALTH", "健康护航"),
    (TaxonomyKind::ProjectCategory, "EDUCATION", "教育护航"),
    (TaxonomyKind::ProjectCategory, "HARDSHIP", "解难救困"),
    (TaxonomyKind::CoBuildMode, "REGION", "区域共建"),
    (TaxonomyKind::CoBuildMode, "AFFAIRS", "事务共商"),
    (TaxonomyKind::CoBuildMode, "PAIRING", "结对共建"),
    (TaxonomyKind::CoBuildMode, "SHARING", "资源共享"),
    (TaxonomyKind::CoBuildMode, "VOLUNTEERING", "志愿服务"),
    (TaxonomyKind::CoBuildContent, "ORGANISATION", "组织联网"),
    (TaxonomyKind::CoBuildContent, "VENUE", "阵地联享"),
    (TaxonomyKind::CoBuildContent, "THOUGHT", "思想联做"),
    (TaxonomyKind::CoBuildContent, "SECURITY", "治安联防"),
    (TaxonomyKind::CoBuildContent, "HYGIENE", "卫生联搞"),
    (TaxonomyKind::CoBuildContent, "SERVICE", "服务联办"),
];

/// A word to add.
#[derive(Clone, Debug, Serialize)]
pub struct NewTerm {
    /// Which list.
    pub kind: TaxonomyKind,
    /// Stable code: capitals, digits and `_`, 2 to 40 characters.
    pub code: String,
    /// The word shown, 1 to 40 characters.
    pub label: String,
    /// Weight of a service type's points in basis points, 0 to 100000.
    pub coefficient_bps: i32,
}

/// Gives a new community the default words.
///
/// # Errors
/// When the database refuses.
pub async fn seed(tx: &Tx, community_id: CommunityId) -> Result<()> {
    let rows = (0..).zip(DEFAULTS).map(|(position, (kind, code, label))| taxonomy_term::ActiveModel {
        id: Set(TaxonomyTermId::new(tx.now)),
        community_id: Set(community_id),
        kind: Set(*kind),
        code: Set((*code).to_owned()),
        label: Set((*label).to_owned()),
        coefficient_bps: Set(COEFFICIENT_ONE),
        position: Set(position),
        retired_at: Set(None),
        created_at: Set(tx.now),
    });
    taxonomy_term::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// Adds a word to the actor's community.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT`, `WORD_RESERVED`, `CODE_TAKEN`.
pub async fn add(tx: &Tx, actor: &Actor, term: NewTerm) -> Result<taxonomy_term::Model> {
    actor.require(Action::AddTaxonomyTerm, &actor.home())?;
    let code_fits = (2..=40).contains(&term.code.len()) && term.code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if !code_fits {
        return Err(Error::from(Code::BadInput).on("code"));
    }
    check_words(&term.label, "label")?;
    if term.label.is_empty() || term.label.chars().count() > 40 {
        return Err(Error::from(Code::BadInput).on("label").with("max", 40));
    }
    if !(0..=100_000).contains(&term.coefficient_bps) {
        return Err(Error::from(Code::BadInput).on("coefficientBps"));
    }
    let last = list(&tx.connection, actor.community_id, Some(term.kind), true).await?.last().map_or(0, |row| row.position + 1);
    let row = taxonomy_term::ActiveModel {
        id: Set(TaxonomyTermId::new(tx.now)),
        community_id: Set(actor.community_id),
        kind: Set(term.kind),
        code: Set(term.code),
        label: Set(term.label),
        coefficient_bps: Set(term.coefficient_bps),
        position: Set(last),
        retired_at: Set(None),
        created_at: Set(tx.now),
    };
    Ok(row.insert(&tx.connection).await?)
}

/// Stops offering a word; doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub async fn retire(tx: &Tx, actor: &Actor, id: TaxonomyTermId) -> Result<taxonomy_term::Model> {
    actor.require(Action::RetireTaxonomyTerm, &actor.home())?;
    taxonomy_term::Entity::update_many()
        .col_expr(taxonomy_term::Column::RetiredAt, Expr::value(tx.now))
        .filter(taxonomy_term::Column::Id.eq(id))
        .filter(taxonomy_term::Column::CommunityId.eq(actor.community_id))
        .filter(taxonomy_term::Column::RetiredAt.is_null())
        .exec(&tx.connection)
        .await?;
    let row = taxonomy_term::Entity::find_by_id(id).filter(taxonomy_term::Column::CommunityId.eq(actor.community_id)).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// The words of a community, in list order.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    connection: &impl ConnectionTrait,
    community_id: CommunityId,
    kind: Option<TaxonomyKind>,
    with_retired: bool,
) -> Result<Vec<taxonomy_term::Model>> {
    let mut query = taxonomy_term::Entity::find().filter(taxonomy_term::Column::CommunityId.eq(community_id));
    if let Some(kind) = kind {
        query = query.filter(taxonomy_term::Column::Kind.eq(kind));
    }
    if !with_retired {
        query = query.filter(taxonomy_term::Column::RetiredAt.is_null());
    }
    let order = [taxonomy_term::Column::Kind, taxonomy_term::Column::Position, taxonomy_term::Column::Code];
    Ok(order.into_iter().fold(query, QueryOrder::order_by_asc).all(connection).await?)
}

/// The word behind a code that an input names.
///
/// # Errors
/// `TAXONOMY_UNKNOWN` on `field` when the community's list has no such word, or has retired it.
pub async fn get(
    connection: &impl ConnectionTrait,
    community_id: CommunityId,
    kind: TaxonomyKind,
    code: &str,
    field: &'static str,
) -> Result<taxonomy_term::Model> {
    let row = taxonomy_term::Entity::find()
        .filter(taxonomy_term::Column::CommunityId.eq(community_id))
        .filter(taxonomy_term::Column::Kind.eq(kind))
        .filter(taxonomy_term::Column::Code.eq(code))
        .filter(taxonomy_term::Column::RetiredAt.is_null())
        .one(connection)
        .await?;
    row.ok_or_else(|| Error::from(Code::TaxonomyUnknown).on(field).with("code", code))
}

/// Refuses a free text that would classify people.
///
/// # Errors
/// `WORD_RESERVED` on `field`.
pub fn check_words(text: &str, field: &'static str) -> Result<()> {
    match RESERVED_WORDS.iter().find(|word| text.contains(**word)) {
        Some(word) => Err(Error::from(Code::WordReserved).on(field).with("word", word)),
        None => Ok(()),
    }
}
