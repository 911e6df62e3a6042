/** Suites and commands by name; each module has `summary`, `options` and `run`. */
export const COMMANDS = {
  tpch: () => import('../suites/tpch.mjs'),
  tpcds: () => import('../suites/tpcds.mjs'),
  micro: () => import('../suites/micro.mjs'),
  functions: () => import('../suites/functions.mjs'),
  parser: () => import('../suites/parser.mjs'),
  streaming: () => import('../suites/streaming.mjs'),
  'start-up': () => import('../suites/start-up.mjs'),
  memory: () => import('../suites/memory.mjs'),
  scaling: () => import('../suites/scaling.mjs'),
  'event-loop': () => import('../suites/event-loop.mjs'),
  exchange: () => import('../suites/exchange.mjs'),
  clients: () => import('../suites/clients.mjs'),
  spill: () => import('../suites/spill.mjs'),
  cancel: () => import('../suites/cancel.mjs'),
  soak: () => import('../suites/soak.mjs'),
  all: () => import('./all.mjs'),
  compare: () => import('./compare.mjs'),
  profile: () => import('./profile.mjs'),
  data: () => import('./data.mjs'),
}

export async function usage() {
  const lines = []
  for (const [name, load] of Object.entries(COMMANDS)) {
    const { summary } = await load()
    lines.push(`  ${name.padEnd(11)} ${summary}`)
  }
  return [
    'usage: npm run bench -- SUITE [options]     npm run bench -- SUITE --help',
    '',
    ...lines,
    '',
    'Each engine runs in a process of its own, runs are interleaved, answers compared. A ratio below 1 means that Millrace is',
    'faster; ± is half the distance between the quartiles, in percent of the median. Every suite takes --json FILE, --plot FILE.',
    '',
  ].join('\n')
}
