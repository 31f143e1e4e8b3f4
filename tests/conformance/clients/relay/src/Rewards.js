// The catalogue as a Relay application writes it: a paged list by fragment, more of it by the connection, one thing again by its id.

import { graphql } from 'relay-runtime'

export const rewardsQuery = graphql`
  query RewardsQuery($count: Int!, $cursor: String) {
    ...Rewards_list @arguments(count: $count, cursor: $cursor)
  }
`

export const rewardsList = graphql`
  fragment Rewards_list on Query
  @refetchable(queryName: "RewardsPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    rewards(first: $count, after: $cursor, order: PRICE) @connection(key: "Rewards_rewards") {
      edges {
        node {
          id
          ...Rewards_reward
        }
      }
    }
  }
`

export const reward = graphql`
  fragment Rewards_reward on Reward @refetchable(queryName: "RewardAgainQuery") {
    title
    price
    stock
  }
`

export const teamMembers = graphql`
  fragment Rewards_members on Team
  @refetchable(queryName: "TeamMembersQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    name
    members(first: $count, after: $cursor) @connection(key: "Team_members") {
      edges {
        node {
          id
          name
        }
      }
    }
  }
`

export const signUp = graphql`
  mutation RewardsSignUpMutation($input: SignUpInput!) {
    signUp(input: $input) {
      id
      state
      session {
        seatsLeft
        mySignUp {
          state
        }
      }
    }
  }
`
