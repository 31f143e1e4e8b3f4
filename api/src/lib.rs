//! Qicai (七彩): volunteer points and service-project matching for communities, as a GraphQL server.
//!
//! Reading order: [`server`] is the door; [`graphql`] names what clients may ask; [`domain`] holds the rules; [`command`] is what an operator says.
//! Imports point one way: command → server → graphql → domain → entity.

pub mod command;
pub mod config;
pub mod graphql;
pub mod server;
pub mod telemetry;
