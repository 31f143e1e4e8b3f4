//! Exchange for clients: the three lists, contacts, rates, what volunteers and teams can do, matches; projects and their review.

use async_graphql::MergedObject;

pub mod contact;
pub mod evidence;
pub mod listing;
pub mod listing_input;
pub mod loader;
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

#[derive(MergedObject, Default)]
pub struct ExchangeQuery(
    search::SearchQuery,
    need::NeedQuery,
    resource::ResourceQuery,
    service_offer::ServiceOfferQuery,
    contact::ContactQuery,
    rates::RatesQuery,
    supply::SupplyQuery,
    team_supply::TeamSupplyQuery,
    project::ProjectQuery,
    review::ReviewQuery,
    review_input::ReviewPolicyQuery,
    suggestion::SuggestionQuery,
    match_plan::MatchPlanQuery,
    need_match::NeedMatchQuery,
    task_list::TaskListQuery,
);

#[derive(MergedObject, Default)]
pub struct ExchangeMutation(
    need::NeedMutation,
    resource::ResourceMutation,
    service_offer::ServiceOfferMutation,
    listing_input::ListingMutation,
    slot::SlotMutation,
    contact::ContactMutation,
    supply::SupplyMutation,
    project_input::ProjectMutation,
    project_run::ProjectStepMutation,
    review_input::ReviewMutation,
    match_plan::MatchPlanMutation,
    need_match_input::NeedMatchMutation,
    task_list_input::TaskListMutation,
);
