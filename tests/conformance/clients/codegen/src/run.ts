// The member's application, run: prints what it was answered as one JSON object.

import { Client } from './client.js'
import { Anything, LogIn, Passbook, Redeem, Rewards } from './member.js'

declare const process: { argv: string[] }

const [, , url, phone, password, key] = process.argv as [string, string, string, string, string, string]
const signed = await new Client(url).run(LogIn, { input: { phone, password, device: 'codegen' } })
if (!signed.data) throw new Error(JSON.stringify(signed.errors))
const { accessToken, me } = signed.data.logIn
const client = new Client(url, accessToken)

const rewards = await client.run(Rewards, { order: 'PRICE' })
const cheapest = rewards.data?.rewards.nodes[0]
if (!cheapest || !me.volunteer) throw new Error('there is nothing to redeem')
const redeemed = await client.run(Redeem, { input: { rewardId: cheapest.id, cost: cheapest.price, idempotencyKey: key } })
const passbook = await client.run(Passbook, { first: 1 })
const line = passbook.data?.myPoints.passbook.edges[0]?.node
const found = await client.run(Anything, { id: me.volunteer.id })
const node = found.data?.node
const name = node?.__typename === 'Volunteer' ? node.name : null

// The types hold: each of these must not compile.
// @ts-expect-error an order that the schema does not have
export const wrongOrder = () => client.run(Rewards, { order: 'CHEAPEST' })
// @ts-expect-error a variable that is missing
export const noVariable = () => client.run(Anything, {})
// @ts-expect-error a field that was not asked for
export const notAsked = () => rewards.data?.rewards.nodes[0]?.description
// @ts-expect-error a number that may be null
export const nullable = (): number => line?.award.minutes

console.log(
  JSON.stringify({
    state: redeemed.data?.redeemReward.state,
    price: cheapest.price,
    delta: line?.delta,
    balance: passbook.data?.myPoints.balance,
    name,
  }),
)
