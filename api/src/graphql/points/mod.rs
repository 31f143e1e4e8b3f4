//! Points for clients: wallet and passbook, policy, rewards, redemptions, adjustments, leaderboard, proof.

use async_graphql::MergedObject;

pub mod adjustment;
pub mod award;
pub mod leaderboard;
pub mod policy;
pub mod proof;
pub mod redemption;
pub mod reward;
pub mod wallet;

#[derive(MergedObject, Default)]
pub struct PointsQuery(
    wallet::WalletQuery,
    policy::PolicyQuery,
    reward::RewardQuery,
    redemption::RedemptionQuery,
    adjustment::AdjustmentQuery,
    leaderboard::LeaderboardQuery,
    proof::ProofQuery,
);

#[derive(MergedObject, Default)]
pub struct PointsMutation(policy::PolicyMutation, reward::RewardMutation, redemption::RedemptionMutation, adjustment::AdjustmentMutation);
