//! Points: the ledger first, then what moves it (policy and award, redemption, adjustment, expiry), then what is derived from it (proof,
//! leaderboard).

pub mod ledger;

pub mod adjustment;
pub mod award;
pub mod expiry;
pub mod pickup;
pub mod policy;
pub mod redemption;
pub mod reward;
pub mod wallet;

pub mod leaderboard;
pub mod proof;
