//! What a batch of events means to those who follow something.

use std::collections::{BTreeSet, HashMap};

use entity::activity_session::SessionState;
use entity::id::{ActivitySessionId, CommunityId};
use entity::team::TeamColour;
use sea_orm::{ActiveEnum, ConnectionTrait};
use serde::Serialize;
use uuid::Uuid;

use super::{Attendance, Channel};
use crate::bus::{Batch, Draft, log, throttle};
use crate::db::{sql, tuples};
use crate::error::{Error, Result};
use crate::event::{Event, ReviewKind};
use crate::insight::notification::Told;
use crate::tx::Tx;

/// Sessions asked for with one statement.
const ROWS: usize = 1_000;

/// What is to be told after the commit.
#[derive(Default)]
pub struct News {
    /// The changes written.
    pub batch: Option<Batch>,
    /// Whether more wait until they may be told.
    pub waiting: bool,
}

/// Writes the changes that a batch of events brings, with the messages written for it and the scopes whose leaderboards it changed. However often
/// something changed within the batch, its followers are told once.
///
/// # Errors
/// When the database refuses.
pub async fn record(tx: &Tx, events: &[Event], messages: &[Told], scopes: impl IntoIterator<Item = (Uuid, Option<TeamColour>)>) -> Result<News> {
    let mut sessions: BTreeSet<ActivitySessionId> = BTreeSet::new();
    let mut queues: BTreeSet<(CommunityId, ReviewKind)> = BTreeSet::new();
    for event in events {
        match event {
            Event::AttendanceChanged { session_id } => {
                sessions.insert(*session_id);
            }
            Event::ReviewQueueChanged { community_id, kind } => {
                queues.insert((*community_id, *kind));
            }
            _ => {}
        }
    }
    let mut drafts = Vec::new();
    for message in messages {
        drafts.push(draft(Channel::Notifications(message.account_id), message)?);
    }
    for counted in attendance(tx, &sessions).await? {
        drafts.push(draft(Channel::Attendance(counted.session_id), &counted)?);
    }
    for (community_id, kind) in queues {
        drafts.push(draft(Channel::ReviewQueue(community_id), &kind)?);
    }
    let boards = scopes.into_iter().map(|(scope_id, colour)| Channel::Leaderboards(scope_id, colour).to_string()).collect();
    let settled = throttle::settle(tx, boards).await?;
    drafts.extend(settled.ready.into_iter().map(|channel| Draft { channel, payload: "{}".to_owned() }));
    Ok(News { batch: log::append(tx, drafts).await?, waiting: settled.waiting })
}

fn draft(channel: Channel, payload: &impl Serialize) -> Result<Draft> {
    Ok(Draft { channel: channel.to_string(), payload: serde_json::to_string(payload).map_err(Error::internal)? })
}

/// Sessions in numbers, two queries for a thousand of them.
async fn attendance(tx: &Tx, sessions: &BTreeSet<ActivitySessionId>) -> Result<Vec<Attendance>> {
    let connection = &tx.connection;
    let ids: Vec<_> = sessions.iter().copied().collect();
    let mut counted = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS) {
        let listed = tuples(1, chunk.len());
        let values = || chunk.iter().map(|id| (*id).into());
        let text = format!(
            "SELECT session_id, COUNT(*) AS came, COUNT(checked_out_at) AS gone FROM attendance WHERE session_id IN {listed} GROUP BY session_id"
        );
        let mut present: HashMap<ActivitySessionId, (i64, i64)> = HashMap::new();
        for row in connection.query_all_raw(sql(connection, &text, values())).await? {
            present.insert(row.try_get("", "session_id")?, (row.try_get("", "came")?, row.try_get("", "gone")?));
        }
        let text = format!("SELECT id, state, capacity, seats_taken, waitlisted FROM activity_session WHERE id IN {listed} ORDER BY id");
        for row in connection.query_all_raw(sql(connection, &text, values())).await? {
            let session_id = row.try_get("", "id")?;
            let (checked_in, checked_out) = present.get(&session_id).copied().unwrap_or_default();
            counted.push(Attendance {
                session_id,
                state: SessionState::try_from_value(&row.try_get("", "state")?)?,
                capacity: row.try_get("", "capacity")?,
                seats_taken: row.try_get("", "seats_taken")?,
                waitlisted: row.try_get("", "waitlisted")?,
                checked_in,
                checked_out,
            });
        }
    }
    Ok(counted)
}
