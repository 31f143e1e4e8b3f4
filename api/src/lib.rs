//! Qicai (七彩): volunteer points and service-project matching for communities, as a GraphQL server.
//!
//! Reading order: [`server`] is the door; [`graphql`] names what clients may ask; the areas hold the rules ([`community`], [`people`], [`points`],
//! [`service`], [`exchange`], [`recognition`], [`insight`]), each noun in a file, each verb taking a [`tx::Tx`] and an actor; [`outbox`] and [`relay`] bring everything derived up
//! to date after the commit. Imports point one way: server → graphql → areas → entity, and among areas only up this list.

pub mod app;
pub mod audit;
pub mod bus;
pub mod command;
pub mod config;
pub mod db;
pub mod due;
pub mod error;
pub mod event;
pub mod graphql;
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
pub mod server;
pub mod store;
pub mod telemetry;
pub mod tx;
pub mod web;

pub mod community;
pub mod exchange;
pub mod people;
pub mod points;
pub mod service;

pub mod recognition;

pub mod insight;
