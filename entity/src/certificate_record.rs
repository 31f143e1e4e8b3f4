//! A record that a certificate names.

use sea_orm::entity::prelude::*;

use crate::id::{CertificateId, ServiceRecordId};

/// A record that a certificate names.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate_record")]
pub struct Model {
    /// The certificate.
    #[sea_orm(primary_key, auto_increment = false)]
    pub certificate_id: CertificateId,
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: ServiceRecordId,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
