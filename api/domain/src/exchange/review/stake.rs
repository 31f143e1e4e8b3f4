//! Who has a stake (利害关系) in a subject: people, units and teams, and who competes with it. Written down when a round is opened, so that ties can be asked for again.

use std::collections::BTreeSet;

use entity::id::{AccountId, ReviewRoundId, TeamId, UnitId};
use entity::review_stake::{self, StakeHolder};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use crate::error::Result;
use crate::tx::Tx;

/// Everybody who has a stake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    /// People: who applied, is nominated, or appeals.
    pub accounts: BTreeSet<AccountId>,
    /// Units that apply or take part.
    pub units: BTreeSet<UnitId>,
    /// Teams that apply or take part.
    pub teams: BTreeSet<TeamId>,
    /// People who compete with the subject. They do not judge it, and neither do their families; unlike the others they are told nothing of it.
    pub rivals: BTreeSet<AccountId>,
}

impl Stakes {
    fn rows(&self) -> impl Iterator<Item = (StakeHolder, Uuid)> {
        let accounts = self.accounts.iter().map(|id| (StakeHolder::Account, id.0));
        let units = self.units.iter().map(|id| (StakeHolder::Unit, id.0));
        let teams = self.teams.iter().map(|id| (StakeHolder::Team, id.0));
        let rivals = self.rivals.iter().map(|id| (StakeHolder::Rival, id.0));
        accounts.chain(units).chain(teams).chain(rivals)
    }
}

/// Writes down who has a stake in a round.
pub(super) async fn write(tx: &Tx, round_id: ReviewRoundId, stakes: &Stakes) -> Result<()> {
    let rows = stakes.rows().map(|(holder, holder_id)| review_stake::Model { round_id, holder, holder_id }.into_active_model());
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        review_stake::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    Ok(())
}

/// Who has a stake in a round.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, round_id: ReviewRoundId) -> Result<Stakes> {
    let mut stakes = Stakes::default();
    for row in review_stake::Entity::find().filter(review_stake::Column::RoundId.eq(round_id)).all(connection).await? {
        match row.holder {
            StakeHolder::Account => stakes.accounts.insert(AccountId(row.holder_id)),
            StakeHolder::Unit => stakes.units.insert(UnitId(row.holder_id)),
            StakeHolder::Team => stakes.teams.insert(TeamId(row.holder_id)),
            StakeHolder::Rival => stakes.rivals.insert(AccountId(row.holder_id)),
        };
    }
    Ok(stakes)
}
