// What there is to look at: a community with people of every role, activities, sessions, rewards and points, told through the program's own
// command line and GraphQL, as its operators and members would.

import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'

const REGIONS = fileURLToPath(new URL('../../../api/assets/demo/regions.csv', import.meta.url))
const CODE = '430103006005'
const PASSWORD = 'conformance7'
const MINUTE = 60_000

/** Somebody who can speak. */
export class Person {
  constructor(server, phone) {
    Object.assign(this, { server, phone, password: PASSWORD })
  }

  get authorization() {
    return `Bearer ${this.token}`
  }

  /** Runs a document and gives its data; an error ends the story. */
  async ask(query, variables = {}) {
    const headers = { 'content-type': 'application/json', accept: 'application/json', 'accept-language': 'en' }
    if (this.token) headers.authorization = this.authorization
    const answer = await fetch(this.server.url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
    const { data, errors } = await answer.json()
    if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`)
    return data
  }

  /** Runs a mutation by its name: its input, and what to read of its answer. */
  async do(mutation, input, selection = 'id') {
    const type = `${mutation[0].toUpperCase()}${mutation.slice(1)}Input!`
    const data = await this.ask(`mutation($input: ${type}) { ${mutation}(input: $input) { ${selection} } }`, { input })
    return data[mutation]
  }

  async logIn() {
    const signed = await this.do('logIn', { phone: this.phone, password: this.password, device: 'conformance' }, 'accessToken refreshToken')
    this.token = signed.accessToken
    this.refreshToken = signed.refreshToken
    return this
  }

  async register(name) {
    const signed = await this.do('register', { phone: this.phone, password: this.password, device: 'conformance', regionCode: CODE }, 'accessToken')
    this.token = signed.accessToken
    this.id = (await this.do('registerVolunteer', { name, birthDate: '1985-06-15' })).id
    return this
  }
}

/** A key of its own for every intention. */
export const key = () => randomUUID()

const at = minutes => new Date(Date.now() + minutes * MINUTE).toISOString()

/** Opens the community of a server that is not serving yet. */
export async function open(server) {
  await server.command(['import', 'regions', REGIONS])
  await server.command(['open-community', '--code', CODE, '--admin-phone', '13900000001'], `${PASSWORD}\n`)
}

/** Fills a serving community and gives its people and things. */
export async function tell(server) {
  const admin = await new Person(server, '13900000001').logIn()
  const people = { admin }
  const names = { second: '周静', leader: '王建国', desk: '刘红', member: '李小明', friend: '陈芳' }
  await Promise.all(
    Object.entries(names).map(async ([role, name], index) => (people[role] = await new Person(server, `1390000001${index}`).register(name))),
  )
  const { second, leader, desk, member, friend } = people
  const home = (await admin.ask('{ myCommunity { region { id } } }')).myCommunity.region.id
  await admin.do('grantRole', { role: 'ADMIN', phone: second.phone, regionId: home })
  await admin.do('grantRole', { role: 'REDEMPTION_DESK', volunteerId: desk.id, regionId: home })
  const team = await admin.do('createTeam', { name: '绿色生态环保队', colour: 'GREEN', regionId: home, leaderId: leader.id })
  await member.do('joinTeam', { teamId: team.id })

  const draft = {
    teamId: team.id,
    title: '河道清理',
    description: '清理金盆岭河道',
    place: '三号桥',
    riskLevel: 'LOW',
    riskNote: '路面湿滑',
    serviceType: await term(admin, 'SERVICE_TYPE'),
  }
  const activity = await leader.do('createActivity', draft)
  await leader.do('publishActivity', { id: activity.id })
  const sessions = []
  for (const start of [20, 24 * 60, 48 * 60, 72 * 60]) {
    sessions.push(
      await leader.do('scheduleSession', {
        activityId: activity.id,
        startsAt: at(start),
        endsAt: at(start + 120),
        capacity: 30,
        idempotencyKey: key(),
      }),
    )
  }
  await member.do('signUp', { sessionId: sessions[0].id, idempotencyKey: key() })

  const category = await term(admin, 'REWARD_CATEGORY')
  const rewards = []
  for (const [title, price] of [
    ['大米 5 公斤', 50],
    ['洗衣液', 20],
    ['理发券', 15],
  ]) {
    rewards.push(await desk.do('createReward', { title, category, price, stock: 1_000, pickupPlace: '社区服务中心', idempotencyKey: key() }))
  }
  for (const who of [member, friend]) await give(people, who, 500)
  const backfill = {
    teamId: team.id,
    serviceType: draft.serviceType,
    content: '清理楼道',
    reason: '当天断网',
    startedAt: at(-3 * 24 * 60),
    endedAt: at(-3 * 24 * 60 + 90),
    idempotencyKey: key(),
  }
  const record = await member.do('requestBackfill', backfill)
  await admin.do('decideRecord', { id: record.id, approve: true, idempotencyKey: key() })
  return { ...people, home, team, activity, sessions, rewards }
}

/** Posts points to somebody: one administrator proposes, another decides. */
export async function give({ admin, second }, who, points) {
  const proposed = await admin.do('proposeAdjustment', { volunteerId: who.id, delta: points, reason: '补录', idempotencyKey: key() })
  await second.do('decideAdjustment', { id: proposed.id, approve: true, idempotencyKey: key() })
}

/** A word of one of the community's lists. */
export async function term(who, kind) {
  return (await who.ask('query($kind: TaxonomyKind!) { taxonomy(kind: $kind) { code } }', { kind })).taxonomy[0].code
}
