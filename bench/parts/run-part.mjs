import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const DEADLINE_MILLIS = 900_000

/** Starts `parts/NAME.mjs`; `messages` resolves to what it sent, once it has ended. */
export function startPart(name, options, { execArgv = [] } = {}) {
  const file = fileURLToPath(new URL('child.mjs', import.meta.url))
  const child = fork(file, [name, JSON.stringify(options)], { execArgv, serialization: 'advanced' })
  const messages = []
  child.on('message', (message) => messages.push(message))
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MILLIS)
  const done = new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(messages)
      else reject(new Error(`${name} ended with ${signal ?? `status ${code}`}`))
    })
  })
  return { pid: child.pid, done }
}

export const runPart = (name, options, settings) => startPart(name, options, settings).done

/** Adds measures that parts sent, each of one subject, as one measure with all its subjects. */
export function addMeasures(report, messages) {
  const measures = new Map()
  for (const { name, subject, samples, ...facts } of messages) {
    const measure = measures.get(`${facts.group} ${name}`) ?? { name, facts, values: {} }
    measure.values[subject] = samples
    measures.set(`${facts.group} ${name}`, measure)
  }
  for (const { name, facts, values } of measures.values()) report.add(name, values, facts)
}
