// graphql-ws: the reference client of graphql-transport-ws. It follows, loses its socket, comes back and goes on after the last event it saw.

import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { happen, Heard, standing, twin } from '../support/heard.mjs'

const FOLLOW = 'subscription ($after: ID) { notificationAdded(after: $after) { eventId notification { kind readAt } } }'

export async function use(stage, report) {
  const { server, story } = await stage.serving('production')
  const { friend } = story
  const begin = await standing(friend)
  const client = createClient({
    url: server.socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization: friend.authorization }),
    shouldRetry: () => true,
  })
  const heard = new Heard()
  let last = begin
  const variables = {
    get after() {
      return last
    },
  }
  const stop = client.subscribe(
    { query: FOLLOW, variables },
    {
      next: ({ data, errors }) => {
        if (errors) return report.expect(false, `graphql-ws: ${JSON.stringify(errors)}`)
        last = data.notificationAdded.eventId
        return heard.push(data.notificationAdded)
      },
      error: error => report.expect(false, `graphql-ws: ${JSON.stringify(error)}`),
      complete: () => {},
    },
  )
  await happen(friend, story)
  await heard.reach(1)
  report.same(heard.all[0].notification, { kind: 'REDEMPTION_CHANGED', readAt: null }, 'graphql-ws: an event')

  client.terminate()
  await happen(friend, story)
  await happen(friend, story)
  await heard.reach(3)
  report.same(
    heard.all.map(event => event.eventId),
    await twin(friend, begin),
    'graphql-ws: every event once and in order, over a lost socket',
  )
  stop()

  const query = client.iterate({ query: '{ me { volunteer { name } } }' })
  report.same((await query.next()).value.data, { me: { volunteer: { name: '陈芳' } } }, 'graphql-ws: a query')
  report.same((await query.next()).done, true, 'graphql-ws: and its end')
  const wrong = await client
    .iterate({ query: '{ nothing }' })
    .next()
    .catch(error => error)
  report.same(wrong[0]?.extensions?.code, 'BAD_QUERY', 'graphql-ws: a request that is refused')
  await client.dispose()
}
