//! Finding listings: Chinese words, filters, near me, and pages; with the same answers on both databases.

use serde_json::{Value, json};
use support::listing::{goods, service, with};
use support::{Actor, TestApp, both};

const FIND: &str = "query($filter: ListingFilter!, $first: Int, $after: String, $last: Int, $before: String) { \
    listings(filter: $filter, first: $first, after: $after, last: $last, before: $before) { \
    edges { cursor node { levels metres listing { ... on Need { title } ... on Resource { title } ... on ServiceOffer { title } } } } pageInfo { hasNextPage endCursor } } }";

async fn titles(who: &Actor, filter: Value) -> Vec<String> {
    let answer = who.run(FIND, json!({ "filter": filter })).await.ok();
    named(&answer)
}

fn named(answer: &support::Answer) -> Vec<String> {
    let title = |edge: &Value| edge["node"]["listing"]["title"].as_str().unwrap_or_default().to_owned();
    answer.list("listings.edges").iter().map(title).collect()
}

/// Four listings, the oldest first: 陪诊, 家电, 轮椅, 理发.
async fn stage(app: &TestApp) -> (Actor, Actor) {
    let (amy, worker) = (app.member("李小明").await, app.admin().await);
    app.published_need(&amy, &worker, "1", json!({ "title": "陪诊", "description": "陪老人去医院看病,需要轮椅" })).await;
    app.published_need(
        &amy,
        &worker,
        "2",
        json!({ "title": "修空调", "description": "家里的电器坏了,ＬＥＤ 灯也不亮", "category": "APPLIANCE_REPAIR", "urgency": "URGENT", "colour": "BLUE",
            "windows": [{ "startsAt": "2026-03-10T01:00:00Z", "endsAt": "2026-03-10T05:00:00Z" }] }),
    )
    .await;
    let chair = with(
        goods(),
        json!({ "title": "轮椅三台", "category": "AIDS", "form": "EQUIPMENT", "loanDaysMax": 30, "regionId": app.community.region_id.to_string() }),
    );
    app.published_resource(&amy, &worker, "3", chair).await;
    let hair = amy.offer_service("4", service()).await.ok().text("offerService.id");
    app.publish(&worker, &hair).await;
    (amy, worker)
}

both! {
    async fn words_of_two_characters_and_single_ones_are_found(app: TestApp) {
        let (amy, _) = stage(&app).await;
        let found = async |text: &str| titles(&amy, json!({ "text": text })).await;
        assert_eq!(found("陪诊").await, ["陪诊"]);
        assert_eq!(found("轮椅").await, ["轮椅三台", "陪诊"], "a word of the title comes before one of the text");
        assert_eq!(found("椅").await, ["轮椅三台", "陪诊"], "a character inside a word");
        assert_eq!(found("老人 理发").await, ["上门理发"], "all of two words");
        assert_eq!(found("陪老人看病").await, ["陪诊"], "a sentence finds what says the same in other words");
        assert_eq!(found("led").await, ["修空调"]);
        assert_eq!(found("家电维修").await, ["修空调"], "the word of its category");
        assert_eq!(found("诊陪").await, Vec::<String>::new());
        assert_eq!(found("%").await, Vec::<String>::new());
        assert_eq!(found(" ").await.len(), 4, "nothing asked is everything");
        let long = amy.run(FIND, json!({ "filter": { "text": "长".repeat(41) } })).await;
        assert_eq!((long.code(), long.field()), ("BAD_INPUT", "text"));
    }

    async fn a_changed_draft_is_found_by_its_new_words_alone(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let id = amy.file_need("tap", json!({ "title": "修电视" })).await.ok().text("fileNeed.id");
        let input = with(with(support::listing::need(), json!({ "title": "修冰箱" })), json!({ "id": id }));
        amy.run("mutation($input: UpdateNeedInput!) { updateNeed(input: $input) { id } }", json!({ "input": input })).await.ok();
        app.publish(&worker, &id).await;
        assert_eq!(titles(&amy, json!({ "text": "电视" })).await, Vec::<String>::new());
        assert_eq!(titles(&amy, json!({ "text": "冰箱" })).await, ["修冰箱"]);
    }

    async fn every_filter_narrows(app: TestApp) {
        let (amy, worker) = stage(&app).await;
        assert_eq!(titles(&amy, json!({})).await, ["上门理发", "轮椅三台", "修空调", "陪诊"], "newest first");
        assert_eq!(titles(&amy, json!({ "colour": "BLUE" })).await, ["修空调"]);
        assert_eq!(titles(&amy, json!({ "urgencies": ["URGENT", "LONGED_FOR"] })).await, ["修空调"]);
        assert_eq!(titles(&amy, json!({ "categories": ["AIDS", "APPLIANCE_REPAIR"] })).await, ["轮椅三台", "修空调"]);
        assert_eq!(titles(&amy, json!({ "regionId": app.community.below[1].to_string() })).await, ["上门理发", "修空调", "陪诊"]);
        assert_eq!(titles(&amy, json!({ "text": "轮椅", "regionId": app.community.below[1].to_string() })).await, ["陪诊"]);
        assert_eq!(titles(&amy, json!({ "from": "2026-03-20T00:00:00Z", "to": "2026-03-21T00:00:00Z" })).await, ["上门理发", "轮椅三台", "陪诊"], "its window is over");
        assert_eq!(titles(&amy, json!({ "from": "2027-01-01T00:00:00Z" })).await, ["上门理发", "轮椅三台"], "needs hold thirty days");
        let kinds = amy.run(FIND, json!({ "filter": { "kinds": ["RESOURCE", "SERVICE_OFFER"] } })).await.ok();
        assert_eq!(named(&kinds), ["上门理发", "轮椅三台"]);
        let needs = amy.run("{ needs(filter: { text: \"空调\" }) { edges { node { title urgency } } } }", json!({})).await.ok();
        assert_eq!(needs.data("needs.edges.0.node"), &json!({ "title": "修空调", "urgency": "URGENT" }));
        assert_eq!(amy.run("{ needs(filter: { kinds: [RESOURCE] }) { edges { node { title } } } }", json!({})).await.field(), "kinds");
        assert_eq!(amy.run(FIND, json!({ "filter": { "regionId": "reg_0000000000000000000001" } })).await.code(), "NOT_FOUND");

        let (ben, stranger) = (app.member("王芳").await, app.grid_worker().await);
        ben.file_need("draft", json!({ "title": "草稿" })).await.ok();
        assert_eq!(titles(&ben, json!({ "states": ["DRAFT"] })).await, ["草稿"]);
        assert_eq!(titles(&ben, json!({ "mine": true })).await, ["草稿"]);
        assert_eq!(titles(&stranger, json!({ "states": ["DRAFT"] })).await, ["草稿"], "the grid worker of the place");
        assert_eq!(titles(&amy, json!({ "states": ["DRAFT"] })).await, Vec::<String>::new(), "drafts of others do not exist");
        assert_eq!(titles(&worker, json!({ "text": "草稿", "states": ["DRAFT", "PUBLISHED"] })).await, ["草稿"]);
    }

    async fn near_me_climbs_the_region_tree_and_then_counts_metres(app: TestApp) {
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        let at = |latitude: f64, region: usize| json!({ "regionId": app.community.below[region].to_string(), "contact": { "point": { "latitude": latitude, "longitude": 112.98 } } });
        for (key, title, mut place) in [("a", "远处", at(28.15, 1)), ("b", "近处", at(28.102, 1)), ("c", "片区", at(28.1, 0)), ("d", "楼上", at(28.2, 2))] {
            place["title"] = json!(title);
            app.published_need(&amy, &admin, key, place).await;
        }
        app.published_need(&amy, &admin, "e", json!({ "title": "无处", "regionId": app.community.below[1].to_string() })).await;
        app.published_need(&amy, &admin, "f", json!({ "title": "社区", "regionId": app.community.region_id.to_string() })).await;
        let filter = json!({ "order": "NEAREST", "near": { "latitude": 28.1, "longitude": 112.98 } });
        let answer = amy.run(FIND, json!({ "filter": filter })).await.ok();
        assert_eq!(named(&answer), ["近处", "远处", "楼上", "无处", "片区", "社区"]);
        let figures: Vec<(i64, Option<i64>)> = answer.list("listings.edges").iter().map(|edge| (edge["node"]["levels"].as_i64().unwrap_or(-1), edge["node"]["metres"].as_i64())).collect();
        assert_eq!(figures, [(0, Some(222)), (0, Some(5_566)), (0, Some(11_132)), (0, None), (1, Some(0)), (2, None)]);
        assert_eq!(titles(&amy, json!({ "order": "NEAREST" })).await, ["无处", "楼上", "近处", "远处", "片区", "社区"], "newest first where all are as near");

        let mut after = Value::Null;
        let mut walked = Vec::new();
        loop {
            let page = amy.run(FIND, json!({ "filter": filter, "first": 2, "after": after })).await.ok();
            walked.extend(named(&page));
            after = page.data("listings.pageInfo.endCursor").clone();
            if page.data("listings.pageInfo.hasNextPage") == &json!(false) {
                break;
            }
        }
        assert_eq!(walked, ["近处", "远处", "楼上", "无处", "片区", "社区"]);
        let back = amy.run(FIND, json!({ "filter": filter, "last": 2, "before": after })).await.ok();
        assert_eq!(named(&back), ["无处", "片区"]);
        let wrong = amy.run(FIND, json!({ "filter": {}, "after": "zz" })).await;
        assert_eq!(wrong.code(), "BAD_CURSOR");
    }

    async fn pages_of_a_question_follow_each_other(app: TestApp) {
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        for at in 0..7 {
            let title = if at % 2 == 0 { "助餐送餐" } else { "送餐" };
            app.published_need(&amy, &admin, &format!("k{at}"), json!({ "title": title, "description": format!("第{at}户") })).await;
        }
        let whole = titles(&amy, json!({ "text": "助餐 送餐" })).await;
        assert_eq!(whole.len(), 4, "both words of two are needed");
        let mut after = Value::Null;
        let mut seen = 0;
        for _ in 0..3 {
            let page = amy.run(FIND, json!({ "filter": { "text": "送餐" }, "first": 3, "after": after })).await.ok();
            seen += page.list("listings.edges").len();
            after = page.data("listings.pageInfo.endCursor").clone();
        }
        assert_eq!(seen, 7);
    }
}
