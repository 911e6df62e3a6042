import { sameRows } from './answers.mjs'
import { closeAll, startEngines } from './engines.mjs'
import { PeerError } from './peer-process.mjs'

/** A run that took longer is not repeated: one sample says enough. */
const SLOW_MILLIS = 20_000

/**
 * Starts engines, runs the queries on them as `values.runs` and `values.deadline` say, and ends them.
 * @param names,options see startEngines
 */
export async function measureQueries(names, options, { queries, values, report }) {
  const peers = await startEngines(names, options, report)
  try {
    await runSideBySide({
      peers,
      queries,
      rounds: Number(values.runs),
      report,
      deadlineMillis: Number(values.deadline) * 1000,
    })
  } finally {
    await closeAll(peers)
  }
}

/**
 * Runs each query on all engines, interleaved, and compares their answers with the first engine's.
 * @param queries `{ name, group?, sql }`; `sql` is a text, or texts by engine where dialects differ
 * @param rounds runs after the first, which warms up and is not counted
 */
async function runSideBySide({ peers, queries, rounds, report, deadlineMillis }) {
  for (const query of queries) {
    const values = {}
    const answers = []
    const runnable = []
    for (const peer of peers) {
      const outcome = await attempt(peer, query, deadlineMillis)
      if (outcome.missing === undefined) {
        answers.push({ peer, rows: outcome.rows })
        values[peer.name] = []
        if (outcome.elapsedMillis < SLOW_MILLIS) runnable.push(peer)
        else values[peer.name].push(outcome.elapsedMillis)
      } else {
        values[peer.name] = { missing: outcome.missing }
        const told = `${query.name} on ${peer.name}: ${outcome.detail.split('\n')[0].slice(0, 200)}`
        if (outcome.isFailure) report.fail(told)
        else report.log(told)
      }
    }
    const different = answers.filter(({ rows }) => !sameRows(rows, answers[0].rows))
    for (let round = 0; round < rounds; round++) {
      for (const peer of runnable) {
        const outcome = await attempt(peer, query, deadlineMillis)
        if (outcome.missing === undefined) values[peer.name].push(outcome.elapsedMillis)
      }
    }
    const isWrong = different.length > 0 && query.isComparable !== false
    const names = different.map(({ peer }) => peer.name).join(', ')
    // Those of other engines' own are shown, not failed.
    const isFailure = isWrong && different.some(({ peer }) => peer.isReference)
    if (isFailure)
      report.fail(`${query.name}: answers of ${names} differ from ${answers[0].peer.name}'s`)
    report.add(query.name, values, {
      ...(query.group === undefined ? {} : { group: query.group }),
      ...(isWrong ? { note: `ANSWERS DIFFER: ${names}` } : {}),
    })
  }
}

async function attempt(peer, query, deadlineMillis) {
  const sql =
    typeof query.sql === 'string' ? query.sql : (query.sql[peer.name] ?? query.sql.millrace)
  try {
    return await peer.query(sql, { deadlineMillis, name: query.name })
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    const missing = { unsupported: 'cannot', deadline: error.message, failed: 'fails' }[error.kind]
    // What another engine can't do is no failure of this one.
    return { missing, detail: error.message, isFailure: peer.isOwn === true }
  }
}
