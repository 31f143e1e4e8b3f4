//! Territory for clients.

use crate::graphql::root::Parts;

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

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    parts
        .with::<region::RegionQuery>()
        .with::<taxonomy::TaxonomyQuery>()
        .with::<unit::UnitQuery>()
        .with::<alliance::AllianceQuery>()
        .with::<agreement::AgreementQuery>()
        .with::<unit_check_in::UnitCheckInQuery>()
        .with::<pairing::PairingQuery>()
        .with::<joint_meeting::JointMeetingQuery>()
        .with::<unit_visit::UnitVisitQuery>()
        .with::<model_unit::ModelUnitQuery>()
        .with::<calendar::CalendarQuery>()
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    parts
        .with::<region::RegionMutation>()
        .with::<taxonomy::TaxonomyMutation>()
        .with::<unit::UnitMutation>()
        .with::<alliance::AllianceMutation>()
        .with::<agreement::AgreementMutation>()
        .with::<unit_check_in::UnitCheckInMutation>()
        .with::<pairing::PairingMutation>()
        .with::<joint_meeting::JointMeetingMutation>()
        .with::<unit_visit::UnitVisitMutation>()
        .with::<model_unit::ModelUnitMutation>()
        .with::<calendar::CalendarMutation>()
}
