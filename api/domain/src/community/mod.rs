//! Territory: the region tree, communities, their word lists, local units, and co-building with them (共建): alliance, agreements, check-in, pairing,
//! joint meetings, visits, model units.

pub mod agreement;
pub mod alliance;
pub mod calendar;
pub mod joint_meeting;
pub mod model_unit;
pub mod pairing;
pub mod region;
pub mod taxonomy;
pub mod tenant;
pub mod unit;
pub mod unit_check_in;
pub mod unit_visit;
pub mod wording;
