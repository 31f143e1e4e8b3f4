// What a member's application asks, typed from the schema.

import { graphql } from './gql/index.js'

export const LogIn = graphql(`
  mutation LogIn($input: LogInInput!) {
    logIn(input: $input) {
      accessToken
      accessTokenExpiresAt
      me {
        accountId
        roles {
          role
        }
        volunteer {
          id
          name
        }
      }
    }
  }
`)

export const Passbook = graphql(`
  query Passbook($first: Int!, $after: String) {
    myPoints {
      balance
      passbook(first: $first, after: $after) {
        edges {
          node {
            kind
            delta
            balanceAfter
            award {
              minutes
              calendarRule
              expiresOn
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`)

export const Rewards = graphql(`
  query Rewards($order: RewardOrder!) {
    rewards(first: 10, order: $order) {
      nodes {
        id
        title
        price
        stock
      }
    }
  }
`)

export const Redeem = graphql(`
  mutation Redeem($input: RedeemRewardInput!) {
    redeemReward(input: $input) {
      id
      state
      pickupCode
      expiresAt
    }
  }
`)

export const Anything = graphql(`
  query Anything($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Volunteer {
        name
      }
      ... on Activity {
        title
      }
    }
  }
`)
