// A fuzzer that knows the schema (schemathesis): valid and invalid requests for every field of the roots, as an administrator and as a member, with
// ids that exist and ids that do not. None may end in a server error, and the server must live on.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tellExchange } from './support/exchange.mjs'
import { HERE, run } from './support/tool.mjs'

/** Seconds for all of it. */
const SECONDS = 60
/** Longest answer, in seconds. */
const SLOW = 5
/** Who sends it, and the seed of what is sent. */
const SENDERS = [
  ['admin', 20_261_121],
  ['member', 20_261_122],
]
/** Would end the sender's token, and with it the run. */
const EXCLUDED = ['Mutation.logOut']

export async function judge(stage, report) {
  // The budget of a sender is judged elsewhere; here it would end the run.
  const { server, story } = await stage.serving('development', ['--budget', '1000000000'])
  const facts = join(stage.directory, 'facts.json')
  await writeFile(facts, JSON.stringify(await factsOf(story)))
  const rows = []
  for (const [who, seed] of SENDERS) {
    await story[who].logIn()
    const counts = join(stage.directory, `${who}.json`)
    const { code, printed } = await run(
      process.env.QICAI_FUZZER,
      [
        'run',
        server.url,
        '--checks',
        'coded_answer',
        '--max-time',
        String(SECONDS / SENDERS.length),
        '--max-response-time',
        String(SLOW),
        '--seed',
        String(seed),
        '-H',
        `Authorization: ${story[who].authorization}`,
        '--continue-on-failure',
        '--generation-database',
        'none',
        '--warnings',
        'off',
        ...EXCLUDED.flatMap(name => ['--exclude-name', name]),
      ],
      {
        cwd: stage.directory,
        env: { ...process.env, SCHEMATHESIS_HOOKS: join(HERE, 'fuzz/hooks.py'), QICAI_FUZZ_FACTS: facts, QICAI_FUZZ_COUNTS: counts, NO_COLOR: '1' },
      },
    )
    report.note(`schemathesis as ${who}, seed ${seed}:\n${printed.slice(printed.lastIndexOf('SUMMARY')).replace(/^.*\n/, '').trim()}\n`)
    report.expect(code === 0, `schemathesis as ${who} ended with ${code}:\n${printed.slice(0, 12_000)}`)
    const { operations, counted } = JSON.parse(await readFile(counts, 'utf8'))
    const refused = Object.entries(counted)
      .filter(([name]) => name !== 'requests' && name !== 'data')
      .sort((left, right) => right[1] - left[1])
    rows.push([
      who,
      operations,
      counted.requests,
      counted.data ?? 0,
      refused.length,
      refused
        .slice(0, 6)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
    ])
    report.expect(operations > 60, `only ${operations} fields of the roots were tried as ${who}`)
    report.expect(counted.requests > 500, `only ${counted.requests ?? 0} requests were sent as ${who}`)
    report.expect(counted.data > counted.requests / 20, `only ${counted.data ?? 0} of ${counted.requests} requests got data as ${who}`)
  }
  report.table(['sender', 'root fields', 'requests', 'answered with data', 'codes met', 'most often'], rows)
  const verified = await server.command(['verify'])
  report.note(`qicai verify: ${verified.trim().split('\n').at(-1)}`)
}

/** What exists, so that the fuzzer gets further than the first check of an id. */
async function factsOf(story) {
  const { admin, member, leader, desk, friend, home, team, activity, sessions, rewards } = story
  const { errorCodes } = await admin.ask('{ errorCodes { code } }')
  const { myServiceRecords, mySignUps, myNotifications } = await member.ask(
    '{ myServiceRecords { nodes { id } } mySignUps { nodes { id } } myNotifications { nodes { id } } }',
  )
  const found = [myServiceRecords, mySignUps, myNotifications].flatMap(page => page.nodes)
  const { adjustments, taxonomy } = await admin.ask('{ adjustments { nodes { id } } taxonomy { id } }')
  const ids = [...found, ...adjustments.nodes, ...taxonomy.slice(0, 5), member, leader, desk, friend, team, activity, ...sessions, ...rewards].map(
    thing => thing.id,
  )
  const exchanged = await tellExchange(story)
  const hours = [-72, -48, -1, 1, 24, 48].map(hour => new Date(Date.now() + hour * 3_600_000).toISOString())
  return { codes: errorCodes.map(({ code }) => code), ids: [...ids, ...exchanged, home], moments: hours, days: hours.map(moment => moment.slice(0, 10)) }
}
