// Runs the tests with random inputs over and over, each round from another seed, and says which seeds failed:
// `npm run fuzz -- 30` for thirty minutes (10 if not said). `MILLRACE_SEED=n npm test -- FILE` repeats a finding.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const minutes = Number(process.argv[2] ?? 10)
if (!(minutes > 0)) {
  console.error('usage: npm run fuzz [-- MINUTES]')
  process.exit(2)
}
const seeded = /\/(seed|fast-check|arbitrary|operator-test)\.js'/
const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('test', file))
  .filter((file) => seeded.test(readFileSync(file, 'utf8')))

const end = Date.now() + minutes * 60_000
const failed = []
let rounds = 0
while (Date.now() < end) {
  const seed = Math.floor(Math.random() * 2 ** 30)
  rounds++
  console.log(`round ${rounds}, MILLRACE_SEED=${seed}, ${files.length} files`)
  const { status } = spawnSync(process.execPath, ['scripts/test.mjs', ...files], {
    stdio: 'inherit',
    env: { ...process.env, MILLRACE_SEED: String(seed) },
  })
  if (status !== 0) failed.push(seed)
}
console.log(
  failed.length === 0
    ? `${rounds} rounds, none failed`
    : `failed: MILLRACE_SEED=${failed.join(', ')}`,
)
process.exit(failed.length === 0 ? 0 : 1)
