//! People for clients.

use async_graphql::MergedObject;

pub mod account;
pub mod device;
pub mod kinship;
pub mod loader;
pub mod role;
pub mod team;
pub mod volunteer;

#[derive(MergedObject, Default)]
pub struct PeopleQuery(account::AccountQuery, volunteer::VolunteerQuery, team::TeamQuery, device::DeviceQuery, kinship::KinshipQuery);

#[derive(MergedObject, Default)]
pub struct PeopleMutation(
    account::AccountMutation,
    role::RoleMutation,
    volunteer::VolunteerMutation,
    team::TeamMutation,
    device::DeviceMutation,
    kinship::KinshipMutation,
);
