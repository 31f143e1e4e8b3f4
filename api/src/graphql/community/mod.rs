//! Territory for clients.

use async_graphql::MergedObject;

pub mod taxonomy;

#[derive(MergedObject, Default)]
pub struct CommunityQuery(taxonomy::TaxonomyQuery);

#[derive(MergedObject, Default)]
pub struct CommunityMutation(taxonomy::TaxonomyMutation);
