//! Points for clients: wallet and passbook, policy, rewards, redemptions, adjustments, leaderboard.

use async_graphql::MergedObject;

pub mod adjustment;
pub mod award;
pub mod leaderboard;
pub mod policy;
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
);

#[derive(MergedObject, Default)]
pub struct PointsMutation(policy::PolicyMutation, reward::RewardMutation, redemption::RedemptionMutation, adjustment::AdjustmentMutation);
