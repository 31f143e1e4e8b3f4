//! Taxonomies for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::community::taxonomy::{self, COEFFICIENT_ONE, NewTerm};
use entity::id::TaxonomyTermId;
use entity::taxonomy_term;

use crate::graphql::ContextExt;
use crate::graphql::community::loader;
use crate::graphql::error::ApiResult;
use crate::graphql::id;

/// A list of words that each community keeps for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::taxonomy_term::TaxonomyKind")]
pub enum TaxonomyKind {
    /// Kinds of service (服务类型); each may weigh points.
    ServiceType,
    /// Licences and proofs (资格证书).
    Qualification,
    /// Occasions of activities (活动主题).
    Occasion,
    /// Kinds of local units (单位类别).
    UnitKind,
    /// Categories of the points store (奖品类别).
    RewardCategory,
    /// What volunteers can do (特长).
    Skill,
    /// Kinds of relief (四解: 解民忧、解民难、解民需、解民思).
    ReliefKind,
    /// Categories of resources (资源类别).
    ResourceCategory,
    /// Categories of co-building projects (项目类别).
    ProjectCategory,
    /// Ways of co-building (共建方式).
    CoBuildMode,
    /// Fields of joint work (联建内容).
    CoBuildContent,
}

/// A word of one of the community's lists.
#[derive(Description)]
pub struct TaxonomyTerm(pub taxonomy_term::Model);

#[Object(use_type_description)]
impl TaxonomyTerm {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The list it belongs to.
    async fn kind(&self) -> TaxonomyKind {
        self.0.kind.into()
    }

    /// Stable code that inputs name.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The word to show.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Weight of the points of a service type in basis points; 10000 is 1.0.
    async fn coefficient_bps(&self) -> i32 {
        self.0.coefficient_bps
    }

    /// Whether it is still offered.
    async fn offered(&self) -> bool {
        self.0.retired_at.is_none()
    }
}

/// A word to add.
#[derive(InputObject)]
pub struct AddTaxonomyTermInput {
    /// The list.
    kind: TaxonomyKind,
    /// Stable code: capitals, digits and `_`, 2 to 40 characters.
    code: String,
    /// The word to show, 1 to 40 characters.
    label: String,
    /// Weight of a service type's points in basis points, 0 to 100000; 10000 (1.0) when left out.
    coefficient_bps: Option<i32>,
}

/// A word to retire.
#[derive(InputObject)]
pub struct RetireTaxonomyTermInput {
    /// The word.
    id: ID,
}

#[derive(Default)]
pub struct TaxonomyQuery;

#[Object]
impl TaxonomyQuery {
    /// The words of my community, in list order.
    async fn taxonomy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this list; all lists when left out.")] kind: Option<TaxonomyKind>,
        #[graphql(desc = "Also words no longer offered.", default = false)] with_retired: bool,
    ) -> ApiResult<Vec<TaxonomyTerm>> {
        let actor = ctx.actor()?;
        let rows = taxonomy::list(ctx.app().db.reader(), actor.community_id, kind.map(Into::into), with_retired).await?;
        Ok(rows.into_iter().map(TaxonomyTerm).collect())
    }
}

#[derive(Default)]
pub struct TaxonomyMutation;

#[Object]
impl TaxonomyMutation {
    /// Adds a word to one of my community's lists (administrators).
    async fn add_taxonomy_term(&self, ctx: &Context<'_>, #[graphql(desc = "A word to add.")] input: AddTaxonomyTermInput) -> ApiResult<TaxonomyTerm> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let coefficient_bps = input.coefficient_bps.unwrap_or(COEFFICIENT_ONE);
        let term = NewTerm { kind: input.kind.into(), code: input.code, label: input.label, coefficient_bps };
        let row = taxonomy::add(&tx, actor, term).await?;
        tx.commit().await?;
        Ok(TaxonomyTerm(row))
    }

    /// Stops offering a word; what carries it keeps it (administrators).
    async fn retire_taxonomy_term(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A word to retire.")] input: RetireTaxonomyTermInput,
    ) -> ApiResult<TaxonomyTerm> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = taxonomy::retire(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(TaxonomyTerm(row))
    }
}

/// The word behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<TaxonomyTerm>> {
    let actor = ctx.actor()?;
    let row = loader::of(ctx).load_one(id::parse::<TaxonomyTermId>(id, "id")?).await?;
    Ok(row.filter(|row| row.community_id == actor.community_id).map(TaxonomyTerm))
}
