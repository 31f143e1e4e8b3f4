//! Row shapes, typed ids and named scopes of Qicai; no rules, no GraphQL.
//!
//! [`id`] and [`time`] first, then the rows area by area. Relations are not declared: a rule joins by typed id where it needs to, so that every query
//! that a rule makes can be read in the rule.

pub mod id;
pub mod time;

pub mod account;
pub mod acting_relation;
pub mod acting_step;
pub mod activity;
pub mod activity_session;
pub mod adjustment;
pub mod attendance;
pub mod award;
pub mod bucket;
pub mod change;
pub mod community;
pub mod contact_look;
pub mod device_key;
pub mod entry;
pub mod idempotency;
pub mod leaderboard_board;
pub mod leaderboard_score;
pub mod listing;
pub mod listing_party;
pub mod listing_slot;
pub mod listing_step;
pub mod login_session;
pub mod need;
pub mod need_window;
pub mod notification;
pub mod offline_check_in;
pub mod operation;
pub mod outbox;
pub mod points_policy;
pub mod recipient;
pub mod redemption;
pub mod refresh_token;
pub mod region;
pub mod region_level;
pub mod reservation;
pub mod resource;
pub mod reward;
pub mod reward_quota;
pub mod role_grant;
pub mod service_day;
pub mod service_offer;
pub mod service_record;
pub mod sign_up;
pub mod taxonomy_term;
pub mod team;
pub mod team_member;
pub mod unit;
pub mod volunteer;
pub mod volunteer_exception;
pub mod volunteer_hours;
pub mod volunteer_number;
pub mod volunteer_qualification;
pub mod volunteer_skill;
pub mod volunteer_supply;
pub mod wallet;
pub mod wechat_identity;
