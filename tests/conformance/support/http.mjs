// Plain HTTP on one kept connection, for judges that look at statuses, headers and time.

import { Agent, request } from 'node:http'

export const JSON_BODY = { 'content-type': 'application/json', accept: 'application/graphql-response+json' }

/** One connection that is kept: what is timed is the answer, not the handshake. */
export class Line {
  constructor(server) {
    this.server = server
    this.agent = new Agent({ keepAlive: true, maxSockets: 1 })
  }

  /** Sends one request; gives status, headers, text, parsed JSON where it is any, and milliseconds until the last byte. */
  send(method, path, headers = {}, body = '') {
    return new Promise((answered, failed) => {
      const since = performance.now()
      const options = { method, agent: this.agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, timeout: 30_000 }
      const sent = request(new URL(path, this.server.origin), options, answer => {
        const chunks = []
        answer.on('data', chunk => chunks.push(chunk))
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          answered({ status: answer.statusCode, headers: answer.headers, text, json: parsed(text), milliseconds: performance.now() - since })
        })
        answer.on('error', failed)
      })
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} took more than 30 s`)))
      sent.on('error', failed)
      sent.end(body)
    })
  }

  /** Posts a GraphQL request. */
  post(parameters, headers = {}) {
    return this.send('POST', '/graphql', { ...JSON_BODY, ...headers }, JSON.stringify(parameters))
  }

  close() {
    this.agent.destroy()
  }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The code of the first error of an answer. */
export const codeOf = json => json?.errors?.[0]?.extensions?.code
