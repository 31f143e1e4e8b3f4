//! The schema of Qicai, one step per area, for SQLite and PostgreSQL.
//!
//! Each step is plain DDL written once; [`ddl`] swaps the five words in which the two databases differ. Constraints carry names, because
//! a refused write is answered with the error code of the constraint that refused it. Steps never import entities: an entity may change,
//! history may not.
//!
//! Words: ids are UUIDs made by the program, times are microseconds since 1970 in UTC set by the program (never a database default),
//! business dates are `yyyymmdd` in the community's time zone, states are text under a CHECK.

use sea_orm_migration::prelude::*;

mod ddl;
mod m20261121_000001_community;
mod m20261121_000002_people;
mod m20261121_000003_points;
mod m20261121_000004_service;
mod m20261121_000005_leaderboard;
mod m20261121_000006_delivery;
mod m20261121_000007_live;
mod m20261121_000008_listing;
mod m20261121_000009_need_match;
mod m20261121_000010_co_building;
mod m20261121_000011_proof;
mod m20261121_000012_review;
mod m20261121_000013_recognition;
mod m20261121_000016_match_plan;
mod m20261122_000014_identity;
mod m20261130_000017_audit;
mod m20261130_000018_media;
mod m20261130_000019_consent;
mod m20261130_000020_personal;
mod m20261201_000021_party_member_unmasking;
mod m20261201_000022_early_verdict;
mod m20261201_000023_helper_change;

pub use sea_orm_migration::MigratorTrait;

/// Every step, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_community::Migration),
            Box::new(m20261121_000002_people::Migration),
            Box::new(m20261121_000003_points::Migration),
            Box::new(m20261121_000004_service::Migration),
            Box::new(m20261121_000005_leaderboard::Migration),
            Box::new(m20261121_000006_delivery::Migration),
            Box::new(m20261121_000007_live::Migration),
            Box::new(m20261121_000008_listing::Migration),
            Box::new(m20261121_000009_need_match::Migration),
            Box::new(m20261121_000010_co_building::Migration),
            Box::new(m20261121_000011_proof::Migration),
            Box::new(m20261121_000012_review::Migration),
            Box::new(m20261121_000013_recognition::Migration),
            Box::new(m20261121_000016_match_plan::Migration),
            Box::new(m20261122_000014_identity::Migration),
            Box::new(m20261130_000017_audit::Migration),
            Box::new(m20261130_000018_media::Migration),
            Box::new(m20261130_000019_consent::Migration),
            Box::new(m20261130_000020_personal::Migration),
            Box::new(m20261201_000021_party_member_unmasking::Migration),
            Box::new(m20261201_000022_early_verdict::Migration),
            Box::new(m20261201_000023_helper_change::Migration),
        ]
    }
}
