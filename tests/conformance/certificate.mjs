// The sheet of a certificate, as outside programs read it: its text is what the frozen snapshot says, its code leads to a page that says whether it
// holds and names nobody.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { key } from './support/story.mjs'
import { HERE, run } from './support/tool.mjs'

const day = offset => new Date(Date.now() + 8 * 3_600_000 + offset * 86_400_000).toISOString().slice(0, 10)
const bare = text => text.replace(/\s/g, '')
const hours = minutes => `${Math.floor(minutes / 60)}.${Math.floor((minutes % 60) / 6)}`

/** What the sheet must say, from the snapshot alone; spaces do not count. */
function expected(snapshot, digest) {
  const { holder } = snapshot
  const entry = one =>
    [one.date, one.title, one.given_by, one.minutes && `${one.minutes} 分钟`, one.grade && `${one.grade} 分(满分 5 分)`].filter(Boolean).join('')
  const group = (heading, entries) => [heading, ...(entries.length > 0 ? entries.map(entry) : ['无'])]
  return bare(
    [
      '志愿服务记录证明',
      `证明编号:${snapshot.number}`,
      `兹证明${holder.name}自${snapshot.period_from}至${snapshot.period_to}参加志愿服务${snapshot.service.length}次,`,
      `累计服务${hours(snapshot.minutes)}小时(${snapshot.minutes}分钟)。`,
      '一、基本信息',
      `姓名:${holder.name}志愿者编号:${holder.number}`,
      `出生日期:${holder.birth_date}注册日期:${holder.since}星级:${holder.stars}`,
      '二、服务信息',
      ...snapshot.service.map(one => `${one.date}${one.kind}:${one.content}${one.team}${one.place}${one.minutes}分钟证据等级${one.evidence}`),
      ...group('三、培训信息', snapshot.training),
      ...group('四、表彰奖励信息', snapshot.commendation),
      ...group('五、评价信息', snapshot.evaluation),
      `出具单位:${snapshot.issuer}`,
      `经办人:${snapshot.handler ?? '本人通过系统申领'}出具日期:${snapshot.issued_on}`,
      `校验码:${digest.slice(0, 16)}`,
      '服务时间不含往返路途。本证明免费出具,扫描二维码或凭编号可在线核验真伪。',
    ].join(''),
  )
}

export async function judge(stage, report) {
  const { server, story } = await stage.serving('production')
  const { admin, member, friend } = story
  const given = { volunteerId: member.id, givenBy: '社区卫生服务中心', givenOn: day(0) }
  await admin.do('addDossierEntry', { ...given, kind: 'TRAINING', title: '急救培训(喆燚堃)', minutes: 90, idempotencyKey: key() })
  await admin.do('addDossierEntry', { ...given, kind: 'COMMENDATION', title: '优秀志愿者', idempotencyKey: key() })
  await admin.do('addDossierEntry', { ...given, kind: 'EVALUATION', title: '服务质量', grade: 5, idempotencyKey: key() })
  const input = { from: day(-30), to: day(0), idempotencyKey: key() }
  const issued = await member.do('issueCertificate', input, 'id number snapshot digest sheetPath standing')
  report.same(createHash('sha256').update(issued.snapshot).digest('hex'), issued.digest, 'the digest is that of the snapshot')

  const ask = (path, who) => fetch(new URL(path, server.origin), { headers: who ? { authorization: who.authorization } : {} })
  report.same((await ask(issued.sheetPath)).status, 401, 'a stranger gets no sheet')
  report.same((await ask(issued.sheetPath, friend)).status, 404, 'for another member there is no such sheet')
  const sheet = await ask(issued.sheetPath, member)
  report.same([sheet.status, sheet.headers.get('content-type')], [200, 'application/pdf'], 'the holder gets the sheet')
  const bytes = Buffer.from(await sheet.arrayBuffer())
  const again = Buffer.from(await (await ask(issued.sheetPath, admin)).arrayBuffer())
  report.expect(bytes.equals(again), 'the same certificate is always the same bytes')
  report.expect(bytes.length < 100_000, `${bytes.length} bytes for a sheet`)
  const path = join(stage.directory, 'sheet.pdf')
  await writeFile(path, bytes)
  const { code, printed } = await run(process.env.QICAI_PYTHON, [join(HERE, 'certificate.py'), path])
  if (!report.expect(code === 0, `the sheet cannot be read: ${printed}`)) return

  const { text, decoded, dark, embedded } = JSON.parse(printed.trim().split('\n').at(-1))
  report.same(bare(text), `${expected(JSON.parse(issued.snapshot), issued.digest)}${issued.number}1/1`, 'the text of the sheet is what the snapshot says')
  report.expect(embedded, 'the Chinese font is carried along')
  report.expect(dark > 20_000, `only ${dark} dark dots: letters are missing from the picture`)
  report.same(decoded, `${server.origin}/certificates/${issued.number}`, 'the code leads to the page of the number')

  const page = async () => (await fetch(decoded)).text()
  const valid = await page()
  for (const fact of [issued.number, '有效', issued.digest.slice(0, 16)]) report.expect(valid.includes(fact), `the page does not say ${fact}: ${valid}`)
  for (const secret of ['李小明', member.phone, member.id]) report.expect(!valid.includes(secret), `the page tells ${secret}`)
  await admin.do('revokeCertificate', { id: issued.id, reason: '有误' })
  report.expect((await page()).includes('已撤销'), 'the page does not say that it was revoked')
  report.same((await ask('/certificates/430103006005-1999-000001')).status, 404, 'a number that was never given')
  report.note(`a sheet of ${bytes.length} bytes, read by pypdf, PDFium and OpenCV`)
}
