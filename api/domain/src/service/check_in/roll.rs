//! The state machine of presence, for one person or five hundred.
//!
//! A [`Roll`] is opened on sessions and people: it locks the people, reads what is known in a fixed number of queries, takes statements one by
//! one in memory, each accepted or refused by itself, and writes what was accepted in a fixed number of statements. However many people, no
//! statement is sent per person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::activity_session::{self, SessionState};
use entity::attendance::{self, CheckInMethod};
use entity::id::{AccountId, ActivitySessionId, AttendanceId, SignUpId, VolunteerId};
use entity::service_record::{EvidenceClass, RecordSource};
use entity::sign_up::{self, SignUpState};
use entity::time::UtcMicros;
use entity::volunteer;
use entity::volunteer_qualification;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::outbox;
use crate::people::helper_change;
use crate::service::record::{self, Draft, Span};
use crate::service::session::{CHECK_IN_LEAD, Occurrence};
use crate::service::sign_up::{self as sign_ups, Demands};
use crate::tx::Tx;

type Key = (ActivitySessionId, VolunteerId);

/// Who states presence, and how.
#[derive(Clone, Copy, Debug)]
pub struct Teller {
    /// By code the person speaks for themselves; otherwise a leader speaks for others.
    pub method: CheckInMethod,
    /// The account.
    pub account_id: AccountId,
}

/// Sessions and people, as known under the people's locks, and what was stated about them since.
pub struct Roll {
    teller: Teller,
    now: UtcMicros,
    occurrences: HashMap<ActivitySessionId, Occurrence>,
    people: HashMap<VolunteerId, volunteer::Model>,
    licences: Vec<volunteer_qualification::Model>,
    sign_ups: HashMap<Key, sign_up::Model>,
    present: HashMap<Key, attendance::Model>,
    served: HashMap<VolunteerId, Vec<Span>>,
    new_sign_ups: Vec<sign_up::Model>,
    attended: Vec<SignUpId>,
    forgiven: BTreeMap<VolunteerId, i64>,
    seats: BTreeMap<ActivitySessionId, Seats>,
    changed: BTreeSet<Key>,
    drafts: Vec<Draft>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seats {
    taken: i32,
    from_queue: i32,
}

/// A stated time, held to half an hour around the session.
#[must_use]
pub fn within_window(session: &activity_session::Model, at: UtcMicros) -> UtcMicros {
    at.clamp(session.starts_at.plus(-CHECK_IN_LEAD), session.ends_at.plus(CHECK_IN_LEAD))
}

/// How a record came about, and how strong that is: both ends by code are the strongest, one end by a leader's word makes it the leader's.
#[must_use]
pub fn evidence(arrived: CheckInMethod, left: CheckInMethod) -> (RecordSource, EvidenceClass) {
    match (arrived, left) {
        (CheckInMethod::Code, CheckInMethod::Code) => (RecordSource::Scan, EvidenceClass::A),
        (CheckInMethod::RollCall, _) | (_, CheckInMethod::RollCall) => (RecordSource::LeaderConfirmed, EvidenceClass::B),
        _ => (RecordSource::Offline, EvidenceClass::B),
    }
}

impl Roll {
    /// Opens the roll of sessions for people.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open(tx: &Tx, sessions: impl IntoIterator<Item = Occurrence>, people: &[VolunteerId], teller: Teller) -> Result<Self> {
        let occurrences: HashMap<_, _> = sessions.into_iter().map(|found| (found.session.id, found)).collect();
        let ids: Vec<_> = occurrences.keys().copied().collect();
        let rows = sign_ups::lock_people(tx, people.iter().copied()).await?;
        let sign_ups = sign_ups::standing(&tx.connection, &ids, people).await?;
        let present = super::of_people(&tx.connection, &ids, people).await?;
        let asks = occurrences.values().any(|found| !found.activity.qualifications.is_empty());
        let licences = if asks && teller.method != CheckInMethod::Code { sign_ups::licences(&tx.connection, people).await? } else { Vec::new() };
        let mut served: HashMap<VolunteerId, Vec<Span>> = HashMap::new();
        let from = occurrences.values().map(|found| found.session.starts_at).min();
        let to = occurrences.values().map(|found| found.session.ends_at).max();
        if let (Some(from), Some(to)) = (from, to) {
            for (id, span) in record::live_between(&tx.connection, people, Span { from, to }).await? {
                served.entry(id).or_default().push(span);
            }
        }
        Ok(Self {
            teller,
            now: tx.now,
            occurrences,
            people: rows.into_iter().map(|row| (row.id, row)).collect(),
            licences,
            sign_ups: sign_ups.into_iter().map(|row| ((row.session_id, row.volunteer_id), row)).collect(),
            present: present.into_iter().map(|row| ((row.session_id, row.volunteer_id), row)).collect(),
            served,
            new_sign_ups: Vec::new(),
            attended: Vec::new(),
            forgiven: BTreeMap::new(),
            seats: BTreeMap::new(),
            changed: BTreeSet::new(),
            drafts: Vec::new(),
        })
    }

    /// Whether a person is in and not out.
    #[must_use]
    pub fn is_in(&self, session_id: ActivitySessionId, person: VolunteerId) -> bool {
        self.present.get(&(session_id, person)).is_some_and(|row| row.checked_out_at.is_none())
    }

    /// Whether a person has a seat, came already, or had one and was noted as missing.
    #[must_use]
    pub fn expects(&self, session_id: ActivitySessionId, person: VolunteerId) -> bool {
        let state = self.sign_ups.get(&(session_id, person)).map(|row| row.state);
        matches!(state, Some(SignUpState::Confirmed | SignUpState::Attended | SignUpState::NoShow))
    }

    /// States that a person came at `at`.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SESSION_NOT_OPEN`, `SELF_DEALING`, `ALREADY_CHECKED_IN`, `ALREADY_CHECKED_OUT`, `NOT_SIGNED_UP` by code; for people without a seat
    /// `SESSION_FULL` and what keeps a person from signing up. A refused statement leaves no trace.
    pub fn enter(&mut self, session_id: ActivitySessionId, person: VolunteerId, at: UtcMicros) -> Result<AttendanceId> {
        let key = (session_id, person);
        self.check_told(session_id, person)?;
        if let Some(row) = self.present.get(&key) {
            return Err(if row.checked_out_at.is_some() { Code::AlreadyCheckedOut } else { Code::AlreadyCheckedIn }.into());
        }
        self.seat(key)?;
        let row = attendance::Model {
            id: AttendanceId::new(self.now),
            community_id: self.occurrence(session_id)?.session.community_id,
            session_id,
            volunteer_id: person,
            checked_in_at: at,
            in_method: self.teller.method,
            in_by: self.teller.account_id,
            checked_out_at: None,
            out_method: None,
            out_by: None,
        };
        let id = row.id;
        self.present.insert(key, row);
        self.changed.insert(key);
        Ok(id)
    }

    /// States that a person left at `at`; time served within the session becomes a record.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SESSION_NOT_OPEN`, `SELF_DEALING`, `NOT_CHECKED_IN`, `ALREADY_CHECKED_OUT`, `BAD_INPUT` for an end before the beginning,
    /// `RECORD_OVERLAP`. A refused statement leaves no trace.
    pub fn leave(&mut self, session_id: ActivitySessionId, person: VolunteerId, at: UtcMicros) -> Result<AttendanceId> {
        let key = (session_id, person);
        self.check_told(session_id, person)?;
        let row = self.present.get(&key).ok_or(Code::NotCheckedIn)?;
        if row.checked_out_at.is_some() {
            return Err(Code::AlreadyCheckedOut.into());
        }
        if at < row.checked_in_at {
            return Err(Error::from(Code::BadInput).with("checkedInAt", row.checked_in_at.date_time().to_rfc3339()));
        }
        let (id, arrived) = (row.id, row.in_method);
        let found = self.occurrence(session_id)?;
        let span = Span { from: row.checked_in_at.max(found.session.starts_at), to: at.min(found.session.ends_at) };
        if span.minutes() > 0 {
            if self.served.get(&person).is_some_and(|spans| spans.iter().any(|other| other.overlaps(span))) {
                return Err(Code::RecordOverlap.into());
            }
            let draft = self.draft(found, person, span, evidence(arrived, self.teller.method));
            self.drafts.push(draft);
            self.served.entry(person).or_default().push(span);
        }
        let (method, account_id) = (self.teller.method, self.teller.account_id);
        if let Some(row) = self.present.get_mut(&key) {
            row.checked_out_at = Some(at);
            row.out_method = Some(method);
            row.out_by = Some(account_id);
        }
        self.changed.insert(key);
        Ok(id)
    }

    /// Writes everything that was accepted, and certifies the records.
    ///
    /// # Errors
    /// `CONFLICT` when a session or sign-up changed meanwhile, `SESSION_FULL`, and what [`record::certify`] refuses.
    pub async fn write(self, tx: &Tx, actor_id: AccountId) -> Result<()> {
        for (id, seats) in &self.seats {
            let text =
                "UPDATE activity_session SET seats_taken = seats_taken + $2, waitlisted = waitlisted - $3 WHERE id = $1 AND state <> 'CANCELLED'";
            let values = [(*id).into(), seats.taken.into(), seats.from_queue.into()];
            let held = tx.connection.execute_raw(sql(&tx.connection, text, values)).await?;
            expect(held.rows_affected(), 1)?;
        }
        tx.insert_all(self.new_sign_ups.into_iter().map(IntoActiveModel::into_active_model).collect(), None).await?;
        if !self.attended.is_empty() {
            let came = sign_up::Entity::update_many()
                .col_expr(sign_up::Column::State, Expr::value(SignUpState::Attended))
                .col_expr(sign_up::Column::OfferUntil, Expr::value(None::<i64>))
                .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
                .filter(sign_up::Column::Id.is_in(self.attended.iter().copied()))
                .filter(sign_up::Column::State.is_in(sign_ups::LIVE))
                .exec(&tx.connection)
                .await?;
            expect(came.rows_affected, self.attended.len())?;
        }
        let people: BTreeSet<_> = self.changed.iter().map(|(_, person)| *person).collect();
        helper_change::note(tx, people).await?;
        sign_ups::add_no_shows(tx, &self.forgiven).await?;
        let rows: Vec<_> = self.changed.iter().filter_map(|key| self.present.get(key).cloned()).collect();
        if !rows.is_empty() {
            let count = rows.len();
            let once = OnConflict::columns([attendance::Column::SessionId, attendance::Column::VolunteerId])
                .update_columns([attendance::Column::CheckedOutAt, attendance::Column::OutMethod, attendance::Column::OutBy])
                .action_and_where(Expr::cust("attendance.checked_out_at IS NULL AND excluded.checked_out_at IS NOT NULL"))
                .to_owned();
            let rows = rows.into_iter().map(IntoActiveModel::into_active_model).collect();
            let written = tx.insert_all(rows, Some(&once)).await?;
            expect(written, count)?;
        }
        let sessions: BTreeSet<_> = self.changed.iter().map(|(session_id, _)| *session_id).collect();
        outbox::record_all(tx, &sessions.into_iter().map(|session_id| Event::AttendanceChanged { session_id }).collect::<Vec<_>>()).await?;
        record::certify(tx, actor_id, self.drafts).await?;
        Ok(())
    }

    fn occurrence(&self, id: ActivitySessionId) -> Result<&Occurrence> {
        self.occurrences.get(&id).ok_or_else(|| Code::NotFound.into())
    }

    /// Whether the teller may speak about this person at this session at all.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SESSION_NOT_OPEN`, `SELF_DEALING`.
    pub fn check_told(&self, session_id: ActivitySessionId, person: VolunteerId) -> Result<()> {
        let session = &self.occurrence(session_id)?.session;
        if session.state == SessionState::Cancelled {
            return Err(Code::SessionNotOpen.into());
        }
        let person = self.people.get(&person).filter(|person| person.community_id == session.community_id).ok_or(Code::NotFound)?;
        let own = person.account_id == Some(self.teller.account_id);
        if own == (self.teller.method == CheckInMethod::Code) { Ok(()) } else { Err(Code::SelfDealing.into()) }
    }

    /// Turns the person's sign-up into one of someone who came, or makes one for someone who came without.
    fn seat(&mut self, key: Key) -> Result<()> {
        let standing = self.sign_ups.get(&key).map(|row| (row.id, row.state));
        let by_code = self.teller.method == CheckInMethod::Code;
        let (taken, from_queue) = match standing.map(|(_, state)| state) {
            Some(SignUpState::Confirmed) => (0, 0),
            _ if by_code => return Err(Code::NotSignedUp.into()),
            Some(SignUpState::Attended | SignUpState::Offered | SignUpState::NoShow) => (0, 0),
            Some(SignUpState::Waitlisted) => (1, 1),
            _ => (1, 0),
        };
        let found = self.occurrence(key.0)?;
        let before = self.seats.get(&key.0).copied().unwrap_or_default();
        if taken > 0 {
            if found.session.seats_taken + before.taken >= found.session.capacity {
                return Err(Code::SessionFull.into());
            }
            let person = self.people.get(&key.1).ok_or(Code::NotFound)?;
            sign_ups::check_fit(person, &self.licences, &Demands::of(&found.activity), found.session.business_date)?;
            let after = Seats { taken: before.taken + taken, from_queue: before.from_queue + from_queue };
            self.seats.insert(key.0, after);
        }
        match standing {
            Some((id, state)) => {
                self.attended.push(id);
                if state == SignUpState::NoShow {
                    *self.forgiven.entry(key.1).or_default() -= 1;
                }
            }
            None => self.walk_in(key)?,
        }
        Ok(())
    }

    fn walk_in(&mut self, key: Key) -> Result<()> {
        let row = sign_up::Model {
            id: SignUpId::new(self.now),
            community_id: self.occurrence(key.0)?.session.community_id,
            session_id: key.0,
            volunteer_id: key.1,
            state: SignUpState::Attended,
            queued_at: self.now,
            offer_until: None,
            withdraw_reason: None,
            created_at: self.now,
            updated_at: self.now,
        };
        self.sign_ups.insert(key, row.clone());
        self.new_sign_ups.push(row);
        Ok(())
    }

    fn draft(&self, found: &Occurrence, person: VolunteerId, span: Span, (source, evidence): (RecordSource, EvidenceClass)) -> Draft {
        Draft {
            community_id: found.session.community_id,
            volunteer_id: person,
            session_id: Some(found.session.id),
            team_id: Some(found.team.id),
            unit_id: found.team.unit_id,
            colour: found.team.colour,
            region_id: found.activity.region_id,
            service_type: found.activity.service_type.clone(),
            content: found.activity.title.clone(),
            business_date: found.session.business_date,
            span,
            source,
            evidence,
            recorder_id: self.teller.account_id,
            reason: None,
        }
    }
}

/// What was read under locks must still hold when it is written; otherwise the request may simply be sent again.
fn expect(changed: u64, expected: usize) -> Result<()> {
    if usize::try_from(changed) == Ok(expected) { Ok(()) } else { Err(Code::Conflict.into()) }
}
