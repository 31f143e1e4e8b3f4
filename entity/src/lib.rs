//! Row shapes, typed ids and named scopes of Qicai; no rules, no GraphQL.
//!
//! [`id`] and [`time`] first, then the rows area by area. Relations are not declared: a rule joins by typed id where it needs to, so that every query
//! that a rule makes can be read in the rule.

pub mod id;
pub mod time;

pub mod region;
pub mod community;
pub mod region_level;
pub mod taxonomy_term;
pub mod unit;
pub mod account;
pub mod login_session;
pub mod refresh_token;
pub mod volunteer;
pub mod volunteer_number;
pub mod volunteer_qualification;
pub mod team;
pub mod team_member;
pub mod role_grant;
pub mod device_key;
pub mod points_policy;
pub mod wallet;
pub mod operation;
pub mod entry;
pub mod bucket;
pub mod award;
pub mod adjustment;
pub mod reward;
pub mod reward_quota;
pub mod redemption;
pub mod activity;
pub mod activity_session;
pub mod sign_up;
pub mod attendance;
pub mod offline_check_in;
pub mod service_record;
pub mod service_day;
pub mod leaderboard_board;
pub mod leaderboard_score;
pub mod outbox;
pub mod idempotency;
pub mod notification;
