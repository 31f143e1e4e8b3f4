// A mini-program's GraphQL client and what a member does with it. It is a plain script: `wx` is all that it has.

const HOST = 'qicai.example'
/** WeChat runs ten tasks at once and fails the eleventh; the client keeps the rest waiting. */
const TASKS = 10

class Client {
  waiting = []
  running = 0

  /** Runs a document. The answer is data, or an error with a code; `NETWORK` when there was no answer. */
  run(query, variables = {}) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ query, variables, resolve, reject })
      this.next()
    })
  }

  next() {
    if (this.running >= TASKS || this.waiting.length === 0) return
    const { query, variables, resolve, reject } = this.waiting.shift()
    this.running += 1
    const header = { 'content-type': 'application/json', accept: 'application/json' }
    if (this.token) header.authorization = `Bearer ${this.token}`
    wx.request({
      url: `https://${HOST}/graphql`,
      method: 'POST',
      header,
      data: { query, variables },
      success: ({ data }) => (data.errors ? reject({ code: data.errors[0].extensions.code, message: data.errors[0].message }) : resolve(data.data)),
      fail: ({ errMsg }) => reject({ code: 'NETWORK', message: errMsg }),
      complete: () => {
        this.running -= 1
        this.next()
      },
    })
  }

  /** Runs a mutation again with its key while the network fails: the key makes it happen once. */
  async insist(query, variables) {
    for (;;) {
      try {
        return await this.run(query, variables)
      } catch (error) {
        if (error.code !== 'NETWORK') throw error
      }
    }
  }
}

const client = new Client()

const app = {
  async logIn(phone, password) {
    const { logIn } = await client.run('mutation ($input: LogInInput!) { logIn(input: $input) { accessToken me { volunteer { name } } } }', {
      input: { phone, password, device: 'mini-program' },
    })
    client.token = logIn.accessToken
    return logIn.me.volunteer.name
  },

  /** Signs in by WeChat. The code goes again when the answer was lost. */
  enter() {
    return new Promise((resolve, reject) => {
      wx.login({
        success: ({ code }) => {
          const query = 'mutation ($input: LogInWithWechatInput!) { logInWithWechat(input: $input) { accessToken me { phone phoneBound } } }'
          client.insist(query, { input: { code, device: 'mini-program' } }).then(({ logInWithWechat }) => {
            client.token = logInWithWechat.accessToken
            resolve(logInWithWechat.me)
          }, reject)
        },
      })
    })
  },

  /** The page's handler of the button `getPhoneNumber`. */
  async onPhoneNumber({ detail }) {
    const { bindPhone } = await client.run('mutation ($input: BindPhoneInput!) { bindPhone(input: $input) { accessToken me { phone phoneBound } } }', {
      input: { phoneCode: detail.code },
    })
    client.token = bindPhone.accessToken
    return bindPhone.me
  },

  async enrol(name) {
    const { registerVolunteer } = await client.run('mutation ($input: RegisterVolunteerInput!) { registerVolunteer(input: $input) { id } }', {
      input: { name, birthDate: '1985-06-15' },
    })
    return registerVolunteer
  },

  /** Asks the member to agree to one message of a kind, in the tap that wants it. */
  async subscribe(kind) {
    const { myMessageSubscriptions } = await client.run('{ myMessageSubscriptions { kind templateId } }')
    const { templateId } = myMessageSubscriptions.find(subscription => subscription.kind === kind)
    const result = await new Promise((success, fail) => wx.requestSubscribeMessage({ tmplIds: [templateId], success, fail }))
    const accepted = result[templateId] === 'accept' ? [kind] : []
    const { recordSubscriptions } = await client.run(
      'mutation ($input: RecordSubscriptionsInput!) { recordSubscriptions(input: $input) { kind credits } }',
      { input: { accepted } },
    )
    return recordSubscriptions.find(subscription => subscription.kind === kind)
  },

  async activities() {
    const { activities } = await client.run('{ activities(first: 10) { nodes { id title nextSessions { id seatsLeft } } } }')
    return activities.nodes
  },

  async signUp(sessionId, idempotencyKey) {
    const { signUp } = await client.insist('mutation ($input: SignUpInput!) { signUp(input: $input) { id state } }', {
      input: { sessionId, idempotencyKey },
    })
    return signUp
  },

  async wallet() {
    const { myPoints } = await client.run('{ myPoints { balance passbook(first: 1) { nodes { kind delta } } } }')
    return myPoints
  },

  async rewards() {
    const { rewards } = await client.run('{ rewards(first: 10, order: PRICE, filter: { inStock: true }) { nodes { id title price } } }')
    return rewards.nodes
  },

  async redeem(rewardId, cost, idempotencyKey) {
    const { redeemReward } = await client.insist('mutation ($input: RedeemRewardInput!) { redeemReward(input: $input) { id state pickupCode } }', {
      input: { rewardId, cost, idempotencyKey },
    })
    return redeemReward
  },

  async messages() {
    const { myNotifications, unreadNotificationCount } = await client.run(
      '{ unreadNotificationCount myNotifications(first: 5) { nodes { id kind title body } } }',
    )
    return { unread: unreadNotificationCount, nodes: myNotifications.nodes }
  },

  /** Everything a home screen could want, asked at once. */
  manyAtOnce(count) {
    return Promise.all(Array.from({ length: count }, () => client.run('{ unreadNotificationCount }')))
  },

  /** Follows my messages by a socket after the event `after`; `heard` gets each event, `ended` the end. */
  follow(after, heard, ended) {
    const task = wx.connectSocket({
      url: `wss://${HOST}/graphql/ws`,
      protocols: ['graphql-transport-ws'],
      fail: ({ errMsg }) => ended({ code: 0, reason: errMsg }),
    })
    const send = message => task.send({ data: JSON.stringify(message) })
    task.onOpen(() => send({ type: 'connection_init', payload: { authorization: `Bearer ${client.token}` } }))
    task.onClose(ended)
    task.onMessage(({ data }) => {
      const message = JSON.parse(data)
      if (message.type === 'ping') send({ type: 'pong' })
      if (message.type === 'connection_ack') {
        const query = 'subscription ($after: ID) { notificationAdded(after: $after) { eventId notification { id kind } } }'
        send({ id: '1', type: 'subscribe', payload: { query, variables: { after } } })
      }
      if (message.type === 'next') heard(message.payload.data.notificationAdded)
      if (message.type === 'error') ended({ code: 0, reason: message.payload[0].extensions.code })
    })
  },

  /** The same events without a socket: what was missed while it was closed. */
  async catchUp(after) {
    const found = []
    for (;;) {
      const query =
        'query ($after: ID) { notificationEvents(after: $after, first: 2) { events { eventId notification { id kind } } lastEventId hasMore missed } }'
      const { notificationEvents } = await client.run(query, { after })
      found.push(...notificationEvents.events)
      after = notificationEvents.lastEventId
      if (!notificationEvents.hasMore) return { found, after, missed: notificationEvents.missed }
    }
  },

  /** Sends a picture; the answer is text. When it is lost, the picture goes again with its key. */
  upload(filePath, idempotencyKey) {
    const query = 'mutation ($input: UploadMediaInput!) { uploadMedia(input: $input) { id state mediaType width height url } }'
    return new Promise((resolve, reject) => {
      wx.uploadFile({
        url: `https://${HOST}/graphql`,
        filePath,
        name: 'file',
        header: { authorization: `Bearer ${client.token}` },
        formData: {
          operations: JSON.stringify({ query, variables: { input: { file: null, idempotencyKey } } }),
          map: JSON.stringify({ file: ['variables.input.file'] }),
        },
        success: ({ data }) => {
          const { data: answered, errors } = JSON.parse(data)
          if (errors) reject({ code: errors[0].extensions.code, message: errors[0].message })
          else resolve(answered.uploadMedia)
        },
        fail: () => this.upload(filePath, idempotencyKey).then(resolve, reject),
      })
    })
  },

  /** My pictures. */
  async pictures() {
    const { myMedia } = await client.run('{ myMedia(first: 10) { nodes { id state url(variant: THUMB) } } }')
    return myMedia.nodes
  },

  /** What an image of a page does with its source. */
  show(path) {
    return new Promise((success, fail) => wx.request({ url: `https://${HOST}${path}`, dataType: 'other', success, fail }))
  },
}

// What the script ends with is the application.
app
