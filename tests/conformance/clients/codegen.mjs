// graphql-codegen with its client preset: types and a manifest of trusted documents from the schema, tsc over a client that uses them, and that
// client run against a server that takes the documents of the manifest and no others.

import { cp, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { key } from '../support/story.mjs'
import { HERE, run, tool } from '../support/tool.mjs'

export async function use(stage, report) {
  const directory = join(stage.directory, 'codegen')
  await cp(join(HERE, 'clients/codegen'), directory, { recursive: true })
  await cp(join(HERE, '../../schema.graphql'), join(directory, 'schema.graphql'))
  await cp(join(HERE, 'clients/codegen/module.json'), join(directory, 'package.json'))
  await symlink(join(HERE, 'node_modules'), join(directory, 'node_modules'))

  const generated = await tool('graphql-codegen', ['--config', 'codegen.json'], { cwd: directory })
  if (!report.expect(generated.code === 0, `codegen: ${generated.printed}`)) return
  const compiled = await tool('tsc', ['--project', 'tsconfig.json'], { cwd: directory })
  if (!report.expect(compiled.code === 0, `codegen: tsc: ${compiled.printed}`)) return
  const manifest = join(directory, 'src/gql/persisted-documents.json')
  const documents = Object.entries(JSON.parse(await readFile(manifest, 'utf8')))
  report.same(documents.length, 5, 'codegen: documents in the manifest')

  const { server, story } = await stage.serving('production', ['--documents', manifest, '--only-trusted'])
  const { member } = story
  const ran = await run(process.execPath, [join(directory, 'out/run.js'), server.url, member.phone, member.password, key()])
  report.expect(ran.code === 0, `codegen: the typed client: ${ran.printed}`)
  report.same(
    ran.printed.trim(),
    JSON.stringify({ state: 'RESERVED', price: 15, delta: -15, balance: 485, name: '李小明' }),
    'codegen: what the typed client was answered',
  )

  const send = async body => {
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', authorization: member.authorization },
      body: JSON.stringify(body),
    })
    const { data, errors } = await answer.json()
    return [answer.status, data ? 'data' : errors[0].extensions.code]
  }
  const [hash, text] = documents.find(([, text]) => text.includes('query Rewards'))
  const variables = { order: 'PRICE' }
  report.same(await send({ query: text, variables }), [200, 'data'], 'codegen: the text of a trusted document')
  report.same(
    await send({ extensions: { persistedQuery: { version: 1, sha256Hash: hash.replace('sha256:', '') } }, variables }),
    [200, 'data'],
    'codegen: a trusted document by its hash',
  )
  report.same(
    await send({ query: text.replace('title', 'title category'), variables }),
    [403, 'NOT_TRUSTED'],
    'codegen: a text that is not in the manifest',
  )
  report.same(await send({ documentId: `sha256:${'0'.repeat(64)}` }), [403, 'NOT_TRUSTED'], 'codegen: an id that is not in the manifest')
}
