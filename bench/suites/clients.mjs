import { fork } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SCALE_FACTOR, text } from '../commands/options.mjs'
import { Report } from '../report/report.mjs'
import { quantile } from '../report/statistics.mjs'

export const summary =
  '200 clients of one server at once: how long small queries take while large ones run'
export const details =
  'The server, the clients of large queries and those of small ones are a process each. A small client asks about once a second, ' +
  'kinds in turn; large ones read a quarter of lineitem (stream), or join and group all of it (compute).'
export const options = {
  sf: SCALE_FACTOR,
  threads: text('threads of the server', '2'),
  small: text('clients with small queries', '180'),
  large: text('clients with large queries', '20'),
  seconds: text('for how long large queries are asked', '15'),
  loads: text('kinds of large queries, one after another; idle: none', 'idle,stream,compute'),
}

const DEADLINE_MILLIS = 600_000

export async function run(values) {
  const settings = {
    scaleFactor: values.sf,
    threads: Number(values.threads),
    smallCount: Number(values.small),
    largeCount: Number(values.large),
    seconds: Number(values.seconds),
  }
  const report = new Report({
    suite: 'clients',
    title: `${settings.smallCount} clients with small queries, ${settings.largeCount} with large ones of lineitem SF${values.sf}, ${settings.threads} threads`,
    settings,
  })
  const parts = new Set()
  const stop = () => {
    for (const part of parts) part.kill('SIGKILL')
  }
  const timer = setTimeout(stop, DEADLINE_MILLIS)
  try {
    const server = startPart(parts, 'stream-server', settings)
    const { url } = await server.message()
    const small = startPart(parts, 'clients-small', { ...settings, url })
    await small.message()
    for (const load of values.loads.split(',')) {
      const large =
        load === 'idle'
          ? undefined
          : startPart(parts, 'clients-large', { ...settings, url, kind: load })
      await large?.message()
      await server.ask('delay')
      small.send('begin')
      if (large === undefined) await wait(settings.seconds * 1000)
      else addLarge(report, load, await large.ask('begin'))
      addSmall(report, load, await small.ask('end'))
      const { longestDelayMillis } = await server.ask('delay')
      report.add("longest delay of the server's event loop", one(longestDelayMillis), {
        group: load,
      })
    }
  } finally {
    clearTimeout(timer)
    stop()
  }
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}

const one = (value) => ({ millrace: [value] })

/** A part in a process of its own, whose messages are taken one by one. */
function startPart(parts, name, settings) {
  const child = fork(
    fileURLToPath(new URL('../parts/child.mjs', import.meta.url)),
    [name, JSON.stringify(settings)],
    { serialization: 'advanced' },
  )
  parts.add(child)
  const ended = new Promise((_, reject) => {
    child.once('exit', (code, signal) => {
      parts.delete(child)
      reject(new Error(`${name} ended with ${signal ?? `status ${code}`}`))
    })
  })
  ended.catch(() => undefined)
  const part = {
    send: (message) => child.send(message),
    message: () => Promise.race([new Promise((resolve) => child.once('message', resolve)), ended]),
    ask(message) {
      const answer = part.message()
      part.send(message)
      return answer
    },
  }
  return part
}

function addSmall(report, group, { millis, wrong, lost }) {
  for (const text of wrong) report.fail(`${group}: ${text}`)
  if (lost > 0) report.fail(`${group}: ${lost} small queries took more than a minute`)
  for (const [kind, samples] of Object.entries(millis)) {
    const facts = { group, note: `${samples.length} queries` }
    report.add(`${kind}, median`, one(quantile(samples, 0.5)), facts)
    report.add(`${kind}, 99th percentile`, one(quantile(samples, 0.99)), facts)
    report.add(`${kind}, longest`, one(Math.max(...samples)), facts)
  }
}

function addLarge(report, group, { wrong, rows, results, seconds, firstPages, firstResults }) {
  for (const text of wrong) report.fail(`${group}: ${text}`)
  const rate = { group, better: 'higher' }
  report.add('large results', one(results / seconds), { ...rate, unit: '1/s' })
  report.add('their rows', one(rows / seconds / 1e6), { ...rate, unit: 'M rows/s' })
  const time = { group, unit: 's' }
  report.add("a large client's first page, last of all", one(Math.max(...firstPages)), time)
  report.add("a large client's first result, first of all", one(Math.min(...firstResults)), time)
  report.add("a large client's first result, last of all", one(Math.max(...firstResults)), time)
}
