// GraphQL over HTTP, as the reference audits of the specification's own authors see it (graphql-http, all 61).

import { serverAudits } from 'graphql-http'

const COUNT = 61

export async function judge(stage, report) {
  const { server } = await stage.serving('development')
  const audits = serverAudits({ url: server.url })
  report.same(audits.length, COUNT, 'number of audits')
  const found = []
  for (const audit of audits) {
    const result = await audit.fn()
    found.push({ id: audit.id, level: audit.name.split(' ')[0], name: audit.name, status: result.status, reason: result.reason })
  }
  const statuses = ['ok', 'notice', 'warn', 'error']
  const levels = ['MUST', 'SHOULD', 'MAY']
  const count = (level, status) => found.filter(audit => audit.level === level && audit.status === status).length
  report.table(
    ['audits', ...statuses],
    levels.map(level => [level, ...statuses.map(status => count(level, status))]),
  )
  for (const audit of found.filter(audit => audit.status !== 'ok')) {
    report.note(`not met: ${audit.id} ${audit.name}: ${audit.reason}`)
  }
  for (const audit of found.filter(audit => audit.level !== 'MAY')) {
    report.expect(audit.status === 'ok', `${audit.id} ${audit.name}: ${audit.reason}`)
  }
  report.same(
    found.filter(audit => !levels.includes(audit.level)).map(audit => audit.name),
    [],
    'audits without a level',
  )
}
