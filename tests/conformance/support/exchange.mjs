// What the three lists, units and co-building hold: one thing of each kind, told as a grid worker, an administrator and a member would.

import { key, term } from './story.mjs'

const DAY = 86_400_000

const day = days => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)

/** Fills the exchange of a community that `tell` filled, and gives the ids of what it made. */
export async function tellExchange({ admin, member, home, team }) {
  const unit = await admin.do('createUnit', { name: '金盆岭小学', kind: await term(admin, 'UNIT_KIND') })
  const grid = await admin.do('createRegion', { name: '一网格', parentId: home })
  const need = await member.do('fileNeed', needOf(await term(admin, 'SERVICE_TYPE')))
  const open = await member.do('fileNeed', needOf(await term(admin, 'SERVICE_TYPE')))
  await published(admin, need.id)
  const offered = { category: await term(admin, 'RESOURCE_CATEGORY'), description: '每份五公斤,自取', place: '社区服务中心', measure: '份', quantity: 50 }
  const resource = await member.do('offerResource', { ...offered, title: '爱心大米', form: 'GOODS', idempotencyKey: key() })
  await published(admin, resource.id)
  const served = { ...offered, category: await term(admin, 'SERVICE_TYPE'), quantity: 5, mode: 'STANDING', hours: '每周三下午' }
  const service = await member.do('offerService', { ...served, title: '上门理发', idempotencyKey: key() })
  await published(admin, service.id)
  const asked = await admin.do('proposeMatch', { needId: need.id, teamId: team.id, idempotencyKey: key() })
  const project = await admin.do('createProject', await projectOf(admin, team))
  return [unit, grid, need, open, resource, service, asked, project].map(thing => thing.id)
}

function needOf(category) {
  return {
    title: '陪老人去医院看病',
    description: '周五上午陪同去社区医院复诊',
    category,
    place: '1 栋附近',
    measure: '人',
    quantity: 1,
    reliefKind: 'HARDSHIP',
    urgency: 'DIFFICULT',
    minutes: 120,
    riskLevel: 'LOW',
    riskNote: '老人行动不便',
    idempotencyKey: key(),
  }
}

async function projectOf(admin, team) {
  return {
    teamId: team.id,
    title: '四点半课堂',
    summary: '放学后看护与辅导',
    category: await term(admin, 'PROJECT_CATEGORY'),
    contents: [await term(admin, 'CO_BUILD_CONTENT')],
    mode: await term(admin, 'CO_BUILD_MODE'),
    beneficiaries: 40,
    budget: '场地由社区提供',
    fundingSource: '无',
    startsOn: day(7),
    endsOn: day(90),
    idempotencyKey: key(),
  }
}

async function published(admin, id) {
  for (const step of ['verifyListing', 'publishListing']) await admin.do(step, { id }, '__typename')
}
