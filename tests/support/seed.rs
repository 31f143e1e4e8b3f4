//! The place where the stories happen: 涂新社区 (430103006005) with four levels below it, opened once in the template database.

use std::collections::HashMap;

use api::app::App;
use api::community::taxonomy;
use entity::id::{CommunityId, RegionId};
use entity::region::{self, RegionKind};
use entity::time::UtcMicros;
use entity::{community, region_level};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

/// Official code of the community.
pub const CODE: &str = "430103006005";

/// What the community calls its levels, the street first.
const LABELS: &[&str] = &["街道", "社区", "片区", "网格", "楼栋", "单元"];

/// A place on each level below the community, as (code, name); each lies in the one before.
const BELOW: &[(&str, &str)] = &[("TX-A", "东片区"), ("TX-A-1", "第一网格"), ("TX-A-1-1", "1栋"), ("TX-A-1-1-1", "1单元")];

/// The community of the stories.
#[derive(Clone, Debug)]
pub struct Community {
    /// Its id.
    pub id: CommunityId,
    /// Its place.
    pub region_id: RegionId,
    /// Area, grid, building and staircase below it.
    pub below: Vec<RegionId>,
}

/// The moment at which the community was opened.
#[must_use]
pub fn opened_at() -> UtcMicros {
    crate::app::moment("2026-01-05T01:00:00Z")
}

/// Opens the community.
pub async fn community(app: &App) {
    let tx = app.db.begin().await.map_err(|error| error.code).expect("a transaction");
    region::Entity::insert_many(divisions(tx.now)).exec_without_returning(&tx.connection).await.expect("divisions");
    let place = region::Entity::find().filter(region::Column::Code.eq(CODE)).one(&tx.connection).await.expect("read").expect("the community's place");
    let id = CommunityId::new(tx.now);
    let row = community::ActiveModel { id: Set(id), region_id: Set(place.id), name: Set(place.name.clone()), created_at: Set(tx.now) };
    community::Entity::insert(row).exec_without_returning(&tx.connection).await.expect("a community");
    let levels = (0..).zip(LABELS).map(|(position, label)| region_level::ActiveModel {
        community_id: Set(id),
        position: Set(position),
        label: Set((*label).to_owned()),
    });
    region_level::Entity::insert_many(levels).exec_without_returning(&tx.connection).await.expect("levels");
    region::Entity::update_many()
        .col_expr(region::Column::CommunityId, Expr::value(id))
        .filter(region::Column::Id.eq(place.id))
        .exec(&tx.connection)
        .await
        .expect("the place knows its community");
    let mut above = place;
    for (code, name) in BELOW {
        let below = RegionId::new(tx.now);
        let row = region::ActiveModel {
            id: Set(below),
            parent_id: Set(Some(above.id)),
            community_id: Set(Some(id)),
            code: Set(Some((*code).to_owned())),
            edition: Set(above.edition),
            name: Set((*name).to_owned()),
            kind: Set(RegionKind::Level),
            depth: Set(above.depth + 1),
            path: Set(format!("{}{below}/", above.path)),
            created_at: Set(tx.now),
        };
        above = region::Entity::insert(row).exec_with_returning(&tx.connection).await.expect("a place below");
    }
    taxonomy::seed(&tx, id).await.map_err(|error| error.code).expect("word lists");
    tx.commit().await.map_err(|error| error.code).expect("committed");
}

/// The official places of the demo's list, each after the one it lies in.
fn divisions(now: UtcMicros) -> Vec<region::ActiveModel> {
    let list = include_str!("../../api/assets/demo/regions.csv");
    let mut known: HashMap<&str, (RegionId, String, i32)> = HashMap::new();
    let mut rows = Vec::new();
    for line in list.lines().skip(1) {
        let [code, name, kind, parent] = line.split(',').collect::<Vec<_>>()[..] else { panic!("four columns: {line}") };
        let id = RegionId::new(now);
        let (parent_id, above, depth) = known.get(parent).map_or((None, String::new(), 0), |(id, path, depth)| (Some(*id), path.clone(), depth + 1));
        let path = format!("{above}{id}/");
        let kind = match kind {
            "province" => RegionKind::Province,
            "city" => RegionKind::City,
            "county" => RegionKind::County,
            "subdistrict" => RegionKind::Subdistrict,
            _ => RegionKind::Community,
        };
        rows.push(region::ActiveModel {
            id: Set(id),
            parent_id: Set(parent_id),
            community_id: Set(None),
            code: Set(Some(code.to_owned())),
            edition: Set(2023),
            name: Set(name.to_owned()),
            kind: Set(kind),
            depth: Set(depth),
            path: Set(path.clone()),
            created_at: Set(now),
        });
        known.insert(code, (id, path, depth));
    }
    rows
}

/// The opened community.
pub async fn find(app: &App) -> Community {
    let reader = app.db.reader();
    let place = region::Entity::find().filter(region::Column::Code.eq(CODE)).one(reader).await.expect("read").expect("the community's place");
    let below = region::Entity::find()
        .filter(region::Column::Path.starts_with(&place.path))
        .filter(region::Column::Kind.eq(RegionKind::Level))
        .order_by_asc(region::Column::Depth)
        .all(reader)
        .await
        .expect("read");
    let id = place.community_id.expect("an opened community");
    Community { id, region_id: place.id, below: below.iter().map(|row| row.id).collect() }
}
