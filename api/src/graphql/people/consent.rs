//! Consents for clients.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::people::consent::guardian;
use domain::people::consent::text::{self, Text};
use domain::people::consent::{self, Standing, State};
use domain::people::permission::Actor;
use domain::recognition::merit::member;
use entity::consent as rows;
use entity::id::{ActingRelationId, CommunityId};
use entity::time::UtcMicros;

use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, id};

/// What a consent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::consent::ConsentPurpose")]
pub enum ConsentPurpose {
    /// 隐私政策: what is collected and why; agreed to by registering as a volunteer. Without it nobody signs up for anything new.
    PrivacyNotice,
    /// 公开姓名: to be named on leaderboards, honour lists and public notices.
    NamePublicity,
    /// 身份证件: to keep the number of the identity card.
    IdentityDocument,
    /// 健康说明: to keep a note about health.
    HealthNote,
    /// 党员身份: to keep that somebody is a Party member; given with `declarePartyMembership`.
    PartyMembership,
    /// 未成年人参加服务: that a child under 14 serves; given by the guardian.
    MinorService,
}

/// How somebody stands to a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::people::consent::State")]
pub enum ConsentState {
    /// 未同意: never agreed.
    None,
    /// 已同意: agreed, and it suffices.
    Given,
    /// 需重新同意: a material version came after the one agreed to. What relied on it is off until it is given again.
    Outdated,
    /// 已撤回: agreed once, and no longer.
    Ended,
}

/// How a consent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::consent::ConsentEnding")]
pub enum ConsentEnding {
    /// It was taken back.
    Withdrawn,
    /// Another version was agreed to.
    Replaced,
    /// The guardian who gave it no longer acts for the child.
    RelationEnded,
}

/// A version of a text that people agree to (告知与同意文本).
#[derive(Description)]
pub struct ConsentText(Text);

#[Object(use_type_description)]
impl ConsentText {
    /// What it is for.
    async fn purpose(&self) -> ConsentPurpose {
        self.0.purpose.into()
    }

    /// Its version, from 1 on. The newest is the one to agree to.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The text, in Chinese.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether older consents no longer suffice.
    async fn material(&self) -> bool {
        self.0.material
    }

    /// When the community published it; none for the first, which the program brings.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.published_at.map(UtcMicros::date_time)
    }
}

/// A consent that was given (同意记录); written once and ended once.
#[derive(Description)]
pub struct ConsentRecord(rows::Model);

#[Object(use_type_description)]
impl ConsentRecord {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Version of the text.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Account that gave it: the person, or the guardian.
    async fn given_by(&self) -> ID {
        self.0.given_by.into()
    }

    /// When.
    async fn given_at(&self) -> DateTime<Utc> {
        self.0.given_at.date_time()
    }

    /// When it ended; none while it stands.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at.map(UtcMicros::date_time)
    }

    /// Account that ended it.
    async fn ended_by(&self) -> Option<ID> {
        self.0.ended_by.map(Into::into)
    }

    /// How it ended.
    async fn ending(&self) -> Option<ConsentEnding> {
        self.0.ending.map(Into::into)
    }
}

/// How somebody stands to a purpose (同意状态).
#[derive(Description)]
pub struct ConsentStanding {
    standing: Standing,
    /// Version and moment of a consent that is kept sealed.
    sealed: Option<(i32, UtcMicros)>,
}

#[Object(use_type_description)]
impl ConsentStanding {
    /// What it is for.
    async fn purpose(&self) -> ConsentPurpose {
        self.standing.purpose.into()
    }

    /// How the person stands.
    async fn state(&self) -> ConsentState {
        self.standing.state.into()
    }

    /// The version agreed to while it stands.
    async fn version(&self) -> Option<i32> {
        let own = self.standing.history.first().filter(|row| row.ended_at.is_none()).map(|row| row.version);
        self.sealed.map(|(version, _)| version).or(own)
    }

    /// The version to agree to today.
    async fn present_version(&self) -> i32 {
        self.standing.versions.present
    }

    /// Since when it stands.
    async fn given_at(&self) -> Option<DateTime<Utc>> {
        let own = self.standing.history.first().filter(|row| row.ended_at.is_none()).map(|row| row.given_at);
        self.sealed.map(|(_, at)| at).or(own).map(UtcMicros::date_time)
    }

    /// Every consent to it, newest first. Of Party membership there is none: what was withdrawn is not kept.
    async fn history(&self) -> Vec<ConsentRecord> {
        self.standing.history.iter().cloned().map(ConsentRecord).collect()
    }
}

/// A purpose to agree to.
#[derive(InputObject)]
pub struct GiveConsentInput {
    /// What for.
    purpose: ConsentPurpose,
    /// The version that was shown; only the present one can be agreed to.
    version: i32,
}

/// A consent to take back.
#[derive(InputObject)]
pub struct WithdrawConsentInput {
    /// What for.
    purpose: ConsentPurpose,
}

/// A purpose to agree to for a child.
#[derive(InputObject)]
pub struct GiveConsentForInput {
    /// The relation of kind CHILD in which I am the helper.
    relation_id: ID,
    /// What for: MINOR_SERVICE first, which makes me the guardian.
    purpose: ConsentPurpose,
    /// The version that was shown; only the present one can be agreed to.
    version: i32,
}

/// A consent for a child to take back.
#[derive(InputObject)]
pub struct WithdrawConsentForInput {
    /// The relation of kind CHILD in which I am the helper.
    relation_id: ID,
    /// What for.
    purpose: ConsentPurpose,
}

/// A new version of a text.
#[derive(InputObject)]
pub struct PublishConsentTextInput {
    /// What it is for.
    purpose: ConsentPurpose,
    /// The text, 1 to 10000 characters.
    text: String,
    /// Whether older consents no longer suffice and everybody is asked anew.
    material: bool,
    /// Why, 1 to 200 characters; kept with who published it.
    reason: String,
}

#[derive(Default)]
pub struct ConsentQuery;

#[Object]
impl ConsentQuery {
    /// The texts that people agree to, by purpose, the newest version first. Without a token those of any community, so that they can be shown before
    /// somebody registers; with one those of my own.
    async fn consent_texts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The community; mine when left out.")] community_id: Option<ID>,
    ) -> ApiResult<Vec<ConsentText>> {
        let asked: Option<CommunityId> = id::parse_opt(community_id.as_ref(), "communityId")?;
        let community_id = match (ctx.actor(), asked) {
            (Ok(actor), Some(id)) if id != actor.community_id => return Err(Error::from(Code::NotFound).on("communityId").into()),
            (Ok(actor), _) => actor.community_id,
            (Err(_), Some(id)) => id,
            (Err(error), None) => return Err(error),
        };
        let texts = text::list_of(ctx.app().db.reader(), community_id).await?;
        Ok(texts.into_iter().map(ConsentText).collect())
    }

    /// How I stand to each purpose.
    async fn my_consents(&self, ctx: &Context<'_>) -> ApiResult<Vec<ConsentStanding>> {
        of_actor(ctx, ctx.actor()?).await
    }

    /// How a child for whom I act stands to each purpose.
    async fn consents_for(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The relation of kind CHILD in which I am the helper.")] relation_id: ID,
    ) -> ApiResult<Vec<ConsentStanding>> {
        of_child(ctx, ctx.actor()?, id::parse(&relation_id, "relationId")?).await
    }
}

#[derive(Default)]
pub struct ConsentMutation;

#[Object]
impl ConsentMutation {
    /// Agrees to the present version of a purpose's text; again changes nothing. PARTY_MEMBERSHIP is renewed by this and given first by
    /// `declarePartyMembership`.
    async fn give_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A purpose to agree to.")] input: GiveConsentInput,
    ) -> ApiResult<Vec<ConsentStanding>> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let tx = app.db.begin().await?;
        if input.purpose == ConsentPurpose::PartyMembership {
            member::renew_consent(&tx, &app.keys, actor, input.version).await?;
        } else {
            consent::give(&tx, actor, input.purpose.into(), input.version).await?;
        }
        tx.commit().await?;
        forget(ctx, actor);
        of_actor(ctx, actor).await
    }

    /// Takes my consent back; again changes nothing. At once my name is masked (NAME_PUBLICITY), a sealed value is erased (IDENTITY_DOCUMENT, HEALTH_NOTE),
    /// my membership and my check-in as a member go (PARTY_MEMBERSHIP), or I sign up for nothing more (PRIVACY_NOTICE).
    async fn withdraw_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A consent to take back.")] input: WithdrawConsentInput,
    ) -> ApiResult<Vec<ConsentStanding>> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let tx = app.db.begin().await?;
        if input.purpose == ConsentPurpose::PartyMembership {
            member::withdraw_consent(&tx, &app.keys, actor).await?;
        } else {
            consent::withdraw(&tx, actor, input.purpose.into()).await?;
        }
        tx.commit().await?;
        forget(ctx, actor);
        of_actor(ctx, actor).await
    }

    /// Agrees for a child under 14 (监护人同意). I am a registered volunteer of 18 years or more; the child's account invited me with `inviteHelper`, or staff
    /// wrote it down with `recordHelping`.
    async fn give_consent_for(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A purpose to agree to for a child.")] input: GiveConsentForInput,
    ) -> ApiResult<Vec<ConsentStanding>> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.relation_id, "relationId")?;
        let tx = app.db.begin().await?;
        guardian::give_for(&tx, actor, id, input.purpose.into(), input.version).await?;
        tx.commit().await?;
        of_child(ctx, actor, id).await
    }

    /// Takes a consent for a child back, as `withdrawConsent` does; without MINOR_SERVICE the child signs up for nothing more.
    async fn withdraw_consent_for(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A consent for a child to take back.")] input: WithdrawConsentForInput,
    ) -> ApiResult<Vec<ConsentStanding>> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.relation_id, "relationId")?;
        let tx = app.db.begin().await?;
        let child = guardian::withdraw_for(&tx, actor, id, input.purpose.into()).await?;
        tx.commit().await?;
        if let Some(volunteer_id) = child {
            app.at_hand.forget_name(volunteer_id);
        }
        of_child(ctx, actor, id).await
    }

    /// Publishes a new version of a text (administrators). A material one asks everybody anew; names that were public are masked at once.
    async fn publish_consent_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new version of a text.")] input: PublishConsentTextInput,
    ) -> ApiResult<ConsentText> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let tx = app.db.begin().await?;
        let published = text::publish(&tx, actor, input.purpose.into(), &input.text, input.material, &input.reason).await?;
        tx.commit().await?;
        if published.material {
            app.at_hand.forget_names();
        }
        Ok(ConsentText(published))
    }
}

fn forget(ctx: &Context<'_>, actor: &Actor) {
    if let Some(own) = actor.volunteer {
        ctx.app().at_hand.forget_name(own.id);
    }
}

async fn of_actor(ctx: &Context<'_>, actor: &Arc<Actor>) -> ApiResult<Vec<ConsentStanding>> {
    // What was just written is read here.
    let (app, connection) = (ctx.app(), ctx.app().db.writer());
    let sealed = member::consent_standing(connection, &app.keys, actor).await?;
    let standings = consent::standings(connection, actor.community_id, actor.account_id).await?;
    let shown = standings.into_iter().map(|standing| {
        if standing.purpose != rows::ConsentPurpose::PartyMembership {
            return ConsentStanding { standing, sealed: None };
        }
        let state = State::of(sealed.map(|(version, _)| (version, true)), standing.versions);
        ConsentStanding { standing: Standing { state, ..standing }, sealed }
    });
    Ok(shown.collect())
}

async fn of_child(ctx: &Context<'_>, actor: &Actor, id: ActingRelationId) -> ApiResult<Vec<ConsentStanding>> {
    let standings = guardian::standings_of(ctx.app().db.writer(), actor, id).await?;
    Ok(standings.into_iter().map(|standing| ConsentStanding { standing, sealed: None }).collect())
}
