import { setTimeout as wait } from 'node:timers/promises'
import { connect } from '../../dist/client/index.js'
import { nextMessage } from './next-message.mjs'

const PAUSE_MILLIS = [500, 1500]
/** Who waits for longer is left out of the figures and counted as lost. */
const LOST_MILLIS = 60_000

/** Each kind gives a query for a client, and what must be its answer. */
const KINDS = {
  'an expression': (i) => ['SELECT ? + 1 AS a', [i], i + 1],
  'a small table': (i) => [
    'SELECT count(*) AS a FROM tpch.tiny.nation WHERE regionkey = ?',
    [i % 5],
    5n,
  ],
  'an order of the large table': () => [
    'SELECT count(*) AS a FROM memory.default.lineitem WHERE orderkey = ?',
    [1],
    6n,
  ],
}

/** Clients that ask small queries, from 'begin' to 'end', each about once a second; sends how long answers took. */
export async function run({ url, smallCount }, emit) {
  const clients = Array.from({ length: smallCount }, () =>
    connect(url.replace('http', 'ws'), { user: 'small' }),
  )
  const kinds = Object.entries(KINDS)
  for (const [, make] of kinds) {
    const [sql, parameters] = make(1)
    await Promise.all(clients.map((client) => client.query(sql, parameters).all()))
  }
  emit({ ready: true })
  for (;;) {
    if ((await nextMessage()) === 'stop') break
    let isOver = false
    const millis = Object.fromEntries(kinds.map(([kind]) => [kind, []]))
    const wrong = []
    let lost = 0
    const asking = clients.map(async (client, i) => {
      for (let turn = i; !isOver; turn++) {
        await wait(PAUSE_MILLIS[0] + Math.random() * (PAUSE_MILLIS[1] - PAUSE_MILLIS[0]))
        const [kind, make] = kinds[turn % kinds.length]
        const [sql, parameters, expected] = make(i)
        const startedAt = performance.now()
        const [row] = await client.query(sql, parameters).all()
        const taken = performance.now() - startedAt
        millis[kind].push(taken)
        if (taken > LOST_MILLIS) lost++
        if (row.a !== expected) wrong.push(`client ${i}, ${kind}: ${row.a} instead of ${expected}`)
      }
    })
    await nextMessage()
    isOver = true
    await Promise.all(asking)
    emit({ millis, wrong, lost })
  }
  await Promise.all(clients.map((client) => client.close()))
}
