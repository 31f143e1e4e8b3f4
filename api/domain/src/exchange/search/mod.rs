//! Finding listings: filters, full text in Chinese, and near me, with the same answers on both databases.
//!
//! The index is a table of [`token`]s that the program itself makes. Ranking is plain and the same everywhere: more of the words asked for come first, then
//! words of the title before words of the text, then the newer. *Near* counts how many levels of the region tree one must climb to have a roof in
//! common, then metres between cells where both have coordinates.

use entity::id::{ListingId, RegionId};
use entity::listing::{self, ListingKind, ListingState};
use entity::need::Urgency;
use entity::role_grant::Role;
use entity::taxonomy_term::{self, TaxonomyKind};
use entity::team::TeamColour;
use entity::time::UtcMicros;
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Value};
use std::collections::BTreeMap;

use super::listing::{self as listings, Entry, owner, state};
use super::point::Point;
use crate::community::region;
use crate::db::{sql, tuples};
use crate::error::{Code, Error, Result};
use crate::page::{Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::service::place;
use crate::tx::Tx;

pub mod token;

/// Longest question.
const TEXT_MAX: usize = 40;
/// Rows of one statement.
const ROWS: usize = 500;
/// Weights: of the title, of the category's word, of everything else.
const WEIGHTS: (i32, i32, i32) = (3, 2, 1);
/// What one word more counts; more than all weights together.
const WORD: i64 = 1_000;
/// Farther than any two places of a region, in square metres.
const FAR: i64 = 1_000_000_000_000;

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By how well the words fit, or newest first where none are asked for.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
    /// Nearest first.
    Nearest,
}

/// Which listings; every part narrows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these lists; all when empty.
    pub kinds: Vec<ListingKind>,
    /// In these states; open ones (PUBLISHED and `PARTLY_MATCHED`) when empty.
    pub states: Vec<ListingState>,
    /// Words, up to 40 characters.
    pub text: Option<String>,
    /// Codes of the category.
    pub categories: Vec<String>,
    /// Suiting teams of this colour.
    pub colour: Option<TeamColour>,
    /// Needs this urgent.
    pub urgencies: Vec<Urgency>,
    /// In this region or below it.
    pub region_id: Option<RegionId>,
    /// Valid, and of a need to be met, at some moment from here on.
    pub from: Option<UtcMicros>,
    /// And before this one.
    pub to: Option<UtcMicros>,
    /// Of the actor's own, those filed by the actor among them.
    pub mine: bool,
    /// Where to measure from; the actor's home in the region tree without it. Never kept.
    pub near: Option<Point>,
    /// In which order.
    pub order: Order,
}

/// Something found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// What.
    pub entry: Entry,
    /// The sort key of the list.
    pub key: i64,
    /// Levels of the region tree to climb from the actor's home to a roof in common.
    pub levels: Option<i64>,
    /// Metres from the asked point's cell, where both have one.
    pub metres: Option<i64>,
}

/// Writes the words of a listing into the index, over those that stood there.
///
/// # Errors
/// When the database refuses.
pub async fn index(tx: &Tx, row: &listing::Model) -> Result<()> {
    let kind = if row.kind == ListingKind::Resource { TaxonomyKind::ResourceCategory } else { TaxonomyKind::ServiceType };
    let word = taxonomy_term::Entity::find()
        .filter(taxonomy_term::Column::CommunityId.eq(row.community_id))
        .filter(taxonomy_term::Column::Kind.eq(kind))
        .filter(taxonomy_term::Column::Code.eq(row.category.as_str()))
        .one(&tx.connection)
        .await?;
    let mut tokens = BTreeMap::new();
    token::add(&mut tokens, &row.title, WEIGHTS.0);
    token::add(&mut tokens, word.as_ref().map_or("", |word| &word.label), WEIGHTS.1);
    token::add(&mut tokens, &row.description, WEIGHTS.2);
    token::add(&mut tokens, &row.place, WEIGHTS.2);
    tx.connection.execute_raw(sql(&tx.connection, "DELETE FROM listing_token WHERE listing_id = $1", [row.id.into()])).await?;
    let tokens: Vec<(String, i32)> = tokens.into_iter().collect();
    for chunk in tokens.chunks(ROWS) {
        let text = format!("INSERT INTO listing_token (community_id, token, listing_id, weight) VALUES {}", tuples(chunk.len(), 4));
        let values = chunk.iter().flat_map(|(token, weight)| [row.community_id.into(), token.as_str().into(), row.id.into(), (*weight).into()]);
        tx.connection.execute_raw(sql(&tx.connection, &text, values)).await?;
    }
    Ok(())
}

/// A statement that grows with its values.
#[derive(Default)]
struct Statement {
    values: Vec<Value>,
}

impl Statement {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn bind_all<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> String {
        let bound: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        format!("({})", bound.join(", "))
    }

    fn below(&mut self, path: &str) -> String {
        let length = i32::try_from(path.chars().count()).unwrap_or(i32::MAX);
        format!("substr(r.path, 1, {length}) = {}", self.bind(path))
    }
}

/// Listings of the actor's community that exist for the actor. The sort key is the relevance (falling), the distance (rising) or 0.
///
/// # Errors
/// `BAD_CURSOR`, `NOT_FOUND` on `regionId`, `BAD_INPUT` on `text`.
pub async fn find(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, page: &Page) -> Result<Rows<Hit>> {
    let mut query = Statement::default();
    let asked = asked(filter)?;
    if asked.as_ref().is_some_and(Vec::is_empty) {
        return Ok(page.rows(Vec::new()));
    }
    let home = home(connection, actor).await?;
    let conditions = conditions(connection, actor, filter, &mut query).await?;
    let mut from = "listing l JOIN region r ON r.id = l.region_id".to_owned();
    if let Some(asked) = &asked {
        use std::fmt::Write;
        let community = query.bind(actor.community_id);
        let words = query.bind_all(asked.iter().map(String::as_str));
        // Writing to a String cannot fail.
        let _ = write!(
            from,
            " JOIN (SELECT listing_id, CAST(SUM({WORD} + weight) AS BIGINT) AS score FROM listing_token WHERE community_id = {community} \
             AND token IN {words} GROUP BY listing_id HAVING COUNT(*) >= {}) t ON t.listing_id = l.id",
            token::enough(asked.len())
        );
    }
    let levels = levels(&home, &mut query);
    let near = filter.near.map(Point::cell);
    let (key, descending) = match (filter.order, &asked) {
        (Order::Relevance, Some(_)) => ("t.score".to_owned(), true),
        (Order::Nearest, _) => (distance(&levels, near), false),
        (Order::Relevance | Order::Newest, _) => ("CAST(0 AS BIGINT)".to_owned(), true),
    };
    let places = cursors(page, &mut query, descending)?;
    let (key_order, id_order) = match (descending, page.backward) {
        (true, false) => ("DESC", "DESC"),
        (true, true) => ("ASC", "ASC"),
        (false, false) => ("ASC", "DESC"),
        (false, true) => ("DESC", "ASC"),
    };
    let text = format!(
        "SELECT * FROM (SELECT l.*, {key} AS sort_key, {levels} AS levels FROM {from} WHERE {conditions}) AS f WHERE {places} \
         ORDER BY sort_key {key_order}, id {id_order} LIMIT {}",
        page.size + 1
    );
    let mut read = Vec::new();
    for row in connection.query_all_raw(sql(connection, &text, query.values)).await? {
        read.push((listing::Model::from_query_result(&row, "")?, row.try_get::<i64>("", "sort_key")?, row.try_get::<i64>("", "levels")?));
    }
    let rows = page.rows(read);
    let seen = listings::entries(connection, actor, rows.rows.iter().map(|row| row.0.clone()).collect()).await?;
    let hit = |entry: Entry| {
        let (_, key, levels) = rows.rows.iter().find(|row| row.0.id == entry.listing.id)?;
        let cell = Point::of_columns(entry.listing.latitude, entry.listing.longitude);
        let metres = near.zip(cell).map(|(near, cell)| near.metres(cell));
        Some(Hit { key: *key, levels: Some(*levels), metres, entry })
    };
    Ok(Rows { rows: seen.into_iter().filter_map(hit).collect(), has_next: rows.has_next, has_previous: rows.has_previous })
}

fn asked(filter: &Filter) -> Result<Option<Vec<String>>> {
    let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > TEXT_MAX {
        return Err(Error::from(Code::BadInput).on("text").with("max", TEXT_MAX));
    }
    Ok(Some(token::asked(text)))
}

/// The path of the actor's home in the region tree.
async fn home(connection: &impl ConnectionTrait, actor: &Actor) -> Result<String> {
    let Some(own) = actor.volunteer else { return Ok(actor.community_path.clone()) };
    let path = place::paths(connection, [own.region_id]).await?.remove(&own.region_id);
    Ok(path.unwrap_or_else(|| actor.community_path.clone()))
}

/// Levels to climb from home until a listing lies below: 0 in the own region.
fn levels(home: &str, query: &mut Statement) -> String {
    let mut roofs = vec![home.to_owned()];
    while let Some((above, _)) = roofs.last().and_then(|path| path.trim_end_matches('/').rsplit_once('/')) {
        let above = format!("{above}/");
        roofs.push(above);
    }
    let cases: Vec<String> = roofs.iter().enumerate().map(|(climbed, roof)| format!("WHEN {} THEN {climbed}", query.below(roof))).collect();
    format!("CAST(CASE {} ELSE {} END AS BIGINT)", cases.join(" "), roofs.len())
}

/// Levels first; within one, the nearer cell first and those without a place last.
fn distance(levels: &str, near: Option<Point>) -> String {
    let Some(near) = near else { return levels.to_owned() };
    let squared = near.squared_sql("l");
    format!("({levels} * {FAR} + CASE WHEN l.latitude IS NULL OR {squared} >= {FAR} THEN {FAR} - 1 ELSE {squared} END)")
}

fn cursors(page: &Page, query: &mut Statement, descending: bool) -> Result<String> {
    let mut parts = vec!["1 = 1".to_owned()];
    for (cursor, towards_end) in [(&page.after, true), (&page.before, false)] {
        let Some(cursor) = cursor else { continue };
        let id: ListingId = cursor.id.parse().map_err(|_| Error::from(Code::BadCursor))?;
        let (key, id) = (query.bind(cursor.key), query.bind(id));
        let beyond = |falling: bool| if falling == towards_end { "<" } else { ">" };
        parts.push(format!("(f.sort_key {} {key} OR (f.sort_key = {key} AND f.id {} {id}))", beyond(descending), beyond(true)));
    }
    Ok(parts.join(" AND "))
}

async fn conditions(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, query: &mut Statement) -> Result<String> {
    let mut parts = vec![format!("l.community_id = {}", query.bind(actor.community_id))];
    let states: &[ListingState] = match filter.states.as_slice() {
        [] if filter.mine => &[],
        [] => &[ListingState::Published, ListingState::PartlyMatched],
        states => states,
    };
    if !states.is_empty() {
        parts.push(format!("l.state IN {}", query.bind_all(states.iter().map(ActiveEnum::to_value))));
    }
    if !filter.kinds.is_empty() {
        parts.push(format!("l.kind IN {}", query.bind_all(filter.kinds.iter().map(ActiveEnum::to_value))));
    }
    if !filter.categories.is_empty() {
        parts.push(format!("l.category IN {}", query.bind_all(filter.categories.iter().map(String::as_str))));
    }
    if let Some(colour) = filter.colour {
        parts.push(format!("l.colour = {}", query.bind(colour.to_value())));
    }
    if !filter.urgencies.is_empty() {
        let urgencies = query.bind_all(filter.urgencies.iter().map(ActiveEnum::to_value));
        parts.push(format!("EXISTS (SELECT 1 FROM need n WHERE n.id = l.id AND n.urgency IN {urgencies})"));
    }
    if let Some(region_id) = filter.region_id {
        let region = region::get_of(connection, actor.community_id, region_id, "regionId").await?;
        parts.push(query.below(&region.path));
    }
    parts.extend(times(filter, query));
    let own = owned(connection, actor, query).await?;
    let me = query.bind(actor.account_id);
    if filter.mine {
        parts.push(format!("({own} OR l.filed_by = {me})"));
    }
    let open: Vec<String> = state::OPEN_TO_ALL.iter().map(ActiveEnum::to_value).collect();
    let mut seen = vec![format!("l.state IN {}", query.bind_all(open)), own];
    let charge = actor.grants.iter().filter(|grant| Action::VerifyListing.roles().contains(&grant.role));
    seen.extend(charge.filter_map(|grant| grant.path.as_deref()).map(|path| query.below(path)));
    seen.push(format!("EXISTS (SELECT 1 FROM listing_party p WHERE p.listing_id = l.id AND p.account_id = {me} AND p.dismissed_at IS NULL)"));
    parts.push(format!("({})", seen.join(" OR ")));
    Ok(parts.join(" AND "))
}

/// Valid at some moment of the time asked about; a need with windows must have one that reaches into it.
fn times(filter: &Filter, query: &mut Statement) -> Vec<String> {
    let mut parts = Vec::new();
    let mut window = vec!["w.need_id = l.id".to_owned()];
    if let Some(from) = filter.from {
        parts.push(format!("l.valid_until > {}", query.bind(from)));
        window.push(format!("w.ends_at > {}", query.bind(from)));
    }
    if let Some(to) = filter.to {
        parts.push(format!("l.valid_from < {}", query.bind(to)));
        window.push(format!("w.starts_at < {}", query.bind(to)));
    }
    if window.len() > 1 {
        parts.push(format!(
            "(NOT EXISTS (SELECT 1 FROM need_window w WHERE w.need_id = l.id) OR EXISTS (SELECT 1 FROM need_window w WHERE {}))",
            window.join(" AND ")
        ));
    }
    parts
}

/// What belongs to the actor, or to a team or unit that the actor speaks for.
async fn owned(connection: &impl ConnectionTrait, actor: &Actor, query: &mut Statement) -> Result<String> {
    let me = query.bind(actor.account_id);
    let mut own = vec![format!("l.owner_account_id = {me}")];
    let teams: Vec<_> = actor.grants.iter().filter(|grant| grant.role == Role::TeamLeader).filter_map(|grant| grant.team_id).collect();
    if !teams.is_empty() {
        own.push(format!("l.owner_team_id IN {}", query.bind_all(teams)));
    }
    let units = owner::led_units(connection, actor).await?;
    if !units.is_empty() {
        own.push(format!("l.owner_unit_id IN {}", query.bind_all(units)));
    }
    Ok(format!("({})", own.join(" OR ")))
}
