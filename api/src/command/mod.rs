//! Subcommands of the program, one file each.

pub mod import;
pub mod open_community;
