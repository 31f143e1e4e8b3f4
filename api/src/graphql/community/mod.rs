//! Territory for clients.

use async_graphql::MergedObject;

pub mod alliance;
pub mod loader;
pub mod region;
pub mod taxonomy;
pub mod unit;

#[derive(MergedObject, Default)]
pub struct CommunityQuery(region::RegionQuery, taxonomy::TaxonomyQuery, unit::UnitQuery, alliance::AllianceQuery);

#[derive(MergedObject, Default)]
pub struct CommunityMutation(region::RegionMutation, taxonomy::TaxonomyMutation, unit::UnitMutation, alliance::AllianceMutation);
