//! Rules of the three lists: what is promised and given of each listing and slot, and the states that follow.

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
];
