// A telephone with a WeChat mini-program on it: an ECMAScript context that has `wx.request`, `wx.connectSocket` and `wx.uploadFile` and nothing else
// (no fetch, no timers, no URL, no eval), within the limits that WeChat sets.

import { readFile } from 'node:fs/promises'
import { createContext, runInContext } from 'node:vm'
import WebSocket from 'ws'

/** The one host that the mini-program has declared; a real one has no way around this list. */
export const HOST = 'qicai.example'
/** Requests, uploads and downloads at once; sockets at once; the longest wait for an answer, in milliseconds. */
const [TASKS, SOCKETS, TIMEOUT] = [10, 5, 60_000]
/** Largest package of a mini-program, in bytes. */
const PACKAGE = 2 << 20
const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']
const REFERER = 'https://servicewechat.com/wx0000000000000000/1/page-frame.html'

export class Phone {
  running = new Set()
  sockets = new Set()
  files = new Map()
  most = 0
  bytes = 0

  /** `wechat` gives what WeChat would: codes, and what the member agrees to. */
  constructor(server, wechat) {
    Object.assign(this, { server, wechat })
  }

  /** Installs a mini-program and gives what its script ends with. */
  async install(path) {
    const script = await readFile(path, 'utf8')
    if (Buffer.byteLength(script) > PACKAGE) throw new Error('the package is too large')
    const wx = {
      request: options => this.request(options),
      connectSocket: options => this.connectSocket(options),
      uploadFile: options => this.uploadFile(options),
      login: ({ success }) => this.wechat.login().then(code => success({ code, errMsg: 'login:ok' })),
      requestSubscribeMessage: options => this.requestSubscribeMessage(options),
    }
    const context = createContext({ wx: Object.freeze(wx) }, { codeGeneration: { strings: false, wasm: false } })
    return runInContext(script, context, { filename: String(path) })
  }

  /** The next answer is lost on its way: the server has acted, the telephone has not heard of it. */
  loseNextAnswer() {
    this.losing = true
  }

  /** The member has been in another application for five seconds. */
  hide() {
    this.hidden = true
    for (const task of this.running) task.abort('interrupted')
    for (const socket of this.sockets) socket.interrupt()
  }

  show() {
    this.hidden = false
  }

  /** What the button with `open-type="getPhoneNumber"` hands to its page when it is pressed. */
  async pressPhoneButton() {
    return { detail: { code: await this.wechat.phone(), errMsg: 'getPhoneNumber:ok' } }
  }

  /** The member accepts everything that they are asked for, at most five at once. */
  requestSubscribeMessage({ tmplIds, success, fail = () => {} }) {
    if (tmplIds.length > 5) return fail({ errCode: 20003, errMsg: 'requestSubscribeMessage:fail Templates count out of max bounds' })
    Promise.all(tmplIds.map(id => this.wechat.subscribe(id))).then(() =>
      success({ ...Object.fromEntries(tmplIds.map(id => [id, 'accept'])), errMsg: 'requestSubscribeMessage:ok' }),
    )
  }

  address(url, secure) {
    const address = new URL(url)
    if (address.protocol !== secure || address.host !== HOST) return undefined
    return `${secure === 'wss:' ? 'ws:' : 'http:'}//${new URL(this.server.origin).host}${address.pathname}${address.search}`
  }

  request({
    url,
    data,
    header = {},
    method = 'GET',
    dataType = 'json',
    timeout = TIMEOUT,
    success = () => {},
    fail = () => {},
    complete = () => {},
  }) {
    const body = data === undefined || typeof data === 'string' ? data : JSON.stringify(data)
    const answered = (status, headers, text) => {
      let content = text
      if (dataType === 'json') {
        try {
          content = JSON.parse(text)
        } catch {
          // WeChat hands on the text when it is no JSON.
        }
      }
      return { statusCode: status, header: headers, data: content, cookies: [], errMsg: 'request:ok' }
    }
    return this.run('request', { url, method, header, body, timeout, answered, success, fail, complete })
  }

  uploadFile({ url, filePath, name, formData = {}, header = {}, timeout = TIMEOUT, success = () => {}, fail = () => {}, complete = () => {} }) {
    const file = this.files.get(filePath)
    if (!file) return settle({ errMsg: 'uploadFile:fail createUploadTask:fail file not found' }, fail, complete)
    const body = new FormData()
    for (const [key, value] of Object.entries(formData)) body.set(key, String(value))
    body.set(name, new Blob([file]), filePath.split('/').at(-1))
    // The answer of an upload is a string, whatever its type.
    const answered = (status, headers, text) => ({ statusCode: status, header: headers, data: text, errMsg: 'uploadFile:ok' })
    return this.run('uploadFile', { url, method: 'POST', header, body, timeout, answered, success, fail, complete })
  }

  run(api, { url, method, header, body, timeout, answered, success, fail, complete }) {
    const refused = this.refusal(url, method, header)
    if (refused) return settle({ errMsg: `${api}:fail ${refused}` }, fail, complete)
    const abort = new AbortController()
    const task = { abort: reason => abort.abort(reason ?? 'abort') }
    this.running.add(task)
    this.most = Math.max(this.most, this.running.size)
    const lost = this.losing
    this.losing = false
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(Math.min(timeout, TIMEOUT))])
    const headers = { ...header, referer: REFERER }
    const sent = fetch(this.address(url, 'https:'), { method, headers, body, signal }).then(async answer => {
      const text = await answer.text()
      if (lost) throw new Error('interrupted')
      this.bytes = Math.max(this.bytes, Buffer.byteLength(text))
      return answered(answer.status, Object.fromEntries(answer.headers), text)
    })
    const settled = then => result => {
      this.running.delete(task)
      then(result)
      complete(result)
    }
    sent.then(settled(success), error => settled(fail)({ errMsg: `${api}:fail ${abort.signal.reason ?? error.message}` }))
    return task
  }

  refusal(url, method, header) {
    if (!this.address(url, 'https:')) return 'url not in domain list'
    if (!METHODS.includes(method)) return `invalid method ${method}`
    if (this.hidden) return 'interrupted'
    if (this.running.size >= TASKS) return 'exceed max task count'
    if (Object.entries(header).some(([name, value]) => /^referer$/i.test(name) || /[^\x20-\x7e]/.test(value))) return 'invalid header'
    return undefined
  }

  connectSocket({ url, header = {}, protocols = [], success = () => {}, fail = () => {}, complete = () => {} }) {
    const address = this.address(url, 'wss:')
    const refused = !address
      ? 'url not in domain list'
      : this.hidden
        ? 'interrupted'
        : this.sockets.size >= SOCKETS
          ? 'exceed max task count'
          : undefined
    if (refused) return settle({ errMsg: `connectSocket:fail ${refused}` }, fail, complete)
    const socket = new WebSocket(address, protocols, { headers: { ...header, referer: REFERER } })
    const heard = { open: [], message: [], close: [], error: [] }
    const tell = (event, what) => heard[event].forEach(listener => listener(what))
    const entry = {
      interrupt: () => {
        this.sockets.delete(entry)
        socket.removeAllListeners()
        socket.on('error', () => {})
        socket.terminate()
        tell('close', { code: 1000, reason: 'interrupted' })
      },
    }
    this.sockets.add(entry)
    socket.on('open', () => tell('open', { header: {} }))
    socket.on('message', data => tell('message', { data: data.toString() }))
    socket.on('error', error => tell('error', { errMsg: error.message }))
    socket.on('close', (code, reason) => {
      this.sockets.delete(entry)
      tell('close', { code, reason: reason.toString() })
    })
    success({ errMsg: 'connectSocket:ok' })
    complete({ errMsg: 'connectSocket:ok' })
    return {
      onOpen: listener => heard.open.push(listener),
      onMessage: listener => heard.message.push(listener),
      onClose: listener => heard.close.push(listener),
      onError: listener => heard.error.push(listener),
      send: ({ data, fail: failed = () => {} }) =>
        socket.readyState === WebSocket.OPEN ? socket.send(data) : failed({ errMsg: 'sendSocketMessage:fail' }),
      close: ({ code = 1000, reason = '' } = {}) => socket.close(code, reason),
    }
  }
}

/** Answers a call that was refused, in a later turn as WeChat does. */
function settle(result, fail, complete) {
  queueMicrotask(() => {
    fail(result)
    complete(result)
  })
  return { abort() {} }
}
