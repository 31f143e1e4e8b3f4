//! Territory for clients.

use async_graphql::MergedObject;

pub mod agreement;
pub mod alliance;
pub mod calendar;
mod co_building;
pub mod joint_meeting;
pub mod loader;
pub mod model_unit;
pub mod pairing;
pub mod region;
pub mod taxonomy;
pub mod unit;
pub mod unit_check_in;
pub mod unit_visit;

#[derive(MergedObject, Default)]
pub struct CommunityQuery(
    region::RegionQuery,
    taxonomy::TaxonomyQuery,
    unit::UnitQuery,
    alliance::AllianceQuery,
    agreement::AgreementQuery,
    unit_check_in::UnitCheckInQuery,
    pairing::PairingQuery,
    joint_meeting::JointMeetingQuery,
    unit_visit::UnitVisitQuery,
    model_unit::ModelUnitQuery,
    calendar::CalendarQuery,
);

#[derive(MergedObject, Default)]
pub struct CommunityMutation(
    region::RegionMutation,
    taxonomy::TaxonomyMutation,
    unit::UnitMutation,
    alliance::AllianceMutation,
    agreement::AgreementMutation,
    unit_check_in::UnitCheckInMutation,
    pairing::PairingMutation,
    joint_meeting::JointMeetingMutation,
    unit_visit::UnitVisitMutation,
    model_unit::ModelUnitMutation,
    calendar::CalendarMutation,
);
