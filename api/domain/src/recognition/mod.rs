//! Recognition: what service is worth beyond points.
//!
//! Reading order: [`star`] is the degree that comes with hours; [`dossier`] keeps what else the law wants recorded of a volunteer; [`certificate`] freezes
//! all of it under a number that anybody may check; [`merit`] is what Party members are appraised by;
//! [`selection`] chooses a year's vanguards. Nothing here is ever bought, and none of it goes down when points are redeemed.

pub mod certificate;
pub mod dossier;
pub mod merit;
pub mod selection;
pub mod star;
