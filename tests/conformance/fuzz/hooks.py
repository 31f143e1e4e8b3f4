"""What the fuzzer is told of this API: the form of its scalars, ids that exist, and what an answer must never be.

schemathesis' own check takes every error in a GraphQL answer for a failure of the server. Here a refusal is an answer like any other as long as it
carries a code of the catalogue that does not say that the server itself failed.
"""

import atexit
import json
import os
from collections import Counter

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

with open(os.environ["QICAI_FUZZ_FACTS"], encoding="utf-8") as facts:
    FACTS = json.load(facts)

#: Codes that say that the server failed.
FAILURES = {"INTERNAL", "UNAVAILABLE"}
#: Texts that only the inside of the program knows.
INSIDES = ("sqlx", "sea_orm", "panicked", "SELECT ", "src/", ".rs:", "constraint failed")

counted = Counter()
operations = set()

moments = st.datetimes(timezones=st.just(None)).map(lambda moment: moment.isoformat() + "Z")
days = st.dates().map(lambda day: day.isoformat())
schemathesis.graphql.scalar("DateTime", st.one_of(st.sampled_from(FACTS["moments"]), moments, st.text()).map(nodes.String))
schemathesis.graphql.scalar("NaiveDate", st.one_of(st.sampled_from(FACTS["days"]), days, st.text()).map(nodes.String))
schemathesis.graphql.scalar("ID", st.one_of(st.sampled_from(FACTS["ids"]), st.sampled_from(FACTS["ids"]), st.text()).map(nodes.String))


@schemathesis.check
def coded_answer(ctx, response, case):
    """Every answer is JSON with data or coded errors, and none says that the server failed."""
    assert response.status_code < 500, f"status {response.status_code}"
    body = response.json()
    assert isinstance(body, dict) and ("data" in body or body.get("errors")), "neither data nor errors"
    for error in body.get("errors", []):
        code = error.get("extensions", {}).get("code")
        assert code in FACTS["codes"], f"{code} is not in the catalogue"
        assert code not in FAILURES, f"{code}: {error}"
    for inside in INSIDES:
        assert inside not in json.dumps(body.get("errors", []), ensure_ascii=False), f"{inside} leaked"


@schemathesis.hook
def after_call(ctx, case, response):
    operations.add(case.operation.label)
    try:
        body = response.json()
        codes = {error["extensions"]["code"] for error in body.get("errors", [])}
    except (ValueError, KeyError, AttributeError, TypeError):
        codes = {"(not readable)"}
    counted["requests"] += 1
    counted.update(codes or {"data"})


@atexit.register
def write():
    with open(os.environ["QICAI_FUZZ_COUNTS"], "w", encoding="utf-8") as out:
        json.dump({"operations": len(operations), "counted": counted}, out)
