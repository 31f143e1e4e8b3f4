//! People: who may do what, accounts and their sessions, volunteers, teams, signing devices.

pub mod permission;

pub mod account;
pub mod device;
pub mod kinship;
pub mod role;
pub mod session;
pub mod team;
pub mod volunteer;
