//! Selection of vanguards (志愿先锋评选): once a year, from certified facts.
//!
//! NOMINATING → VOTING → NOTICE → ANNOUNCED, and CANCELLED from each but the last two. Opening freezes the year's leaderboard of certified minutes
//! ([`round`]); people are nominated and agree ([`nominee`]); the panel scores and residents vote, both hidden until the voting is over ([`vote`]); weights
//! that were fixed at the opening make an order ([`tally`]), which is open to objections for at least five working days ([`notice`]); then it is announced,
//! and honours appear on profiles as far as their holders agree ([`honour`]).
//!
//! Invariant: weights, seats and eligibility never change after the opening. Invariant: one account, one ballot, and nothing joins the two. Invariant: nothing is
//! announced before the notice is over and every objection is decided.

pub mod honour;
pub mod nominee;
pub mod notice;
pub mod round;
pub mod tally;
pub mod vote;
