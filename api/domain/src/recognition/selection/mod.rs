//! Selection of vanguards (志愿先锋评选): once a year, from certified facts.
//!
//! NOMINATING → VOTING → NOTICE → ANNOUNCED, and CANCELLED from each but the last two. Opening freezes the year's leaderboard of certified minutes
//! ([`round`]); people are nominated and agree ([`nominee`]); panels score ([`panel`]) and residents vote ([`vote`]), both hidden until the voting is over;
//! weights that were fixed at the opening make an order ([`tally`]), which is open to objections for at least five working days ([`notice`]); then it is
//! announced, and honours appear on profiles as far as their holders agree ([`honour`]). Nominees are told of every step that concerns them ([`news`]).
//!
//! Invariant: weights, seats and eligibility never change after the opening. Invariant: one account, one ballot, and nothing joins the two. Invariant: nothing is
//! announced before the notice is over and every objection is decided. Invariant: who stands runs nothing, judges nobody and decides on no objection.

pub mod honour;
mod news;
pub mod nominee;
pub mod notice;
pub mod panel;
pub mod round;
pub mod tally;
pub mod vote;
