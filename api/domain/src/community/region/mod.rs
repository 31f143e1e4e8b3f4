//! The region tree: official divisions down to the community, and the community's own levels below (网格, 小区, 楼栋 …).
//!
//! Official divisions (province, city, county, subdistrict, community; codes of 2, 4, 6, 9 and 12 digits, GB/T 2260 and GB/T 10114) come from an
//! import and belong to nobody. What lies below a community is made by its administrators, on the [`level`]s the community has defined.
//! A *path* is the chain of ids from the root down to the region itself, each followed by `/`; a subtree is the rows whose path begins with it.
//!
//! Invariant: a region's path is its parent's path, its own id and `/`; a region never moves.

use entity::id::{CommunityId, RegionId};
use entity::region::{self, Model, RegionKind};
use entity::time::UtcMicros;
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::tx::Tx;

pub mod level;

/// Longest name of a region.
pub const NAME_LEN_MAX: usize = 40;

const LEVEL_CODE_LEN_MAX: usize = 20;

/// A region to make below a community or one of its regions.
#[derive(Clone, Debug)]
pub struct NewRegion {
    /// Name, 1 to 40 characters.
    pub name: String,
    /// The community's own code: capitals, digits and `-`, 1 to 20 characters; it is stored behind the community's official code.
    pub code: Option<String>,
}

/// Makes a region one level below `parent_id`.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`; `BAD_INPUT` for a parent above the communities; `REGION_LEVEL` when no level is defined that deep; `CODE_TAKEN`.
pub async fn create(tx: &Tx, actor: &Actor, parent_id: RegionId, input: NewRegion) -> Result<Model> {
    let parent = get_in(&tx.connection, actor, parent_id).await.map_err(|error| error.on("parentId"))?;
    actor.require(Action::CreateRegion, &place_of(&parent))?;
    let community_id = parent.community_id.ok_or_else(|| Error::from(Code::BadInput).on("parentId"))?;
    let community = level::lock(tx, community_id).await?;
    let home = get(&tx.connection, community.region_id).await?;
    let position = parent.depth - home.depth + 2;
    let deepest = level::list(&tx.connection, community_id).await?.last().map_or(1, |level| level.position);
    if position > deepest {
        return Err(Error::from(Code::RegionLevel).on("parentId").with("position", position).with("max", deepest));
    }
    let name = wording::label(&input.name, NAME_LEN_MAX, "name")?;
    let code = match (&input.code, &home.code) {
        (Some(own), Some(official)) => Some(level_code(official, own)?),
        _ => None,
    };
    let row = Model {
        community_id: Some(community_id),
        code,
        ..below(Some(&parent), RegionId::new(tx.now), RegionKind::Level, name, home.edition, tx.now)
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// A row below `parent`, with its depth and path; not yet written.
#[must_use]
pub fn below(parent: Option<&Model>, id: RegionId, kind: RegionKind, name: String, edition: i32, now: UtcMicros) -> Model {
    let (depth, above) = parent.map_or((0, ""), |parent| (parent.depth + 1, parent.path.as_str()));
    let path = format!("{above}{id}/");
    Model { id, parent_id: parent.map(|parent| parent.id), community_id: None, code: None, edition, name, kind, depth, path, created_at: now }
}

/// The code of a community's own region: its official code, `-`, and what the community chose.
///
/// # Errors
/// `BAD_INPUT` on `code`.
pub fn level_code(official: &str, own: &str) -> Result<String> {
    let own = own.strip_prefix(official).and_then(|rest| rest.strip_prefix('-')).unwrap_or(own);
    let fits = (1..=LEVEL_CODE_LEN_MAX).contains(&own.len()) && own.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(format!("{official}-{own}")) } else { Err(Error::from(Code::BadInput).on("code").with("max", LEVEL_CODE_LEN_MAX)) }
}

/// The region behind an id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: RegionId) -> Result<Model> {
    region::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The region behind a code: official, or a community's own in its full form (`430103006005-G01`).
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_code(connection: &impl ConnectionTrait, code: &str) -> Result<Option<Model>> {
    Ok(region::Entity::find().filter(region::Column::Code.eq(code)).one(connection).await?)
}

/// The region behind an id, when it exists for the actor.
///
/// # Errors
/// `NOT_FOUND` also for a region of a community the actor has nothing to do with.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: RegionId) -> Result<Model> {
    let row = get(connection, id).await?;
    if exists_for(actor, &row) { Ok(row) } else { Err(Code::NotFound.into()) }
}

/// A region of one community, as an input names it.
///
/// # Errors
/// `NOT_FOUND` on `field` for a region that lies elsewhere.
pub async fn get_of(connection: &impl ConnectionTrait, community_id: CommunityId, id: RegionId, field: &'static str) -> Result<Model> {
    let row = region::Entity::find_by_id(id).filter(region::Column::CommunityId.eq(community_id)).one(connection).await?;
    row.ok_or_else(|| Error::from(Code::NotFound).on(field))
}

/// Where a region is, for questions of permission.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn place(connection: &impl ConnectionTrait, id: RegionId) -> Result<Place> {
    Ok(place_of(&get(connection, id).await?))
}

/// The same for a row at hand. A division above the communities belongs to none; only a grant on it or above it reaches there.
#[must_use]
pub fn place_of(row: &Model) -> Place {
    Place { community_id: row.community_id.unwrap_or(CommunityId(Uuid::nil())), path: row.path.clone(), team_id: None }
}

/// Whether a region exists for the actor: in the own community, under a grant, or on the way up from home.
#[must_use]
pub fn exists_for(actor: &Actor, row: &Model) -> bool {
    actor.sees(&place_of(row)) || actor.community_path.starts_with(&row.path)
}

/// Which regions to list.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// The actor's community alone, the top of the tree a client draws.
    Home,
    /// What lies directly below a region.
    Children(RegionId),
    /// Everything below a region.
    Descendants(RegionId),
}

/// A page of regions, oldest first.
///
/// # Errors
/// `NOT_FOUND` for a region that does not exist for the actor; `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, scope: Scope, page: &Page) -> Result<Rows<Model>> {
    let query = region::Entity::find();
    let query = match scope {
        Scope::Home => query.filter(region::Column::Path.eq(actor.community_path.as_str())),
        Scope::Children(id) => query.filter(region::Column::ParentId.eq(get_below(connection, actor, id).await?.id)),
        Scope::Descendants(id) => {
            let top = get_below(connection, actor, id).await?;
            let query = match top.community_id {
                Some(community_id) => query.filter(region::Column::CommunityId.eq(community_id)),
                None => query,
            };
            query.filter(path_begins(&top.path)).filter(region::Column::Id.ne(top.id))
        }
    };
    let order = ListOrder { key: None, id: region::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, RegionId>(query, order)?.all(connection).await?))
}

/// Rows of `region` whose path begins with `path`.
#[must_use]
pub fn path_begins(path: &str) -> Expr {
    begins((region::Entity, region::Column::Path), path)
}

/// Rows whose `column` begins with `text`. LIKE would need escapes and ignores case on `SQLite`.
#[must_use]
pub fn begins(column: impl IntoColumnRef, text: &str) -> Expr {
    let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
    let start = Func::cust("substr").arg(Expr::col(column)).arg(1).arg(length);
    ExprTrait::eq(Expr::from(start), text)
}

/// A region whose children may be listed: the divisions on the way up from home are there by themselves, not with their neighbours.
async fn get_below(connection: &impl ConnectionTrait, actor: &Actor, id: RegionId) -> Result<Model> {
    let row = get(connection, id).await.map_err(|error| error.on("parentId"))?;
    if actor.sees(&place_of(&row)) { Ok(row) } else { Err(Error::from(Code::NotFound).on("parentId")) }
}

#[cfg(test)]
mod tests {
    use entity::id::RegionId;
    use entity::region::RegionKind;
    use entity::time::UtcMicros;

    use super::{below, level_code};

    #[test]
    fn a_path_is_the_parents_path_and_the_own_id() {
        let now = UtcMicros(1_790_000_000_000_000);
        let province = below(None, RegionId::new(now), RegionKind::Province, "湖南省".to_owned(), 2023, now);
        let city = below(Some(&province), RegionId::new(now), RegionKind::City, "长沙市".to_owned(), 2023, now);
        assert_eq!(province.path, format!("{}/", province.id));
        assert_eq!(city.path, format!("{}/{}/", province.id, city.id));
        assert_eq!((province.depth, city.depth, city.parent_id), (0, 1, Some(province.id)));
    }

    #[test]
    fn a_communitys_own_code_stands_behind_its_official_one() {
        assert_eq!(level_code("430103006005", "G01").ok().as_deref(), Some("430103006005-G01"));
        assert_eq!(level_code("430103006005", "430103006005-G01").ok().as_deref(), Some("430103006005-G01"));
        for bad in ["", "g01", "网格", "123456789012345678901"] {
            assert!(level_code("430103006005", bad).is_err(), "{bad}");
        }
    }
}
