// What a follower has heard, to be waited for.

import { key } from './story.mjs'

/** Longest wait for an event, in milliseconds. */
const PATIENCE = 20_000

export class Heard {
  all = []
  waiting = []

  push(event) {
    this.all.push(event)
    this.waiting.splice(0).forEach(wake => wake())
  }

  /** Waits until `count` events were heard. */
  async reach(count) {
    const late = new Promise((_, fail) =>
      setTimeout(() => fail(new Error(`${this.all.length} of ${count} events came within ${PATIENCE / 1_000} s`)), PATIENCE).unref(),
    )
    const there = async () => {
      while (this.all.length < count) await new Promise(wake => this.waiting.push(wake))
    }
    await Promise.race([there(), late])
    return this.all
  }
}

/** Lets something happen that `who` gets one message about: a redemption. */
export async function happen(who, { rewards }) {
  return (await who.do('redeemReward', { rewardId: rewards[2].id, cost: 15, idempotencyKey: key() })).id
}

/** Where the events of somebody's messages stand now. */
export async function standing(who) {
  return (await who.ask('{ notificationEvents(first: 1) { lastEventId } }')).notificationEvents.lastEventId
}

/** All that happened to somebody after an event, from the polling twin. */
export async function twin(who, after) {
  const { notificationEvents } = await who.ask('query ($after: ID) { notificationEvents(after: $after, first: 100) { events { eventId } missed } }', {
    after,
  })
  return notificationEvents.events.map(event => event.eventId)
}
