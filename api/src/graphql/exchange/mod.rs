//! Exchange for clients: the three lists, contacts, rates, what volunteers and teams can do, matches; projects and their review.

use crate::graphql::root::Parts;

pub mod contact;
pub mod evidence;
pub mod listing;
pub mod listing_input;
pub mod loader;
pub mod match_obstacle;
pub mod match_plan;
pub mod need;
pub mod need_match;
pub mod need_match_input;
pub mod project;
pub mod project_input;
pub mod project_loader;
pub mod project_parts;
pub mod project_run;
pub mod rates;
pub mod resource;
pub mod review;
pub mod review_input;
pub mod review_loader;
pub mod review_parts;
pub mod search;
pub mod service_offer;
pub mod slot;
pub mod suggestion;
pub mod suggestion_reason;
pub mod supply;
pub mod task;
pub mod task_list;
pub mod task_list_input;
pub mod team_supply;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    parts
        .with::<search::SearchQuery>()
        .with::<need::NeedQuery>()
        .with::<resource::ResourceQuery>()
        .with::<service_offer::ServiceOfferQuery>()
        .with::<contact::ContactQuery>()
        .with::<rates::RatesQuery>()
        .with::<supply::SupplyQuery>()
        .with::<team_supply::TeamSupplyQuery>()
        .with::<project::ProjectQuery>()
        .with::<review::ReviewQuery>()
        .with::<review_input::ReviewPolicyQuery>()
        .with::<suggestion::SuggestionQuery>()
        .with::<match_plan::MatchPlanQuery>()
        .with::<need_match::NeedMatchQuery>()
        .with::<task_list::TaskListQuery>()
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    parts
        .with::<need::NeedMutation>()
        .with::<resource::ResourceMutation>()
        .with::<service_offer::ServiceOfferMutation>()
        .with::<listing_input::ListingMutation>()
        .with::<slot::SlotMutation>()
        .with::<contact::ContactMutation>()
        .with::<supply::SupplyMutation>()
        .with::<project_input::ProjectMutation>()
        .with::<project_run::ProjectStepMutation>()
        .with::<review_input::ReviewMutation>()
        .with::<match_plan::MatchPlanMutation>()
        .with::<need_match_input::NeedMatchMutation>()
        .with::<task_list_input::TaskListMutation>()
}
