//! Communities (社区): the tenants.
//!
//! A community is opened on an official division of the kind COMMUNITY, from the command line, once. Everything else hangs on it.
//!
//! Invariant: a division is opened at most once; every region at or below an opened division carries the community's id.

use entity::community::{self, Model};
use entity::id::CommunityId;
use entity::region::{self, RegionKind};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::community::{region::level, taxonomy, wording};
use crate::error::{Code, Error, Result};
use crate::tx::Tx;

/// A community to open.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Official code of its division, 12 digits.
    pub region_code: String,
    /// Its name; the division's when none is given.
    pub name: Option<String>,
    /// What it calls its levels, from the street down; the default four tiers when empty.
    pub labels: Vec<String>,
}

/// A community with the division it stands on.
#[derive(Clone, Debug)]
pub struct Home {
    /// The tenant.
    pub community: Model,
    /// Its division.
    pub region: region::Model,
}

/// Opens a community with its levels and default word lists. Its points policy comes from the caller, as points lie below this area.
///
/// # Errors
/// `NOT_FOUND` for an unknown code, `BAD_INPUT` for a division of another kind, `CODE_TAKEN` when it is open already.
pub async fn open(tx: &Tx, opening: &Opening) -> Result<Home> {
    let region = region::Entity::find().filter(region::Column::Code.eq(opening.region_code.as_str())).one(&tx.connection).await?;
    let mut region = region.ok_or_else(|| Error::from(Code::NotFound).on("regionCode").with("code", &opening.region_code))?;
    if region.kind != RegionKind::Community {
        return Err(Error::from(Code::BadInput).on("regionCode").with("code", &opening.region_code));
    }
    let name = match &opening.name {
        Some(name) => wording::label(name, 40, "name")?,
        None => region.name.clone(),
    };
    let id = CommunityId::new(tx.now);
    let claimed = region::Entity::update_many()
        .col_expr(region::Column::CommunityId, Expr::value(id))
        .filter(region::Column::Id.eq(region.id))
        .filter(region::Column::CommunityId.is_null())
        .exec(&tx.connection)
        .await?;
    if claimed.rows_affected == 0 {
        return Err(Error::from(Code::CodeTaken).on("regionCode").with("code", &opening.region_code));
    }
    region.community_id = Some(id);
    let row = community::ActiveModel { id: Set(id), region_id: Set(region.id), name: Set(name), created_at: Set(tx.now) };
    let community = row.insert(&tx.connection).await?;
    if opening.labels.is_empty() {
        let labels: Vec<String> = level::DEFAULT_LABELS.iter().map(|label| (*label).to_owned()).collect();
        level::seed(tx, id, &labels).await?;
    } else {
        level::seed(tx, id, &opening.labels).await?;
    }
    taxonomy::seed(tx, id).await?;
    Ok(Home { community, region })
}

/// The community opened on an official code.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_code(connection: &impl ConnectionTrait, code: &str) -> Result<Option<Home>> {
    let region = region::Entity::find().filter(region::Column::Code.eq(code)).one(connection).await?;
    let Some(region) = region else { return Ok(None) };
    let community = community::Entity::find().filter(community::Column::RegionId.eq(region.id)).one(connection).await?;
    Ok(community.map(|community| Home { community, region }))
}

/// A community with its division.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: CommunityId) -> Result<Home> {
    let community = community::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Error::from(Code::NotFound))?;
    let region = crate::community::region::get(connection, community.region_id).await?;
    Ok(Home { community, region })
}
