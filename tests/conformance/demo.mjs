// The demo as a newcomer meets it: what it says it told, every login, and the ten operations just as they are printed.

import { Line } from './support/http.mjs'

/** What the story must have at least, in the order in which it is said. */
const PROMISED = [
  ['teams', 7],
  ['volunteers', 300],
  ['certified records', 3_000],
  ['rewards', 30],
  ['redemptions', 200],
  ['reversal', 1],
  ['expiries', 1],
]
/** Logins of the demo, one for every role. */
const LOGINS = 9
const OPERATIONS = 10

export async function judge(stage, report) {
  const server = await stage.bare('demo')
  const printed = await server.command(['demo', '--no-serve'])
  for (const [what, least] of PROMISED) {
    const count = Number(new RegExp(`(\\d+) ${what}`).exec(printed)?.[1])
    report.expect(count >= least, `the story has ${count} ${what} instead of ${least}`)
  }
  report.note(/\d+ teams, .*/.exec(printed)?.[0] ?? 'no figures')
  await server.start()
  const line = new Line(server)
  await logins(line, printed, report)
  await operations(line, printed, report)
  line.close()
  await server.stop()
  report.note((await server.command(['verify'])).trim().split('\n').at(-1))
  await server.start()
}

/** Whoever is named can sign in. */
async function logins(line, printed, report) {
  const password = /Demo logins, password (\S+):/.exec(printed)?.[1]
  const people = [...printed.matchAll(/^ {2}(\d{11}) {2}(\S+)/gm)]
  report.same(people.length, LOGINS, 'people named')
  for (const [, phone, name] of people) {
    const query = 'mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }'
    const { json } = await line.post({ query, variables: { input: { phone, password, device: 'judge' } } })
    report.expect(json?.data?.logIn?.accessToken, `${name} cannot sign in: ${JSON.stringify(json)}`)
  }
}

/** Each operation answers when it is pasted; those after the first with the token that the first gives. */
async function operations(line, printed, report) {
  const texts = [...printed.matchAll(/^ *\d+\. .*\n {4}(.*)$/gm)].map(([, text]) => text)
  report.same(texts.length, OPERATIONS, 'operations to paste')
  let headers = {}
  const rows = []
  for (const query of texts) {
    const { status, json, text, milliseconds } = await line.post({ query }, headers)
    const token = json?.data?.logIn?.accessToken
    if (token) headers = { authorization: `Bearer ${token}` }
    report.expect(json?.data && !json.errors, `${query} answers ${text}`)
    rows.push([query.slice(0, 60), status, text.length, milliseconds.toFixed(1)])
  }
  report.table(['operation', 'status', 'bytes', 'ms'], rows)
}
