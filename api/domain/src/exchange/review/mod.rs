//! Review (评审): one way of judging for projects, listings, nominations and appeals.
//!
//! A *round* puts a *subject* before a *panel* of n reviewers, on *evidence* that was frozen before ([`evidence`]). Each reviewer scores alone, by the
//! criteria and weights of the community's [`policy`]; when k have scored the round is closed, the panel sees all scores, and the verdict is made
//! known at the end of the phase. SCORING → CLOSED → PUBLISHED, and CANCELLED ([`round`]).
//!
//! Reading order: [`policy`], [`evidence`], [`stake`] and [`tie`] (who must not judge), [`panel`] (who judges), [`open`], [`score`], [`outcome`]
//! (verdict and publication), [`queue`] (what waits for whom), [`due`] (reminders and publication by the clock). Another noun puts its subject
//! before a panel with [`open::open`], reads what was found with [`round::last`] or [`round::published`], and gives it up with [`outcome::recall`].
//!
//! Invariant: nobody judges what they are tied to: who has a tie is recused by the program, at the opening and again when they score.
//! Invariant: no score and no finding of one reviewer is readable by anybody else before the round is closed, and none by the applicant before it is
//! published; what is hidden is not read from the database for those it is hidden from.
//! Invariant: exactly one score closes a round: rows of votes are written under the lock of the round.

pub mod due;
pub mod evidence;
pub mod listing;
pub mod open;
pub mod outcome;
pub mod panel;
pub mod policy;
pub mod queue;
pub mod round;
pub mod score;
pub mod stake;
pub mod tally;
pub mod tie;
