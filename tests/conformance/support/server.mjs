// Servers to be judged: throw-away processes on free ports, each with its SQLite file in one temporary directory.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const PROGRAM = process.env.QICAI_PROGRAM
/** Only the settings given here count, whatever the caller's shell exports. */
const CLEAN = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(QICAI_|DATABASE_URL|REDIS_URL)/.test(name)))

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

export class Server {
  /** `mode` is development or production; `outside` is the world that it asks. */
  constructor(directory, name, mode, outside) {
    this.outside = outside
    this.log = join(directory, `${name}.log`)
    this.settings = ['--database-url', `sqlite://${join(directory, name)}.db?mode=rwc`, '--env', mode]
  }

  /** Runs a subcommand on the server's database to its end and gives what it printed. */
  async command(args, input = '') {
    const child = spawn(PROGRAM, [...args, ...this.settings], { env: CLEAN, stdio: ['pipe', 'pipe', 'pipe'] })
    let printed = ''
    child.stdout.on('data', text => (printed += text))
    child.stderr.on('data', text => (printed += text))
    child.stdin.end(input)
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`qicai ${args.join(' ')} ended with ${code}: ${printed}`)
    return printed
  }

  /** Starts serving with further flags and waits until the server says that it is ready. */
  async start(flags = []) {
    const port = await freePort()
    this.origin = `http://127.0.0.1:${port}`
    this.url = `${this.origin}/graphql`
    this.socketUrl = `ws://127.0.0.1:${port}/graphql/ws`
    const log = openSync(this.log, 'a')
    this.child = spawn(PROGRAM, ['serve', '--listen', `127.0.0.1:${port}`, '--log', 'warn', ...this.settings, ...this.outside.flags, ...flags], {
      env: CLEAN,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    for (let tries = 0; tries < 300; tries += 1) {
      if (this.child.exitCode !== null) break
      const ready = await fetch(`${this.origin}/readyz`).then(
        answer => answer.ok,
        () => false,
      )
      if (ready) return this
      await new Promise(wake => setTimeout(wake, 100))
    }
    throw new Error(`the server did not become ready: ${this.said()}`)
  }

  /** Whether the process lives and answers. */
  async alive() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return false
    return fetch(`${this.origin}/livez`, { signal: AbortSignal.timeout(5_000) }).then(
      answer => answer.ok,
      () => false,
    )
  }

  /** The last lines of its log. */
  said() {
    return readFileSync(this.log, 'utf8').split('\n').slice(-20).join('\n')
  }

  async stop() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const late = setTimeout(() => this.child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(late)
  }
}
