//! Working days: the law's, and what a community says besides.

use serde_json::{Value, json};
use support::{Actor, TestApp, both};

use support::registered::say;

both! {
    async fn working_days_are_the_laws_and_the_communitys(app: TestApp) {
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        let set = async |who: &Actor, year: i32, off: Value, worked: Value| say(who, "setWorkCalendar", "", json!({ "year": year, "daysOff": off, "workedDays": worked })).await;
        let after = async |day: &str| {
            let answer = amy.run("query($day: NaiveDate!) { workingDaysAfter(day: $day, days: 5) }", json!({ "day": day })).await;
            if answer.body["errors"].is_null() { answer.text("workingDaysAfter") } else { answer.code().to_owned() }
        };
        assert_eq!(after("2026-09-30").await, "2026-10-13T16:00:00+00:00", "eight days of holiday, one Saturday worked");
        assert_eq!(after("2026-12-30").await, "CALENDAR_MISSING");
        assert_eq!(set(&amy, 2027, json!([]), json!([])).await.code(), "FORBIDDEN");
        assert_eq!(set(&admin, 2019, json!([]), json!([])).await.field(), "year");
        assert_eq!(set(&admin, 2027, json!(["2026-01-01"]), json!([])).await.field(), "daysOff");
        assert_eq!(set(&admin, 2026, json!([]), json!(["2026-10-01"])).await.field(), "workedDays", "a holiday of the law stays one");
        set(&admin, 2027, json!(["2027-01-01"]), json!(["2027-01-03"])).await.ok();
        assert_eq!(after("2026-12-30").await, "2027-01-06T16:00:00+00:00", "31 December, then the Sunday worked and three days");
        set(&admin, 2026, json!(["2026-03-03"]), json!([])).await.ok();
        assert_eq!(after("2026-03-02").await, "2026-03-10T16:00:00+00:00", "a day off of the community's own");
    }
}
