//! Points for clients: wallet and passbook, policy, rewards, redemptions, adjustments, leaderboard, proof.

use crate::graphql::root::Parts;

pub mod adjustment;
pub mod award;
pub mod leaderboard;
pub mod policy;
pub mod proof;
pub mod redemption;
pub mod reward;
pub mod wallet;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    parts
        .with::<wallet::WalletQuery>()
        .with::<policy::PolicyQuery>()
        .with::<reward::RewardQuery>()
        .with::<redemption::RedemptionQuery>()
        .with::<adjustment::AdjustmentQuery>()
        .with::<leaderboard::LeaderboardQuery>()
        .with::<proof::ProofQuery>()
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    parts
        .with::<policy::PolicyMutation>()
        .with::<reward::RewardMutation>()
        .with::<redemption::RedemptionMutation>()
        .with::<adjustment::AdjustmentMutation>()
}
