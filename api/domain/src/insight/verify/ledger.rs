//! Rules of the ledger, I1 to I10 of [`crate::points::ledger`], and of the awards that explain it.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        says: "I1: a wallet's balance is the sum of its entries",
        rows: "SELECT COUNT(*) FROM wallet",
        wrong: "SELECT w.id AS subject, COALESCE(e.delta, 0) AS expected, w.credits - w.debits AS found FROM wallet w \
                LEFT JOIN (SELECT wallet_id, SUM(delta) AS delta FROM entry GROUP BY wallet_id) e ON e.wallet_id = w.id \
                WHERE w.credits - w.debits <> COALESCE(e.delta, 0)",
    },
    Rule {
        says: "I1: a wallet's debt is the sum of what its entries took on and paid",
        rows: "SELECT COUNT(*) FROM wallet",
        wrong: "SELECT w.id AS subject, COALESCE(e.debt, 0) AS expected, w.debt AS found FROM wallet w \
                LEFT JOIN (SELECT wallet_id, SUM(debt_change) AS debt FROM entry GROUP BY wallet_id) e ON e.wallet_id = w.id \
                WHERE w.debt <> COALESCE(e.debt, 0)",
    },
    Rule {
        says: "I2: no counter, debt, stock or quota is below zero or above its limit",
        rows: "SELECT (SELECT COUNT(*) FROM wallet) + (SELECT COUNT(*) FROM reward) + (SELECT COUNT(*) FROM reward_quota)",
        wrong: "SELECT id AS subject, 0 AS expected, 1 AS found FROM wallet \
                WHERE credits < debits OR credits < 0 OR debits < 0 OR debt < 0 \
                UNION ALL SELECT wallet_id, allowed, taken FROM reward_quota WHERE taken < 0 OR taken > allowed",
    },
    Rule {
        says: "I3: every operation has its entry",
        rows: "SELECT COUNT(*) FROM operation",
        wrong: "SELECT o.id AS subject, 1 AS expected, COUNT(e.id) AS found FROM operation o LEFT JOIN entry e ON e.operation_id = o.id \
                GROUP BY o.id HAVING COUNT(e.id) <> 1",
    },
    Rule {
        says: "I3: every entry has its operation, and the other side that fits its kind",
        rows: "SELECT COUNT(*) FROM entry",
        wrong: "SELECT e.id AS subject, 1 AS expected, CASE WHEN o.id IS NULL THEN 0 ELSE 2 END AS found FROM entry e \
                LEFT JOIN operation o ON o.id = e.operation_id \
                WHERE o.id IS NULL OR e.contra <> CASE WHEN o.kind IN ('AWARD', 'REVERSE_AWARD') THEN 'ISSUANCE' \
                WHEN o.kind IN ('REDEEM', 'REFUND') THEN 'SHOP' WHEN o.kind = 'EXPIRE' THEN 'EXPIRY' ELSE 'ADJUSTMENT' END",
    },
    Rule {
        says: "I4: a wallet's entries are numbered from 1 without gaps",
        rows: "SELECT COUNT(*) FROM wallet",
        wrong: "SELECT w.id AS subject, w.version AS expected, COUNT(e.id) AS found FROM wallet w LEFT JOIN entry e ON e.wallet_id = w.id \
                GROUP BY w.id, w.version \
                HAVING COUNT(e.id) <> w.version OR COALESCE(MAX(e.wallet_version), 0) <> w.version OR COALESCE(MIN(e.wallet_version), 1) <> 1",
    },
    Rule {
        says: "I4: each balance and debt follows from the one before",
        rows: "SELECT COUNT(*) FROM entry",
        wrong: "SELECT id AS subject, balance_before + delta AS expected, balance_after AS found FROM (SELECT id, delta, debt_change, balance_after, \
                debt_after, COALESCE(LAG(balance_after) OVER (PARTITION BY wallet_id ORDER BY wallet_version), 0) AS balance_before, \
                COALESCE(LAG(debt_after) OVER (PARTITION BY wallet_id ORDER BY wallet_version), 0) AS debt_before FROM entry) AS chain \
                WHERE balance_after <> balance_before + delta OR debt_after <> debt_before + debt_change",
    },
    Rule {
        says: "I6: one operation per key",
        rows: "SELECT COUNT(*) FROM operation",
        wrong: "SELECT MIN(id) AS subject, 1 AS expected, COUNT(*) AS found FROM operation GROUP BY community_id, idem_key HAVING COUNT(*) > 1",
    },
    Rule {
        says: "I6: one award per record",
        rows: "SELECT COUNT(*) FROM operation WHERE kind = 'AWARD'",
        wrong: "SELECT MIN(id) AS subject, 1 AS expected, COUNT(*) AS found FROM operation WHERE kind = 'AWARD' \
                GROUP BY cause_id HAVING COUNT(*) > 1",
    },
    Rule {
        says: "I6: one reversal per operation",
        rows: "SELECT COUNT(*) FROM operation WHERE reverses IS NOT NULL",
        wrong: "SELECT reverses AS subject, 1 AS expected, COUNT(*) AS found FROM operation WHERE reverses IS NOT NULL \
                GROUP BY reverses HAVING COUNT(*) > 1",
    },
    Rule {
        says: "I7: stock and what live redemptions hold make up what was loaded",
        rows: "SELECT COUNT(*) FROM reward",
        wrong: "SELECT r.id AS subject, r.loaded AS expected, r.stock + COALESCE(d.quantity, 0) AS found FROM reward r \
                LEFT JOIN (SELECT reward_id, SUM(quantity) AS quantity FROM redemption WHERE state IN ('RESERVED', 'FULFILLED') GROUP BY reward_id) d \
                ON d.reward_id = r.id WHERE r.loaded <> r.stock + COALESCE(d.quantity, 0)",
    },
    Rule {
        says: "I8: a redemption was paid by one spending of its cost",
        rows: "SELECT COUNT(*) FROM redemption",
        wrong: "SELECT d.id AS subject, d.cost AS expected, COALESCE(-e.delta, 0) AS found FROM redemption d \
                LEFT JOIN operation o ON o.id = d.operation_id AND o.kind = 'REDEEM' AND o.cause_id = d.id \
                LEFT JOIN entry e ON e.operation_id = o.id AND e.wallet_id = d.wallet_id WHERE COALESCE(-e.delta, 0) <> d.cost",
    },
    Rule {
        says: "I8: a redemption that was cancelled or ran out was refunded, and no other",
        rows: "SELECT COUNT(*) FROM redemption",
        wrong: "SELECT d.id AS subject, CASE WHEN d.state IN ('CANCELLED', 'EXPIRED') THEN 1 ELSE 0 END AS expected, COUNT(o.id) AS found \
                FROM redemption d LEFT JOIN operation o ON o.reverses = d.operation_id GROUP BY d.id, d.state \
                HAVING COUNT(o.id) <> CASE WHEN d.state IN ('CANCELLED', 'EXPIRED') THEN 1 ELSE 0 END",
    },
    Rule {
        says: "I9: an adjustment that was posted has two different people",
        rows: "SELECT COUNT(*) FROM adjustment",
        wrong: "SELECT a.id AS subject, a.delta AS expected, COALESCE(e.delta - e.debt_change, 0) AS found FROM adjustment a \
                LEFT JOIN operation o ON o.id = a.operation_id AND o.kind = 'ADJUST' AND o.cause_id = a.id AND o.actor_id <> o.approver_id \
                LEFT JOIN entry e ON e.operation_id = o.id \
                WHERE a.state = 'POSTED' AND (e.id IS NULL OR a.decider_id IS NULL OR a.decider_id = a.proposer_id OR e.delta - e.debt_change <> a.delta)",
    },
    Rule {
        says: "I10: the buckets of a wallet sum to its credits",
        rows: "SELECT COUNT(*) FROM wallet",
        wrong: "SELECT w.id AS subject, w.credits AS expected, COALESCE(b.earned, 0) AS found FROM wallet w \
                LEFT JOIN (SELECT wallet_id, SUM(earned) AS earned FROM bucket GROUP BY wallet_id) b ON b.wallet_id = w.id \
                WHERE w.credits <> COALESCE(b.earned, 0)",
    },
    Rule {
        says: "what expired of a wallet's buckets left it as expiry",
        rows: "SELECT COUNT(*) FROM wallet",
        wrong: "SELECT w.id AS subject, COALESCE(e.expired, 0) AS expected, COALESCE(b.expired, 0) AS found FROM wallet w \
                LEFT JOIN (SELECT wallet_id, SUM(expired) AS expired FROM bucket GROUP BY wallet_id) b ON b.wallet_id = w.id \
                LEFT JOIN (SELECT wallet_id, SUM(CASE WHEN contra = 'EXPIRY' THEN -delta ELSE 0 END) - SUM(lapsed) AS expired FROM entry \
                GROUP BY wallet_id) e ON e.wallet_id = w.id WHERE COALESCE(e.expired, 0) <> COALESCE(b.expired, 0)",
    },
    Rule {
        says: "an award brought what its explanation says",
        rows: "SELECT COUNT(*) FROM award",
        wrong: "SELECT a.record_id AS subject, a.points AS expected, COALESCE(e.delta - e.debt_change, 0) AS found FROM award a \
                LEFT JOIN operation o ON o.id = a.operation_id AND o.kind = 'AWARD' AND o.cause_id = a.record_id \
                LEFT JOIN entry e ON e.operation_id = o.id WHERE COALESCE(e.delta - e.debt_change, 0) <> a.points",
    },
    Rule {
        says: "a reversal took back, owed or let lapse what the award brought",
        rows: "SELECT COUNT(*) FROM award WHERE reversed_at IS NOT NULL",
        wrong: "SELECT a.record_id AS subject, CASE WHEN a.reversed_at IS NULL THEN 0 ELSE a.points END AS expected, \
                COALESCE(e.debt_change + e.lapsed - e.delta, 0) AS found FROM award a \
                LEFT JOIN operation o ON o.reverses = a.operation_id LEFT JOIN entry e ON e.operation_id = o.id \
                WHERE COALESCE(e.debt_change + e.lapsed - e.delta, 0) <> CASE WHEN a.reversed_at IS NULL THEN 0 ELSE a.points END",
    },
];
