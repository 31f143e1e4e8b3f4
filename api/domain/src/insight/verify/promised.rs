//! Rules of the three lists: what is promised and given of each listing and slot, the states that follow, and what comes of matches.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        says: "what is reserved of a listing is what its promises hold",
        rows: "SELECT COUNT(*) FROM listing",
        wrong: "SELECT l.id AS subject, COALESCE(p.held, 0) AS expected, l.reserved AS found FROM listing l \
                LEFT JOIN (SELECT listing_id, SUM(quantity) AS held FROM reservation WHERE state <> 'RELEASED' AND slot_id IS NULL GROUP BY listing_id) p \
                ON p.listing_id = l.id WHERE l.reserved <> COALESCE(p.held, 0)",
    },
    Rule {
        says: "what is done of a listing is what its promises gave",
        rows: "SELECT COUNT(*) FROM listing",
        wrong: "SELECT l.id AS subject, COALESCE(p.given, 0) AS expected, l.done AS found FROM listing l \
                LEFT JOIN (SELECT listing_id, SUM(quantity) AS given FROM reservation WHERE state = 'DONE' AND slot_id IS NULL GROUP BY listing_id) p \
                ON p.listing_id = l.id WHERE l.done <> COALESCE(p.given, 0)",
    },
    Rule {
        says: "the places taken of a slot are what its promises hold",
        rows: "SELECT COUNT(*) FROM listing_slot",
        wrong: "SELECT s.id AS subject, COALESCE(p.held, 0) AS expected, s.taken AS found FROM listing_slot s \
                LEFT JOIN (SELECT slot_id, SUM(quantity) AS held FROM reservation WHERE state <> 'RELEASED' GROUP BY slot_id) p \
                ON p.slot_id = s.id WHERE s.taken <> COALESCE(p.held, 0)",
    },
    Rule {
        says: "a listing is matched as far as it is promised",
        rows: "SELECT COUNT(*) FROM listing",
        wrong: "SELECT id AS subject, reserved AS expected, quantity AS found FROM listing WHERE \
                (state = 'PUBLISHED' AND reserved > 0) OR (state = 'PARTLY_MATCHED' AND (reserved = 0 OR reserved = quantity)) \
                OR (state = 'MATCHED' AND (reserved < quantity OR done = quantity)) OR (state = 'FULFILLED' AND done < quantity)",
    },
    Rule {
        says: "a match holds a promise of its need exactly while it is accepted and not over",
        rows: "SELECT COUNT(*) FROM need_match",
        wrong: "SELECT m.id AS subject, CASE WHEN m.state IN ('ACCEPTED', 'IN_PROGRESS', 'DONE') THEN m.quantity ELSE 0 END AS expected, \
                COALESCE(p.held, 0) AS found FROM need_match m LEFT JOIN (SELECT cause_id, listing_id, SUM(quantity) AS held FROM reservation \
                WHERE state = 'HELD' GROUP BY cause_id, listing_id) p ON p.cause_id = m.id AND p.listing_id = m.need_id WHERE m.state <> 'DISPUTED' \
                AND COALESCE(p.held, 0) <> CASE WHEN m.state IN ('ACCEPTED', 'IN_PROGRESS', 'DONE') THEN m.quantity ELSE 0 END",
    },
    Rule {
        says: "a match that counts has a record for each who served, and one that does not has none that counts",
        rows: "SELECT COUNT(*) FROM match_person",
        wrong: "SELECT m.id AS subject, CASE WHEN m.state = 'CONFIRMED' THEN COUNT(*) ELSE 0 END AS expected, COUNT(r.id) AS found FROM need_match m \
                JOIN match_person p ON p.match_id = m.id LEFT JOIN service_record r ON r.id = p.record_id \
                AND (m.state = 'CONFIRMED' OR r.state = 'CERTIFIED') WHERE m.state <> 'DISPUTED' GROUP BY m.id, m.state \
                HAVING COUNT(r.id) <> CASE WHEN m.state = 'CONFIRMED' THEN COUNT(*) ELSE 0 END",
    },
];
