import { readFileSync, writeFileSync } from 'node:fs'

/** Leaves of a .cpuprofile what was sampled from a moment on. @param micros of the clock of `process.hrtime` */
export function trimProfile(file, micros) {
  const { samples, timeDeltas, startTime, ...profile } = JSON.parse(readFileSync(file, 'utf8'))
  let time = startTime
  let first = 0
  while (first < samples.length && time + timeDeltas[first] < micros) time += timeDeltas[first++]
  writeFileSync(
    file,
    JSON.stringify({
      ...profile,
      startTime: time,
      samples: samples.slice(first),
      timeDeltas: timeDeltas.slice(first),
    }),
  )
}

/** The functions of a .cpuprofile with the most time of their own, as lines of text. */
export function hotFunctions(file, count) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'))
  const names = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame)]))
  const micros = new Map()
  let total = 0
  samples.forEach((id, i) => {
    const name = names.get(id)
    if (name === '(idle)' || name === '(program)') return
    micros.set(name, (micros.get(name) ?? 0) + timeDeltas[i])
    total += timeDeltas[i]
  })
  const share = (time) => `${((time / total) * 100).toFixed(1).padStart(6)}%`
  return [...micros]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, time]) => `  ${share(time)} ${(time / 1000).toFixed(0).padStart(6)} ms  ${name}`)
    .join('\n')
}

function nameOf({ functionName, url, lineNumber }) {
  const place = url === '' ? '' : ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
  return `${functionName === '' ? '(anonymous)' : functionName}${place}`
}
