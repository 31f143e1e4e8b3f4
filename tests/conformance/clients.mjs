// Client libraries as they come from their registry, each used as its own documentation says.

import { readFile } from 'node:fs/promises'

/** [name, package whose version is told, what it is used for] */
const CLIENTS = [
  ['urql', '@urql/core', 'sign in, page, redeem twice with one key, refusals, queries over GET'],
  ['apollo', '@apollo/client', 'persisted queries, relayStylePagination, cache, coded and partial errors'],
  ['codegen', '@graphql-codegen/cli', 'client preset; tsc over a typed client; run by trusted documents alone'],
  ['relay', 'relay-compiler', 'fragments, @refetchable, @connection; the compiled queries are sent'],
  ['mini-program', null, "a member's day with wx.request, wx.connectSocket and wx.uploadFile alone"],
  ['graphql-ws', 'graphql-ws', 'a query; a subscription that goes on after a lost socket'],
  ['graphql-sse', 'graphql-sse', 'distinct connections: a query, a refusal, a subscription from an event on'],
  ['mini-program-wechat', null, 'a newcomer signs in by WeChat, binds a phone, sends a picture, receives a message through WeChat'],
  ['mini-program-live', null, 'the socket dies in the background, the polling twin takes over'],
]

export async function judge(stage, report) {
  const rows = []
  for (const [name, pack, used] of CLIENTS) {
    const failed = report.failures.length
    const held = report.expectations
    const client = await import(`./clients/${name}.mjs`)
    try {
      await client.use(stage, report)
    } catch (error) {
      report.expect(false, `${name}: ${error.stack ?? error}`)
    }
    const version = pack ? JSON.parse(await readFile(new URL(`node_modules/${pack}/package.json`, import.meta.url), 'utf8')).version : '-'
    rows.push([pack ?? name, version, used, report.expectations - held, report.failures.length === failed ? 'ok' : 'FAILED'])
  }
  report.table(['client', 'version', 'used for', 'held', 'verdict'], rows)
}
