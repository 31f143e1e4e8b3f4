//! Exchange: the three lists (三张清单), what volunteers can do, finding them; co-building projects and their review.
//!
//! Reading order: [`listing`] is what a need, a resource and a service offer have in common, with the table of their states; [`need`], [`resource`] and
//! [`service_offer`] what is particular to each; [`slot`] a bookable time; [`reservation`] what of a listing is promised, taken and let go by
//! conditional statements; [`contact`] who may know name, telephone and exact place; [`supply`] what volunteers and teams can do; [`search`] lists and
//! full text; [`need_match`] the life of a match, from a proposal to service that counts; [`matching`] works out who could meet which need, why and
//! why not, [`suggestion`] tells it, [`match_plan`] plans for everybody at once; [`project`] is a co-building project on its way from draft to
//! evaluation, [`review`] how it and other things are judged; [`task_list`] what member units are asked to do in a month.
//!
//! Invariant: rows are locked in one order everywhere: reservations by key, then listings by id, then slots; a round of review before its
//! project. A match comes before all of these, and the volunteers who serve in it after the match.

pub mod contact;
pub mod listing;
pub mod match_plan;
pub mod matching;
pub mod need;
pub mod need_match;
pub mod point;
pub mod project;
pub mod recipient;
pub mod reservation;
pub mod resource;
pub mod review;
pub mod search;
pub mod service_offer;
pub mod slot;
pub mod suggestion;
pub mod supply;
pub mod task_list;
