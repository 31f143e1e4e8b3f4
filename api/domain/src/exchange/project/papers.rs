//! Papers of a project: the signed agreement (协议) and the insurance (保险), each with the days for which it holds.

use entity::id::ProjectId;
use entity::project;
use entity::time::BusinessDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Entry, get, in_charge_of, state};
use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Something signed.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Number or place where it is kept, 1 to 100 characters.
    pub reference: String,
    /// The day it was signed, or the first day it holds.
    pub from: BusinessDate,
    /// The last day it holds.
    pub to: BusinessDate,
}

impl Paper {
    fn check(self, field: &'static str) -> Result<Self> {
        if self.to < self.from {
            return Err(Error::from(Code::BadInput).on(field));
        }
        Ok(Self { reference: wording::label(&self.reference, 100, field)?, ..self })
    }
}

/// Records agreement or insurance, or both; what is left out stays as it was.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`; `BAD_INPUT` on `agreement` or `insurance`.
pub async fn record(tx: &Tx, actor: &Actor, id: ProjectId, agreement: Option<Paper>, insurance: Option<Paper>) -> Result<Entry> {
    in_charge_of(&tx.connection, actor, Action::RecordProjectPapers, id).await?;
    let agreement = agreement.map(|paper| paper.check("agreement")).transpose()?;
    let insurance = insurance.map(|paper| paper.check("insurance")).transpose()?;
    if agreement.is_none() && insurance.is_none() {
        return Err(Error::from(Code::BadInput).on("agreement"));
    }
    let row = state::lock(tx, id).await?;
    state::within(&row, &state::TAKES_PAPERS)?;
    let mut update = project::Entity::update_many().filter(project::Column::Id.eq(id));
    if let Some(Paper { reference, from, to }) = agreement {
        update = update
            .col_expr(project::Column::AgreementRef, Expr::value(reference))
            .col_expr(project::Column::AgreementSignedOn, Expr::value(from))
            .col_expr(project::Column::AgreementValidTo, Expr::value(to));
    }
    if let Some(Paper { reference, from, to }) = insurance {
        update = update
            .col_expr(project::Column::InsuranceRef, Expr::value(reference))
            .col_expr(project::Column::InsuranceFrom, Expr::value(from))
            .col_expr(project::Column::InsuranceTo, Expr::value(to));
    }
    update.exec(&tx.connection).await?;
    get(&tx.connection, actor, id).await
}
