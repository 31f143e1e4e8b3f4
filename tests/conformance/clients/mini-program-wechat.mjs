// A newcomer in a WeChat mini-program: signs in without a password, binds the phone that WeChat tells, sends a picture, agrees to one message, and
// receives it through WeChat when a reward was redeemed.

import { setTimeout as wait } from 'node:timers/promises'
import { png } from '../support/form.mjs'
import { give, key } from '../support/story.mjs'
import { Phone } from './mini-program/phone.mjs'

const [OPENID, PHONE] = ['openid-newcomer', '13900000088']

export async function use(stage, report) {
  const { server, story } = await stage.serving('production')
  const { outside } = stage
  const phone = new Phone(server, {
    login: async () => (await outside.ask('login-code', { openid: OPENID })).code,
    phone: async () => (await outside.ask('phone-code', { phone: PHONE })).code,
    subscribe: templateId => outside.ask('tap', { openid: OPENID, templateId }),
  })
  const app = await phone.install(new URL('mini-program/app.js', import.meta.url))

  phone.loseNextAnswer()
  const newcomer = await app.enter()
  report.same([newcomer.phone, newcomer.phoneBound], ['', false], 'mini-program: signed in by WeChat, although the first answer was lost')
  const early = await app.enrol('孙丽').catch(error => error)
  report.same(early.code, 'PHONE_REQUIRED', 'mini-program: a phone comes first')
  const bound = await app.onPhoneNumber(await phone.pressPhoneButton())
  report.same([bound.phone, bound.phoneBound], [`${PHONE.slice(0, 3)}****${PHONE.slice(7)}`, true], 'mini-program: the phone that WeChat tells')
  const { id } = await app.enrol('孙丽')
  await give(story, { id }, 100)

  phone.files.set('wxfile://tmp/door.jpg', png(300, 400))
  const picture = await app.upload('wxfile://tmp/door.jpg', key())
  report.same([picture.state, (await app.show(picture.url)).statusCode], ['PENDING', 200], 'mini-program: a picture is sent and seen')

  const agreed = await app.subscribe('REDEMPTION_CHANGED')
  report.same(agreed.credits, 1, 'mini-program: one tap is one message')
  const [cheapest] = await app.rewards()
  await app.redeem(cheapest.id, cheapest.price, key())
  let sent = []
  for (let tries = 0; tries < 100 && sent.length === 0; tries += 1) {
    await wait(100)
    sent = (await outside.ask('messages')).filter(message => message.touser === OPENID)
  }
  report.same(sent.length, 1, 'mini-program: the message came through WeChat')
  report.same(sent[0]?.data.thing1.value, '兑换状态已更新', 'mini-program: what it says')
  report.expect([...(sent[0]?.data.thing2.value ?? '')].length <= 20, 'mini-program: no longer than WeChat takes')
}
