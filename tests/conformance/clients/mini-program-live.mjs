// A mini-program that follows its messages: the socket dies when the member has been in another application for five seconds, and the polling twin
// takes over without losing an event.

import { happen, Heard, standing, twin } from '../support/heard.mjs'
import { Phone } from './mini-program/phone.mjs'

export async function use(stage, report) {
  const { server, story } = await stage.serving('production')
  const { member } = story
  const phone = new Phone(server)
  const app = await phone.install(new URL('mini-program/app.js', import.meta.url))
  await app.logIn(member.phone, member.password)
  const begin = await standing(member)

  const heard = new Heard()
  let ended
  const end = new Promise(resolve => (ended = resolve))
  app.follow(begin, event => heard.push(event), ended)
  await happen(member, story)
  await heard.reach(1)
  phone.hide()
  report.same(await end, { code: 1000, reason: 'interrupted' }, 'mini-program: WeChat closes the socket')
  for (let times = 0; times < 5; times += 1) await happen(member, story)
  const unheard = await app.catchUp(begin).catch(error => error)
  report.same(unheard.code, 'NETWORK', 'mini-program: nothing is heard in the background')

  phone.show()
  while (heard.all.length < 6) {
    const { found, missed } = await app.catchUp(heard.all.at(-1).eventId)
    report.same(missed, false, 'mini-program: nothing has been thrown away')
    found.forEach(event => heard.push(event))
  }
  app.follow(
    heard.all.at(-1).eventId,
    event => heard.push(event),
    () => {},
  )
  await happen(member, story)
  await heard.reach(7)
  phone.hide()
  report.same(
    heard.all.map(event => event.eventId),
    await twin(member, begin),
    'mini-program: every event once and in order, by socket, twin and socket again',
  )
}
