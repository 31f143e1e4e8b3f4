// Runs a tool of node_modules/.bin to its end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const HERE = fileURLToPath(new URL('..', import.meta.url))

/** The exit code of a program, and all that it printed. */
export async function run(program, args, options = {}) {
  const child = spawn(program, args, { cwd: HERE, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let printed = ''
  child.stdout.on('data', text => (printed += text))
  child.stderr.on('data', text => (printed += text))
  const [code] = await once(child, 'close')
  return { code, printed }
}

/** The same for a tool of the locked packages. */
export const tool = (name, args, options) => run(process.execPath, [`${HERE}node_modules/.bin/${name}`, ...args], options)
