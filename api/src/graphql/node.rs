//! `node` and `nodes`: anything by its id.
//!
//! The prefix of an id names the noun, and each noun's file says how its rows are found and for whom they exist. To add a noun: a variant of
//! [`Node`], and a line in [`find`].

use async_graphql::{Context, ID, Interface, Object};
use domain::error::{Code, Error};
use entity::id::{
    ActivityId, ActivitySessionId, AdjustmentId, AgreementId, AllianceMemberId, AttendanceId, CertificateId, DossierEntryId, JointDecisionId,
    JointMeetingId, MediaId, ModelUnitId, NeedId, NeedMatchId, OfflineCheckInId, PairingId, ProjectId, RedemptionId, RegionId, ResourceId,
    ReviewRoundId, RewardId, SelectionNomineeId, SelectionRoundId, ServiceOfferId, ServiceRecordId, SignUpId, TaskId, TaskListId, TaxonomyTermId,
    TeamId, TypedId, UnitCheckInId, UnitId, UnitVisitId, VolunteerId,
};
use futures_util::future::try_join_all;

use crate::graphql::community::{agreement, alliance, joint_meeting, model_unit, pairing, region, taxonomy, unit, unit_check_in, unit_visit};
use crate::graphql::error::ApiResult;
use crate::graphql::exchange::{need, need_match, project, resource, review, service_offer, task, task_list};
use crate::graphql::people::{media, team, volunteer};
use crate::graphql::points::{adjustment, redemption, reward};
use crate::graphql::recognition::{certificate, dossier, selection};
use crate::graphql::service::{activity, attendance, offline, record, session, sign_up};

/// Most ids of one `nodes`.
const NODES_MAX: usize = 100;

/// Anything with an id of its own.
#[expect(clippy::large_enum_variant, reason = "one or a hundred of a request, each as its row is")]
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Id: a prefix that names the kind, `_`, and 22 characters."))]
pub enum Node {
    /// A place.
    Region(region::Region),
    /// A word of the community's lists.
    TaxonomyTerm(taxonomy::TaxonomyTerm),
    /// A local unit.
    Unit(unit::Unit),
    /// A seat in the alliance.
    AllianceMember(alliance::AllianceMember),
    /// An agreement.
    Agreement(agreement::Agreement),
    /// A unit that has checked in.
    UnitCheckIn(unit_check_in::UnitCheckIn),
    /// A pairing.
    Pairing(pairing::Pairing),
    /// A joint meeting.
    JointMeeting(joint_meeting::JointMeeting),
    /// A decision of a joint meeting.
    JointDecision(joint_meeting::JointDecision),
    /// A visit.
    UnitVisit(unit_visit::UnitVisit),
    /// A model unit.
    ModelUnit(model_unit::ModelUnit),
    /// A volunteer.
    Volunteer(volunteer::Volunteer),
    /// A team.
    Team(team::Team),
    /// A picture.
    Media(media::Media),
    /// An activity.
    Activity(activity::Activity),
    /// A session.
    ActivitySession(session::ActivitySession),
    /// A sign-up.
    SignUp(sign_up::SignUp),
    /// Presence at a session.
    Attendance(attendance::Attendance),
    /// A service record.
    ServiceRecord(record::ServiceRecord),
    /// An offline check-in.
    OfflineCheckIn(offline::OfflineCheckIn),
    /// A need.
    Need(need::Need),
    /// A match.
    NeedMatch(need_match::NeedMatch),
    /// A resource.
    Resource(resource::Resource),
    /// A service offer.
    ServiceOffer(service_offer::ServiceOffer),
    /// A co-building project.
    Project(project::Project),
    /// A round of review.
    ReviewRound(review::ReviewRound),
    /// The tasks of a month.
    TaskList(task_list::TaskList),
    /// A co-building task.
    Task(task::Task),
    /// An item of the points store.
    Reward(reward::Reward),
    /// A redemption.
    Redemption(redemption::Redemption),
    /// A correction of points.
    Adjustment(adjustment::Adjustment),
    /// An entry of a volunteer's file.
    DossierEntry(dossier::DossierEntry),
    /// A certificate of service.
    Certificate(certificate::Certificate),
    /// A selection of vanguards.
    SelectionRound(selection::SelectionRound),
    /// Somebody nominated for a selection.
    SelectionNominee(selection::SelectionNominee),
}

/// The row behind an id, when it exists for the actor.
async fn find(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Node>> {
    let prefix = id.split_once('_').map(|(prefix, _)| prefix).unwrap_or_default();
    Ok(match prefix {
        RegionId::PREFIX => region::node(ctx, id).await?.map(Node::Region),
        TaxonomyTermId::PREFIX => taxonomy::node(ctx, id).await?.map(Node::TaxonomyTerm),
        UnitId::PREFIX => unit::node(ctx, id).await?.map(Node::Unit),
        AllianceMemberId::PREFIX => alliance::node(ctx, id).await?.map(Node::AllianceMember),
        AgreementId::PREFIX => agreement::node(ctx, id).await?.map(Node::Agreement),
        UnitCheckInId::PREFIX => unit_check_in::node(ctx, id).await?.map(Node::UnitCheckIn),
        PairingId::PREFIX => pairing::node(ctx, id).await?.map(Node::Pairing),
        JointMeetingId::PREFIX => joint_meeting::node(ctx, id).await?.map(Node::JointMeeting),
        JointDecisionId::PREFIX => joint_meeting::decision_node(ctx, id).await?.map(Node::JointDecision),
        UnitVisitId::PREFIX => unit_visit::node(ctx, id).await?.map(Node::UnitVisit),
        ModelUnitId::PREFIX => model_unit::node(ctx, id).await?.map(Node::ModelUnit),
        VolunteerId::PREFIX => volunteer::node(ctx, id).await?.map(Node::Volunteer),
        TeamId::PREFIX => team::node(ctx, id).await?.map(Node::Team),
        MediaId::PREFIX => media::node(ctx, id).await?.map(Node::Media),
        ActivityId::PREFIX => activity::node(ctx, id).await?.map(Node::Activity),
        ActivitySessionId::PREFIX => session::node(ctx, id).await?.map(Node::ActivitySession),
        SignUpId::PREFIX => sign_up::node(ctx, id).await?.map(Node::SignUp),
        AttendanceId::PREFIX => attendance::node(ctx, id).await?.map(Node::Attendance),
        ServiceRecordId::PREFIX => record::node(ctx, id).await?.map(Node::ServiceRecord),
        OfflineCheckInId::PREFIX => offline::node(ctx, id).await?.map(Node::OfflineCheckIn),
        NeedId::PREFIX => need::node(ctx, id).await?.map(Node::Need),
        NeedMatchId::PREFIX => need_match::node(ctx, id).await?.map(Node::NeedMatch),
        ResourceId::PREFIX => resource::node(ctx, id).await?.map(Node::Resource),
        ServiceOfferId::PREFIX => service_offer::node(ctx, id).await?.map(Node::ServiceOffer),
        ProjectId::PREFIX => project::node(ctx, id).await?.map(Node::Project),
        ReviewRoundId::PREFIX => review::node(ctx, id).await?.map(Node::ReviewRound),
        TaskListId::PREFIX => task_list::node(ctx, id).await?.map(Node::TaskList),
        TaskId::PREFIX => task::node(ctx, id).await?.map(Node::Task),
        RewardId::PREFIX => reward::node(ctx, id).await?.map(Node::Reward),
        RedemptionId::PREFIX => redemption::node(ctx, id).await?.map(Node::Redemption),
        AdjustmentId::PREFIX => adjustment::node(ctx, id).await?.map(Node::Adjustment),
        DossierEntryId::PREFIX => dossier::node(ctx, id).await?.map(Node::DossierEntry),
        SelectionNomineeId::PREFIX => selection::nominee_node(ctx, id).await?.map(Node::SelectionNominee),
        SelectionRoundId::PREFIX => selection::node(ctx, id).await?.map(Node::SelectionRound),
        CertificateId::PREFIX => certificate::node(ctx, id).await?.map(Node::Certificate),
        _ => return Err(Error::from(Code::BadId).on("id").into()),
    })
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id; `NOT_FOUND` for what does not exist for me.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id of anything that is a `Node`.")] id: ID) -> Option<ApiResult<Node>> {
        let found = find(ctx, &id).await.and_then(|found| found.ok_or_else(|| Error::from(Code::NotFound).on("id").into()));
        Some(found)
    }

    /// Several things by their ids, in the same order; null where there is nothing by that id for me.
    async fn nodes(&self, ctx: &Context<'_>, #[graphql(desc = "Up to 100 ids.")] ids: Vec<ID>) -> ApiResult<Vec<Option<Node>>> {
        if ids.len() > NODES_MAX {
            return Err(Error::from(Code::BadInput).on("ids").with("max", NODES_MAX).into());
        }
        try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}
