//! Lists of activities.

use std::collections::HashMap;

use entity::activity::{self, ActivityState};
use entity::id::{ActivityId, CommunityId, RegionId, TeamId};
use entity::team::{self, TeamColour};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};

use crate::community::region;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::service::place;

/// Which activities to list; every part narrows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of teams of this colour.
    pub colour: Option<TeamColour>,
    /// Of this team.
    pub team_id: Option<TeamId>,
    /// Of this service type.
    pub service_type: Option<String>,
    /// Within this region.
    pub region_id: Option<RegionId>,
    /// In this state; published ones when left out. Drafts are listed for those who may change them.
    pub state: Option<ActivityState>,
    /// Whose title or description contains this, up to 40 characters.
    pub search: Option<String>,
    /// My grid first, then the area around it, then the rest.
    pub near: bool,
}

/// Activities of the actor's community, newest first, with how near each is: 0 in the actor's own region, 1 in the one around it, 2 elsewhere
/// (0 for all when `near` is not asked for). The number is the sort key of the list.
///
/// # Errors
/// `BAD_CURSOR`, `BAD_INPUT` for an overlong search.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, page: &Page) -> Result<Rows<(i64, activity::Model)>> {
    let mut query = activity::Entity::find();
    for condition in narrowed(connection, actor, filter).await? {
        query = query.filter(condition);
    }
    if let Some(home) = home(connection, actor).await?.filter(|_| filter.near) {
        return nearest(connection, query, &home, page).await;
    }
    let order = ListOrder { key: None, id: activity::Column::Id, descending: true };
    let rows = page.select::<_, ActivityId>(query, order)?.all(connection).await?;
    Ok(page.rows(rows.into_iter().map(|row| (0, row)).collect()))
}

async fn narrowed(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter) -> Result<Vec<Condition>> {
    let state = filter.state.unwrap_or(ActivityState::Published);
    let mut parts = vec![Condition::all().add(activity::Column::State.eq(state)).add(activity::Column::CommunityId.eq(actor.community_id))];
    if state == ActivityState::Draft {
        parts.push(place::within(actor, Action::UpdateActivity, activity::Column::RegionId, activity::Column::TeamId)?);
    }
    if let Some(colour) = filter.colour {
        let teams = Query::select().column(team::Column::Id).from(team::Entity).and_where(team::Column::Colour.eq(colour)).to_owned();
        parts.push(activity::Column::TeamId.in_subquery(teams).into());
    }
    if let Some(team_id) = filter.team_id {
        parts.push(activity::Column::TeamId.eq(team_id).into());
    }
    if let Some(code) = &filter.service_type {
        parts.push(activity::Column::ServiceType.eq(code.as_str()).into());
    }
    if let Some(region_id) = filter.region_id {
        let region = region::get_in(connection, actor, region_id).await.map_err(|error| error.on("regionId"))?;
        parts.push(activity::Column::RegionId.in_subquery(place::below(&region.path, region.community_id)).into());
    }
    if let Some(text) = filter.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        if text.chars().count() > 40 {
            return Err(Error::from(Code::BadInput).on("search").with("max", 40));
        }
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let like = || LikeExpr::new(format!("%{escaped}%")).escape('\\');
        parts.push(Condition::any().add(activity::Column::Title.like(like())).add(activity::Column::Description.like(like())));
    }
    Ok(parts)
}

/// The actor's own region and the one around it, as paths.
struct Home {
    community_id: CommunityId,
    own: String,
    around: String,
}

async fn home(connection: &impl ConnectionTrait, actor: &Actor) -> Result<Option<Home>> {
    let Some(volunteer) = actor.volunteer else { return Ok(None) };
    let own = place::paths(connection, [volunteer.region_id]).await?.remove(&volunteer.region_id);
    Ok(own.map(|own| {
        let around = own.trim_end_matches('/').rsplit_once('/').map_or_else(|| own.clone(), |(parent, _)| format!("{parent}/"));
        Home { community_id: actor.community_id, own, around }
    }))
}

impl Home {
    fn distance(&self, path: &str) -> i64 {
        if path.starts_with(&self.own) { 0 } else { i64::from(!path.starts_with(&self.around)) + 1 }
    }

    fn expression(&self) -> SimpleExpr {
        let inside = |path: &str| activity::Column::RegionId.in_subquery(place::below(path, Some(self.community_id)));
        Expr::case(inside(&self.own), 0).case(inside(&self.around), 1).finally(2).into()
    }
}

/// Ordered by distance, then newest first. The key is an expression, so the page is cut here and not by [`Page::select`].
async fn nearest(
    connection: &impl ConnectionTrait,
    mut query: sea_orm::Select<activity::Entity>,
    home: &Home,
    page: &Page,
) -> Result<Rows<(i64, activity::Model)>> {
    for (place, towards_end) in [(&page.after, true), (&page.before, false)] {
        let Some(cursor) = place else { continue };
        let id: ActivityId = cursor.id.parse().map_err(|_| Error::from(Code::BadCursor))?;
        let (further, within) = if towards_end {
            (home.expression().gt(cursor.key), activity::Column::Id.lt(id))
        } else {
            (home.expression().lt(cursor.key), activity::Column::Id.gt(id))
        };
        let tied = Condition::all().add(home.expression().eq(cursor.key)).add(within);
        query = query.filter(Condition::any().add(further).add(tied));
    }
    let (distance, id) = if page.backward { (Order::Desc, Order::Asc) } else { (Order::Asc, Order::Desc) };
    let query = query.order_by(home.expression(), distance).order_by(activity::Column::Id, id).limit(page.size + 1);
    let rows = query.all(connection).await?;
    let paths: HashMap<RegionId, String> = place::paths(connection, rows.iter().map(|row| row.region_id)).await?;
    let placed = rows.into_iter().map(|row| (paths.get(&row.region_id).map_or(2, |path| home.distance(path)), row));
    Ok(page.rows(placed.collect()))
}
