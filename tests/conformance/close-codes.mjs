// The socket as graphql-transport-ws has it: each way to break the protocol is answered by its own close code, and what is wrong with one operation
// by a message that leaves the others alone. Spoken with a bare socket, for a client library would not misbehave.

import { key } from './support/story.mjs'
import { handshake, Wire } from './support/wire.mjs'

const TYPENAME = '{ __typename }'
const FOLLOW = 'subscription { notificationAdded { eventId } }'
const MIB = 1 << 20

/** [what the client does, how, the close code] */
const CLOSED = [
  ['a message that is not JSON', async server => said(await Wire.signedIn(server), 'hello'), 4400],
  ['a message of a type that is not there', async server => said(await Wire.signedIn(server), { type: 'start', id: '1' }), 4400],
  ['a message without a type', async server => said(await Wire.signedIn(server), { id: '1' }), 4400],
  ['a message that is no object', async server => said(await Wire.signedIn(server), '[]'), 4400],
  ['subscribe without an id', async server => said(await Wire.signedIn(server), { type: 'subscribe', payload: { query: TYPENAME } }), 4400],
  ['subscribe without a payload', async server => said(await Wire.signedIn(server), { type: 'subscribe', id: '1' }), 4400],
  ['complete without an id', async server => said(await Wire.signedIn(server), { type: 'complete' }), 4400],
  ['a binary message', async server => said(await Wire.signedIn(server), Buffer.from([1, 2, 3])), 4400],
  [
    'subscribe before connection_init',
    async server => said(await Wire.open(server), { type: 'subscribe', id: '1', payload: { query: TYPENAME } }),
    4401,
  ],
  [
    'connection_init with a token that is none',
    async server => said(await Wire.open(server), { type: 'connection_init', payload: { authorization: 'Bearer abc' } }),
    4403,
  ],
  [
    'connection_init with a token signed out',
    async (server, { second }) => {
      const token = second.authorization
      await second.ask('mutation { logOut }')
      await second.logIn()
      return said(await Wire.open(server), { type: 'connection_init', payload: { authorization: token } })
    },
    4403,
  ],
  [
    'follows, and its token is signed out elsewhere',
    async (server, { leader }) => {
      const wire = await Wire.signedIn(server, leader.authorization)
      wire.subscribe('1', FOLLOW)
      wire.subscribe('2', TYPENAME)
      await wire.next('complete', '2')
      await leader.ask('mutation { logOut }')
      await leader.logIn()
      return wire.end()
    },
    4403,
  ],
  ['no connection_init', async server => (await Wire.open(server)).end(), 4408],
  [
    'two subscriptions under one id',
    async (server, { member }) => {
      const wire = await Wire.signedIn(server, member.authorization)
      wire.subscribe('1', FOLLOW)
      wire.subscribe('1', FOLLOW)
      return wire.end()
    },
    4409,
  ],
  ['connection_init twice', async server => said(await Wire.signedIn(server), { type: 'connection_init' }), 4429],
  [
    'a message of 1 MiB',
    async server => said(await Wire.signedIn(server), JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(MIB) } })),
    1009,
  ],
  ['no subprotocol', server => handshake(server), 4406],
  ['the subprotocol graphql-ws of old', server => handshake(server, 'graphql-ws'), 4406],
]

async function said(wire, message) {
  wire.send(message)
  return wire.end()
}

export async function judge(stage, report) {
  const { server, story } = await stage.serving('production')
  // All at once: some are answered only when a time has run out.
  const rows = await Promise.all(
    CLOSED.map(async ([what, act, code]) => {
      const since = performance.now()
      const found = await act(server, story).catch(error => ({ reason: error.message }))
      const seconds = (performance.now() - since) / 1_000
      const alive = await server.alive()
      report.same(found.code ?? null, code, `${what} (${found.status ? `HTTP ${found.status}` : found.reason})`)
      report.expect(alive, `${what}: the server died`)
      return [what, found.code ?? (found.status ? `HTTP ${found.status}` : '-'), found.reason ?? '', seconds.toFixed(2), alive ? 'yes' : 'NO']
    }),
  )
  report.table(['the client', 'close code', 'reason', 's', 'alive'], rows)
  await kept(server, story, report)
}

/** What must not close the socket. */
async function kept(server, { member, rewards }, report) {
  const wire = await Wire.signedIn(server, member.authorization)
  const rows = []
  const holds = (what, found, wanted) => rows.push([what, report.same(found, wanted, what) ? 'ok' : 'FAILED'])

  wire.send({ type: 'ping', payload: { a: 1 } })
  holds('ping is answered by pong', (await wire.next('pong')).type, 'pong')
  wire.send({ type: 'pong' })
  wire.send({ type: 'complete', id: 'nobody' })
  wire.subscribe('query', '{ me { phone } }')
  holds('a query: next', typeof (await wire.next('next', 'query')).payload.data.me.phone, 'string')
  holds('a query: complete', (await wire.next('complete', 'query')).type, 'complete')
  wire.subscribe('query', '{ __typename }')
  holds('the id of an operation that is over may be used again', (await wire.next('next', 'query')).payload.data, { __typename: 'Query' })
  await wire.next('complete', 'query')

  const input = { rewardId: rewards[2].id, cost: 15, idempotencyKey: key() }
  wire.subscribe('mutation', 'mutation ($input: RedeemRewardInput!) { redeemReward(input: $input) { state } }', { input })
  holds('a mutation', (await wire.next('next', 'mutation')).payload.data, { redeemReward: { state: 'RESERVED' } })
  for (const [what, query, code] of [
    ['a document that does not fit the schema: error', '{ nothing }', 'BAD_QUERY'],
    ['a document that cannot be parsed: error', '{', 'BAD_QUERY'],
    ['a document that costs too much: error', `{ ${'__typename '.repeat(500)} }`, 'QUERY_TOO_COMPLEX'],
    ['introspection in production: error', '{ __schema { types { name } } }', 'BAD_QUERY'],
  ]) {
    wire.subscribe(what, query)
    const { payload } = await wire.next('error', what)
    holds(what, [Array.isArray(payload), payload[0]?.extensions.code, typeof payload[0]?.extensions.requestId], [true, code, 'string'])
  }

  wire.subscribe('follow', FOLLOW)
  wire.subscribe('quiet', FOLLOW)
  wire.send({ type: 'complete', id: 'quiet' })
  wire.subscribe('after', '{ __typename }')
  await wire.next('complete', 'after')
  await member.do('redeemReward', { ...input, idempotencyKey: key() })
  holds('a subscription tells what happens', typeof (await wire.next('next', 'follow')).payload.data.notificationAdded.eventId, 'string')
  holds(
    'a completed one does not',
    wire.messages.filter(message => message.id === 'quiet'),
    [],
  )
  wire.send({ type: 'complete', id: 'follow' })
  wire.subscribe('last', '{ __typename }')
  holds('the socket is still open', (await wire.next('next', 'last')).type, 'next')
  wire.close()

  const stranger = await Wire.signedIn(server)
  stranger.subscribe('1', FOLLOW)
  // The operation is sound, so the refusal may be its result as well as its error.
  const refused = await Promise.race([
    stranger.next('error', '1').then(({ payload }) => payload),
    stranger.next('next', '1').then(({ payload }) => payload.errors),
  ])
  holds('a stranger may connect, but follows nothing', refused?.[0]?.extensions.code, 'UNAUTHENTICATED')
  stranger.close()

  report.table(['on an open socket', 'verdict'], rows)
}
