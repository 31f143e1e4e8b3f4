//! Volunteers with where they live, in one statement: for lists that ask of each whether the reader may know them.

use entity::id::VolunteerId;
use entity::region;
use entity::volunteer::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, JoinType, QueryFilter, QuerySelect};

use crate::error::Result;

/// A volunteer and the path of the region that is home.
#[derive(Debug, FromQueryResult)]
pub struct Living {
    /// The volunteer.
    #[sea_orm(nested)]
    pub row: Model,
    /// Where the person lives in the region tree.
    pub path: String,
}

impl Living {
    /// What a statement of its own selects for one: columns of `v`, the volunteer, and the path of the region that is home.
    #[must_use]
    pub fn selected() -> String {
        let columns: Vec<String> = Column::iter().map(|column| format!("v.{}", column.as_str())).collect();
        format!("{}, (SELECT h.path FROM region h WHERE h.id = v.region_id) AS path", columns.join(", "))
    }
}

/// Those of `ids` that there are, in no order.
///
/// # Errors
/// When the database cannot be read.
pub async fn living(connection: &impl ConnectionTrait, ids: &[VolunteerId]) -> Result<Vec<Living>> {
    let home = Entity::belongs_to(region::Entity).from(Column::RegionId).to(region::Column::Id);
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).join(JoinType::InnerJoin, home.into());
    Ok(query.column_as(region::Column::Path, "path").into_model().all(connection).await?)
}
