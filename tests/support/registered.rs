//! People who come in by the door: registered, made volunteers and given roles as a member would see it done.

use std::sync::atomic::{AtomicU32, Ordering};

use entity::role_grant::Role;
use serde_json::{Value, json};

use crate::{Actor, TestApp, stage};

/// Password of everybody.
pub const PASSWORD: &str = "qicai2026";

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) { accessToken refreshToken me { accountId phone } } }";
const REGISTER_VOLUNTEER: &str = "mutation($input: RegisterVolunteerInput!) { registerVolunteer(input: $input) { id number name minutes } }";

/// A phone nobody else has.
#[must_use]
pub fn phone() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("138{:08}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A one-time code, asked for by the door and read from the telephone.
pub async fn code(app: &TestApp, phone: &str) -> String {
    send(&Actor::stranger(app), "requestPhoneCode", "RequestPhoneCodeInput", "", json!({ "phone": phone })).await.ok();
    app.texts.last(phone).expect("a code")
}

/// Somebody who registers in the community of the stories with `phone`.
pub async fn resident(app: &TestApp, phone: &str) -> Actor {
    let phone_code = code(app, phone).await;
    let input = json!({ "phone": phone, "phoneCode": phone_code, "password": PASSWORD, "regionCode": crate::seed::CODE, "device": "suite" });
    let answer = Actor::stranger(app).run(REGISTER, json!({ "input": input })).await.ok();
    let mut actor = Actor::with_token(app, &answer.text("register.accessToken"));
    phone.clone_into(&mut actor.name);
    phone.clone_into(&mut actor.phone);
    actor.account_id = answer.text("register.me.accountId");
    actor
}

/// Somebody who registers and becomes a volunteer called `name`.
pub async fn volunteer(app: &TestApp, name: &str) -> Actor {
    let mut actor = resident(app, &phone()).await;
    let input = json!({ "name": name, "birthDate": "1980-05-04" });
    let answer = actor.run(REGISTER_VOLUNTEER, json!({ "input": input })).await.ok();
    name.clone_into(&mut actor.name);
    actor.volunteer_id = answer.text("registerVolunteer.id");
    actor
}

/// Somebody with `roles` over the community, beside being a volunteer.
pub async fn staff(app: &TestApp, roles: &[Role]) -> Actor {
    let all: Vec<Role> = [Role::Resident, Role::Volunteer].into_iter().chain(roles.iter().copied()).collect();
    let made = stage::people(app, 1, &all).await;
    stage::speaking(app, &made[0])
}

/// Sends a mutation with one `input`, whose type is named after it.
pub async fn say(who: &Actor, mutation: &str, fields: &str, input: Value) -> crate::Answer {
    let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    send(who, mutation, &input_type, fields, input).await
}

/// Sends a mutation with one `input`.
pub async fn send(who: &Actor, mutation: &str, input_type: &str, fields: &str, input: Value) -> crate::Answer {
    let document = format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {fields} }}");
    who.run(&document, json!({ "input": input })).await
}
