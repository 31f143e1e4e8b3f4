//! Rounds of review for clients: opening, scoring, recusing, deciding; and the policy they go by.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::error::Code;
use domain::exchange::project;
use domain::exchange::review::open::Choice;
use domain::exchange::review::policy::{self, Criterion, Policy};
use domain::exchange::review::score::{self, Ballot, Scored};
use domain::exchange::review::{listing as listing_review, outcome, panel, round};
use domain::recognition::selection::panel as nomination;
use entity::id::{ProjectId, ReviewRoundId, SelectionNomineeId, TypedId};

use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing;
use crate::graphql::exchange::review::ReviewRound;
use crate::graphql::exchange::review_parts::{ReviewCriterion, ReviewSubjectKind, ReviewVerdict};
use crate::graphql::{ContextExt, id};

/// How my community reviews one kind of subject.
#[derive(Description)]
pub struct ReviewPolicy(Policy);

#[Object(use_type_description)]
impl ReviewPolicy {
    /// Version; 0 for the defaults of the program.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// k: how many must have scored.
    async fn votes_needed(&self) -> i32 {
        self.0.votes_needed
    }

    /// n: how many are drawn for a panel.
    async fn panel_size(&self) -> i32 {
        self.0.panel_size
    }

    /// Days to score in.
    async fn days(&self) -> i32 {
        self.0.days
    }

    /// Days before the end at which who has not scored is reminded.
    async fn remind_days(&self) -> i32 {
        self.0.remind_days
    }

    /// Spread of the totals, in hundredths of a point, beyond which a note of consensus is needed.
    async fn spread_bps(&self) -> i32 {
        self.0.spread_bps
    }

    /// What is judged by.
    async fn criteria(&self) -> Vec<ReviewCriterion> {
        let one = |one: &Criterion| ReviewCriterion { code: one.code.clone(), label: one.label.clone(), weight: one.weight };
        self.0.criteria.iter().map(one).collect()
    }
}

/// Something to judge by.
#[derive(InputObject)]
pub struct ReviewCriterionInput {
    /// Stable code: capitals, digits and `_`, 2 to 40 characters.
    code: String,
    /// The word shown, 1 to 40 characters.
    label: String,
    /// Weight among the others, 1 to 1000.
    weight: i32,
}

/// How one kind of subject is reviewed from now on; open rounds go on as they were opened.
#[derive(InputObject)]
pub struct PublishReviewPolicyInput {
    /// Of what.
    subject_kind: ReviewSubjectKind,
    /// k: how many must have scored, 1 to `panelSize`.
    votes_needed: i32,
    /// n: how many are drawn for a panel, 1 to 50.
    panel_size: i32,
    /// Days to score in, 1 to 90.
    days: i32,
    /// Days before the end at which who has not scored is reminded, below `days`.
    remind_days: i32,
    /// Spread of the totals, in hundredths of a point, beyond which a note of consensus is needed, 0 to 10000.
    spread_bps: i32,
    /// What is judged by, 1 to 20.
    criteria: Vec<ReviewCriterionInput>,
}

/// Something to put before a panel.
#[derive(InputObject)]
pub struct OpenReviewInput {
    /// A project that was handed in, or a need, resource or service offer; or a nominee whose last round was called off.
    subject_id: ID,
    /// Accounts of reviewers who are to judge; drawn by the program when left out. Who is tied to the subject is recused, and somebody else drawn instead.
    reviewer_ids: Option<Vec<ID>>,
    /// End of the phase: the verdict is published then by itself, and not before. When left out, `publishReview` does it.
    publish_at: Option<DateTime<Utc>>,
}

/// A reviewer to put on a panel.
#[derive(InputObject)]
pub struct AppointReviewerInput {
    /// The round.
    round_id: ID,
    /// Account of the reviewer.
    account_id: ID,
}

/// Points for one criterion.
#[derive(InputObject)]
pub struct ReviewPointsInput {
    /// Code of the criterion.
    code: String,
    /// 0 to 100.
    points: i32,
}

/// My ballot.
#[derive(InputObject)]
pub struct ScoreReviewInput {
    /// The round.
    round_id: ID,
    /// Points for every criterion of the round.
    points: Vec<ReviewPointsInput>,
    /// What I find.
    verdict: ReviewVerdict,
    /// Why, up to 500 characters; obligatory with RETURN and REJECT.
    reason: Option<String>,
}

/// A tie that is not on record.
#[derive(InputObject)]
pub struct DeclareTieInput {
    /// The round.
    round_id: ID,
    /// What ties me, 1 to 200 characters.
    reason: String,
}

/// What the panel agreed on.
#[derive(InputObject)]
pub struct NoteConsensusInput {
    /// The round.
    round_id: ID,
    /// In words, 1 to 1000 characters.
    note: String,
}

/// A verdict to make known.
#[derive(InputObject)]
pub struct PublishReviewInput {
    /// The round.
    round_id: ID,
}

/// More time to score in.
#[derive(InputObject)]
pub struct ExtendReviewInput {
    /// The round.
    round_id: ID,
    /// Until when; later than before, within 90 days.
    due_at: DateTime<Utc>,
}

/// A round to call off.
#[derive(InputObject)]
pub struct CancelReviewInput {
    /// The round.
    round_id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

#[derive(Default)]
pub struct ReviewPolicyQuery;

#[Object]
impl ReviewPolicyQuery {
    /// How my community reviews a kind of subject now.
    async fn review_policy(&self, ctx: &Context<'_>, #[graphql(desc = "Of what.")] subject_kind: ReviewSubjectKind) -> ApiResult<ReviewPolicy> {
        Ok(ReviewPolicy(policy::in_force(ctx.app().db.reader(), ctx.actor()?.community_id, subject_kind.into()).await?))
    }
}

#[derive(Default)]
pub struct ReviewMutation;

#[Object]
impl ReviewMutation {
    /// Publishes how my community reviews a kind of subject (administrators).
    async fn publish_review_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How one kind of subject is reviewed from now on.")] input: PublishReviewPolicyInput,
    ) -> ApiResult<ReviewPolicy> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let criteria = input.criteria.into_iter().map(|one| Criterion { code: one.code, label: one.label, weight: one.weight });
        let policy = Policy {
            version: 0,
            votes_needed: input.votes_needed,
            panel_size: input.panel_size,
            days: input.days,
            remind_days: input.remind_days,
            spread_bps: input.spread_bps,
            criteria: criteria.collect(),
        };
        let tx = app.db.begin().await?;
        let policy = policy::publish(&tx, actor, input.subject_kind.into(), policy).await?;
        tx.commit().await?;
        Ok(ReviewPolicy(policy))
    }

    /// Puts a project that was handed in, or a listing, before a panel (administrators); or a nominee whose last round was called off.
    async fn open_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Something to put before a panel.")] input: OpenReviewInput,
    ) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let keys = &app.keys;
        let ids = input.reviewer_ids.as_ref().map(|ids| ids.iter().map(|text| id::parse(text, "reviewerIds")).collect::<Result<Vec<_>, _>>());
        let mut reviewers = ids.transpose()?;
        if let Some(ids) = &mut reviewers {
            let mut seen = std::collections::HashSet::new();
            ids.retain(|id| seen.insert(*id));
        }
        let choice = Choice { reviewers, publish_at: input.publish_at.map(Into::into) };
        let prefix = input.subject_id.split_once('_').map_or("", |(prefix, _)| prefix);
        let tx = app.db.begin().await?;
        let row = match prefix {
            ProjectId::PREFIX => Box::pin(project::open_review(&tx, keys, actor, id::parse(&input.subject_id, "subjectId")?, choice)).await?,
            SelectionNomineeId::PREFIX => Box::pin(nomination::reopen(&tx, keys, actor, id::parse(&input.subject_id, "subjectId")?, choice)).await?,
            _ => {
                let (listing_id, kind) = listing::parse(&input.subject_id, "subjectId")?;
                Box::pin(listing_review::open_review(&tx, keys, actor, listing_id, kind, choice)).await?
            }
        };
        let seen = round::get(&tx.connection, actor, row.id).await?;
        tx.commit().await?;
        Ok(seen.into())
    }

    /// Puts one more reviewer on a panel (administrators).
    async fn appoint_reviewer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A reviewer to put on a panel.")] input: AppointReviewerInput,
    ) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (round_id, account_id) = (id::parse(&input.round_id, "roundId")?, id::parse(&input.account_id, "accountId")?);
        let tx = app.db.begin().await?;
        let seen = panel::appoint(&tx, &ctx.app().keys, actor, round_id, account_id).await?;
        tx.commit().await?;
        Ok(seen.into())
    }

    /// Scores, once, as a reviewer on the panel. Nobody else sees it before enough have scored; the last score needed closes the round.
    async fn score_review(&self, ctx: &Context<'_>, #[graphql(desc = "My ballot.")] input: ScoreReviewInput) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let round_id: ReviewRoundId = id::parse(&input.round_id, "roundId")?;
        let points = input.points.into_iter().map(|one| (one.code, one.points)).collect();
        let ballot = Ballot { points, verdict: input.verdict.into(), reason: input.reason };
        let tx = app.db.begin().await?;
        let scored = Box::pin(score::score(&tx, &ctx.app().keys, actor, round_id, ballot)).await?;
        tx.commit().await?;
        match scored {
            Scored::Counted(seen) => Ok((*seen).into()),
            Scored::Recused(_) => Err(Code::ReviewerRecused.into()),
        }
    }

    /// Takes me off a panel because of a tie that is not on record; somebody else comes in.
    async fn declare_tie(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A tie that is not on record.")] input: DeclareTieInput,
    ) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let round_id = id::parse(&input.round_id, "roundId")?;
        let tx = app.db.begin().await?;
        let seen = panel::declare_tie(&tx, &ctx.app().keys, actor, round_id, &input.reason).await?;
        tx.commit().await?;
        Ok(seen.into())
    }

    /// Writes down, once, what the panel agreed on where its scores lie far apart (who scored, or administrators).
    async fn note_consensus(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the panel agreed on.")] input: NoteConsensusInput,
    ) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let round_id = id::parse(&input.round_id, "roundId")?;
        let tx = app.db.begin().await?;
        let seen = outcome::note_consensus(&tx, actor, round_id, &input.note).await?;
        tx.commit().await?;
        Ok(seen.into())
    }

    /// Makes the verdict of a closed round known, at the end of its phase (administrators).
    async fn publish_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A verdict to make known.")] input: PublishReviewInput,
    ) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let round_id = id::parse(&input.round_id, "roundId")?;
        let tx = app.db.begin().await?;
        let seen = outcome::publish(&tx, actor, round_id).await?;
        tx.commit().await?;
        Ok(seen.into())
    }

    /// Gives reviewers more time (administrators).
    async fn extend_review(&self, ctx: &Context<'_>, #[graphql(desc = "More time to score in.")] input: ExtendReviewInput) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let round_id = id::parse(&input.round_id, "roundId")?;
        let tx = app.db.begin().await?;
        let seen = outcome::extend(&tx, actor, round_id, input.due_at.into()).await?;
        tx.commit().await?;
        Ok(seen.into())
    }

    /// Calls a round off before its verdict is known; its subject may be put before another panel (administrators).
    async fn cancel_review(&self, ctx: &Context<'_>, #[graphql(desc = "A round to call off.")] input: CancelReviewInput) -> ApiResult<ReviewRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let round_id = id::parse(&input.round_id, "roundId")?;
        let tx = app.db.begin().await?;
        let seen = outcome::cancel(&tx, actor, round_id, &input.reason).await?;
        tx.commit().await?;
        Ok(seen.into())
    }
}
