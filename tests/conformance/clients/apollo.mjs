// @apollo/client: normalised cache, relay-style paging, coded errors, automatic persisted queries.

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { relayStylePagination } from '@apollo/client/utilities'
import { createHash } from 'node:crypto'
import { key } from '../support/story.mjs'

const ME = gql`
  query Me {
    me {
      accountId
      volunteer {
        id
        name
        minutes
      }
    }
    myPoints {
      balance
      earned
      spent
    }
  }
`
const SESSIONS = gql`
  query Sessions($first: Int!, $after: String) {
    sessions(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          startsAt
          seatsLeft
          activity {
            id
            title
          }
          mySignUp {
            id
            state
          }
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`
const SIGN_UP = gql`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      id
      state
      session {
        id
        seatsLeft
        mySignUp {
          id
          state
        }
      }
    }
  }
`

/** The cache tells its watchers in a later turn. */
const settled = () => new Promise(wake => setTimeout(wake, 20))

export async function use(stage, report) {
  const { server, story } = await stage.serving('production')
  const signed = new ApolloLink((operation, forward) => {
    operation.setContext({ headers: { authorization: story.friend.authorization, 'accept-language': 'en' } })
    return forward(operation)
  })
  const cache = new InMemoryCache({
    typePolicies: { Query: { fields: { sessions: relayStylePagination(['filter']) } }, Wallet: { merge: true }, Me: { keyFields: ['accountId'] } },
  })
  const client = new ApolloClient({ link: signed.concat(new HttpLink({ uri: server.url })), cache })

  const me = await client.query({ query: ME })
  report.same([me.data.me.volunteer.name, me.data.myPoints.balance], ['陈芳', 500], 'apollo: who I am and my points')

  const first = await client.query({ query: SESSIONS, variables: { first: 2 } })
  report.same(first.data.sessions.edges.length, 2, 'apollo: first page')
  const watched = client.watchQuery({ query: SESSIONS, variables: { first: 2 } })
  const subscription = watched.subscribe({})
  await watched.fetchMore({ variables: { first: 2, after: first.data.sessions.pageInfo.endCursor } })
  await settled()
  const merged = watched.getCurrentResult().data.sessions
  report.same(
    [merged.edges.length, new Set(merged.edges.map(edge => edge.node.id)).size, merged.pageInfo.hasNextPage],
    [4, 4, false],
    'apollo: relayStylePagination joins the pages',
  )

  const session = merged.edges.at(-1).node
  const signUp = await client.mutate({ mutation: SIGN_UP, variables: { input: { sessionId: session.id, idempotencyKey: key() } } })
  report.same(signUp.data.signUp.state, 'CONFIRMED', 'apollo: sign up')
  await settled()
  const seen = watched.getCurrentResult().data.sessions.edges.at(-1).node
  report.same(
    [seen.mySignUp?.id, seen.seatsLeft],
    [signUp.data.signUp.id, session.seatsLeft - 1],
    'apollo: the cache takes the answer over by type and id',
  )
  subscription.unsubscribe()

  const refused = await client
    .mutate({ mutation: SIGN_UP, variables: { input: { sessionId: session.id, idempotencyKey: key() } } })
    .catch(error => error)
  report.same(
    CombinedGraphQLErrors.is(refused) && refused.errors[0].extensions.code,
    'ALREADY_SIGNED_UP',
    'apollo: a refusal is a coded GraphQL error',
  )
  const partial = await client.query({
    query: gql`
      query Gone {
        me {
          accountId
        }
        node(id: "vol_0000000000000000000000") {
          id
        }
      }
    `,
    errorPolicy: 'all',
  })
  report.same(
    [partial.data?.me?.accountId, partial.data?.node, partial.error?.errors?.[0]?.path],
    [me.data.me.accountId, null, ['node']],
    'apollo: null with an error beside what could be read',
  )
  await persisted(server, signed, report)
}

/** Hashes first, texts when the server asks for them; hashed queries over GET, so that a cache on the way can hold them. */
async function persisted(server, signed, report) {
  const sha256 = text => createHash('sha256').update(text).digest('hex')
  const sent = []
  const seen = async (url, options) => {
    const answer = await fetch(url, options)
    const { errors } = await answer.clone().json()
    sent.push([
      options.method,
      options.method === 'GET' ? !new URL(url).searchParams.has('query') : !JSON.parse(options.body).query,
      errors?.[0].extensions.code ?? 'data',
    ])
    return answer
  }
  const run = async (query, variables) => {
    const link = ApolloLink.from([
      signed,
      new PersistedQueryLink({ sha256, useGETForHashedQueries: true }),
      new HttpLink({ uri: server.url, fetch: seen }),
    ])
    const client = new ApolloClient({ link, cache: new InMemoryCache() })
    sent.length = 0
    const { data } = await client.query({ query, variables })
    return data
  }
  const missed = await run(SESSIONS, { first: 1 })
  report.same(
    [missed.sessions.edges.length, sent],
    [
      1,
      [
        ['GET', true, 'PERSISTED_QUERY_NOT_FOUND'],
        ['POST', false, 'data'],
      ],
    ],
    'apollo: a hash nobody has sent',
  )
  const hit = await run(SESSIONS, { first: 2 })
  report.same([hit.sessions.edges.length, sent], [2, [['GET', true, 'data']]], 'apollo: the hash again')

  const forged = { query: '{ me { accountId } }', extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{ __typename }') } } }
  const answer = await fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(forged) })
  report.same((await answer.json()).errors?.[0].extensions.code, 'PERSISTED_QUERY_MISMATCH', 'apollo: a text under the hash of another')
}
