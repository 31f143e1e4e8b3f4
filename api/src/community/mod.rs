//! Territory: the region tree, communities, their word lists, local units.

pub mod alliance;
pub mod region;
pub mod taxonomy;
pub mod tenant;
pub mod unit;
pub mod wording;
