// A bare socket, for judges that look at frames and close codes.

import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import WebSocket from 'ws'

/** Longest wait for something that must come, in milliseconds. */
export const PATIENCE = 45_000

const late = what =>
  new Promise((_, fail) => setTimeout(() => fail(new Error(`${what} did not come within ${PATIENCE / 1_000} s`)), PATIENCE).unref())

/** A socket that speaks graphql-transport-ws message by message. */
export class Wire {
  messages = []
  waiting = []

  constructor(url) {
    this.socket = new WebSocket(url, ['graphql-transport-ws'])
    this.opened = new Promise((open, fail) => {
      this.socket.on('open', open)
      this.socket.on('error', fail)
    })
    this.opened.catch(() => {})
    this.closed = new Promise(end => this.socket.on('close', (code, reason) => end({ code, reason: reason.toString() })))
    this.socket.on('message', data => {
      this.messages.push(JSON.parse(data))
      this.waiting.splice(0).forEach(wake => wake())
    })
  }

  static async open(server) {
    const wire = new Wire(server.socketUrl)
    await Promise.race([wire.opened, late('the handshake')])
    return wire
  }

  /** A socket that has been acknowledged. */
  static async signedIn(server, authorization) {
    const wire = await Wire.open(server)
    wire.send({ type: 'connection_init', payload: authorization ? { authorization } : undefined })
    await wire.next('connection_ack')
    return wire
  }

  /** Sends a message: text and bytes as they are, anything else as JSON. */
  send(message) {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))
  }

  subscribe(id, query, variables) {
    this.send({ id, type: 'subscribe', payload: { query, variables } })
  }

  /** The next message of a type, for an id if one is given. */
  async next(type, id) {
    const fits = message => message.type === type && (id === undefined || message.id === id)
    const found = async () => {
      for (;;) {
        const at = this.messages.findIndex(fits)
        if (at >= 0) return this.messages.splice(at, 1)[0]
        await new Promise(wake => this.waiting.push(wake))
      }
    }
    const ended = this.closed.then(({ code, reason }) => {
      throw new Error(`closed with ${code} ${reason} instead of ${type}`)
    })
    return Promise.race([found(), ended, late(id === undefined ? type : `${type} for ${id}`)])
  }

  /** How the server ends it. */
  async end() {
    return Promise.race([this.closed, late('the end of the socket')])
  }

  close() {
    this.socket.terminate()
  }
}

/** Asks for a socket with some subprotocol, as no library would: gives the HTTP status, and the code of the close frame when there is one. */
export function handshake(server, subprotocol) {
  const { hostname, port, pathname } = new URL(server.socketUrl)
  const key = randomBytes(16).toString('base64')
  const lines = [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ]
  if (subprotocol) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`)
  const answered = new Promise((answer, fail) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    let bytes = Buffer.alloc(0)
    const done = result => {
      socket.destroy()
      answer(result)
    }
    socket.on('error', fail)
    socket.on('close', () => done({ status: Number(bytes.toString('latin1').split(' ')[1]) }))
    socket.on('data', chunk => {
      bytes = Buffer.concat([bytes, chunk])
      const head = bytes.indexOf('\r\n\r\n')
      if (head < 0) return
      const text = bytes.subarray(0, head).toString('latin1')
      const status = Number(text.split(' ')[1])
      if (status !== 101) return done({ status })
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      if (!text.includes(accept)) return done({ status: 0 })
      const frame = bytes.subarray(head + 4)
      // A close frame: fin and opcode 8, length, code.
      if (frame.length >= 4 && frame[0] === 0x88) done({ status, code: frame.readUInt16BE(2) })
    })
  })
  return Promise.race([answered, late('an answer to the handshake')])
}
