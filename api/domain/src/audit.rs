//! The audit log (审计日志), written: who was about to do what with which object, and what became of it.
//!
//! A *line* is written before an act runs, its *outcome* after it and before the answer is sent, each as one row that stands alone: no counter, no
//! predecessor, so that nobody waits for anybody. The rows are put into hash chains after the commit (`insight::audit`). A line without an outcome is an
//! act that was cut off: its process died, it took too long, or nobody waited for the answer any more; the books say whether it took effect.
//!
//! A line keeps ids of accounts and objects, and of the input nothing else: no name, telephone or text; a reason only of an act about the rules of the
//! place, since what is said about a person has to go with the person. Where a sender
//! was is not kept either. It belongs to the home of who acts, also where that is not the place of the object: who audits the one or what is above both
//! reads it. A sign-in is written when its end is known, line and outcome together; a refused one is a line of nobody.
//!
//! Invariant: what is audited does not run without its line (Cybersecurity Law of 2017 art. 21(3), PIPL art. 51, 54).
//! Invariant: rows are never changed, and go only with the retention (triggers).

use entity::audit_line::{self, Model};
use entity::audit_outcome;
use entity::id::{AccountId, AuditLineId, CommunityId, LoginSessionId, has_form};
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use crate::db::Db;
use crate::error::Result;

/// The outcome of what was done; every other outcome is the code of a refusal.
pub const OK: &str = "OK";
/// Most ids of a line.
pub const OBJECTS_MAX: usize = 64;
/// Most characters of a reason.
pub const REASON_MAX: usize = 200;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    /// Home of the account.
    pub community_id: CommunityId,
    /// The account.
    pub account_id: AccountId,
    /// Who acts for its owner, where somebody does.
    pub helper_id: Option<AccountId>,
    /// The signed-in device.
    pub login_session_id: LoginSessionId,
}

/// Ids found in an input, [`OBJECTS_MAX`] at most.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    text: String,
    kept: usize,
    left_out: i32,
}

impl Objects {
    /// One more, unless it is there already. What has not the form of an id is passed over: it may be anything.
    pub fn push(&mut self, id: &str) {
        if !has_form(id) || self.text.split(' ').any(|known| known == id) {
            return;
        }
        if self.kept == OBJECTS_MAX {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        if self.kept > 0 {
            self.text.push(' ');
        }
        self.text.push_str(id);
        self.kept += 1;
    }
}

/// An act.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// Who acts; nobody for a sign-in that was refused.
    pub who: Option<Who>,
    /// The field, as the schema names it.
    pub operation: &'a str,
    /// With what.
    pub objects: Objects,
    /// The reason that was given.
    pub reason: Option<&'a str>,
    /// The request.
    pub request_id: &'a str,
    /// When it was begun.
    pub begun_at: UtcMicros,
}

impl Act<'_> {
    fn line(self) -> Model {
        let reason = self.reason.map(|reason| reason.trim().chars().take(REASON_MAX).collect::<String>());
        Model {
            id: AuditLineId::new(self.begun_at),
            community_id: self.who.map(|who| who.community_id),
            account_id: self.who.map(|who| who.account_id),
            helper_id: self.who.and_then(|who| who.helper_id),
            login_session_id: self.who.map(|who| who.login_session_id),
            operation: self.operation.to_owned(),
            objects: self.objects.text,
            objects_left_out: self.objects.left_out,
            reason: reason.filter(|reason| !reason.is_empty()),
            request_id: self.request_id.to_owned(),
            begun_at: self.begun_at,
        }
    }
}

/// A line whose outcome is not known yet.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    id: AuditLineId,
    community_id: Option<CommunityId>,
}

/// Writes the line of an act that is about to run.
///
/// # Errors
/// When the database refuses; the act may then not run.
pub async fn begin(db: &Db, act: Act<'_>) -> Result<Begun> {
    let line = act.line();
    let begun = Begun { id: line.id, community_id: line.community_id };
    audit_line::Entity::insert(line.into_active_model()).exec_without_returning(db.writer()).await?;
    Ok(begun)
}

/// Writes the outcome of an act: [`OK`], or the code of the refusal.
///
/// # Errors
/// When the database refuses; the line then stays without one.
pub async fn end(db: &Db, begun: Begun, result: &str) -> Result<()> {
    close(db.writer(), begun, result, db.now()).await
}

/// Writes line and outcome together, in a transaction of the caller's.
///
/// # Errors
/// When the database refuses.
pub async fn record(connection: &impl ConnectionTrait, act: Act<'_>, result: &str, now: UtcMicros) -> Result<()> {
    let line = act.line();
    let begun = Begun { id: line.id, community_id: line.community_id };
    audit_line::Entity::insert(line.into_active_model()).exec_without_returning(connection).await?;
    close(connection, begun, result, now).await
}

async fn close(connection: &impl ConnectionTrait, begun: Begun, result: &str, now: UtcMicros) -> Result<()> {
    let row = audit_outcome::Model { line_id: begun.id, community_id: begun.community_id, result: result.to_owned(), ended_at: now };
    audit_outcome::Entity::insert(row.into_active_model()).exec_without_returning(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::id::VolunteerId;
    use entity::time::UtcMicros;

    use super::{OBJECTS_MAX, Objects};

    #[test]
    fn only_ids_are_kept_and_not_more_than_a_line_holds() {
        let mut objects = Objects::default();
        for text in ["13900000001", "张三", "vol_张三", "", "rwd_0000000000000000000001", "rwd_0000000000000000000001"] {
            objects.push(text);
        }
        assert_eq!((objects.text.as_str(), objects.left_out), ("rwd_0000000000000000000001", 0));
        for _ in 0..OBJECTS_MAX + 4 {
            objects.push(&VolunteerId::new(UtcMicros(1)).to_string());
        }
        assert_eq!((objects.text.split(' ').count(), objects.left_out), (OBJECTS_MAX, 5));
    }
}
