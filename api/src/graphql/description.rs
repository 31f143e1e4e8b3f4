//! What the connection types are, in the words of the schema: the library writes those types and describes none of them.

use async_graphql::SchemaBuilder;

use super::community::{
    agreement::AgreementPage,
    alliance::AllianceMemberPage,
    joint_meeting::{JointDecisionPage, JointMeetingPage},
    model_unit::ModelUnitPage,
    pairing::PairingPage,
    region::RegionPage,
    unit::UnitPage,
    unit_check_in::{MemberCheckInPage, UnitCheckInPage, UnitFeedbackPage},
    unit_visit::UnitVisitPage,
};
use super::exchange::{
    contact::ContactLookPage, match_plan::MatchPlanLinePage, need::NeedPage, need_match::NeedMatchPage, project::ProjectPage, resource::ResourcePage,
    review::ReviewRoundPage, search::ListingHitPage, service_offer::ServiceOfferPage, task::TaskPage, task_list::TaskListPage,
    team_supply::TeamSupplyPage,
};
use super::insight::{audit::AuditLinePage, correction::CorrectionPage, notification::NotificationPage};
use super::people::{
    acting::ActingStepPage, kinship::KinshipPage, media::MediaPage, privacy::UnmaskingPage, role::RoleGrantPage, team::TeamPage,
    volunteer::VolunteerPage,
};
use super::points::{adjustment::AdjustmentPage, proof::ProofBlockPage, redemption::RedemptionPage, reward::RewardPage, wallet::PassbookPage};
use super::recognition::{
    certificate::{CertificatePage, RevokedCertificatePage},
    dossier::DossierEntryPage,
    party_member::PartyMemberPage,
    party_member_unmasking::PartyMemberUnmaskingPage,
    selection::SelectionRoundPage,
};
use super::service::{
    activity::ActivityPage, attendance::AttendancePage, offline::OfflineCheckInPage, record::ServiceRecordPage, session::ActivitySessionPage,
    sign_up::SignUpPage,
};

/// Describes every connection type.
pub fn describe<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    builder
        .override_output_type_description::<ActingStepPage>("A page of what was done for others.")
        .override_output_type_description::<ActivityPage>("A page of activities.")
        .override_output_type_description::<ActivitySessionPage>("A page of sessions.")
        .override_output_type_description::<AdjustmentPage>("A page of corrections of points.")
        .override_output_type_description::<AgreementPage>("A page of agreements.")
        .override_output_type_description::<AllianceMemberPage>("A page of seats in the alliance.")
        .override_output_type_description::<AttendancePage>("A page of presences.")
        .override_output_type_description::<AuditLinePage>("A page of the audit log.")
        .override_output_type_description::<CertificatePage>("A page of certificates.")
        .override_output_type_description::<ContactLookPage>("A page of looks at a contact.")
        .override_output_type_description::<CorrectionPage>("A page of corrections that were asked for.")
        .override_output_type_description::<DossierEntryPage>("A page of the entries of a file.")
        .override_output_type_description::<JointDecisionPage>("A page of decisions of joint meetings.")
        .override_output_type_description::<JointMeetingPage>("A page of joint meetings.")
        .override_output_type_description::<KinshipPage>("A page of families on record.")
        .override_output_type_description::<ListingHitPage>("A page of listings that were found.")
        .override_output_type_description::<MediaPage>("A page of pictures.")
        .override_output_type_description::<MemberCheckInPage>("A page of members who have checked in.")
        .override_output_type_description::<ModelUnitPage>("A page of model units.")
        .override_output_type_description::<MatchPlanLinePage>("A page of the pairs of a plan.")
        .override_output_type_description::<NeedPage>("A page of needs.")
        .override_output_type_description::<NeedMatchPage>("A page of matches.")
        .override_output_type_description::<NotificationPage>("A page of messages.")
        .override_output_type_description::<OfflineCheckInPage>("A page of offline check-ins.")
        .override_output_type_description::<PairingPage>("A page of pairings.")
        .override_output_type_description::<PartyMemberPage>("A page of Party members.")
        .override_output_type_description::<PartyMemberUnmaskingPage>("A page of looks at my whole name as a Party member.")
        .override_output_type_description::<PassbookPage>("A page of the passbook.")
        .override_output_type_description::<ProjectPage>("A page of projects.")
        .override_output_type_description::<ProofBlockPage>("A page of sealed blocks.")
        .override_output_type_description::<RedemptionPage>("A page of redemptions.")
        .override_output_type_description::<RegionPage>("A page of regions.")
        .override_output_type_description::<ResourcePage>("A page of resources.")
        .override_output_type_description::<ReviewRoundPage>("A page of rounds of review.")
        .override_output_type_description::<RevokedCertificatePage>("A page of revoked certificates.")
        .override_output_type_description::<RewardPage>("A page of rewards.")
        .override_output_type_description::<RoleGrantPage>("A page of roles that were given.")
        .override_output_type_description::<SelectionRoundPage>("A page of selections.")
        .override_output_type_description::<ServiceOfferPage>("A page of service offers.")
        .override_output_type_description::<ServiceRecordPage>("A page of service records.")
        .override_output_type_description::<SignUpPage>("A page of sign-ups.")
        .override_output_type_description::<TaskListPage>("A page of task lists.")
        .override_output_type_description::<TaskPage>("A page of tasks.")
        .override_output_type_description::<TeamPage>("A page of teams.")
        .override_output_type_description::<TeamSupplyPage>("A page of what teams can do.")
        .override_output_type_description::<UnitCheckInPage>("A page of units that have checked in.")
        .override_output_type_description::<UnitFeedbackPage>("A page of what a unit was told.")
        .override_output_type_description::<UnitPage>("A page of units.")
        .override_output_type_description::<UnitVisitPage>("A page of visits.")
        .override_output_type_description::<UnmaskingPage>("A page of looks at my whole name and telephone.")
        .override_output_type_description::<VolunteerPage>("A page of volunteers.")
}
