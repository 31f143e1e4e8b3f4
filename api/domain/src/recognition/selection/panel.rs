//! The panel's part: everybody who stands is put before a panel of [`review`](crate::exchange::review), and the mean score of each is what counts.
//!
//! Rounds are opened together when the voting begins and make themselves known when it is over, so nobody outside the panel knows a score while residents
//! vote. A nominee and who put them forward have a stake; whoever else stands is a rival, and judges nobody. What the panel rejects is out, whatever the vote.

use std::collections::{BTreeSet, HashMap};

use entity::id::{AccountId, SelectionNomineeId, VolunteerId};
use entity::review_round::{self, RoundPhase, SubjectKind, Verdict};
use entity::selection_nominee::{Model as Nominee, NominationSource, NomineeState};
use entity::selection_round::{Model, SelectionState};
use entity::time::UtcMicros;
use entity::{selection_standing, volunteer};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{nominee, round};
use crate::community::tenant;
use crate::error::{Code, Error, Result};
use crate::exchange::review::evidence::{self, Document};
use crate::exchange::review::open::{self as review, Choice, Subject};
use crate::exchange::review::stake::Stakes;
use crate::exchange::review::{policy, round as rounds};
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::people::volunteer::mask;
use crate::tx::Tx;

/// The earliest end of a voting that begins now: panels have the time that the community's policy gives them.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn earliest(tx: &Tx, row: &Model) -> Result<UtcMicros> {
    if row.panel_bps == 0 {
        return Ok(tx.now);
    }
    let policy = policy::in_force(&tx.connection, row.community_id, SubjectKind::Nomination).await?;
    Ok(tx.now.plus(i64::from(policy.days) * UtcMicros::DAY))
}

/// Puts everybody who stands before a panel, until the end of the voting; nobody where the panel has no weight.
///
/// # Errors
/// `REVIEWERS_TOO_FEW`.
pub(super) async fn open(tx: &Tx, keys: &Keys, actor: &Actor, row: &Model, until: UtcMicros) -> Result<()> {
    if row.panel_bps == 0 {
        return Ok(());
    }
    let field = Field::of(tx, row).await?;
    for one in &field.standing {
        put(tx, keys, actor, row, &field, one, Choice { reviewers: None, publish_at: Some(until) }).await?;
    }
    Ok(())
}

/// Puts a nominee whose round was called off before another panel. What it finds is made known when the voting is over and the panel has had its time.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`; `STATE_CHANGED` unless the voting was not counted yet, the nominee stands, and the last round was called off; and
/// the refusals of [`review::open`].
pub async fn reopen(tx: &Tx, keys: &Keys, actor: &Actor, id: SelectionNomineeId, choice: Choice) -> Result<review_round::Model> {
    let candidate = nominee::get(&tx.connection, id).await?;
    let row = round::lock(tx, actor, Action::OpenReview, candidate.round_id).await?;
    round::disinterested(tx, actor, &row).await?;
    let last = rounds::last(&tx.connection, SubjectKind::Nomination, id.0).await?;
    let called_off = last.is_some_and(|last| last.phase == RoundPhase::Cancelled);
    if row.state != SelectionState::Voting || candidate.state != NomineeState::Accepted || !called_off {
        return Err(Code::StateChanged.into());
    }
    let end = earliest(tx, &row).await?.max(row.voting_until.unwrap_or(tx.now));
    let publish_at = Some(choice.publish_at.map_or(end, |at| at.max(end)));
    let field = Field::of(tx, &row).await?;
    put(tx, keys, actor, &row, &field, &candidate, Choice { publish_at, ..choice }).await
}

/// What the panels found of several nominees, as far as it is known.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn found(connection: &impl ConnectionTrait, nominees: &[Nominee]) -> Result<HashMap<Uuid, (Verdict, i32)>> {
    let ids: Vec<Uuid> = nominees.iter().map(|one| one.id.0).collect();
    rounds::published(connection, SubjectKind::Nomination, &ids).await
}

/// Everybody who stands, with what is on record of them.
struct Field {
    standing: Vec<Nominee>,
    people: HashMap<VolunteerId, volunteer::Model>,
    records: HashMap<VolunteerId, selection_standing::Model>,
}

impl Field {
    async fn of(tx: &Tx, row: &Model) -> Result<Self> {
        let standing = nominee::standing(&tx.connection, row.id).await?;
        let ids = || standing.iter().map(|one| one.volunteer_id);
        let people = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids())).all(&tx.connection).await?;
        let records = selection_standing::Entity::find()
            .filter(selection_standing::Column::RoundId.eq(row.id))
            .filter(selection_standing::Column::VolunteerId.is_in(ids()))
            .all(&tx.connection)
            .await?;
        let people = people.into_iter().map(|person| (person.id, person)).collect();
        Ok(Self { people, records: records.into_iter().map(|record| (record.volunteer_id, record)).collect(), standing })
    }

    fn person(&self, one: &Nominee) -> Result<&volunteer::Model> {
        self.people.get(&one.volunteer_id).ok_or_else(|| Error::internal("a nominee without a volunteer"))
    }

    fn stakes(&self, one: &Nominee) -> Stakes {
        let account = |one: &Nominee| self.people.get(&one.volunteer_id).and_then(|person| person.account_id);
        let accounts: BTreeSet<AccountId> = account(one).into_iter().chain(one.nominated_by).collect();
        let rivals = self.standing.iter().filter_map(account).filter(|id| !accounts.contains(id)).collect();
        Stakes { accounts, rivals, ..Stakes::default() }
    }
}

async fn put(tx: &Tx, keys: &Keys, actor: &Actor, row: &Model, field: &Field, one: &Nominee, choice: Choice) -> Result<review_round::Model> {
    let person = field.person(one)?;
    let document = document(row, one, person, field.records.get(&one.volunteer_id));
    let pack = evidence::freeze(tx, row.community_id, SubjectKind::Nomination, one.id.0, actor.account_id, vec![document]).await?;
    let subject = Subject {
        community_id: row.community_id,
        region_id: tenant::get(&tx.connection, row.community_id).await?.region.id,
        kind: SubjectKind::Nomination,
        id: one.id.0,
        reference: one.id.to_string(),
        // Neither messages and lists nor the evidence tell the whole name; the number tells who it is.
        title: format!("{} {}", row.title, mask(&person.name)),
        pack_id: pack.id,
        stakes: field.stakes(one),
    };
    review::open(tx, keys, actor.account_id, &actor.home(), subject, choice).await
}

/// What the panel judges on: the frozen record, and why the person was nominated.
fn document(row: &Model, one: &Nominee, person: &volunteer::Model, record: Option<&selection_standing::Model>) -> Document {
    let source = match one.source {
        NominationSource::Own => "本人自荐",
        NominationSource::Team => "志愿队推荐",
        NominationSource::Unit => "单位推荐",
        NominationSource::Automatic => "按认定时长自动提名",
    };
    let (records, place) = record.map_or((0, 0), |record| (record.records, record.place));
    let text = format!(
        "# {}\n\n姓名:{}\n志愿者编号:{}\n提名方式:{source}\n{} 年认定服务:{} 分钟,{records} 次,第 {place} 名\n\n{}\n",
        row.title,
        mask(&person.name),
        person.number,
        row.year,
        one.minutes,
        one.statement
    );
    Document::markdown("nomination", text)
}
