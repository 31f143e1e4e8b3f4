//! Rules of service: minutes, days, seats, and the awards of records.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        says: "a volunteer's minutes are those of the certified records",
        rows: "SELECT COUNT(*) FROM volunteer",
        wrong: "SELECT v.id AS subject, COALESCE(r.minutes, 0) AS expected, v.minutes AS found FROM volunteer v \
                LEFT JOIN (SELECT volunteer_id, SUM(minutes) AS minutes FROM service_record WHERE state = 'CERTIFIED' GROUP BY volunteer_id) r \
                ON r.volunteer_id = v.id WHERE v.minutes <> COALESCE(r.minutes, 0)",
    },
    Rule {
        says: "a day's minutes are those of the certified records of the day",
        rows: "SELECT COUNT(*) FROM service_day",
        wrong: "SELECT volunteer_id AS subject, SUM(expected) AS expected, SUM(found) AS found FROM (\
                SELECT volunteer_id, business_date, minutes AS expected, 0 AS found FROM service_record WHERE state = 'CERTIFIED' \
                UNION ALL SELECT volunteer_id, business_date, 0, minutes FROM service_day) AS days \
                GROUP BY volunteer_id, business_date HAVING SUM(expected) <> SUM(found)",
    },
    Rule {
        says: "a record that counts has its award, and a revoked one has it reversed",
        rows: "SELECT COUNT(*) FROM service_record WHERE state IN ('CERTIFIED', 'REVOKED')",
        wrong: "SELECT r.id AS subject, r.minutes AS expected, COALESCE(a.minutes, 0) AS found FROM service_record r \
                LEFT JOIN award a ON a.record_id = r.id AND a.volunteer_id = r.volunteer_id AND a.business_date = r.business_date \
                WHERE r.state IN ('CERTIFIED', 'REVOKED') \
                AND (a.record_id IS NULL OR a.minutes <> r.minutes OR (a.reversed_at IS NULL) <> (r.state = 'CERTIFIED'))",
    },
    Rule {
        says: "the seats taken of a session are those of its sign-ups",
        rows: "SELECT COUNT(*) FROM activity_session",
        wrong: "SELECT s.id AS subject, COALESCE(u.seats, 0) AS expected, s.seats_taken AS found FROM activity_session s \
                LEFT JOIN (SELECT session_id, COUNT(*) AS seats FROM sign_up WHERE state IN ('CONFIRMED', 'OFFERED', 'ATTENDED', 'NO_SHOW') \
                GROUP BY session_id) u ON u.session_id = s.id WHERE s.seats_taken <> COALESCE(u.seats, 0)",
    },
    Rule {
        says: "the waiting of a session are those of its waitlist",
        rows: "SELECT COUNT(*) FROM activity_session",
        wrong: "SELECT s.id AS subject, COALESCE(u.waiting, 0) AS expected, s.waitlisted AS found FROM activity_session s \
                LEFT JOIN (SELECT session_id, COUNT(*) AS waiting FROM sign_up WHERE state = 'WAITLISTED' GROUP BY session_id) u \
                ON u.session_id = s.id WHERE s.waitlisted <> COALESCE(u.waiting, 0)",
    },
];
