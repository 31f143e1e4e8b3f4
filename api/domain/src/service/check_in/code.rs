//! The rotating check-in code: `QC1.<session>.<I|O>.<step>.<mac>`.
//!
//! `step` counts 30 seconds since 1970 and `mac` is the first 80 bits of a keyed hash over what stands before it. A reading takes people some
//! 26 seconds, so a code does not rotate faster; the steps before and after count too. A code is weak against being passed on by photograph and
//! is therefore only one half: it also takes a seat in the session and a signed-in volunteer.

use std::fmt::Write;

use entity::id::{ActivitySessionId, TypedId};
use entity::offline_check_in::CheckInPhase;
use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose, sha256};
use crate::people::permission::{Action, Actor};
use crate::service::session::{self, CHECK_IN_LEAD, CHECK_OUT_GRACE};

/// Seconds a code stands on the screen.
pub const STEP_SECONDS: i64 = 30;
/// Bytes of the keyed hash in a code.
const MAC_LEN: usize = 10;

/// A code to show.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The text to put into a QR code.
    pub code: String,
    /// The first moment it is no longer accepted.
    pub valid_until: UtcMicros,
    /// Seconds until the next code is due, 1 to 30.
    pub refresh_seconds: i64,
}

/// The code a session's leader shows at `now`.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `CHECK_IN_CLOSED` outside the time for that phase.
pub async fn show(
    connection: &impl ConnectionTrait,
    keys: &Keys,
    now: UtcMicros,
    actor: &Actor,
    id: ActivitySessionId,
    phase: CheckInPhase,
) -> Result<Shown> {
    let found = session::get(connection, actor, id).await?;
    actor.require(Action::ShowCheckInCode, &found.place)?;
    let until = if phase == CheckInPhase::In { found.session.ends_at } else { found.session.ends_at.plus(CHECK_OUT_GRACE) };
    if now < found.session.starts_at.plus(-CHECK_IN_LEAD) || now > until {
        return Err(Code::CheckInClosed.into());
    }
    let step = now.seconds().div_euclid(STEP_SECONDS);
    Ok(Shown {
        code: write(keys, id, phase, step),
        valid_until: UtcMicros((step + 2) * STEP_SECONDS * UtcMicros::SECOND),
        refresh_seconds: (step + 1) * STEP_SECONDS - now.seconds(),
    })
}

/// Checks the code that a volunteer scanned.
///
/// # Errors
/// `CHECK_IN_CODE_INVALID` when it was not made here or for the other phase, `CHECK_IN_CODE_OTHER_SESSION`, `CHECK_IN_CODE_STALE`.
pub fn verify(keys: &Keys, now: UtcMicros, code: &str, id: ActivitySessionId, phase: CheckInPhase) -> Result<()> {
    let refused = |code: Code| Error::from(code).on("code");
    let read = read(code).ok_or_else(|| refused(Code::CheckInCodeInvalid))?;
    // Comparing hashes of both tells nothing about how far a guess was right.
    let given = sha256(code.as_bytes());
    if texts(keys, read.session_id, read.phase, read.step).all(|text| sha256(text.as_bytes()) != given) {
        return Err(refused(Code::CheckInCodeInvalid));
    }
    if read.session_id != id {
        return Err(refused(Code::CheckInCodeOtherSession));
    }
    if read.phase != phase {
        return Err(refused(Code::CheckInCodeInvalid).with("phase", letter(read.phase)));
    }
    if (read.step - now.seconds().div_euclid(STEP_SECONDS)).abs() > 1 {
        return Err(refused(Code::CheckInCodeStale));
    }
    Ok(())
}

struct Read {
    session_id: ActivitySessionId,
    phase: CheckInPhase,
    step: i64,
}

fn read(code: &str) -> Option<Read> {
    if code.len() > 100 {
        return None;
    }
    let mut parts = code.split('.');
    let (Some("QC1"), Some(session), Some(phase), Some(step), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let session_id = format!("{}_{session}", ActivitySessionId::PREFIX).parse().ok()?;
    let phase = [CheckInPhase::In, CheckInPhase::Out].into_iter().find(|known| letter(*known) == phase)?;
    let step: u32 = step.parse().ok()?;
    Some(Read { session_id, phase, step: i64::from(step) })
}

fn write(keys: &Keys, id: ActivitySessionId, phase: CheckInPhase, step: i64) -> String {
    texts(keys, id, phase, step).next().unwrap_or_default()
}

/// The code under every known secret, the current one first.
fn texts(keys: &Keys, id: ActivitySessionId, phase: CheckInPhase, step: i64) -> impl Iterator<Item = String> {
    let session = id.to_string();
    let session = session.split_once('_').map_or("", |(_, digits)| digits);
    let plain = format!("QC1.{session}.{}.{step}", letter(phase));
    keys.hashes(Purpose::CheckInCode, plain.as_bytes()).into_iter().map(move |mac| {
        mac.iter().take(MAC_LEN).fold(format!("{plain}."), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    })
}

const fn letter(phase: CheckInPhase) -> &'static str {
    match phase {
        CheckInPhase::In => "I",
        CheckInPhase::Out => "O",
    }
}

#[cfg(test)]
mod tests {
    use entity::id::ActivitySessionId;
    use entity::offline_check_in::CheckInPhase;
    use entity::time::UtcMicros;

    use super::{STEP_SECONDS, verify, write};
    use crate::error::Code;
    use crate::keys::Keys;

    #[test]
    fn a_code_holds_for_its_session_phase_and_time_and_nothing_else() {
        let keys = Keys::derive(&[1; 32]);
        let now = UtcMicros(1_790_000_010 * UtcMicros::SECOND);
        let here = ActivitySessionId::new(now);
        let there = ActivitySessionId::new(now.plus(1));
        let step = now.seconds() / STEP_SECONDS;
        let check = |code: &str, phase| verify(&keys, now, code, here, phase).err().map(|error| error.code);

        for near in [step - 1, step, step + 1] {
            assert_eq!(check(&write(&keys, here, CheckInPhase::In, near), CheckInPhase::In), None);
        }
        assert_eq!(check(&write(&keys, here, CheckInPhase::In, step - 2), CheckInPhase::In), Some(Code::CheckInCodeStale));
        assert_eq!(check(&write(&keys, there, CheckInPhase::In, step), CheckInPhase::In), Some(Code::CheckInCodeOtherSession));
        assert_eq!(check(&write(&keys, here, CheckInPhase::Out, step), CheckInPhase::In), Some(Code::CheckInCodeInvalid));
        assert_eq!(check(&write(&Keys::derive(&[2; 32]), here, CheckInPhase::In, step), CheckInPhase::In), Some(Code::CheckInCodeInvalid));
        let good = write(&keys, here, CheckInPhase::In, step);
        for at in 0..good.len() {
            let mut bent = good.clone().into_bytes();
            bent[at] ^= 1;
            let bent = String::from_utf8(bent).expect("ASCII");
            assert_eq!(check(&bent, CheckInPhase::In), Some(Code::CheckInCodeInvalid), "{bent}");
        }
        for bad in ["", ".", "QC1", "QC1....", "QC2.a.I.1.b", "签到"] {
            assert_eq!(check(bad, CheckInPhase::In), Some(Code::CheckInCodeInvalid), "{bad}");
        }
    }
}
