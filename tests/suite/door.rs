//! The door: what it lets in, and how it refuses.

use serde_json::json;
use support::{Actor, TestApp, both};

both! {
    async fn a_stranger_is_told_to_sign_in(app: TestApp) {
        let stranger = Actor::stranger(&app);
        let answer = stranger.run("{ taxonomy { code } }", json!({})).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED");
    }
}
