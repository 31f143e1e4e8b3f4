//! Every state of the area, and who leads out of it: a state without an exit is an end on purpose.

use entity::activity::ActivityState;
use entity::activity_session::SessionState;
use entity::offline_check_in::OfflineState;
use entity::service_record::RecordState;
use entity::sign_up::SignUpState;
use sea_orm::Iterable;

use crate::people::permission::Action;

/// How a state is left.
enum Exit {
    /// By someone who may do this.
    By(Action),
    /// By the clock.
    Clock(&'static str),
    /// It is an end.
    End,
}

fn of_activity(state: ActivityState) -> Vec<Exit> {
    match state {
        ActivityState::Draft => vec![Exit::By(Action::PublishActivity), Exit::By(Action::CancelActivity)],
        ActivityState::Published => vec![Exit::By(Action::CancelActivity)],
        ActivityState::Cancelled => vec![Exit::End],
    }
}

fn of_session(state: SessionState) -> Vec<Exit> {
    match state {
        SessionState::Open => vec![Exit::By(Action::CancelSession), Exit::Clock("close_due")],
        SessionState::Cancelled | SessionState::Closed => vec![Exit::End],
    }
}

fn of_sign_up(state: SignUpState) -> Vec<Exit> {
    match state {
        SignUpState::Confirmed => vec![Exit::By(Action::WithdrawSignUp), Exit::By(Action::CheckIn), Exit::Clock("close_due")],
        SignUpState::Waitlisted => vec![Exit::By(Action::WithdrawSignUp), Exit::Clock("close_due")],
        SignUpState::Offered => vec![Exit::By(Action::AcceptOffer), Exit::By(Action::WithdrawSignUp), Exit::Clock("lapse_offers")],
        // A leader who was late with the roll, or an offline check-in, puts it right.
        SignUpState::NoShow => vec![Exit::By(Action::CallRoll)],
        SignUpState::Withdrawn | SignUpState::Lapsed | SignUpState::Attended | SignUpState::Cancelled => vec![Exit::End],
    }
}

fn of_record(state: RecordState) -> Vec<Exit> {
    match state {
        RecordState::Pending => vec![Exit::By(Action::DecideRecord)],
        RecordState::Certified => vec![Exit::By(Action::RevokeRecord)],
        RecordState::Rejected | RecordState::Revoked => vec![Exit::End],
    }
}

fn of_offline(state: OfflineState) -> Vec<Exit> {
    match state {
        OfflineState::Conflict => vec![Exit::By(Action::DecideOfflineCheckIn)],
        OfflineState::Applied | OfflineState::Accepted | OfflineState::Dismissed => vec![Exit::End],
    }
}

#[test]
fn every_state_has_an_exit_that_some_role_or_the_clock_reaches_or_is_an_end() {
    let all = ActivityState::iter()
        .map(of_activity)
        .chain(SessionState::iter().map(of_session))
        .chain(SignUpState::iter().map(of_sign_up))
        .chain(RecordState::iter().map(of_record))
        .chain(OfflineState::iter().map(of_offline));
    for exits in all {
        assert!(!exits.is_empty());
        for exit in exits {
            match exit {
                Exit::By(action) => assert!(!action.roles().is_empty(), "{}", action.field()),
                Exit::Clock(verb) => assert!(["close_due", "lapse_offers"].contains(&verb)),
                Exit::End => {}
            }
        }
    }
}
