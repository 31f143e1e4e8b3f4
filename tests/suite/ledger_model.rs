//! The ledger against a model of it: random histories of awards, redemptions, cancellations, revocations, adjustments, expiry and repeated keys
//! are told to the real verbs and to sixty lines of plain arithmetic, and every reply and every counter must agree, on both databases.

use std::collections::{BTreeMap, HashMap};

use domain::error::{Code, Result};
use domain::people::permission::Actor;
use domain::points::{adjustment, award, expiry, policy, redemption, wallet};
use entity::id::{RedemptionId, ServiceRecordId};
use entity::service_record::RecordSource;
use entity::time::BusinessDate;
use entity::{entry, reward};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::{Backend, TestApp, stage};

/// One step of a history; the numbers choose among what exists at that point.
#[derive(Clone, Debug)]
enum Step {
    Award { who: usize, minutes: i64 },
    Revoke { which: usize },
    Redeem { who: usize, quantity: i64, again: bool, other_cost: bool },
    Cancel { which: usize },
    Adjust { who: usize, delta: i64 },
    Wait { days: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, 1..480_i64).prop_map(|(who, minutes)| Step::Award { who, minutes }),
        2 => (0..8_usize).prop_map(|which| Step::Revoke { which }),
        5 => (0..3_usize, 1..4_i64, any::<bool>(), any::<bool>()).prop_map(|(who, quantity, again, other_cost)| Step::Redeem { who, quantity, again, other_cost }),
        2 => (0..8_usize).prop_map(|which| Step::Cancel { which }),
        1 => (0..3_usize, -60..60_i64).prop_map(|(who, delta)| Step::Adjust { who, delta: if delta == 0 { 1 } else { delta } }),
        2 => (1..300_i64).prop_map(|days| Step::Wait { days }),
    ]
}

/// A wallet of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Purse {
    credits: i64,
    debits: i64,
    debt: i64,
    buckets: BTreeMap<i32, (i64, i64)>,
}

impl Purse {
    fn balance(&self) -> i64 {
        self.credits - self.debits
    }

    fn earn(&mut self, points: i64, expires_on: i32) -> i64 {
        let paid = points.min(self.debt);
        self.debt -= paid;
        self.credits += points - paid;
        if points > paid {
            self.buckets.entry(expires_on).or_default().0 += points - paid;
        }
        points - paid
    }

    fn take_back(&mut self, points: i64, credited: i64, expires_on: i32) {
        let balance = self.balance();
        let bucket = self.buckets.entry(expires_on).or_default();
        let lapsed = bucket.1.min(credited);
        let taken = (credited - lapsed).min(balance);
        bucket.0 -= taken + lapsed;
        bucket.1 -= lapsed;
        self.credits -= taken + lapsed;
        self.debits -= lapsed;
        self.debt += points - lapsed - taken;
    }

    fn expire(&mut self, today: i32) {
        let mut so_far = 0;
        let debits = self.debits;
        for (date, bucket) in &mut self.buckets {
            so_far += bucket.0;
            let left = (so_far - debits).clamp(0, bucket.0);
            if *date < today {
                bucket.1 += left;
                self.debits += left;
            }
        }
    }
}

/// The model: purses, stock, and what was answered.
struct Model {
    purses: Vec<Purse>,
    stock: i64,
    awards: Vec<Given>,
    orders: Vec<Order>,
    keys: HashMap<String, (usize, i64, i64)>,
}

struct Given {
    record: ServiceRecordId,
    who: usize,
    points: i64,
    credited: i64,
    expires_on: i32,
    reversed: bool,
}

struct Order {
    id: RedemptionId,
    who: usize,
    quantity: i64,
    cost: i64,
    open: bool,
}

const PRICE: i64 = 7;

struct Case<'a> {
    app: &'a TestApp,
    actors: Vec<Actor>,
    reward: reward::Model,
    model: Model,
    keys: usize,
}

impl Case<'_> {
    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Award { who, minutes } => self.award(who, minutes).await,
            Step::Revoke { which } => self.revoke(which).await,
            Step::Redeem { who, quantity, again, other_cost } => self.redeem(who, quantity, again, other_cost).await,
            Step::Cancel { which } => self.cancel(which).await,
            Step::Adjust { who, delta } => self.adjust(who, delta).await,
            Step::Wait { days } => self.wait(days).await,
        }
        self.compare().await;
    }

    async fn award(&mut self, who: usize, minutes: i64) {
        let tx = self.app.app.db.begin().await.expect("a transaction");
        let record = ServiceRecordId::new(tx.now);
        let volunteer_id = self.actors[who].volunteer.expect("a volunteer").id;
        let service = award::Service {
            record_id: record,
            community_id: self.app.community.id,
            volunteer_id,
            business_date: tx.today(),
            minutes,
            type_bps: 10_000,
            source: RecordSource::Scan,
        };
        let given = award::award(&tx, None, &[service.clone()]).await.map_err(|error| error.code).expect("an award");
        tx.commit().await.expect("committed");
        let points = minutes * 10 / 60;
        assert_eq!(given[0].points, points);
        let expires_on = (self.app.now().business_date().year() + 1) * 10_000 + 1_231;
        let credited = self.model.purses[who].earn(points, expires_on);
        self.model.awards.push(Given { record, who, points, credited, expires_on, reversed: false });
        let tx = self.app.app.db.begin().await.expect("a transaction");
        let twice = award::award(&tx, None, &[service]).await.map_err(|error| error.code);
        assert_eq!(twice.err(), Some(Code::AlreadyAwarded), "one award per record");
    }

    async fn revoke(&mut self, which: usize) {
        let Some(at) = self.model.awards.len().checked_sub(1).map(|last| last.min(which)) else { return };
        let given = &mut self.model.awards[at];
        let tx = self.app.app.db.begin().await.expect("a transaction");
        let outcome = award::reverse(&tx, self.actors[2].account_id, given.record, "查实不符").await.map_err(|error| error.code);
        if given.reversed {
            assert_eq!(outcome, Err(Code::AlreadyReversed));
            return;
        }
        assert_eq!(outcome, Ok(given.points));
        tx.commit().await.expect("committed");
        given.reversed = true;
        if given.points > 0 {
            self.model.purses[given.who].take_back(given.points, given.credited, given.expires_on);
        }
    }

    async fn redeem(&mut self, who: usize, quantity: i64, again: bool, other_cost: bool) {
        if !again {
            self.keys += 1;
        }
        let key = format!("key-{}", self.keys);
        let cost = if other_cost { PRICE * quantity + 1 } else { PRICE * quantity };
        let order = redemption::Order { reward_id: self.reward.id, quantity, cost };
        let app = &self.app.app;
        let outcome: Result<_> = redemption::redeem(&app.db, &app.keys, &self.actors[who], 5_000, &key, &order).await;
        let outcome = outcome.map_err(|error| error.code);
        let slot = format!("{who}:{key}");
        if let Some((at, first_quantity, first_cost)) = self.model.keys.get(&slot) {
            if (*first_quantity, *first_cost) == (quantity, cost) {
                assert_eq!(outcome.expect("the first answer again").id, self.model.orders[*at].id);
            } else {
                assert_eq!(outcome.err(), Some(Code::IdempotencyMismatch));
            }
            return;
        }
        let purse = &mut self.model.purses[who];
        // The order of the refusals is the order of the locks: the wallet's own rules come before the reward's.
        let expected = if purse.debt > 0 {
            Some(if other_cost { Code::PriceChanged } else { Code::PointsOwed })
        } else if purse.balance() < cost {
            Some(Code::PointsInsufficient)
        } else if other_cost {
            Some(Code::PriceChanged)
        } else if self.model.stock < quantity {
            Some(Code::OutOfStock)
        } else {
            None
        };
        match expected {
            Some(code) => assert_eq!(outcome.err(), Some(code)),
            None => {
                let row = outcome.expect("a redemption");
                purse.debits += cost;
                self.model.stock -= quantity;
                self.model.keys.insert(slot, (self.model.orders.len(), quantity, cost));
                self.model.orders.push(Order { id: row.id, who, quantity, cost, open: true });
            }
        }
    }

    async fn cancel(&mut self, which: usize) {
        let Some(at) = self.model.orders.len().checked_sub(1).map(|last| last.min(which)) else { return };
        let order = &mut self.model.orders[at];
        let tx = self.app.app.db.begin().await.expect("a transaction");
        let outcome = redemption::cancel(&tx, &self.actors[order.who], order.id, None).await.map_err(|error| error.code);
        if !order.open {
            assert_eq!(outcome, Err(Code::StateChanged));
            return;
        }
        assert_eq!(outcome, Ok(order.id));
        tx.commit().await.expect("committed");
        order.open = false;
        self.model.purses[order.who].debits -= order.cost;
        self.model.stock += order.quantity;
    }

    async fn adjust(&mut self, who: usize, delta: i64) {
        let [proposer, decider] = [&self.actors[(who + 1) % 3], &self.actors[(who + 2) % 3]];
        let volunteer_id = self.actors[who].volunteer.expect("a volunteer").id;
        let tx = self.app.app.db.begin().await.expect("a transaction");
        let id = adjustment::propose(&tx, proposer, volunteer_id, delta, "补记").await.map_err(|error| error.code).expect("a proposal");
        tx.commit().await.expect("committed");
        let tx = self.app.app.db.begin().await.expect("a transaction");
        let alone = adjustment::decide(&tx, proposer, id, true, None).await.map_err(|error| error.code);
        assert_eq!(alone, Err(Code::SecondPersonRequired));
        let outcome = adjustment::decide(&tx, decider, id, true, None).await.map_err(|error| error.code);
        let purse = &mut self.model.purses[who];
        if purse.balance() + delta < 0 {
            assert_eq!(outcome, Err(Code::PointsInsufficient));
            return;
        }
        assert_eq!(outcome, Ok(id));
        tx.commit().await.expect("committed");
        if delta < 0 {
            purse.debits -= delta;
        } else {
            purse.earn(delta, (self.app.now().business_date().year() + 1) * 10_000 + 1_231);
        }
    }

    async fn wait(&mut self, days: i64) {
        self.app.advance_days(days);
        self.expire().await;
    }

    async fn expire(&mut self) {
        loop {
            let tx = self.app.app.db.begin().await.expect("a transaction");
            let done = expiry::run(&tx).await.map_err(|error| error.code).expect("expired");
            tx.commit().await.expect("committed");
            if done == 0 {
                break;
            }
        }
        let today = self.app.now().business_date().0;
        self.model.purses.iter_mut().for_each(|purse| purse.expire(today));
    }

    async fn compare(&mut self) {
        // A cancelled order may have let points fall back into a bucket whose day is over; the next run takes them.
        self.expire().await;
        let reader = self.app.app.db.writer();
        for (actor, purse) in self.actors.iter().zip(&self.model.purses) {
            let row = wallet::get(reader, actor.volunteer.expect("a volunteer").id).await.expect("a wallet");
            assert_eq!((row.credits, row.debits, row.debt), (purse.credits, purse.debits, purse.debt));
            let buckets = wallet::buckets(reader, row.id).await.expect("buckets");
            let known: BTreeMap<i32, (i64, i64)> =
                buckets.iter().map(|b| (b.expires_on.0, (b.earned, b.expired))).filter(|(_, b)| *b != (0, 0)).collect();
            let modelled: BTreeMap<i32, (i64, i64)> = purse.buckets.iter().map(|(date, b)| (*date, *b)).filter(|(_, b)| *b != (0, 0)).collect();
            assert_eq!(known, modelled);
            assert_eq!(buckets.iter().map(|b| b.earned).sum::<i64>(), row.credits, "I10: buckets sum to credits");
            history_holds(reader, &row).await;
        }
        let stock = reward::Entity::find_by_id(self.reward.id).one(reader).await.expect("read").expect("the reward").stock;
        assert_eq!(stock, self.model.stock, "I7: stock + reserved = loaded");
    }
}

/// I4: versions without gaps, each balance from the one before; the last one is the wallet's.
async fn history_holds(reader: &sea_orm::DatabaseConnection, wallet: &entity::wallet::Model) {
    let entries = entry::Entity::find()
        .filter(entry::Column::WalletId.eq(wallet.id))
        .order_by_asc(entry::Column::WalletVersion)
        .all(reader)
        .await
        .expect("read");
    let (mut balance, mut debt) = (0, 0);
    for (version, entry) in (1..).zip(&entries) {
        balance += entry.delta;
        debt += entry.debt_change;
        assert_eq!((entry.wallet_version, entry.balance_after, entry.debt_after), (version, balance, debt));
    }
    assert_eq!((wallet.credits - wallet.debits, wallet.debt, wallet.version), (balance, debt, i64::try_from(entries.len()).expect("few")));
}

async fn one_history(app: &TestApp, steps: &[Step]) {
    app.set_time("2026-03-02T09:00:00+08:00");
    let actors = stage::people(app, 3, stage::ALL_ROUND).await;
    let reward = stage::reward(app, PRICE, 40, None, None).await;
    let model = Model { purses: vec![Purse::default(); 3], stock: 40, awards: Vec::new(), orders: Vec::new(), keys: HashMap::new() };
    let mut case = Case { app, actors, reward, model, keys: 0 };
    for step in steps {
        case.take(step).await;
    }
}

fn many_histories(backend: Backend) {
    support::run(backend, async |app: TestApp| {
        let here = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            let mut runner = TestRunner::new_with_rng(
                Config { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..Config::default() },
                proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
            );
            let outcome = runner.run(&prop::collection::vec(step(), 1..40), |steps| {
                here.block_on(one_history(&app, &steps));
                Ok(())
            });
            if let Err(fault) = outcome {
                panic!("{fault}");
            }
        });
    });
}

mod random_histories_agree_with_the_model {
    #[test]
    fn on_sqlite() {
        super::many_histories(super::Backend::Sqlite);
    }

    #[test]
    fn on_postgres_and_redis() {
        super::many_histories(super::Backend::Postgres);
    }
}

#[test]
fn the_higher_of_service_day_and_service_month_counts_once() {
    let mut rules = policy::Terms { service_day_bps: 20_000, service_month_bps: 15_000, ..policy::Terms::default() };
    let sum = |terms: &policy::Terms, date: i32| award::calendar(&terms.draft(), BusinessDate(date)).1;
    assert_eq!(
        [sum(&rules, 20_260_328), sum(&rules, 20_260_327), sum(&rules, 20_260_228), sum(&rules, 20_260_427)],
        [20_000, 15_000, 20_000, 10_000]
    );
    rules.service_month_bps = 30_000;
    assert_eq!(sum(&rules, 20_260_328), 30_000);
}
