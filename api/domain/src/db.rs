//! The database: one code for SQLite in a file and for PostgreSQL.
//!
//! On SQLite there is one writing connection, whose transactions begin IMMEDIATE (a deferred one fails when it turns from reading to
//! writing), and several reading ones. On PostgreSQL there are many writing ones, since a writer mostly waits for the disk or for a lock, and few reading
//! ones, since a reader mostly works: more of them than there is work for take the processor from each other. What is read at length while nobody waits
//! has one connection aside. Only this file and the two posting files of `points::ledger` know which database is there.

use std::time::Duration;

use entity::time::UtcMicros;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, RuntimeErr,
    SqliteTransactionMode, SqlxError, Statement, TransactionOptions, TransactionTrait, Value,
};

use crate::error::Result;
use crate::tx::{Clock, Tx};

mod migrate;

/// Numbered values of a statement that SQLite takes as they are. It finds each by walking along a list of all, which is the square of their number.
const NUMBERED_MAX: usize = 32;

/// Longest wait of a statement for the connection aside, which the statements before it may hold for long.
const ASIDE_MAX: Duration = Duration::from_secs(60);

/// Unique indexes as SQLite names them in a refusal, and as the schema names them.
const SQLITE_UNIQUE: &[(&str, &str)] = &[
    ("account.phone_index", "account_phone"),
    ("volunteer.account_id", "volunteer_account"),
    ("volunteer.number", "volunteer_number_once"),
    ("region.code", "region_code"),
    ("taxonomy_term.community_id, taxonomy_term.kind, taxonomy_term.code", "taxonomy_code"),
    ("unit.community_id, unit.name", "unit_name"),
    ("team.community_id, team.name", "team_name"),
    ("team_member.team_id, team_member.volunteer_id", "team_member_pkey"),
    ("role_grant.account_id, role_grant.role, role_grant.region_id", "role_grant_region_once"),
    ("role_grant.account_id, role_grant.role, role_grant.team_id", "role_grant_team_once"),
    ("role_grant.account_id, role_grant.role, role_grant.unit_id", "role_grant_unit_once"),
    ("operation.community_id, operation.idem_key", "operation_key"),
    ("operation.reverses", "reversed_once"),
    ("operation.cause_id", "awarded_once"),
    ("activity_session.activity_id, activity_session.starts_at", "session_once"),
    ("sign_up.session_id, sign_up.volunteer_id", "sign_up_once"),
    ("attendance.session_id, attendance.volunteer_id", "checked_in_once"),
    ("offline_check_in.device_key_id, offline_check_in.counter", "replayed_once"),
    ("idempotency.account_id, idempotency.idem_key", "idempotency_key"),
    ("notification.account_id, notification.dedupe_key", "notification_once"),
    ("device_key.public_key", "device_public_key"),
    ("service_record.session_id, service_record.volunteer_id", "record_attendance"),
    ("listing_slot.listing_id, listing_slot.starts_at", "slot_once"),
    ("listing_step.listing_id, listing_step.kind", "listing_step_once"),
    ("reservation.community_id, reservation.idem_key", "reservation_key"),
    ("party_member.subject_index", "party_member_once"),
    ("merit_scheme.community_id, merit_scheme.year, merit_scheme.version", "merit_scheme_once"),
    ("merit_appeal.entry_id", "merit_appeal_once"),
    ("need_match.need_id, need_match.volunteer_id", "match_volunteer_once"),
    ("need_match.need_id, need_match.team_id", "match_team_once"),
    ("need_match.need_id, need_match.offering_id", "match_offering_once"),
    ("match_step.match_id, match_step.kind", "match_step_once"),
    ("selection_round.community_id, selection_round.year", "selection_once"),
    ("selection_nominee.round_id, selection_nominee.volunteer_id", "nominee_once"),
    ("selection_voter.round_id, selection_voter.account_id", "selection_voter_pkey"),
    ("selection_objection.nominee_id, selection_objection.account_id", "objection_once"),
    ("recipient.account_id", "recipient_account"),
    ("pairing.unit_id, pairing.region_id, pairing.name", "pairing_once"),
    ("pairing.unit_id", "pairing_one_unit"),
    ("pairing.region_id, pairing.name", "pairing_one_target"),
    ("unit_check_in.unit_id", "unit_check_in_once"),
    ("member_check_in.subject_index", "member_check_in_subject"),
    ("consent.account_id, consent.purpose", "consent_once"),
    ("consent_text.community_id, consent_text.purpose, consent_text.version", "consent_text_version"),
    ("volunteer_sensitive.identity_index", "identity_once"),
    ("unit_feedback.unit_id, unit_feedback.year", "unit_feedback_once"),
    ("model_unit.unit_id, model_unit.year", "model_unit_once"),
    ("task.task_list_id, task.need_id", "task_need_once"),
    ("task_list.community_id, task_list.month", "task_list_month"),
    ("recipient.community_id, recipient.phone_index", "recipient_phone"),
    ("wechat_identity.app_id, wechat_identity.openid_index", "wechat_openid"),
    ("media.account_id, media.sha256", "media_once"),
    ("acting_relation.principal_id, acting_relation.helper_id", "acting_once"),
    ("kinship.first_id, kinship.second_id", "kinship_once"),
    ("review_policy.community_id, review_policy.subject_kind, review_policy.version", "review_policy_version"),
    ("review_round.subject_kind, review_round.subject_id", "review_round_open"),
    ("review_round.subject_kind, review_round.subject_id, review_round.number", "review_round_number"),
    ("review_seat.round_id, review_seat.account_id", "review_seat_once"),
    ("review_vote.round_id, review_vote.account_id", "vote_once"),
    ("project.repeats_id", "project_repeated_once"),
    ("project_activity.activity_id", "project_activity_once"),
    ("gate_override.project_id, gate_override.step", "gate_override_once"),
    ("correction.volunteer_id, correction.field", "correction_profile_once"),
    ("correction.record_id, correction.field", "correction_record_once"),
    ("retention_policy.community_id, retention_policy.version", "retention_policy_version"),
];

/// The pools and the clock. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    aside: DatabaseConnection,
    clock: Clock,
}

impl Db {
    /// Opens `url` (`sqlite://FILE?mode=rwc` or `postgres://…`); `connections` is how many connections to PostgreSQL write at most, and a quarter as many,
    /// but two, only read.
    ///
    /// # Errors
    /// When the database cannot be reached or the URL is of neither kind.
    pub async fn connect(url: &str, connections: u32, clock: Clock) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options
            .sqlx_logging(false)
            .record_stmt_in_spans(false)
            .acquire_timeout(Duration::from_secs(3))
            .connect_timeout(Duration::from_secs(5))
            .test_before_acquire_if_idle_for(Duration::from_secs(5));
        if !url.starts_with("sqlite:") {
            options.map_sqlx_postgres_opts(|o| o.statement_cache_capacity(500).application_name("qicai"));
            let writer = Database::connect(options.max_connections(connections).min_connections(1).to_owned()).await?;
            let reader = Database::connect(options.max_connections((connections / 4).max(2)).min_connections(1).to_owned()).await?;
            // Opened when something is read aside, and then one statement after another.
            options.max_connections(1).min_connections(0).connect_lazy(true).acquire_timeout(ASIDE_MAX);
            let aside = Database::connect(options).await?;
            return Ok(Self { writer, reader, aside, clock });
        }
        options.map_sqlx_sqlite_opts(|o| {
            o.journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(500)
                .pragma("mmap_size", "0")
        });
        let writer = Database::connect(options.max_connections(1).min_connections(1).idle_timeout(None::<Duration>).to_owned()).await?;
        let reader = Database::connect(options.max_connections(4).to_owned()).await?;
        Ok(Self { writer, aside: reader.clone(), reader, clock })
    }

    /// The version of the database, such as `15.8`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version(&self) -> Result<String> {
        let text =
            if self.backend() == DbBackend::Postgres { "SELECT current_setting('server_version') AS v" } else { "SELECT sqlite_version() AS v" };
        let row = self.reader.query_one_raw(sql(&self.reader, text, [])).await?;
        Ok(row.map(|row| row.try_get("", "v")).transpose()?.unwrap_or_default())
    }

    /// The time by the database's own clock; none on SQLite, which runs by this machine's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn server_time(&self) -> Result<Option<UtcMicros>> {
        if self.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let text = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros";
        let row = self.reader.query_one_raw(sql(&self.reader, text, [])).await?;
        Ok(row.map(|row| row.try_get("", "micros")).transpose()?.map(UtcMicros))
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Whether an operation of the ledger is one statement here, and so needs no transaction around it.
    #[must_use]
    pub fn posts_in_one_statement(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> UtcMicros {
        self.clock.now()
    }

    /// The clock everything runs by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// For queries outside a transaction.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For what is read at length while nobody waits for it: answers go on beside it.
    #[must_use]
    pub fn aside(&self) -> &DatabaseConnection {
        &self.aside
    }

    /// For a verb whose whole effect is one statement.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Has every statement told that goes over this handle from now on, or over one cloned from it.
    pub fn hear_statements(&mut self, hear: impl Fn() + Clone + Send + Sync + 'static) {
        let again = hear.clone();
        self.writer.set_metric_callback(move |_| again());
        let again = hear.clone();
        self.aside.set_metric_callback(move |_| again());
        self.reader.set_metric_callback(move |_| hear());
    }

    /// Gives every connection back.
    ///
    /// # Errors
    /// When the driver cannot end one in order.
    pub async fn close(&self) -> Result<()> {
        self.reader.close_by_ref().await?;
        self.aside.close_by_ref().await?;
        Ok(self.writer.close_by_ref().await?)
    }

    /// Opens a transaction that only reads, and sees everything as it was at one moment.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no connection is free within three seconds.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let postgres = self.backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        // What is read at one moment is much as a rule: on PostgreSQL it takes none of the few connections that answer at once.
        let connection = if postgres { &self.writer } else { &self.reader };
        Ok(connection.begin_with_options(options).await?)
    }

    /// Opens a writing transaction.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no connection is free within three seconds.
    pub async fn begin(&self) -> Result<Tx> {
        let immediate = (self.backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: immediate, ..TransactionOptions::default() };
        Ok(Tx { connection: self.writer.begin_with_options(options).await?, now: self.now() })
    }
}

/// A statement with its values, `$1 …` on both databases.
pub fn sql(connection: &impl ConnectionTrait, text: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    let backend = connection.get_database_backend();
    let values: Vec<Value> = values.into_iter().collect();
    let text =
        if backend == DbBackend::Sqlite && values.len() > NUMBERED_MAX { unnumbered(text, values.len()) } else { None }.unwrap_or(text.to_owned());
    Statement::from_sql_and_values(backend, text, values)
}

/// The statement with `?` for `$1, $2 …`, when each of them stands there once and in order.
fn unnumbered(text: &str, values: usize) -> Option<String> {
    let mut parts = text.split('$');
    let mut plain = parts.next()?.to_owned();
    let mut number = 0;
    for part in parts {
        number += 1;
        plain.push('?');
        let rest = part.strip_prefix(number.to_string().as_str())?;
        if rest.starts_with(|next: char| next.is_ascii_digit()) {
            return None;
        }
        plain.push_str(rest);
    }
    (number == values).then_some(plain)
}

/// The parameters of a multi-row `VALUES`: `($1, $2), ($3, $4)` for two rows of two.
#[must_use]
pub fn tuples(rows: usize, width: usize) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(rows * width * 7);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}${}", if column == 1 { "" } else { ", " }, row * width + column);
        }
        text.push(')');
    }
    text
}

fn driver_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) | DbErr::Conn(RuntimeErr::SqlxError(inner)) => {
            Some(inner)
        }
        _ => None,
    }
}

/// The name of the constraint that refused a write; for NOT NULL the column as `table.column`.
#[must_use]
pub fn refused_by(error: &DbErr) -> Option<String> {
    let database = driver_error(error)?.as_database_error()?;
    if let Some(name) = database.constraint() {
        return Some(name.to_owned());
    }
    let message = database.message();
    if let Some((_, name)) = message.split_once("CHECK constraint failed: ") {
        return Some(name.to_owned());
    }
    if let Some((_, columns)) = message.split_once("UNIQUE constraint failed: ") {
        let known = SQLITE_UNIQUE.iter().find(|(listed, _)| *listed == columns);
        return Some(known.map_or(columns, |(_, name)| name).to_owned());
    }
    if let Some((_, column)) = message.split_once("NOT NULL constraint failed: ") {
        return Some(column.to_owned());
    }
    let (_, column) = message.split_once("null value in column \"")?;
    let (column, rest) = column.split_once("\" of relation \"")?;
    let (table, _) = rest.split_once('"')?;
    Some(format!("{table}.{column}"))
}

/// Whether another transaction got in the way: serialisation failure, deadlock, lock not available, SQLite busy.
#[must_use]
pub fn is_conflict(error: &DbErr) -> bool {
    let code = driver_error(error).and_then(SqlxError::as_database_error).and_then(|database| database.code());
    matches!(code.as_deref(), Some("40001" | "40P01" | "55P03" | "5" | "6" | "517" | "262"))
}

/// Whether the database cannot be reached or has no connection free.
#[must_use]
pub fn is_unavailable(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    match driver_error(error) {
        Some(SqlxError::Database(database)) => {
            database.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") || code == "25006")
        }
        Some(
            SqlxError::Io(_)
            | SqlxError::PoolTimedOut
            | SqlxError::PoolClosed
            | SqlxError::WorkerCrashed
            | SqlxError::Protocol(_)
            | SqlxError::Tls(_),
        ) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{tuples, unnumbered};

    #[test]
    fn numbers_go_only_where_they_say_nothing() {
        assert_eq!(unnumbered(&format!("VALUES {}", tuples(6, 2)), 12).as_deref(), Some("VALUES (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)"));
        for (text, values) in [("$2, $1", 2), ("$1, $1", 1), ("$1, $2", 3), ("$1, $21", 2), ("$12", 1)] {
            assert_eq!(unnumbered(text, values), None, "{text}");
        }
    }
}
