//! Levels (层级): what a community calls the steps of its own tree.
//!
//! Position 0 is the street or town above the community, 1 the community, 2 and on what lies below it. Four tiers (社区 → 网格 → 小区 → 楼栋) and five
//! (镇 → 社区 → 片区 → 网格 → 中心户) are both just lists of words.
//!
//! Invariant: no region lies deeper than the deepest level of its community. Making a region and changing the levels both lock the community's row.

use entity::id::{CommunityId, RegionId};
use entity::{community, region, region_level};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::community::wording;
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// What a community starts with: 街道, then the four tiers of the first seed community.
pub const DEFAULT_LABELS: &[&str] = &["街道", "社区", "网格", "小区", "楼栋"];

/// Levels a list has at least: the street and the community.
pub const LABELS_MIN: usize = 2;

/// Levels a list has at most: six below the community.
pub const LABELS_MAX: usize = 8;

const LABEL_LEN_MAX: usize = 12;

/// The levels of a community, from the street down.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Vec<region_level::Model>> {
    let query = region_level::Entity::find().filter(region_level::Column::CommunityId.eq(community_id));
    Ok(query.order_by_asc(region_level::Column::Position).all(connection).await?)
}

/// Renames, adds or drops levels of the actor's community; `labels` is the whole list from the street down.
///
/// # Errors
/// `FORBIDDEN`; `BAD_INPUT` for fewer than 2 or more than 8 labels; `WORD_RESERVED`; `REGION_LEVEL` when regions exist on a dropped level.
pub async fn set(tx: &Tx, actor: &Actor, labels: &[String]) -> Result<community::Model> {
    actor.require(Action::SetRegionLevels, &actor.home())?;
    let labels = check(labels)?;
    let community = lock(tx, actor.community_id).await?;
    let in_use = deepest_in_use(&tx.connection, &community).await?;
    if usize::try_from(in_use).is_ok_and(|position| position >= labels.len()) {
        return Err(Error::from(Code::RegionLevel).on("labels").with("inUse", in_use));
    }
    region_level::Entity::delete_many().filter(region_level::Column::CommunityId.eq(community.id)).exec(&tx.connection).await?;
    write(tx, community.id, &labels).await?;
    Ok(community)
}

/// Gives a new community its levels.
///
/// # Errors
/// As [`set`], but for the permission.
pub async fn seed(tx: &Tx, community_id: CommunityId, labels: &[String]) -> Result<()> {
    write(tx, community_id, &check(labels)?).await
}

/// The words for the levels of several regions; a region outside every community has none.
///
/// # Errors
/// When the database cannot be read.
pub async fn labels_of(connection: &impl ConnectionTrait, region_ids: &[RegionId]) -> Result<Vec<(RegionId, String)>> {
    let marks = (1..=region_ids.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
    let statement = format!(
        "SELECT r.id, l.label FROM region r JOIN community c ON c.id = r.community_id JOIN region h ON h.id = c.region_id \
         JOIN region_level l ON l.community_id = c.id AND l.position = r.depth - h.depth + 1 WHERE r.id IN ({marks})"
    );
    let rows = connection.query_all_raw(sql(connection, &statement, region_ids.iter().map(|id| (*id).into()))).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "label")?))).collect()
}

/// Locks a community's row, so that its levels and its regions change one after another.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn lock(tx: &Tx, community_id: CommunityId) -> Result<community::Model> {
    let row = community::Entity::find_by_id(community_id).lock_exclusive().one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

fn check(labels: &[String]) -> Result<Vec<String>> {
    if !(LABELS_MIN..=LABELS_MAX).contains(&labels.len()) {
        return Err(Error::from(Code::BadInput).on("labels").with("min", LABELS_MIN).with("max", LABELS_MAX));
    }
    labels.iter().map(|label| wording::label(label, LABEL_LEN_MAX, "labels")).collect()
}

async fn write(tx: &Tx, community_id: CommunityId, labels: &[String]) -> Result<()> {
    let rows = (0..).zip(labels).map(|(position, label)| region_level::ActiveModel {
        community_id: Set(community_id),
        position: Set(position),
        label: Set(label.clone()),
    });
    region_level::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// Position of the deepest level that has regions; 1 when the community has none below itself.
async fn deepest_in_use(connection: &impl ConnectionTrait, community: &community::Model) -> Result<i32> {
    let home = region::Entity::find_by_id(community.region_id).one(connection).await?.ok_or_else(|| Error::from(Code::NotFound))?;
    let deepest: Option<Option<i32>> = region::Entity::find()
        .select_only()
        .column_as(region::Column::Depth.max(), "depth")
        .filter(region::Column::CommunityId.eq(community.id))
        .into_tuple()
        .one(connection)
        .await?;
    Ok(deepest.flatten().map_or(1, |depth| depth - home.depth + 1))
}
