// The specification's rules for documents (§5), as the reference implementation graphql-js sees them: what it refuses the server must refuse before
// anything runs, and what it takes the server must take. The verdicts are graphql-js's own; the list here only says what is asked.

import { readFile } from 'node:fs/promises'
import { buildSchema, Kind, parse, specifiedRules, validate, visit } from 'graphql'
import { codeOf, Line } from './support/http.mjs'

/** Documents, each of which breaks at least one rule. */
const BROKEN = [
  '{ nothing }',
  '{ me { nothing } }',
  '{ node(id: "vol_0000000000000000000001") { name } }',
  '{ me }',
  '{ me { phone { a } } }',
  '{ __typename { a } }',
  '{ me { __typename { a } } }',
  '{ rewards(nothing: 1) { nodes { id } } }',
  '{ __typename(a: 1) }',
  '{ me { phone @skip(if: false, unless: true) } }',
  '{ rewards(first: 1, first: 2) { nodes { id } } }',
  '{ reward { id } }',
  '{ me { phone @skip } }',
  '{ __typename @skip }',
  '{ me { phone @nothing } }',
  '{ __typename @nothing }',
  'query @nothing { __typename }',
  '{ ...a @nothing } fragment a on Query { __typename }',
  'query @skip(if: true) { __typename }',
  '{ me { phone @skip(if: false) @skip(if: false) } }',
  '{ __typename @skip(if: false) @skip(if: false) }',
  '{ ...a } fragment b on Query { __typename }',
  '{ __typename } fragment a on Query { __typename }',
  '{ ...a } fragment a on Nothing { id }',
  '{ ... on Nothing { id } }',
  '{ ...a } fragment a on RewardOrder { id }',
  '{ me { ... on Role { id } } }',
  '{ me { ... on Volunteer { id } } }',
  '{ node(id: "vol_0000000000000000000001") { ... on Me { phone } } }',
  '{ ...a } fragment a on Query { ...a }',
  '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }',
  '{ ...a } fragment a on Query { __typename } fragment a on Query { __typename }',
  'query A { __typename } query A { __typename }',
  '{ __typename } { __typename }',
  '{ __typename } query A { __typename }',
  'query ($a: Int, $a: Int) { rewards(first: $a) { nodes { id } } }',
  'query ($a: Int) { __typename }',
  '{ rewards(first: $a) { nodes { id } } }',
  'query ($a: Nothing) { rewards(first: $a) { nodes { id } } }',
  'query ($a: Reward) { rewards(first: $a) { nodes { id } } }',
  'query ($a: String) { rewards(first: $a) { nodes { id } } }',
  'query ($a: ID) { reward(id: $a) { id } }',
  'query ($a: [Int]) { rewards(first: $a) { nodes { id } } }',
  'query ($a: Int = "x") { rewards(first: $a) { nodes { id } } }',
  '{ rewards(first: "1") { nodes { id } } }',
  '{ rewards(first: 1.5) { nodes { id } } }',
  '{ rewards(first: 2147483648) { nodes { id } } }',
  '{ rewards(first: true) { nodes { id } } }',
  '{ rewards(first: [1]) { nodes { id } } }',
  '{ rewards(first: { a: 1 }) { nodes { id } } }',
  '{ rewards(order: NOTHING) { nodes { id } } }',
  '{ rewards(order: null) { nodes { id } } }',
  '{ rewards(filter: { nothing: 1 }) { nodes { id } } }',
  '{ rewards(filter: { inStock: "yes" }) { nodes { id } } }',
  '{ rewards(filter: 1) { nodes { id } } }',
  '{ reward(id: 1.5) { id } }',
  '{ reward(id: true) { id } }',
  '{ leaderboard(metric: POINTS, period: ALL, scope: {}) { total } }',
  '{ leaderboard(metric: POINTS, period: ALL, scope: { colour: RED, regionId: "reg_0" }) { total } }',
  '{ leaderboard(metric: POINTS, period: ALL, scope: { colour: null }) { total } }',
  'mutation { signUp(input: { idempotencyKey: "a" }) { id } }',
  'mutation { signUp { id } }',
  'mutation { nothing }',
  '{ me { phone phone: accountId } }',
  '{ rewards(first: 1) { nodes { id } } rewards(first: 2) { nodes { id } } }',
  'type A { a: Int }',
  '{ __typename } type A { a: Int }',
  'subscription { nothing }',
  'subscription { a: notificationAdded { eventId } b: notificationAdded { eventId } }',
]

/** What the library behind the server takes although the specification refuses it, and how it is read. Only wrong clients meet it. */
const TAKEN = {
  '{ rewards(order: "PRICE") { nodes { id } } }': 'a string is read as the enum value of that name',
  'query ($a: Int @include(if: true)) { rewards(first: $a) { nodes { id } } }': 'directives on variables are ignored',
  '{ rewards(filter: { inStock: true, inStock: false }) { nodes { id } } }': 'the last of two equal input fields counts',
  '{ me { phone } me { phone: accountId } }': 'of two fields under one key in merged selections the first is answered',
}

/** Documents that keep every rule, some of them oddly. */
const SOUND = [
  '{ __typename }',
  'query A { __typename } query B { __typename }',
  '{ me { phone phone a: phone } me { accountId } }',
  '{ ...a } fragment a on Query { me { ...b } } fragment b on Me { phone }',
  '{ ... { me { phone } } ... @include(if: true) { me { accountId } } }',
  'query ($a: Int = 1, $b: Boolean!) { rewards(first: $a) { nodes @include(if: $b) { id } } }',
  'query ($a: ID!) { node(id: $a) { __typename id ... on Node { id } ... on Reward { title } } }',
  '{ rewards(first: null, filter: null) { nodes { id } } }',
  '{ activities(filter: { search: null }) { nodes { id } } }',
  '{ node(id: 1) { id } }',
  '{ nodes(ids: "rwd_0000000000000000000001") { id } }',
  'query ($a: Boolean = false) { me { phone @skip(if: $a) @include(if: true) } }',
  '{ rewards(filter: {}) { edges { cursor } pageInfo { hasNextPage } } }',
  '{ leaderboard(metric: POINTS, period: ALL, scope: { colour: RED }) { total } }',
  '\uFEFF{ me { phone } } # said of it',
  '{ myNotifications(first: 1) { nodes { a: kind, b: kind } } , , }',
]

/** Rules that are not tried here: the depth of introspection is among the attacks. */
const WITHOUT = ['MaxIntrospectionDepth']

export async function judge(stage, report) {
  const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'))
  const { server, story } = await stage.serving('development')
  const line = new Line(server)
  const post = parameters =>
    line.send(
      'POST',
      '/graphql',
      { 'content-type': 'application/json', accept: 'application/graphql-response+json', authorization: story.member.authorization },
      JSON.stringify(parameters),
    )
  const nameOf = rule => rule.name.replace(/Rule$/, '')
  const rows = new Map(specifiedRules.map(rule => [nameOf(rule), [0, 0]]))
  for (const query of [...BROKEN, ...Object.keys(TAKEN)]) {
    const broken = specifiedRules.filter(rule => validate(schema, parse(query), [rule]).length > 0).map(nameOf)
    report.expect(broken.length > 0, `graphql-js takes ${query}`)
    const answer = await post({ query })
    const refused = answer.status === 400 && answer.json?.data === undefined && ['BAD_QUERY', 'BAD_INPUT'].includes(codeOf(answer.json))
    const right = query in TAKEN ? answer.status === 200 && !answer.json?.errors : refused
    report.expect(right, `${query} breaks ${broken.join(', ')}, and is answered ${answer.status} ${answer.text.slice(0, 160)}`)
    for (const rule of broken) {
      const row = rows.get(rule)
      row[0] += 1
      row[1] += refused ? 1 : 0
    }
  }
  for (const query of SOUND) {
    const faults = validate(schema, parse(query))
    report.same(
      faults.map(fault => fault.message),
      [],
      `graphql-js refuses ${query}`,
    )
    const first = parse(query).definitions.find(definition => definition.kind === Kind.OPERATION_DEFINITION)
    const answer = await post({ query, operationName: first.name?.value, variables: variablesOf(first, story) })
    report.same([answer.status, 'data' in (answer.json ?? {})], [200, true], `${query} is answered ${answer.text.slice(0, 160)}`)
  }
  line.close()
  report.table(
    ['rule of the specification', 'broken by', 'refused'],
    [...rows].filter(([, [all]]) => all > 0).map(([rule, [all, refused]]) => [rule, all, refused]),
  )
  for (const [query, read] of Object.entries(TAKEN)) report.note(`taken: ${query}: ${read}`)
  report.note(`documents that break no rule: ${SOUND.length}`)
  const untried = [...rows].filter(([rule, [all]]) => all === 0 && !WITHOUT.includes(rule)).map(([rule]) => rule)
  report.same(untried, [], 'rules that no document breaks')
}

/** A value for each variable that has no default. */
function variablesOf(operation, { rewards }) {
  const values = { ID: rewards[0].id, Boolean: true }
  const given = {}
  visit(operation, {
    VariableDefinition({ variable, type, defaultValue }) {
      if (!defaultValue) given[variable.name.value] = values[(type.type ?? type).name.value]
    },
  })
  return given
}
