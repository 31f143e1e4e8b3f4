// The world outside of a judged server: WeChat and a gateway for text messages, played by the program `fake-outside` of the tests package.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const PROGRAM = process.env.QICAI_OUTSIDE
const [APP_ID, SECRET] = ['wx5a1b2c3d4e5f6071', '0123456789abcdef0123456789abcdef']

export class Outside {
  /** Starts it; `directory` takes the file of templates. */
  static async start(directory) {
    const outside = new Outside()
    outside.child = spawn(PROGRAM, [], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = await once(outside.child.stdout, 'data')
    outside.url = String(line).trim()
    const templates = join(directory, 'templates.json')
    await writeFile(templates, JSON.stringify(await outside.ask('templates')))
    const wechat = ['--wechat-app-id', APP_ID, '--wechat-secret', SECRET, '--wechat-url', outside.url, '--wechat-templates', templates]
    outside.flags = ['--sms', `${outside.url}/sms`, '--second-factor', 'optional', ...wechat]
    return outside
  }

  /** Asks for something that a person or their telephone would have. */
  async ask(what, body) {
    const options = body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}
    return (await fetch(`${this.url}/fake/${what}`, options)).json()
  }

  /** The one-time code last sent to a phone. */
  async code(phone) {
    return (await this.ask(`sms?phone=${phone}`)).code
  }

  stop() {
    this.child.stdin.end()
  }
}
