// Runs the judges named on the command line, or all of them, each against servers that have just been started and filled.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Outside } from './support/outside.mjs'
import { Report } from './support/report.mjs'
import { Server } from './support/server.mjs'
import { open, tell } from './support/story.mjs'

const JUDGES = ['audits', 'validation', 'attacks', 'close-codes', 'clients', 'schema', 'proof', 'certificate', 'demo', 'fuzz']

/** What a judge may look at. A server is started when a judge first asks for it. */
class Stage {
  servers = new Map()

  constructor(directory) {
    this.directory = directory
  }

  /** The server of a mode with its story; with `settings` it is one of its own, started anew with them after the story was told. */
  async serving(mode, settings = []) {
    const name = [mode, ...settings].join(' ')
    if (!this.servers.has(name)) {
      this.outside ??= await Outside.start(this.directory)
      const server = new Server(this.directory, `${mode}-${this.servers.size}`, mode, this.outside)
      const served = { server }
      this.servers.set(name, served)
      await open(server)
      await server.start()
      served.story = await tell(server)
      if (settings.length > 0) {
        await server.stop()
        await server.start(settings)
      }
    }
    return this.servers.get(name)
  }

  /** A server on a database that is not there yet, for a judge that fills and starts it. */
  async bare(name) {
    this.outside ??= await Outside.start(this.directory)
    const server = new Server(this.directory, name, 'development', this.outside)
    this.servers.set(name, { server })
    return server
  }

  async end() {
    await Promise.all([...this.servers.values()].map(({ server }) => server.stop()))
    this.outside?.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}

let stage
let report
// What a client library throws where nobody can catch it is told as a failure of the judge that uses it.
process.on('uncaughtException', error => report.failures.push(`thrown out of turn: ${error.stack ?? error}`))

async function judged(name, directory) {
  report = new Report()
  stage = new Stage(await mkdtemp(join(directory, `${name}-`)))
  const since = performance.now()
  console.log(`\n== ${name}`)
  try {
    const judge = await import(`./${name}.mjs`)
    await judge.judge(stage, report)
    for (const { server } of stage.servers.values()) report.expect(await server.alive(), `a server did not live on: ${server.said()}`)
    report.expect(report.expectations > stage.servers.size, 'nothing was judged')
  } catch (error) {
    report.failures.push(error.stack ?? String(error))
  } finally {
    await stage.end()
  }
  for (const failure of report.failures) console.log(`FAILED ${name}: ${failure}`)
  return { name, content: report.failures.length === 0, expectations: report.expectations, seconds: (performance.now() - since) / 1_000 }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !JUDGES.includes(name))
if (unknown.length > 0) {
  console.error(`tests/conformance/run: there is no judge named ${unknown.join(', ')}; there are: ${JUDGES.join(' ')}`)
  process.exit(2)
}

const directory = await mkdtemp(join(tmpdir(), 'qicai-conformance-'))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stage?.end()
    await rm(directory, { recursive: true, force: true })
    process.exit(1)
  })
}
const results = []
try {
  for (const name of wanted.length > 0 ? wanted : JUDGES) results.push(await judged(name, directory))
} finally {
  await rm(directory, { recursive: true, force: true })
}
console.log()
for (const { name, content, expectations, seconds } of results) {
  console.log(`conformance ${name} ... ${content ? 'ok' : 'FAILED'} (${expectations} expectations, ${seconds.toFixed(1)} s)`)
}
process.exit(results.every(result => result.content) ? 0 : 1)
