//! `schema.graphql` is what the program serves.

use std::path::Path;

#[test]
fn the_schema_in_the_repository_is_the_one_of_the_program() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let served = api::graphql::sdl();
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if kept != served {
        std::fs::write(&file, &served).expect("schema.graphql is written");
        let (place, line) = (1..).zip(served.lines()).find(|(at, line)| kept.lines().nth(at - 1) != Some(line)).unwrap_or((1, ""));
        panic!(
            "schema.graphql was behind the program from line {place} on ({line:?}) and has been written anew: look at the difference and commit it"
        );
    }
}
