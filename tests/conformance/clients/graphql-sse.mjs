// graphql-sse in distinct-connections mode: the reference client of GraphQL over server-sent events.

import { createClient } from 'graphql-sse'
import { happen, standing, twin } from '../support/heard.mjs'

const FOLLOW = 'subscription ($after: ID) { notificationAdded(after: $after) { eventId notification { kind } } }'

export async function use(stage, report) {
  const { server, story } = await stage.serving('production')
  const { friend } = story
  const headers = () => ({ authorization: friend.authorization, 'accept-language': 'en' })
  const client = createClient({ url: server.url, singleConnection: false, headers, retryAttempts: 0 })

  const query = client.iterate({ query: '{ me { volunteer { name } } }' })
  report.same((await query.next()).value?.data, { me: { volunteer: { name: '陈芳' } } }, 'graphql-sse: a query')
  report.same((await query.next()).done, true, 'graphql-sse: and its end')
  const wrong = await client
    .iterate({ query: '{ nothing }' })
    .next()
    .then(
      ({ value }) => value?.errors,
      error => [error],
    )
  report.same(wrong?.[0]?.extensions?.code, 'BAD_QUERY', 'graphql-sse: a request that is refused is told in the stream')

  const begin = await standing(friend)
  await happen(friend, story)
  const follow = client.iterate({ query: FOLLOW, variables: { after: begin } })
  const ids = [(await follow.next()).value?.data.notificationAdded.eventId]
  await happen(friend, story)
  await happen(friend, story)
  ids.push((await follow.next()).value?.data.notificationAdded.eventId, (await follow.next()).value?.data.notificationAdded.eventId)
  report.same(ids, await twin(friend, begin), 'graphql-sse: every event once and in order, the earlier one too')
  await follow.return()
  client.dispose()

  // As a browser's EventSource or curl would see it.
  const stop = new AbortController()
  const raw = await fetch(server.url, {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: FOLLOW, variables: { after: begin } }),
    signal: stop.signal,
  })
  const reader = raw.body.getReader()
  const [status, type, text] = [raw.status, raw.headers.get('content-type'), new TextDecoder().decode((await reader.read()).value)]
  stop.abort()
  report.same([status, type.split(';')[0]], [200, 'text/event-stream'], 'graphql-sse: status and type')
  report.expect(/no-(store|cache)/.test(raw.headers.get('cache-control')), 'graphql-sse: a stream is not to be cached')
  report.expect(
    /^(:.*\n+)*(id: ?.*\n)?event: ?next\n(id: ?.*\n)?data: ?\{/.test(text),
    `graphql-sse: the first bytes are ${JSON.stringify(text.slice(0, 120))}`,
  )
}
