// @urql/core: document by document, as in its guide.

import { Client, fetchExchange, gql } from '@urql/core'
import { key } from '../support/story.mjs'

const REWARDS = gql`
  query Rewards($first: Int!, $after: String) {
    rewards(first: $first, after: $after, order: PRICE) {
      edges {
        cursor
        node {
          id
          title
          price
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`
const LOG_IN = gql`
  mutation LogIn($input: LogInInput!) {
    logIn(input: $input) {
      accessToken
      me {
        volunteer {
          id
          name
        }
      }
    }
  }
`
const REDEEM = gql`
  mutation Redeem($input: RedeemRewardInput!) {
    redeemReward(input: $input) {
      id
      state
      pickupCode
    }
  }
`

export async function use(stage, report) {
  const { server, story } = await stage.serving('production')
  let token
  const fetchOptions = () => (token ? { headers: { authorization: `Bearer ${token}`, 'accept-language': 'en' } } : {})
  const client = new Client({ url: server.url, exchanges: [fetchExchange], fetchOptions, preferGetMethod: false })

  const stranger = await client.query(REWARDS, { first: 1 })
  report.same(
    stranger.error?.graphQLErrors.map(error => error.extensions.code),
    ['UNAUTHENTICATED'],
    'urql: without a token',
  )

  const signed = await client.mutation(LOG_IN, { input: { phone: story.member.phone, password: story.member.password, device: 'urql' } })
  report.same(signed.data?.logIn.me.volunteer, { id: story.member.id, name: '李小明' }, 'urql: sign in')
  token = signed.data?.logIn.accessToken

  const first = await client.query(REWARDS, { first: 2 })
  const { pageInfo } = first.data.rewards
  report.same([first.data.rewards.edges.map(edge => edge.node.price), pageInfo.hasNextPage], [[15, 20], true], 'urql: first page')
  const second = await client.query(REWARDS, { first: 2, after: pageInfo.endCursor })
  report.same([second.data.rewards.edges.map(edge => edge.node.price), second.data.rewards.pageInfo.hasNextPage], [[50], false], 'urql: second page')

  const [cheapest] = first.data.rewards.edges
  const input = { rewardId: cheapest.node.id, cost: cheapest.node.price, idempotencyKey: key() }
  const redeemed = await client.mutation(REDEEM, { input })
  const again = await client.mutation(REDEEM, { input })
  report.expect(redeemed.data?.redeemReward.state === 'RESERVED' && redeemed.data.redeemReward.pickupCode, `urql: redeem: ${redeemed.error}`)
  report.same(again.data, redeemed.data, 'urql: the same key gives the first answer')
  const other = await client.mutation(REDEEM, { input: { ...input, cost: input.cost + 1 } })
  report.same(other.error?.graphQLErrors[0].extensions.code, 'IDEMPOTENCY_MISMATCH', 'urql: the key with another input')
  const dear = await client.mutation(REDEEM, { input: { ...input, cost: 1, idempotencyKey: key() } })
  report.same(
    [dear.error?.graphQLErrors[0].extensions.code, dear.error?.graphQLErrors[0].path],
    ['PRICE_CHANGED', ['redeemReward']],
    'urql: a price that is not the price',
  )

  const got = await client.query(REWARDS, { first: 1 }, { preferGetMethod: 'force' })
  report.same(got.data?.rewards.edges.length, 1, 'urql: a query over GET')
  const wrong = await client.query(
    gql`
      query Wrong {
        rewards {
          nothing
        }
      }
    `,
    {},
  )
  report.same(wrong.error?.graphQLErrors[0].extensions.code, 'BAD_QUERY', 'urql: a field that is not there')
}
