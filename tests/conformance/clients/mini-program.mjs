// A member's day in a WeChat mini-program: sign in, look for something to do, sign up, look at the points, redeem although the answer is lost on the
// way, and read the message about it.

import { setTimeout as wait } from 'node:timers/promises'
import { png } from '../support/form.mjs'
import { key } from '../support/story.mjs'
import { Phone } from './mini-program/phone.mjs'

/** Largest answer to a screen, in bytes: it is read over bad networks. */
const SCREEN = 16 * 1024

export async function use(stage, report) {
  const { server, story } = await stage.serving('production')
  const phone = new Phone(server)
  const app = await phone.install(new URL('mini-program/app.js', import.meta.url))
  const { friend } = story

  const stranger = await app.wallet().catch(error => error)
  report.same(stranger.code, 'UNAUTHENTICATED', 'mini-program: without a token')
  report.same(await app.logIn(friend.phone, friend.password), '陈芳', 'mini-program: sign in')
  const [activity] = await app.activities()
  report.same([activity.title, activity.nextSessions.length], ['河道清理', 3], 'mini-program: activities')
  const session = activity.nextSessions[1]
  report.same((await app.signUp(session.id, key())).state, 'CONFIRMED', 'mini-program: sign up')

  const before = await app.wallet()
  const [cheapest] = await app.rewards()
  phone.loseNextAnswer()
  const redeemed = await app.redeem(cheapest.id, cheapest.price, key())
  const after = await app.wallet()
  report.expect(redeemed.state === 'RESERVED' && redeemed.pickupCode, 'mini-program: redeem after a lost answer')
  report.same(after.balance, before.balance - cheapest.price, 'mini-program: the points went once')

  let messages = await app.messages()
  for (let tries = 0; messages.nodes.every(message => message.kind !== 'REDEMPTION_CHANGED') && tries < 100; tries += 1) {
    await wait(100)
    messages = await app.messages()
  }
  const message = messages.nodes.find(message => message.kind === 'REDEMPTION_CHANGED')
  report.expect(message?.body.includes(cheapest.title) && messages.unread > 0, `mini-program: the message about it: ${JSON.stringify(messages)}`)

  report.same((await app.manyAtOnce(25)).length, 25, 'mini-program: twenty-five requests')
  report.expect(phone.most <= 10, `mini-program: ${phone.most} requests at once`)
  report.expect(phone.bytes < SCREEN, `mini-program: an answer of ${phone.bytes} bytes`)

  phone.hide()
  const hidden = await app.wallet().catch(error => error)
  report.same(hidden, { code: 'NETWORK', message: 'request:fail interrupted' }, 'mini-program: in the background nothing is sent')
  phone.show()
  report.same((await app.wallet()).balance, after.balance, 'mini-program: and back')

  phone.files.set('wxfile://tmp/rice.jpg', Buffer.alloc(20_000))
  const refused = await app.upload('wxfile://tmp/rice.jpg', key()).catch(error => error)
  report.same(refused.code, 'MEDIA_TYPE', 'mini-program: a file that is no picture')
  phone.files.set('wxfile://tmp/rice.jpg', png(640, 480))
  phone.loseNextAnswer()
  const picture = await app.upload('wxfile://tmp/rice.jpg', key())
  report.same([picture.state, picture.mediaType, picture.width, picture.height], ['PENDING', 'image/jpeg', 640, 480], 'mini-program: an upload after a lost answer')
  const mine = await app.pictures()
  report.same(
    mine.map(({ id }) => id),
    [picture.id],
    'mini-program: it was kept once',
  )
  const shown = await app.show(mine[0].url)
  report.same([shown.statusCode, shown.header['content-type']], [200, 'image/jpeg'], 'mini-program: and is shown without a header')
}
