//! Plans of matches for clients.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::Error;
use domain::exchange::matching::load::HelperId;
use domain::exchange::{match_plan, suggestion};
use domain::page::Rows;
use entity::id::{ListingId, MatchPlanId, NeedId};
use entity::match_plan::Model;
use entity::match_plan_line as lines;

use crate::connection_of;
use crate::graphql::at_hand::AtHandList;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::exchange::listing::Listing;
use crate::graphql::exchange::suggestion::Named;
use crate::graphql::exchange::suggestion_reason::SuggestionReason;
use crate::graphql::people::team::Team;
use crate::graphql::people::volunteer::Volunteer;
use crate::graphql::{ContextExt, connection, id};

/// What became of a pair of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::match_plan_line::PlanLineState")]
pub enum PlanLineState {
    /// Nothing yet.
    Planned,
    /// It was proposed.
    Proposed,
    /// It did not fit any more.
    Skipped,
}

/// How evenly a plan lies on the helpers (轮换).
#[derive(SimpleObject)]
pub struct PlanFairness {
    /// Helpers with at least one pair.
    asked: i32,
    /// Share of all pairs that goes to the busiest hundredth of the helpers, parts in a million.
    busiest_ppm: i32,
    /// Gini coefficient of minutes, served lately and planned together, parts in a million: 0 when all carry the same.
    gini_ppm: i32,
}

/// How far a plan has been proposed.
#[derive(SimpleObject)]
pub struct PlanProgress {
    /// Pairs of which nothing has become yet.
    planned: i64,
    /// Pairs that were proposed.
    proposed: i64,
    /// Pairs that did not fit any more.
    skipped: i64,
}

/// One pair of a plan: who would be asked for what.
pub struct MatchPlanLine {
    row: lines::Model,
    helper: HelperId,
    named: Arc<Named>,
}

/// One pair of a plan: who would be asked for what.
#[Object]
impl MatchPlanLine {
    /// Place in the plan, from 0.
    async fn position(&self) -> i32 {
        self.row.position
    }

    /// Id of the need.
    async fn need_id(&self) -> ID {
        NeedId::from(self.row.need_id.0).into()
    }

    /// The need.
    async fn need(&self) -> Option<Listing> {
        self.named.listing(self.row.need_id)
    }

    /// The volunteer; null when the helper is a team, a resource or a service offer.
    async fn volunteer(&self) -> Option<Volunteer> {
        self.named.volunteer(self.helper)
    }

    /// The team; null when the helper is somebody or something else.
    async fn team(&self) -> Option<Team> {
        self.named.team(self.helper)
    }

    /// The resource or service offer; null when the helper is a volunteer or a team.
    async fn offering(&self) -> Option<Listing> {
        self.named.offering(self.helper)
    }

    /// Slot of the offering, where it has slots.
    async fn slot_id(&self) -> Option<ID> {
        self.row.slot_id.map(Into::into)
    }

    /// How many places or things.
    async fn quantity(&self) -> i64 {
        self.row.quantity
    }

    /// From when; null where time plays no part.
    async fn starts_at(&self) -> Option<DateTime<Utc>> {
        self.row.starts_at.map(entity::time::UtcMicros::date_time)
    }

    /// Until when.
    async fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.row.ends_at.map(entity::time::UtcMicros::date_time)
    }

    /// Of one place, in millionths of a point: the sum of the reasons.
    async fn score(&self) -> i64 {
        self.row.score
    }

    /// Every reason, the heaviest first; they add up to the score.
    async fn reasons(&self) -> AtHandList<SuggestionReason> {
        AtHandList(suggestion::of_json(&self.row.reasons).into_iter().map(SuggestionReason).collect())
    }

    /// Candidates of the need that score higher and are planned for something else; 0 for its best one.
    async fn passed_over(&self) -> i32 {
        self.row.passed_over
    }

    /// What became of it.
    async fn state(&self) -> PlanLineState {
        self.row.state.into()
    }

    /// Code of what was in the way of a pair that was skipped.
    async fn refusal(&self) -> Option<&str> {
        self.row.refusal.as_deref()
    }
}

connection_of!(MatchPlanLinePage, MatchPlanLine, MatchPlanLineNames, "MatchPlanLineConnection", "MatchPlanLineEdge");

/// A plan of matches (撮合方案) for a whole community. It is a dry run: nothing comes of it until it is proposed and people accept.
#[derive(Description)]
pub struct MatchPlan(Model);

#[Object(use_type_description)]
impl MatchPlan {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// When it was drawn.
    async fn drawn_at(&self) -> DateTime<Utc> {
        self.0.drawn_at.date_time()
    }

    /// Until when it can be proposed.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at.date_time()
    }

    /// Needs that waited for help.
    async fn needs(&self) -> i32 {
        self.0.needs
    }

    /// Helpers that could be asked: volunteers who said what they can do, teams, resources and service offers.
    async fn helpers(&self) -> i32 {
        self.0.helpers
    }

    /// Needs left out because they ask for a word beyond the 256 that matching knows of a community.
    async fn left_out(&self) -> i32 {
        self.0.left_out
    }

    /// Needs with places that nobody is planned for.
    async fn open_needs(&self) -> i32 {
        self.0.open_needs
    }

    /// Those places.
    async fn open_places(&self) -> i64 {
        self.0.open_places
    }

    /// Pairs that were weighed against each other.
    async fn candidates(&self) -> i64 {
        self.0.candidates
    }

    /// Sum of the scores, in millionths of a point.
    async fn score(&self) -> i64 {
        self.0.score
    }

    /// No plan over the same candidates can score more.
    async fn bound(&self) -> i64 {
        self.0.bound
    }

    /// How far the score can be from the best one at most, parts in a million; certified by `bound`.
    async fn gap_ppm(&self) -> i32 {
        self.0.gap_ppm
    }

    /// How evenly it lies on the helpers.
    async fn fairness(&self) -> PlanFairness {
        PlanFairness { asked: self.0.asked, busiest_ppm: self.0.busiest_ppm, gini_ppm: self.0.gini_ppm }
    }

    /// The same if nobody were spared for having been asked or having served lately; null unless `compareRotation` was set.
    async fn without_rotation(&self) -> Option<PlanFairness> {
        let row = &self.0;
        Some(PlanFairness { asked: row.unrotated_asked?, busiest_ppm: row.unrotated_busiest_ppm?, gini_ppm: row.unrotated_gini_ppm? })
    }

    /// How many pairs there are.
    async fn size(&self) -> i32 {
        self.0.lines
    }

    /// When proposing it began.
    async fn proposed_at(&self) -> Option<DateTime<Utc>> {
        self.0.proposed_at.map(entity::time::UtcMicros::date_time)
    }

    /// How far it has been proposed.
    async fn progress(&self, ctx: &Context<'_>) -> ApiResult<PlanProgress> {
        let connection = ctx.app().db.reader();
        let (proposed, skipped) = tokio::try_join!(
            match_plan::count(connection, self.0.id, lines::PlanLineState::Proposed),
            match_plan::count(connection, self.0.id, lines::PlanLineState::Skipped),
        )?;
        let (proposed, skipped) = (i64::try_from(proposed).unwrap_or(i64::MAX), i64::try_from(skipped).unwrap_or(i64::MAX));
        Ok(PlanProgress { planned: i64::from(self.0.lines) - proposed - skipped, proposed, skipped })
    }

    /// Its pairs, by need, the oldest need first, of one need the best first.
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<MatchPlanLinePage> {
        let page = connection::args(first, after, last, before)?;
        let Rows { rows, has_next, has_previous } = match_plan::lines(ctx.app().db.reader(), self.0.id, &page).await?;
        let rows = rows.into_iter().map(|row| Ok((match_plan::helper(&row)?, row))).collect::<Result<Vec<_>, Error>>()?;
        let pairs: Vec<(ListingId, HelperId)> = rows.iter().map(|(helper, row)| (row.need_id, *helper)).collect();
        let node = ctx.look_ahead().field("edges").field("node");
        let named = Arc::new(Named::of(ctx, &pairs, std::collections::HashMap::new(), |name| node.field(name).exists()).await?);
        let place = |row: &(HelperId, lines::Model)| (i64::from(row.1.position), row.1.plan_id.to_string());
        let line = |(helper, row)| MatchPlanLine { row, helper, named: Arc::clone(&named) };
        Ok(connection::of(Rows { rows, has_next, has_previous }, place, line))
    }
}

/// What to plan.
#[derive(InputObject)]
pub struct PlanMatchesInput {
    /// Plan a second time without rotation, to show what rotation is worth.
    #[graphql(default = false)]
    compare_rotation: bool,
}

/// A plan to propose.
#[derive(InputObject)]
pub struct ProposePlanInput {
    /// The plan.
    plan_id: ID,
    /// Names this intention; sending it again gives the same plan.
    idempotency_key: String,
}

#[derive(Default)]
pub struct MatchPlanQuery;

#[Object]
impl MatchPlanQuery {
    /// A plan of my community by its id (administrators); plans are kept.
    async fn match_plan(&self, ctx: &Context<'_>, #[graphql(desc = "The plan.")] id: ID) -> ApiResult<Option<MatchPlan>> {
        let id: MatchPlanId = id::parse(&id, "id")?;
        Ok(found(match_plan::get(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(MatchPlan))
    }
}

#[derive(Default)]
pub struct MatchPlanMutation;

#[Object]
impl MatchPlanMutation {
    /// Plans for everything in my community that waits for help, and tells nobody: a dry run that can be proposed for a day (administrators).
    async fn plan_matches(&self, ctx: &Context<'_>, #[graphql(desc = "What to plan.")] input: PlanMatchesInput) -> ApiResult<MatchPlan> {
        Ok(MatchPlan(match_plan::draw(&ctx.app().db, ctx.actor()?, input.compare_rotation).await?))
    }

    /// Proposes a plan as it was drawn (administrators). Its first pairs are proposed at once and the others behind the answer, see `progress`; a pair that
    /// does not fit any more is skipped. Whoever is asked may decline.
    async fn propose_plan(&self, ctx: &Context<'_>, #[graphql(desc = "A plan to propose.")] input: ProposePlanInput) -> ApiResult<MatchPlan> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let tx = app.db.begin().await?;
        let id = match_plan::propose(&tx, actor, &input.idempotency_key, id::parse(&input.plan_id, "planId")?).await?;
        tx.commit().await?;
        let plan = match_plan::get(app.db.reader(), actor, id).await?;
        match_plan::propose_batch(&app.db, &plan).await?;
        app.wake.notify_one();
        Ok(MatchPlan(plan))
    }
}
