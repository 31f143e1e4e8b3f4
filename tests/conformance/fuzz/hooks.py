"""What the fuzzer is told of this API: the form of its scalars, ids that exist, and what an answer must never be.

schemathesis' own check takes every error in a GraphQL answer for a failure of the server. Here a refusal is an answer like any other as long as it
carries a code of the catalogue that does not say that the server itself failed.
"""

import atexit
import json
import os
import re
from collections import Counter, defaultdict

import schemathesis
from graphql import DocumentNode, IntValueNode, ListValueNode, StringValueNode, Visitor, visit
from hypothesis import strategies as st
from schemathesis.graphql import nodes

with open(os.environ["QICAI_FUZZ_FACTS"], encoding="utf-8") as facts:
    FACTS = json.load(facts)

#: Codes that say that the server failed.
FAILURES = {"INTERNAL", "UNAVAILABLE"}
#: Texts that only the inside of the program knows.
INSIDES = ("sqlx", "sea_orm", "panicked", "SELECT ", "src/", ".rs:", "constraint failed")

#: The kinds of id (their prefixes) that a word in the name of an argument, or else of the field, stands for.
KINDS = {
    "account": ["acc"],
    "activity": ["act"],
    "adjustment": ["adj"],
    "agreement": ["agr"],
    "commitment": ["cmt"],
    "helper": ["vol", "team", "unit"],
    "leader": ["vol"],
    "listing": ["need", "res", "svc"],
    "match": ["mat"],
    "media": ["med"],
    "need": ["need"],
    "offering": ["res", "svc"],
    "parent": ["reg"],
    "project": ["prj"],
    "record": ["rec"],
    "recipient": ["rcp"],
    "redemption": ["rdm"],
    "region": ["reg"],
    "resource": ["res"],
    "reward": ["rwd"],
    "round": ["rvr"],
    "serviceoffer": ["svc"],
    "session": ["occ"],
    "signup": ["sup"],
    "subject": ["prj"],
    "task": ["task"],
    "tasklist": ["tkl"],
    "taxonomy": ["tax"],
    "team": ["team"],
    "unit": ["unit"],
    "volunteer": ["vol"],
}
#: Of places where it is known what fits, how many are left as chance drew them: one in so many.
LEFT_TO_CHANCE = 4

BY_KIND = defaultdict(list)
for known in FACTS["ids"]:
    BY_KIND[known.partition("_")[0]].append(known)

counted = Counter()
operations = set()

moments = st.datetimes(timezones=st.just(None)).map(lambda moment: moment.isoformat() + "Z")
days = st.dates().map(lambda day: day.isoformat())
schemathesis.graphql.scalar("DateTime", st.one_of(st.sampled_from(FACTS["moments"]), moments, st.text()).map(nodes.String))
schemathesis.graphql.scalar("NaiveDate", st.one_of(st.sampled_from(FACTS["days"]), days, st.text()).map(nodes.String))
schemathesis.graphql.scalar("Upload", st.text().map(nodes.String))
schemathesis.graphql.scalar("ID", st.one_of(st.sampled_from(FACTS["ids"]), st.sampled_from(FACTS["ids"]), st.text()).map(nodes.String))


def kinds_of(name):
    """The kinds of id that this name asks for, by the longest word of `KINDS` in it."""
    words = re.sub("ids?$", "", name, flags=re.I).lower()
    fitting = [word for word in KINDS if word in words]
    return KINDS[max(fitting, key=len)] if fitting else []


class Fitting(Visitor):
    """Puts what fits where chance drew any id of forty kinds, any text or any number, so that requests get past the first look at their input."""

    def __init__(self, seed):
        super().__init__()
        self.seed = seed

    def enter_field(self, node, *_):
        self.field = node.name.value

    def enter_argument(self, node, *_):
        return self.fit(node)

    def enter_object_field(self, node, *_):
        return self.fit(node)

    def fit(self, node):
        self.seed = self.seed * 1_103_515_245 + 12_345 & 0x7FFF_FFFF
        drawn = self.seed >> 8
        chosen = self.chosen(node.name.value, drawn)
        if chosen is None or drawn % LEFT_TO_CHANCE == 0:
            return None
        several = isinstance(node.value, ListValueNode)
        return type(node)(name=node.name, value=ListValueNode(values=(chosen,)) if several else chosen)

    def chosen(self, name, drawn):
        if name in ("first", "last"):
            return IntValueNode(value=str(1 + drawn % 50))
        if name == "idempotencyKey":
            return StringValueNode(value=f"fuzz-{drawn}")
        if not re.fullmatch("ids?|.*Ids?", name) or name.endswith("ventId"):
            return None
        fitting = [known for kind in kinds_of(name) or kinds_of(self.field) for known in BY_KIND[kind]]
        return StringValueNode(value=fitting[drawn % len(fitting)]) if fitting else None


@schemathesis.hook
def map_body(context, body):
    """The document, with most of its ids, keys and page sizes as their places ask for."""
    return visit(body, Fitting(len(str(body)))) if isinstance(body, DocumentNode) else body


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
