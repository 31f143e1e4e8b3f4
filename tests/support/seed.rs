//! The place where the stories happen: 涂新社区 (430103006005) with four levels below it, opened once in the template database.

use std::collections::HashMap;

use domain::app::App;
use domain::community::region::{below, level_code};
use domain::community::tenant::{self, Opening};
use domain::points::policy;
use entity::id::{CommunityId, RegionId};
use entity::region::{self, RegionKind};
use entity::time::UtcMicros;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

/// Official code of the community.
pub const CODE: &str = "430103006005";

/// What the community calls its levels, the street first.
const LABELS: &[&str] = &["街道", "社区", "片区", "网格", "楼栋", "单元"];

/// A place on each level below the community, as (code, name); each lies in the one before.
const BELOW: &[(&str, &str)] = &[("A", "东片区"), ("A-1", "第一网格"), ("A-1-1", "1栋"), ("A-1-1-1", "1单元")];

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

/// Imports the demo's list of official places, opens the community and gives it a place on each of its own levels.
pub async fn community(app: &App) {
    let tx = app.db.begin().await.map_err(|error| error.code).expect("a transaction");
    region::Entity::insert_many(divisions(tx.now)).exec_without_returning(&tx.connection).await.expect("divisions");
    let labels = LABELS.iter().map(|label| (*label).to_owned()).collect();
    let opening = Opening { region_code: CODE.to_owned(), name: Some("涂新社区".to_owned()), labels };
    let home = tenant::open(&tx, &opening).await.map_err(|error| error.code).expect("the community opens");
    policy::seed(&tx, home.community.id).await.map_err(|error| error.code).expect("a policy");
    let mut above = home.region;
    for (code, name) in BELOW {
        let row = below(Some(&above), RegionId::new(tx.now), RegionKind::Level, (*name).to_owned(), above.edition, tx.now);
        let code = level_code(CODE, code).map_err(|error| error.code).expect("a code");
        let row = region::Model { community_id: Some(home.community.id), code: Some(code), ..row };
        above = region::Entity::insert(row.into_active_model()).exec_with_returning(&tx.connection).await.expect("a place below");
    }
    tx.commit().await.map_err(|error| error.code).expect("committed");
}

/// The official places of the demo's list, each after the one it lies in.
fn divisions(now: UtcMicros) -> Vec<region::ActiveModel> {
    let list = include_str!("../../api/assets/demo/regions.csv");
    let mut known: HashMap<&str, region::Model> = HashMap::new();
    let mut rows = Vec::new();
    for line in list.lines().skip(1) {
        let [code, name, kind, parent] = line.split(',').collect::<Vec<_>>()[..] else { panic!("four columns: {line}") };
        let kind = match kind {
            "province" => RegionKind::Province,
            "city" => RegionKind::City,
            "county" => RegionKind::County,
            "subdistrict" => RegionKind::Subdistrict,
            _ => RegionKind::Community,
        };
        let row = region::Model { code: Some(code.to_owned()), ..below(known.get(parent), RegionId::new(now), kind, name.to_owned(), 2023, now) };
        rows.push(row.clone().into_active_model());
        known.insert(code, row);
    }
    rows
}

/// The opened community.
pub async fn find(app: &App) -> Community {
    let reader = app.db.reader();
    let home = tenant::find_by_code(reader, CODE).await.map_err(|error| error.code).expect("read").expect("an opened community");
    let below = region::Entity::find()
        .filter(region::Column::CommunityId.eq(home.community.id))
        .filter(region::Column::Kind.eq(RegionKind::Level))
        .order_by_asc(region::Column::Depth)
        .all(reader)
        .await
        .expect("read");
    Community { id: home.community.id, region_id: home.region.id, below: below.iter().map(|row| row.id).collect() }
}
