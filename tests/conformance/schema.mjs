// The quality of the schema itself: everything is described, the rules of Relay and of naming hold, and nothing that was released breaks.

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { tool } from './support/tool.mjs'

const SCHEMA = fileURLToPath(new URL('../../schema.graphql', import.meta.url))
const RELEASED = fileURLToPath(new URL('released.graphql', import.meta.url))
const RULES = [
  'arguments-have-descriptions',
  'defined-types-are-used',
  'deprecations-have-a-reason',
  'enum-values-all-caps',
  'enum-values-have-descriptions',
  'fields-are-camel-cased',
  'fields-have-descriptions',
  'input-object-values-are-camel-cased',
  'input-object-values-have-descriptions',
  'relay-connection-arguments-spec',
  'relay-connection-types-spec',
  'relay-page-info-spec',
  'types-are-capitalized',
  'types-have-descriptions',
]

export async function judge(stage, report) {
  const [text, released] = await Promise.all([SCHEMA, RELEASED].map(path => readFile(path, 'utf8')))
  const schema = buildSchema(text)
  const members = walk(schema)
  const kinds = [...new Set(members.map(member => member.kind))]
  const bare = members.filter(member => !member.description?.trim())
  report.table(
    ['described', 'all', 'without'],
    kinds.map(kind => [kind, members.filter(member => member.kind === kind).length, bare.filter(member => member.kind === kind).length]),
  )
  for (const member of bare) report.expect(false, `${member.kind} ${member.name} has no description`)
  report.expect(members.length > 100, `only ${members.length} members were found`)
  await lint(report)
  await compare(buildSchema(released), schema, report)
  await served(stage, text, report)
}

/** Everything of a schema that a client developer reads about. */
function walk(schema) {
  const members = []
  const add = (kind, name, { description, deprecationReason }) => members.push({ kind, name, description, deprecationReason })
  const inputs = (kind, name, parts) => Object.values(parts).forEach(part => add(kind, `${name}.${part.name}`, part))
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue
    add('types', type.name, type)
    if (isEnumType(type)) inputs('enum values', type.name, type.getValues())
    if (isInputObjectType(type)) inputs('input fields', type.name, type.getFields())
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      add('fields', `${type.name}.${field.name}`, field)
      inputs('arguments', `${type.name}.${field.name}`, field.args)
    }
  }
  return members
}

async function lint(report) {
  const { code, printed } = await tool('graphql-schema-linter', ['--format', 'compact', '--rules', RULES.join(','), SCHEMA])
  report.note(`graphql-schema-linter, ${RULES.length} rules: ${code === 0 ? 'nothing to say' : `exit code ${code}`}`)
  report.expect(code === 0, printed)
}

async function compare(released, schema, report) {
  const changes = await diff(released, schema)
  const levels = [CriticalityLevel.Breaking, CriticalityLevel.Dangerous, CriticalityLevel.NonBreaking]
  const of = level => changes.filter(change => change.criticality.level === level)
  report.table(
    ['since the last release', 'changes'],
    levels.map(level => [level.toLowerCase().replace('_', ' '), of(level).length]),
  )
  for (const change of of(CriticalityLevel.Dangerous)) report.note(`dangerous: ${change.message}`)
  for (const change of of(CriticalityLevel.Breaking)) report.expect(false, `breaking: ${change.message}`)
}

/** The file is what the server says of itself. */
async function served(stage, text, report) {
  const { server } = await stage.serving('development')
  const answer = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true }) }),
  })
  const { data } = await answer.json()
  const whole = schema => printSchema(lexicographicSortSchema(schema))
  report.expect(whole(buildClientSchema(data)) === whole(buildSchema(text)), 'schema.graphql is not what the server answers to introspection')
}
