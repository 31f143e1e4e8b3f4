//! People for clients.

use async_graphql::MergedObject;

pub mod account;
pub mod acting;
pub mod device;
pub mod kinship;
pub mod loader;
pub mod role;
pub mod second_factor;
pub mod signed_in;
pub mod team;
pub mod volunteer;
pub mod wechat;

#[derive(MergedObject, Default)]
pub struct PeopleQuery(
    account::AccountQuery,
    signed_in::SignedInQuery,
    wechat::WechatQuery,
    acting::ActingQuery,
    role::RoleQuery,
    volunteer::VolunteerQuery,
    team::TeamQuery,
    device::DeviceQuery,
    kinship::KinshipQuery,
);

#[derive(MergedObject, Default)]
pub struct PeopleMutation(
    account::AccountMutation,
    signed_in::SignedInMutation,
    second_factor::SecondFactorMutation,
    wechat::WechatMutation,
    acting::ActingMutation,
    role::RoleMutation,
    volunteer::VolunteerMutation,
    team::TeamMutation,
    device::DeviceMutation,
    kinship::KinshipMutation,
);
