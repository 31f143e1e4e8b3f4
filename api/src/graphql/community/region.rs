//! Regions and communities for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::community::region::{self, NewRegion, Scope, level};
use domain::community::tenant;
use domain::error::Code;
use entity::id::RegionId;
use entity::{community, region as region_row};

use crate::connection_of;
use crate::graphql::community::loader::{self, LevelLabelOf};
use crate::graphql::error::{ApiResult, nullable};
use crate::graphql::{ContextExt, connection, id};

/// Kind of place: an official division, or a level that a community defined below itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::region::RegionKind")]
pub enum RegionKind {
    /// 省, code of 2 digits.
    Province,
    /// 市, code of 4 digits.
    City,
    /// 区县, code of 6 digits.
    County,
    /// 街道 or 镇, code of 9 digits.
    Subdistrict,
    /// 社区, code of 12 digits.
    Community,
    /// A level below a community (网格, 小区, 楼栋 …); `levelLabel` says what the community calls it.
    Level,
}

/// A place in the region tree (区域): an official division, or a grid, estate or building below a community.
#[derive(Description)]
pub struct Region(pub region_row::Model);

#[Object(use_type_description)]
impl Region {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Name as people say it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Official code (GB/T 2260 and GB/T 10114), or the community's code with a suffix of its own (`430103006005-G01`).
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Kind of place.
    async fn kind(&self) -> RegionKind {
        self.0.kind.into()
    }

    /// What the community calls this level, such as 网格; none outside an open community.
    async fn level_label(&self, ctx: &Context<'_>) -> Option<ApiResult<String>> {
        self.0.community_id?;
        nullable(loader::of(ctx).load_one(LevelLabelOf(self.0.id)).await)
    }

    /// Steps from the province, which is 0.
    async fn depth(&self) -> i32 {
        self.0.depth
    }

    /// The place it lies in; none for a province.
    async fn parent(&self, ctx: &Context<'_>) -> Option<ApiResult<Region>> {
        nullable(loader::of(ctx).load_one(self.0.parent_id?).await.map(|row| row.map(Region)))
    }
}

connection_of!(RegionPage, Region, RegionNames, "RegionConnection", "RegionEdge");

/// What a community calls one step of its tree.
#[derive(SimpleObject)]
pub struct RegionLevel {
    /// 0 the street or town above the community, 1 the community, 2 and on below it.
    position: i32,
    /// The word, such as 网格.
    label: String,
}

/// A community (社区): the tenant to which everything belongs.
#[derive(Description)]
pub struct Community(pub community::Model);

#[Object(use_type_description)]
impl Community {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its official division.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(loader::of(ctx).load_one(self.0.region_id).await?.ok_or(Code::NotFound)?))
    }

    /// What it calls its levels, from the street down.
    async fn levels(&self, ctx: &Context<'_>) -> ApiResult<Vec<RegionLevel>> {
        let rows = level::list(ctx.app().db.reader(), self.0.id).await?;
        Ok(rows.into_iter().map(|row| RegionLevel { position: row.position, label: row.label }).collect())
    }
}

/// A region to make below another.
#[derive(InputObject)]
pub struct CreateRegionInput {
    /// The community's region, or one below it.
    parent_id: ID,
    /// Name, 1 to 40 characters.
    name: String,
    /// The community's own code: capitals, digits and `-`, up to 20 characters; it is stored behind the official code.
    code: Option<String>,
}

/// The levels of a community.
#[derive(InputObject)]
pub struct SetRegionLevelsInput {
    /// The whole list from the street down, 2 to 8 words: `["镇", "社区", "片区", "网格", "中心户"]`.
    labels: Vec<String>,
}

#[derive(Default)]
pub struct RegionQuery;

#[Object]
impl RegionQuery {
    /// My community, with what it calls its levels.
    async fn my_community(&self, ctx: &Context<'_>) -> ApiResult<Community> {
        let actor = ctx.actor()?;
        Ok(Community(tenant::get(ctx.app().db.reader(), actor.community_id).await?.community))
    }

    /// A region of my community, one that a grant of mine covers, or a division above my community.
    async fn region(&self, ctx: &Context<'_>, #[graphql(desc = "The region.")] id: ID) -> ApiResult<Region> {
        let actor = ctx.actor()?;
        let id: RegionId = id::parse(&id, "id")?;
        Ok(Region(region::get_in(ctx.app().db.reader(), actor, id).await?))
    }

    /// Regions below a region, oldest first; without `parentId` my community's region alone, where a tree begins.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn regions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The region whose children are listed.")] parent_id: Option<ID>,
        #[graphql(desc = "Everything below it instead of its children.", default = false)] descendants: bool,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<RegionPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let scope = match id::parse_opt(parent_id.as_ref(), "parentId")? {
            None => Scope::Home,
            Some(id) if descendants => Scope::Descendants(id),
            Some(id) => Scope::Children(id),
        };
        let rows = region::list(ctx.app().db.reader(), actor, scope, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Region))
    }
}

#[derive(Default)]
pub struct RegionMutation;

#[Object]
impl RegionMutation {
    /// Makes a grid, estate, building … one level below another region of the community (administrators).
    async fn create_region(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A region to make below another.")] input: CreateRegionInput,
    ) -> ApiResult<Region> {
        let actor = ctx.actor()?;
        let parent_id = id::parse(&input.parent_id, "parentId")?;
        let tx = ctx.app().db.begin().await?;
        let row = region::create(&tx, actor, parent_id, NewRegion { name: input.name, code: input.code }).await?;
        tx.commit().await?;
        Ok(Region(row))
    }

    /// Says what my community calls its levels, and how many there are (administrators).
    async fn set_region_levels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The levels of a community.")] input: SetRegionLevelsInput,
    ) -> ApiResult<Community> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let row = level::set(&tx, actor, &input.labels).await?;
        tx.commit().await?;
        Ok(Community(row))
    }
}

/// The region behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Region>> {
    let actor = ctx.actor()?;
    let row = loader::of(ctx).load_one(id::parse::<RegionId>(id, "id")?).await?;
    Ok(row.filter(|row| region::exists_for(actor, row)).map(Region))
}
