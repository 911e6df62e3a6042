// Kills and hangs workers of a cluster during 200 queries for each retry policy. Arguments go to vitest; MILLRACE_SEED repeats a run.
import { spawnSync } from 'node:child_process'

const { status } = spawnSync(
  'npx',
  ['vitest', 'run', 'test/cluster/faults.test.ts', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { MILLRACE_CHAOS_QUERIES: '200', ...process.env, MILLRACE_VERIFY: '1' },
  },
)
process.exit(status ?? 1)
