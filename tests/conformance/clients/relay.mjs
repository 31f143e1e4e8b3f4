// relay-compiler: it takes the schema only with Relay's Node, Connection and PageInfo, and writes the queries that its runtime would send. These are
// sent to a server: a list, its next page, and single things again through node(id:).

import { cp, mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { key } from '../support/story.mjs'
import { HERE, tool } from '../support/tool.mjs'

export async function use(stage, report) {
  const directory = join(stage.directory, 'relay')
  await mkdir(directory, { recursive: true })
  await cp(join(HERE, 'clients/relay'), directory, { recursive: true })
  await cp(join(HERE, '../../schema.graphql'), join(directory, 'schema.graphql'))
  const compiled = await tool('relay-compiler', ['relay.config.json'], { cwd: directory })
  if (!report.expect(compiled.code === 0, `relay: ${compiled.printed}`)) return

  const generated = join(directory, 'src/__generated__')
  const written = (await readdir(generated)).map(file => file.split('.')[0]).sort()
  report.same(
    written,
    [
      'RewardAgainQuery',
      'RewardsPageQuery',
      'RewardsQuery',
      'RewardsSignUpMutation',
      'Rewards_list',
      'Rewards_members',
      'Rewards_reward',
      'TeamMembersQuery',
    ],
    'relay: what the compiler wrote',
  )
  const { story } = await stage.serving('production')
  const send = async (name, variables) => story.leader.ask(await textOf(join(generated, `${name}.graphql.js`)), variables)

  const first = (await send('RewardsQuery', { count: 2, cursor: null })).rewards
  report.same([first.edges.length, first.edges[0].node.__typename, first.pageInfo.hasNextPage], [2, 'Reward', true], 'relay: first page')
  const next = (await send('RewardsPageQuery', { count: 2, cursor: first.pageInfo.endCursor })).rewards
  report.same([next.edges.length, next.pageInfo.hasNextPage], [1, false], 'relay: next page')
  const again = (await send('RewardAgainQuery', { id: first.edges[0].node.id })).node
  report.same(
    [again.__typename, again.id, again.price],
    ['Reward', first.edges[0].node.id, first.edges[0].node.price],
    'relay: a reward again by node(id:)',
  )
  const members = (await send('TeamMembersQuery', { id: story.team.id, count: 10, cursor: null })).node
  report.same(
    [members.__typename, members.members.edges.map(edge => edge.node.name).sort()],
    ['Team', ['李**', '王**']],
    "relay: a team's members by node(id:), masked",
  )
  const signUp = (await send('RewardsSignUpMutation', { input: { sessionId: story.sessions[2].id, idempotencyKey: key() } })).signUp
  report.same([signUp.state, signUp.session.mySignUp.state], ['CONFIRMED', 'CONFIRMED'], 'relay: a mutation')
}

/** The document in an artifact. */
async function textOf(path) {
  const [, text] = (await readFile(path, 'utf8')).match(/"text": ("(?:[^"\\]|\\.)*")/)
  return JSON.parse(text)
}
