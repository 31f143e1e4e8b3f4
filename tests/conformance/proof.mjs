// A member's passbook, proved to somebody who does not trust the server: with Node's own cryptography and what RFC 6962, RFC 8785 and RFC 8037 say, leaf,
// audit path, chain and signature are checked; what was forged on the way, or changed in the database behind the program, does not pass.

import { execFile } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { give, key, Person } from './support/story.mjs'

const LINES = `{ myPoints { passbook(first: 100) { nodes { id number kind delta balanceAfter businessDate operationId reverses causeId reason createdAt
  proof { leaf leafIndex path block { communityId number previousHash root size sealedAt keyId signature } } } } } }`
const CHAIN = `query ($communityId: ID!, $after: String) {
  proofKeys { kid kty crv alg use x }
  proofBlocks(communityId: $communityId, first: 2, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { communityId number previousHash root size sealedAt keyId signature }
  } }`
/** How long sealing may take; it is told to wait one second. */
const SEALED_WITHIN = 60_000

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

/** RFC 8785 for what stands here: names in order, no white space. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

/** Microseconds since 1970 of a time that may have up to six digits behind the point. */
function micros(text) {
  const [, whole, fraction = ''] = /^(.*?)(?:\.(\d+))?(?:Z|\+00:00)$/.exec(text)
  return Date.parse(`${whole}Z`) * 1_000 + Number(fraction.padEnd(6, '0'))
}

/** The text that is signed, from what the block says of itself. */
const header = ({ communityId, keyId, number, previousHash, root, sealedAt, size }) =>
  canonical({ community: communityId, format: 'qicai.block.1', keyId, number, previousHash, root, sealedAt: micros(sealedAt), size })

const hashOf = block => sha256(header(block)).toString('hex')

/** What is wrong with a block by itself; nothing when its signature holds. */
function wrongWithBlock(block, keys) {
  const jwk = keys.find(({ kid }) => kid === block.keyId)
  if (!jwk) return 'nobody knows the key'
  const thumbprint = sha256(canonical({ crv: jwk.crv, kty: jwk.kty, x: jwk.x })).toString('base64url')
  if (thumbprint !== jwk.kid) return 'the key is not the one of its name'
  const publicKey = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' })
  return verify(null, Buffer.from(header(block)), publicKey, Buffer.from(block.signature, 'base64')) ? '' : 'the signature does not fit'
}

/** What is wrong with a proof; nothing when it holds. */
function wrongWith(line, keys, chain) {
  const { leaf, leafIndex, path, block } = line.proof
  const told = JSON.parse(leaf)
  if (canonical(told) !== leaf || told.format !== 'qicai.operation.1') return 'the leaf is not in its canonical form'
  const entry = told.entries.find(({ id }) => id === line.id)
  const shown = [line.operationId, line.kind, line.causeId ?? told.cause, line.reverses, Number(line.businessDate.replaceAll('-', ''))]
  if (canonical(shown) !== canonical([told.id, told.kind, told.cause, told.reverses, told.businessDate])) return 'the leaf is of another operation'
  const counted = [line.number, line.delta, line.balanceAfter, micros(line.createdAt)]
  if (canonical(counted) !== canonical([entry?.walletVersion, entry?.delta, entry?.balanceAfter, entry?.createdAt])) return 'the leaf is of another line'
  const reason = line.reason === null ? null : sha256(Buffer.from(told.salt, 'hex'), line.reason).toString('hex')
  if (told.reasonHash !== reason) return 'the reason is another'

  // RFC 6962 §2.1.1, from the leaf up.
  let hash = sha256(Buffer.of(0), leaf)
  let [at, last] = [leafIndex, block.size - 1]
  const rest = path.map(sibling => Buffer.from(sibling, 'hex'))
  for (; last > 0; at >>= 1, last >>= 1) {
    if (at % 2 === 0 && at === last) continue
    const sibling = rest.shift()
    if (!sibling) return 'the path is too short'
    hash = at % 2 === 1 ? sha256(Buffer.of(1), sibling, hash) : sha256(Buffer.of(1), hash, sibling)
  }
  if (rest.length > 0 || at !== 0 || hash.toString('hex') !== block.root) return 'the leaf does not lead to the root'
  if (!chain.some(known => hashOf(known) === hashOf(block))) return 'the block is not in the chain'
  return wrongWithBlock(block, keys)
}

/** Chain and keys as anybody gets them without a token, oldest first. */
async function publicly(server, communityId) {
  const anybody = new Person(server, '')
  const chain = []
  for (let after = null; ; ) {
    const { proofKeys, proofBlocks } = await anybody.ask(CHAIN, { communityId, after })
    chain.unshift(...proofBlocks.nodes.reverse())
    if (!proofBlocks.pageInfo.hasNextPage) return { keys: proofKeys, chain }
    after = proofBlocks.pageInfo.endCursor
  }
}

/** The passbook as soon as every line of it is proved. */
async function proved(member) {
  for (const since = Date.now(); Date.now() - since < SEALED_WITHIN; ) {
    const lines = (await member.ask(LINES)).myPoints.passbook.nodes
    if (lines.every(({ proof }) => proof)) return lines
    await new Promise(wake => setTimeout(wake, 500))
  }
  throw new Error(`the passbook was not sealed within ${SEALED_WITHIN / 1_000} s`)
}

/** [what a forger does, how] */
const FORGERIES = [
  ['more points in line and leaf', line => {
    line.proof.leaf = line.proof.leaf.replace(`"delta":${line.delta}`, `"delta":${line.delta + 1}`)
    line.delta += 1
  }],
  ['another reason', line => { line.reason = `${line.reason ?? ''}!` }],
  ['another place among the leaves', line => { line.proof.leafIndex += 1 }],
  ['a path with one hash more', line => line.proof.path.push('00'.repeat(32))],
  ['another root', line => { line.proof.block.root = sha256('another').toString('hex') }],
  ['a root that fits, of a block that nobody signed', line => {
    line.proof.leaf = line.proof.leaf.replace(`"delta":${line.delta}`, `"delta":${line.delta + 1}`)
    line.delta += 1
    Object.assign(line.proof, { leafIndex: 0, path: [] })
    Object.assign(line.proof.block, { size: 1, root: sha256(Buffer.of(0), line.proof.leaf).toString('hex') })
  }],
  ['another time', line => { line.proof.block.sealedAt = line.proof.block.sealedAt.replace(/^\d+/, '2020') }],
  ['another predecessor', line => { line.proof.block.previousHash = 'ab'.repeat(32) }],
  ['another signature', line => { line.proof.block.signature = Buffer.alloc(64, 7).toString('base64') }],
]

export async function judge(stage, report) {
  const { server, story } = await stage.serving('production', ['--seal-after', '1'])
  const { member, rewards } = story
  await member.do('redeemReward', { rewardId: rewards[1].id, cost: 20, idempotencyKey: key() })
  const { id } = await member.do('redeemReward', { rewardId: rewards[2].id, cost: 15, idempotencyKey: key() })
  await member.do('cancelRedemption', { id, idempotencyKey: key() })
  const first = await proved(member)
  const { communityId } = first[0].proof.block
  const kept = (await publicly(server, communityId)).chain.at(-1)
  await give(story, member, 5)
  const lines = await proved(member)
  const { keys, chain } = await publicly(server, communityId)

  report.same(lines.map(({ kind }) => kind).join(' '), 'ADJUST REFUND REDEEM REDEEM ADJUST', 'the passbook')
  report.expect(lines.some(({ proof }) => proof.path.length > 0), 'no block held two operations')
  for (const line of lines) report.same(wrongWith(line, keys, chain), '', `line ${line.number} (${line.kind})`)
  let previous = '0'.repeat(64)
  chain.forEach((block, at) => {
    report.same([block.number, block.previousHash, wrongWithBlock(block, keys)], [at + 1, previous, ''], `block ${at + 1}`)
    previous = hashOf(block)
  })
  report.same(hashOf(chain[kept.number - 1]), hashOf(kept), 'the head that was kept is still in the chain')
  report.expect(chain.length > kept.number, 'the chain did not grow')
  report.note(`${lines.length} lines proved by ${chain.length} blocks and ${keys.length} key, first to last: ${chain.map(({ size }) => size).join(' ')} operations`)

  const rows = []
  for (const [what, forge] of FORGERIES) {
    const verdicts = lines.map(line => {
      const forged = structuredClone(line)
      forge(forged)
      return wrongWith(forged, keys, chain)
    })
    report.expect(verdicts.every(Boolean), `${what} passes`)
    rows.push([what, [...new Set(verdicts)].join('; ')])
  }
  const newest = lines[0].proof.block
  report.same(wrongWith(lines[0], keys, chain.filter(block => hashOf(block) !== hashOf(newest))), 'the block is not in the chain', 'a block left out')
  report.table(['forged', 'found out'], rows)
  await tampered(server, member, lines, keys, chain, report)
}

/** Somebody with the database's file gives the member more points. */
async function tampered(server, member, lines, keys, chain, report) {
  const line = lines.at(-1)
  await server.stop()
  const verified = await server.command(['verify'])
  report.expect(verified.includes('everything adds up'), `before: ${verified}`)
  const file = /^sqlite:\/\/(.*)\?/.exec(server.settings[1])[1]
  const change = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DROP TRIGGER entry_no_UPDATE")
done = db.execute("UPDATE entry SET delta = delta + 1000, balance_after = balance_after + 1000 WHERE wallet_version = ? AND wallet_id = (SELECT wallet_id "
  "FROM entry WHERE operation_id = ?)", (int(sys.argv[2]), int(sys.argv[3])))
assert done.rowcount == 1
db.commit()`
  const operation = numberOf(line.operationId)
  await promisify(execFile)(join(dirname(process.env.QICAI_FUZZER), 'python'), ['-c', change, file, String(line.number), String(operation)])
  const found = await server.command(['verify']).then(
    printed => `nothing: ${printed}`,
    ({ message }) => message,
  )
  report.expect(found.includes('ended with 1') && found.includes(line.operationId), `verify does not name ${line.operationId}: ${found}`)
  await server.start(['--seal-after', '1'])
  const now = (await member.ask(LINES)).myPoints.passbook.nodes
  for (const shown of now) {
    const wanted = shown.id === line.id ? 'the leaf does not lead to the root' : ''
    report.same(wrongWith(shown, keys, chain), wanted, `line ${shown.number} after line ${line.number} was changed in the database`)
  }
  report.note(`an entry changed in the database: ${found.split('\n').find(text => text.includes(line.operationId))?.trim()}`)
}

/** The number behind a base62 id. */
function numberOf(id) {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  return [...id.split('_')[1]].reduce((sum, digit) => sum * 62n + BigInt(digits.indexOf(digit)), 0n)
}
