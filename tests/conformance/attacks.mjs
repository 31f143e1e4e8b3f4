// Hostile requests: what is known to bring GraphQL servers down or to make them tell too much. Each must be answered at once by its documented
// code, and the server must live on.

import { FORM, file, form as formOf, map, operations, part, png } from './support/form.mjs'
import { codeOf, JSON_BODY, Line } from './support/http.mjs'
import { median } from './support/report.mjs'
import { getIntrospectionQuery } from 'graphql'

/** How often an attack is timed. */
const ROUNDS = 7
/** Aim for the middle of the times, and what even the fastest must not need on a busy machine, in milliseconds. */
const [AIM, LIMIT] = [10, 100]
const MIB = 1 << 20

const each = (count, text) => Array.from({ length: count }, (_, index) => text(index)).join(' ')
const form = { 'content-type': 'application/x-www-form-urlencoded', accept: JSON_BODY.accept }
const page = { accept: 'text/html,application/xhtml+xml' }

/** A chain of fragments, each spreading the next twice: its size doubles with every link. */
function bomb(links) {
  const chain = each(links, index => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)
  return `{ ...f0 } ${chain} fragment f${links} on Query { __typename }`
}

/** Teams of members of teams …: a circle of the schema, walked `rounds` times. */
const circle = rounds =>
  `{ activities(first: 100) { nodes { ${'sessions(first: 100) { nodes { activity { '.repeat(rounds)} id ${'} } }'.repeat(rounds)} } } }`

const introspectionCircle = `{ __schema { types { ${'fields { type { '.repeat(8)} name ${'} }'.repeat(8)} } } }`

/** A document to post. */
const document =
  (query, more = {}) =>
  line =>
    line.post({ query, ...more })

/** [attack, how it is sent, status, code] */
const REFUSED = [
  ['two-way fragment chain, 25 links', document(bomb(25)), 400, 'QUERY_TOO_COMPLEX'],
  ['two-way fragment chain, 2,000 links', document(bomb(2_000)), 400, 'QUERY_TOO_COMPLEX'],
  ['fragments that contain each other', document('{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'), 400, 'BAD_QUERY'],
  [
    '5,000 nested brackets in an argument',
    document(`{ taxonomy(kind: ${'['.repeat(5_000)}${']'.repeat(5_000)}) { code } }`),
    400,
    'QUERY_TOO_COMPLEX',
  ],
  ['100,000 open brackets', document(`{ taxonomy(kind: ${'['.repeat(100_000)}`), 400, 'QUERY_TOO_COMPLEX'],
  [
    '5,000 nested objects in an argument',
    document(`{ activities(filter: ${'{a:'.repeat(5_000)}1${'}'.repeat(5_000)}) { nodes { id } } }`),
    400,
    'QUERY_TOO_COMPLEX',
  ],
  ['10,000 aliases of __typename', document(`{ ${each(10_000, index => `a${index}:__typename`)} }`), 400, 'QUERY_TOO_COMPLEX'],
  ['20,000 aliases of __typename', document(`{ ${each(20_000, index => `a${index}:__typename`)} }`), 413, 'PAYLOAD_TOO_LARGE'],
  [
    '100 logins in one request',
    document(
      `mutation { ${each(100, index => `a${index}: logIn(input: { phone: "13900000099", password: "guess-${index}", device: "x" }) { accessToken }`)} }`,
    ),
    400,
    'QUERY_TOO_COMPLEX',
  ],
  [
    'complexity that overflows a counter',
    document(
      '{ a: activities(first: 2147483647) { nodes { sessions(first: 2147483647) { nodes { signUps(first: 2147483647) { nodes { id } } } } } } }',
    ),
    400,
    'QUERY_TOO_COMPLEX',
  ],
  ['a page of 4,294,967,296', document('{ activities(first: 4294967296) { nodes { id } } }'), 400, 'BAD_INPUT'],
  ['1,000 directives on a field', document(`{ __typename ${'@include(if: true) '.repeat(1_000)} }`), 400, 'QUERY_TOO_COMPLEX'],
  ['1,000 unknown directives on the operation', document(`query ${'@x '.repeat(1_000)} { __typename }`), 400, 'QUERY_TOO_COMPLEX'],
  ['1,000 unknown directives on a spread', document(`{ ...f ${'@x '.repeat(1_000)} } fragment f on Query { __typename }`), 400, 'QUERY_TOO_COMPLEX'],
  ['1,000 unknown fields', document(`{ me { ${each(1_000, index => `no${index}`)} } }`), 400, 'BAD_QUERY'],
  ['10,000 tokens', document(`{ me { ${'phone '.repeat(10_000)} } }`), 400, 'QUERY_TOO_COMPLEX'],
  ['60 levels of selections', document(`${'{ me '.repeat(60)}${'}'.repeat(60)}`), 400, 'QUERY_TOO_COMPLEX'],
  ['a circle of the schema, 6 times', document(circle(6)), 400, 'QUERY_TOO_COMPLEX'],
  [
    'variables nested 5,000 deep',
    line => line.send('POST', '/graphql', JSON_BODY, `{"query":"{ __typename }","variables":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`),
    400,
    'BAD_REQUEST',
  ],
  ['10 MiB body', line => line.send('POST', '/graphql', JSON_BODY, 'x'.repeat(10 * MIB)), 413, 'PAYLOAD_TOO_LARGE'],
  [
    'text/plain body',
    line => line.send('POST', '/graphql', { ...JSON_BODY, 'content-type': 'text/plain' }, '{"query":"{ __typename }"}'),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'compressed body',
    line => line.send('POST', '/graphql', { ...JSON_BODY, 'content-encoding': 'gzip' }, '{"query":"{ __typename }"}'),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'multipart body of 1,000 empty parts',
    line =>
      line.send(
        'POST',
        '/graphql',
        { ...JSON_BODY, 'content-type': 'multipart/form-data; boundary=b' },
        `${'--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\n\r\n'.repeat(1_000)}--b--\r\n`,
      ),
    400,
    'BAD_REQUEST',
  ],
  // What graphql-cop 1.15 looks for.
  ['graphql-cop: 101 aliases', document(`{ ${each(101, index => `alias${index}:__typename`)} }`), 400, 'QUERY_TOO_COMPLEX'],
  ['graphql-cop: batch of 10', line => line.post(Array.from({ length: 10 }, () => ({ query: '{ __typename }' }))), 400, 'BAD_REQUEST'],
  ['graphql-cop: 10 duplicated directives', document(`{ __typename ${'@aa'.repeat(10)} }`), 400, 'BAD_QUERY'],
  ['graphql-cop: 500 repeated fields', document(`{ ${'__typename '.repeat(500)} }`), 400, 'QUERY_TOO_COMPLEX'],
  ['graphql-cop: circular introspection', document(introspectionCircle), 400, 'QUERY_TOO_COMPLEX'],
  [
    'graphql-cop: mutation over GET',
    line => line.send('GET', '/graphql?query=mutation%7B__typename%7D', { accept: JSON_BODY.accept }),
    405,
    'METHOD_NOT_ALLOWED',
  ],
  ['graphql-cop: urlencoded POST', line => line.send('POST', '/graphql', form, 'query=%7B__typename%7D'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['graphql-cop: field suggestions', document('{ m }'), 400, 'BAD_QUERY'],
  ['graphql-cop: unhandled exception', document('{ __typename @ }'), 400, 'BAD_QUERY'],
]

/** A form to post. */
const posted =
  (...parts) =>
  line =>
    line.send('POST', '/graphql', FORM, formOf(...parts))

/** An upload by somebody with a token; `bytes` makes what is sent of a JPEG that the server has made. */
const upload = bytes => (line, jpeg) => posted(operations(), map(), file(bytes(jpeg)))(line)

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
const OTHER = 'mutation ($input: UploadMediaInput!) { markNotificationsRead(input: { ids: [] }) { __typename } uploadMedia(input: $input) { id } }'
const READ = '{ me { phone } }'

/** [attack, how it is sent, status, code, whether the mutation was reached] */
const UPLOADS = [
  ['upload: without a token', line => posted(operations(), map(), file(png(8, 8)))(line.bare), 401, 'UNAUTHENTICATED'],
  ['upload: two files', posted(operations(), map(), file(png(8, 8)), part('more', 'x', 'x')), 400, 'BAD_REQUEST'],
  ['upload: no map', posted(operations(), file(png(8, 8))), 400, 'BAD_REQUEST'],
  ['upload: a map to nowhere', posted(operations(), map('variables.input.nowhere'), file(png(8, 8))), 400, 'BAD_REQUEST'],
  ['upload: a map into the document', posted(operations(), map('query'), file(png(8, 8))), 400, 'BAD_REQUEST'],
  ['upload: a map of 10,000 places', posted(operations(), part('map', JSON.stringify({ file: Array(10_000).fill('variables.input.file') })), file('x')), 413, 'PAYLOAD_TOO_LARGE'],
  ['upload: another mutation beside', posted(operations(OTHER), map(), file(png(8, 8))), 400, 'BAD_REQUEST'],
  ['upload: a query', posted(operations(READ), map(), file(png(8, 8))), 400, 'BAD_REQUEST'],
  ['upload: over GET', line => line.send('GET', '/graphql?query=mutation%7BuploadMedia(input%3A%7Bfile%3A%22x%22%7D)%7Bid%7D%7D', { accept: FORM.accept }), 405, 'METHOD_NOT_ALLOWED'],
  ['upload: a form of another kind', line => line.send('POST', '/graphql', { ...FORM, 'content-type': 'multipart/mixed; boundary=b' }, '--b--'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['upload: a form without a boundary', line => line.send('POST', '/graphql', { ...FORM, 'content-type': 'multipart/form-data' }, '--b--'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['upload: a form that breaks off', line => line.send('POST', '/graphql', FORM, formOf(operations(), map(), file(png(8, 8))).subarray(0, -80)), 400, 'BAD_REQUEST'],
  ['upload: 11 MiB', posted(operations(), map(), file(Buffer.alloc(11 * MIB))), 413, 'MEDIA_TOO_LARGE'],
  ['upload: a PNG of 50,000 by 50,000', upload(() => png(50_000, 50_000)), 200, 'MEDIA_TOO_LARGE', true],
  ['upload: an SVG', upload(() => SVG), 200, 'MEDIA_TYPE', true],
  ['upload: a page that goes on as a JPEG', upload(jpeg => Buffer.concat([Buffer.from('<html><script>alert(1)</script>'), jpeg])), 200, 'MEDIA_TYPE', true],
  ['upload: half a JPEG', upload(jpeg => jpeg.subarray(0, jpeg.length / 2)), 200, 'MEDIA_BROKEN', true],
]

/** Refused in production alone. */
const CLOSED = [
  ['graphql-cop: introspection', document(getIntrospectionQuery()), 400, 'BAD_QUERY'],
  ['introspection in a fragment', document('{ ...a } fragment a on Query { __type(name: "Query") { name } }'), 400, 'BAD_QUERY'],
  ['graphql-cop: GraphiQL', line => line.send('GET', '/graphql', page), 406, 'NOT_ACCEPTABLE'],
  ['GraphiQL by its file', line => line.send('GET', '/graphiql/start.js', page), 404, 'NOT_FOUND'],
]

/** What an answer must never hold. */
const LEAKS = [/did you mean/i, /\bat .*\.rs:\d/, /\.rs:\d+/, /sqlx|sea_orm|panicked|SELECT .* FROM/, /"tracing"/]

export async function judge(stage, report) {
  const development = await stage.serving('development')
  const production = await stage.serving('production')
  const rows = []
  const jpeg = await harmless(development, report)
  for (const attack of UPLOADS) rows.push(await attempt(attack, development, report, jpeg))
  for (const attack of REFUSED) rows.push(await attempt(attack, development, report))
  for (const attack of [...REFUSED, ...CLOSED]) {
    const row = await attempt(attack, production, report)
    if (CLOSED.includes(attack)) rows.push(row)
  }
  report.table(['attack', 'HTTP', 'code', 'ms', 'alive'], rows)
  const slow = rows.filter(row => Number(row[3]) > AIM)
  report.note(`${rows.length} attacks; over ${AIM} ms: ${slow.length === 0 ? 'none' : slow.map(row => `${row[0]} (${row[3]})`).join(', ')}`)
  await allowed(development, production, report)
}

/** A JPEG with a page in it is taken, and what comes back is a picture and no page. Gives a JPEG that the server has made. */
async function harmless({ server, story }, report) {
  const line = new Line(server)
  const headers = { ...FORM, authorization: story.member.authorization }
  const sent = async bytes => {
    const made = await line.send('POST', '/graphql', headers, formOf(operations(), map(), file(bytes)))
    const shown = await fetch(`${server.origin}${made.json.data.uploadMedia.url}`)
    return { headers: shown.headers, bytes: Buffer.from(await shown.arrayBuffer()) }
  }
  const { bytes: jpeg } = await sent(png(64, 48))
  const page = Buffer.from('<html><script>alert(document.domain)</script></html>')
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, page.length + 2]), page])
  const shown = await sent(Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]))
  line.close()
  report.same(
    [shown.headers.get('content-type'), shown.headers.get('x-content-type-options'), shown.bytes.includes('<script>')],
    ['image/jpeg', 'nosniff', false],
    'a JPEG with a page in it',
  )
  report.expect(/default-src 'none'/.test(shown.headers.get('content-security-policy')), 'a picture is told to do nothing')
  return jpeg
}

async function attempt([attack, send, status, code, ran = false], { server, story }, report, jpeg) {
  const line = new Line(server)
  const signedIn = {
    server,
    send: (method, path, headers, body) => line.send(method, path, { ...headers, authorization: story.member.authorization }, body),
  }
  signedIn.bare = line
  signedIn.post = parameters => signedIn.send('POST', '/graphql', JSON_BODY, JSON.stringify(parameters))
  const answers = []
  try {
    await line.post({ query: '{ __typename }' })
    for (let round = 0; round < ROUNDS; round += 1) answers.push(await send(signedIn, jpeg))
  } catch (error) {
    report.expect(false, `${attack}: ${error.message}`)
  }
  line.close()
  const alive = await server.alive()
  const [last] = answers.slice(-1)
  if (!last) return [attack, '-', '-', '-', alive ? 'yes' : 'NO']
  const found = codeOf(last.json)
  const milliseconds = median(answers.map(answer => answer.milliseconds))
  report.same([last.status, found], [status, code], attack)
  report.expect(last.json?.data === (ran ? null : undefined), `${attack}: a refused request has data: ${last.text.slice(0, 200)}`)
  report.expect(last.text.length < 32_768, `${attack}: an answer of ${last.text.length} bytes`)
  const fastest = Math.min(...answers.map(answer => answer.milliseconds))
  report.expect(fastest < LIMIT, `${attack}: ${fastest.toFixed(1)} ms at best`)
  for (const leak of LEAKS) report.expect(!leak.test(last.text), `${attack}: the answer holds ${leak}: ${last.text.slice(0, 300)}`)
  return [
    attack,
    last.status,
    found ?? '-',
    milliseconds.toFixed(1),
    report.expect(alive, `${attack}: the server died: ${server.said()}`) ? 'yes' : 'NO',
  ]
}

/** What the limits must let pass. */
async function allowed(development, production, report) {
  const line = new Line(development.server)
  const introspected = await line.post({ query: getIntrospectionQuery() })
  report.same(
    [introspected.status, introspected.json?.data?.__schema?.queryType?.name],
    [200, 'Query'],
    'the standard introspection query in development',
  )
  const shown = await line.send('GET', '/graphql', page)
  report.expect(shown.status === 200 && /text\/html/.test(shown.headers['content-type']), 'the GraphiQL page in development')
  line.close()
  const closed = new Line(production.server)
  const got = await closed.send('GET', '/graphql?query=%7B__typename%7D', { accept: 'application/json' })
  report.same([got.status, got.json?.data], [200, { __typename: 'Query' }], 'graphql-cop: query over GET, without effect and without cookies')
  const traced = await closed.post({ query: '{ __typename }' }, { 'x-apollo-tracing': '1' })
  report.expect(traced.json?.extensions?.tracing === undefined, 'graphql-cop: tracing extension')
  closed.close()
}
