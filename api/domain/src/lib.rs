//! The rules of Qicai (七彩), and what they stand on.
//!
//! Reading order: the areas hold the rules ([`community`], [`people`], [`points`], [`service`], [`exchange`], [`recognition`], [`insight`]), each noun in a
//! file, each verb taking a [`tx::Tx`] and an actor; [`outbox`] and [`relay`] bring everything derived up to date after the commit; [`app`] is what all of
//! them share. Imports point one way: areas → ground → entity, and among areas only up this list.
//!
//! Nothing here knows GraphQL or HTTP: that is `api`, a package above, which is compiled while this one is still being translated into machine code.

pub mod app;
pub mod audit;
pub mod bus;
pub mod db;
pub mod due;
pub mod error;
pub mod event;
pub mod idempotency;
pub mod keys;
pub mod lease;
pub mod link;
pub mod outbox;
pub mod page;
pub mod rate;
pub mod relay;
pub mod sealed;
pub mod secret;
pub mod store;
pub mod tx;
pub mod web;

pub mod community;
pub mod exchange;
pub mod people;
pub mod points;
pub mod service;

pub mod recognition;

pub mod insight;
