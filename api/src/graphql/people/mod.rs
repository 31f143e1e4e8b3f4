//! People for clients.

use crate::graphql::root::Parts;

pub mod account;
pub mod acting;
pub mod consent;
pub mod device;
pub mod kinship;
pub mod loader;
pub mod media;
pub mod privacy;
pub mod role;
pub mod second_factor;
pub mod signed_in;
pub mod team;
pub mod volunteer;
pub mod wechat;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    parts
        .with::<account::AccountQuery>()
        .with::<signed_in::SignedInQuery>()
        .with::<wechat::WechatQuery>()
        .with::<acting::ActingQuery>()
        .with::<consent::ConsentQuery>()
        .with::<privacy::PrivacyQuery>()
        .with::<role::RoleQuery>()
        .with::<volunteer::VolunteerQuery>()
        .with::<team::TeamQuery>()
        .with::<device::DeviceQuery>()
        .with::<kinship::KinshipQuery>()
        .with::<media::MediaQuery>()
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    parts
        .with::<account::AccountMutation>()
        .with::<signed_in::SignedInMutation>()
        .with::<second_factor::SecondFactorMutation>()
        .with::<wechat::WechatMutation>()
        .with::<acting::ActingMutation>()
        .with::<consent::ConsentMutation>()
        .with::<privacy::PrivacyMutation>()
        .with::<role::RoleMutation>()
        .with::<volunteer::VolunteerMutation>()
        .with::<team::TeamMutation>()
        .with::<device::DeviceMutation>()
        .with::<kinship::KinshipMutation>()
        .with::<media::MediaMutation>()
}
