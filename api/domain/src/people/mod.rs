//! People: who may do what, accounts and the ways to sign in, WeChat, who acts for whom, pictures, volunteers, teams, signing devices.

pub mod permission;

pub mod account;
pub mod acting;
pub mod consent;
pub mod device;
pub mod helper_change;
pub mod kinship;
pub mod media;
pub mod role;
pub mod second_factor;
pub mod sensitive;
pub mod session;
pub mod team;
pub mod unmasking;
pub mod volunteer;
pub mod wechat;
