//! One DDL text for two databases.
//!
//! The text uses five words of its own: `IDENTITY` (a growing integer key), `UUID`, `BYTES`, `RANDOM_ID` (a fresh value for a `UUID`) and `HOT` (room
//! kept on each page for rows that are updated often; SQLite has no such thing). Statements end with `;` at the end of a line; a trigger body
//! therefore keeps its inner `;` within a line.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

/// Runs every statement of `text` after putting in the words of the database at hand.
pub async fn run(manager: &SchemaManager<'_>, text: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
    for statement in text.split(";\n").map(str::trim).filter(|part| !part.is_empty()) {
        connection.execute_unprepared(&translate(statement, postgres)).await?;
    }
    Ok(())
}

/// Forbids UPDATE and DELETE on an append-only table, below every code path of the program.
pub async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        connection
            .execute_unprepared(&format!(
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'append_only: %', TG_TABLE_NAME USING ERRCODE = '23001'; END $$; \
                 CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION refuse_change(); \
                 CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
            ))
            .await?;
        return Ok(());
    }
    for verb in ["UPDATE", "DELETE"] {
        connection
            .execute_unprepared(&format!(
                "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'append_only: {table}'); END"
            ))
            .await?;
    }
    Ok(())
}

/// Forbids UPDATE on a table, and DELETE of a row of which `leaves` does not hold; `OLD` is the row.
pub async fn append_only_until(manager: &SchemaManager<'_>, table: &str, leaves: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let text = if manager.get_database_backend() == DatabaseBackend::Postgres {
        format!(
            "CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF {leaves} THEN RETURN OLD; END IF; RAISE EXCEPTION 'append_only: {table}' USING ERRCODE = '23001'; END $$; \
             CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change(); \
             CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_keep(); \
             CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
        )
    } else {
        format!(
            "CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'append_only: {table}'); END; \
             CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table} WHEN NOT ({leaves}) \
             BEGIN SELECT RAISE(ABORT, 'append_only: {table}'); END;"
        )
    };
    connection.execute_unprepared(&text).await.map(drop)
}

/// Forbids to insert a row of which `wrong` holds; `NEW` is the row.
pub async fn refuse_insert(manager: &SchemaManager<'_>, table: &str, wrong: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let text = if manager.get_database_backend() == DatabaseBackend::Postgres {
        format!(
            "CREATE FUNCTION {table}_check() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF {wrong} THEN RAISE EXCEPTION 'refused: {table}' USING ERRCODE = '23001'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER {table}_right BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_check();"
        )
    } else {
        format!("CREATE TRIGGER {table}_right BEFORE INSERT ON {table} WHEN {wrong} BEGIN SELECT RAISE(ABORT, 'refused: {table}'); END")
    };
    connection.execute_unprepared(&text).await.map(drop)
}

/// Lets `columns` of an append-only table be erased: emptied, or replaced by `erased:` and a hash. Everything else of a row stays as it was written, and
/// so does the row; a column of the table that a later step adds is kept as well on PostgreSQL, and is to be named here again on SQLite.
pub async fn erasable(manager: &SchemaManager<'_>, table: &str, columns: &[&str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        let listed = columns.iter().map(|column| format!("'{column}'")).collect::<Vec<_>>().join(", ");
        connection
            .execute_unprepared(&format!(
                "CREATE OR REPLACE FUNCTION refuse_change_but_erasing() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ DECLARE one TEXT; was TEXT; becomes TEXT; BEGIN \
                 IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN \
                 FOREACH one IN ARRAY TG_ARGV LOOP was := to_jsonb(OLD) ->> one; becomes := to_jsonb(NEW) ->> one; \
                 IF becomes IS DISTINCT FROM was AND (becomes IS NULL OR (becomes NOT IN ('', '\\x') AND becomes NOT LIKE 'erased:%')) \
                 THEN RAISE EXCEPTION 'append_only: %', TG_TABLE_NAME USING ERRCODE = '23001'; END IF; END LOOP; RETURN NEW; END IF; \
                 RAISE EXCEPTION 'append_only: %', TG_TABLE_NAME USING ERRCODE = '23001'; END $$; \
                 DROP TRIGGER {table}_append_only ON {table}; \
                 CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasing({listed})"
            ))
            .await?;
        return Ok(());
    }
    let read = Statement::from_string(DatabaseBackend::Sqlite, format!("SELECT name FROM pragma_table_info('{table}')"));
    let mut holds = Vec::new();
    for row in connection.query_all_raw(read).await? {
        let name: String = row.try_get("", "name")?;
        holds.push(if columns.contains(&name.as_str()) {
            format!("(NEW.{name} IS OLD.{name} OR COALESCE(LENGTH(NEW.{name}), 1) = 0 OR COALESCE(NEW.{name} LIKE 'erased:%', 0))")
        } else {
            format!("NEW.{name} IS OLD.{name}")
        });
    }
    connection
        .execute_unprepared(&format!(
            "DROP TRIGGER {table}_no_UPDATE; CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table} WHEN NOT ({}) \
             BEGIN SELECT RAISE(ABORT, 'append_only: {table}'); END",
            holds.join(" AND ")
        ))
        .await?;
    Ok(())
}

/// Lets a sealed column of an append-only table be emptied, or sealed anew under another secret, which its first byte tells. Everything else of a row stays
/// as it was written, and so does the row; a column of the table that a later step adds is kept as well on PostgreSQL, and is to be named here again on SQLite.
pub async fn resealable(manager: &SchemaManager<'_>, table: &str, column: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let anew = format!(
        "NEW.{column} IS NOT NULL AND (length(NEW.{column}) = 0 OR (length(OLD.{column}) > 0 AND substr(NEW.{column}, 1, 1) <> substr(OLD.{column}, 1, 1)))"
    );
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        connection
            .execute_unprepared(&format!(
                "CREATE FUNCTION {table}_reseal() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN IF to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}' AND {anew} THEN RETURN NEW; END IF; \
                 RAISE EXCEPTION 'append_only: {table}' USING ERRCODE = '23001'; END $$; \
                 DROP TRIGGER {table}_append_only ON {table}; \
                 CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_reseal(); \
                 CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();"
            ))
            .await?;
        return Ok(());
    }
    let read = Statement::from_string(DatabaseBackend::Sqlite, format!("SELECT name FROM pragma_table_info('{table}')"));
    let mut holds = vec![anew];
    for row in connection.query_all_raw(read).await? {
        let name: String = row.try_get("", "name")?;
        if name != column {
            holds.push(format!("NEW.{name} IS OLD.{name}"));
        }
    }
    connection
        .execute_unprepared(&format!(
            "DROP TRIGGER {table}_no_UPDATE; CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table} WHEN NOT ({}) \
             BEGIN SELECT RAISE(ABORT, 'append_only: {table}'); END",
            holds.join(" AND ")
        ))
        .await?;
    Ok(())
}

fn translate(statement: &str, postgres: bool) -> String {
    let words: [(&str, &str, &str); 5] = [
        (" IDENTITY", " BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", " INTEGER PRIMARY KEY AUTOINCREMENT"),
        ("BYTES", "BYTEA", "BLOB"),
        ("UUID", "UUID", "BLOB"),
        ("RANDOM_ID", "gen_random_uuid()", "randomblob(16)"),
        (" HOT", " WITH (fillfactor = 80)", ""),
    ];
    let mut text = statement.to_owned();
    for (word, on_postgres, on_sqlite) in words {
        text = text.replace(word, if postgres { on_postgres } else { on_sqlite });
    }
    text
}
