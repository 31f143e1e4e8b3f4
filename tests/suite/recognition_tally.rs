//! The tally of a selection: places by weights, ties by rule.

use domain::recognition::selection::tally::{Candidate, FULL, Placed, Weights, tally};
use entity::id::SelectionNomineeId;
use proptest::prelude::*;
use uuid::Uuid;

fn candidate(at: usize, (panel, votes, minutes): (i64, i64, i64)) -> Candidate {
    Candidate { id: SelectionNomineeId(Uuid::from_u128(at as u128 + 1)), panel, votes, minutes }
}

fn place(order: &[Placed], id: SelectionNomineeId) -> i32 {
    order.iter().find(|one| one.id == id).expect("everybody has a place").place
}

fn weights() -> impl Strategy<Value = Weights> {
    (0_i64..=10_000, 0_i64..=10_000).prop_map(|(one, other)| {
        let (low, high) = (one.min(other), one.max(other));
        Weights { panel: low, vote: high - low, record: 10_000 - high }
    })
}

fn field() -> impl Strategy<Value = Vec<Candidate>> {
    // Small ranges, so that ties are common.
    let one = (prop_oneof![0_i64..=4, 0_i64..=FULL], 0_i64..6, prop_oneof![1_i64..4, 1_i64..100_000]);
    prop::collection::vec(one, 1..12).prop_map(|rows| rows.into_iter().enumerate().map(|(at, row)| candidate(at, row)).collect())
}

proptest! {
    #[test]
    fn everybody_has_one_place_and_nobody_stands_before_who_has_more(weights in weights(), field in field(), abstain in 0_i64..50) {
        let ballots = field.iter().map(|one| one.votes).max().unwrap_or_default() + abstain;
        let placed = tally(weights, ballots, &field);
        let places: Vec<i32> = placed.iter().map(|one| one.place).collect();
        prop_assert_eq!(places, (1..=i32::try_from(field.len()).expect("few")).collect::<Vec<_>>());
        prop_assert!(placed.windows(2).all(|pair| pair[0].total >= pair[1].total));
        prop_assert!(placed.iter().all(|one| (0..=FULL).contains(&one.total)));
        let mut turned = field.clone();
        turned.reverse();
        prop_assert_eq!(&tally(weights, ballots, &turned), &placed, "the order of the input does not matter");
        // Whoever is nowhere behind and somewhere ahead stands before; the same in everything, who was nominated first does.
        for (one, other) in field.iter().flat_map(|one| field.iter().map(move |other| (one, other))).filter(|(one, other)| one.id != other.id) {
            let (mine, theirs) = ((one.panel, one.votes, one.minutes), (other.panel, other.votes, other.minutes));
            let not_behind = mine.0 >= theirs.0 && mine.1 >= theirs.1 && mine.2 >= theirs.2;
            if not_behind && (mine != theirs || one.id < other.id) {
                prop_assert!(place(&placed, one.id) < place(&placed, other.id), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_part_without_weight_only_breaks_ties(field in field(), abstain in 0_i64..50) {
        let ballots = field.iter().map(|one| one.votes).max().unwrap_or_default() + abstain;
        type Part = fn(&Candidate) -> i64;
        let alone: [(Weights, Part); 3] = [
            (Weights { panel: FULL, vote: 0, record: 0 }, |one| one.panel),
            (Weights { panel: 0, vote: FULL, record: 0 }, |one| one.votes),
            (Weights { panel: 0, vote: 0, record: FULL }, |one| one.minutes),
        ];
        for (weights, part) in alone {
            let placed = tally(weights, ballots, &field);
            let most = field.iter().map(part).max().unwrap_or_default();
            let first = field.iter().find(|one| one.id == placed[0].id).expect("the first");
            prop_assert_eq!(part(first), most);
        }
    }

    #[test]
    fn a_vote_never_costs_a_place_and_an_abstention_moves_nobody_with_as_many_votes(weights in weights(), field in field(), abstain in 0_i64..50, at in 0_usize..12) {
        let ballots = field.iter().map(|one| one.votes).max().unwrap_or_default() + abstain + 1;
        let lucky = field[at % field.len()].id;
        let more: Vec<Candidate> = field.iter().map(|one| Candidate { votes: one.votes + i64::from(one.id == lucky), ..*one }).collect();
        let (before, after) = (tally(weights, ballots, &field), tally(weights, ballots, &more));
        prop_assert!(place(&after, lucky) <= place(&before, lucky));
        let level: Vec<Candidate> = field.iter().map(|one| Candidate { votes: 1, ..*one }).collect();
        let order = |ballots: i64| tally(weights, ballots, &level).into_iter().map(|one| one.id).collect::<Vec<_>>();
        prop_assert_eq!(order(ballots), order(ballots + 1));
    }
}

#[test]
fn ties_go_by_rule_and_an_abstention_counts_against_everybody_alike() {
    let weights = Weights { panel: 5_000, vote: 5_000, record: 0 };
    let order = |rows: Vec<(i64, i64, i64)>, ballots| {
        let candidates: Vec<Candidate> = rows.into_iter().enumerate().map(|(at, row)| candidate(at, row)).collect();
        tally(weights, ballots, &candidates).into_iter().map(|one| (one.id.0.as_u128(), one.total)).collect::<Vec<_>>()
    };
    assert_eq!(order(vec![(5_000, 10, 1), (10_000, 5, 1)], 10), [(2, 7_500), (1, 7_500)], "the panel breaks the tie");
    assert_eq!(order(vec![(5_000, 5, 1), (5_000, 5, 9)], 10), [(2, 5_000), (1, 5_000)], "then minutes");
    assert_eq!(order(vec![(5_000, 5, 1), (5_000, 5, 1)], 10), [(1, 5_000), (2, 5_000)], "then who was nominated first");
    assert_eq!(order(vec![(5_000, 5, 1)], 20), [(1, 3_750)], "ten abstained");
    assert_eq!(order(vec![(0, 0, 0)], 0), [(1, 0)], "nothing at all");
}
