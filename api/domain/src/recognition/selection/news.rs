//! What nominees, and who objected, are told of a selection.

use std::collections::HashMap;

use entity::id::{AccountId, SelectionNomineeId, VolunteerId};
use entity::selection_nominee::Model as Nominee;
use entity::selection_round::Model;
use entity::volunteer;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::error::Result;
use crate::event::{Event, Judging, SelectionNews};
use crate::outbox;
use crate::tx::Tx;

/// Tells several nominees what became of them; who has no account is told nothing.
pub(super) async fn tell(tx: &Tx, row: &Model, told: &[(&Nominee, SelectionNews)]) -> Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    let ids = told.iter().map(|(one, _)| one.volunteer_id);
    let people = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids)).all(&tx.connection).await?;
    let accounts: HashMap<VolunteerId, AccountId> = people.into_iter().filter_map(|person| Some((person.id, person.account_id?))).collect();
    let events = told.iter().filter_map(|(one, what)| Some(event(tx, row, one.id, *accounts.get(&one.volunteer_id)?, *what)));
    outbox::record_all(tx, &events.collect::<Vec<_>>()).await
}

/// Tells one account.
pub(super) async fn tell_account(tx: &Tx, row: &Model, about: SelectionNomineeId, account_id: AccountId, what: SelectionNews) -> Result<()> {
    outbox::record(tx, &event(tx, row, about, account_id, what)).await
}

fn event(tx: &Tx, row: &Model, nominee_id: SelectionNomineeId, account_id: AccountId, what: SelectionNews) -> Event {
    Event::JudgingChanged { account_id, news: Judging::Selection { nominee_id, title: row.title.clone(), what, at: tx.now } }
}
