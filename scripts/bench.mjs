// Runs the benchmarks: `npm run bench -- tpch --sf 1 --threads 2`. The first run installs the peers into bench/.
import { execSync, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import './prepare.mjs'

const bench = join(dirname(fileURLToPath(import.meta.url)), '..', 'bench')
const modifiedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)
const installed = modifiedAt(join(bench, 'node_modules', '.package-lock.json'))
if (installed < modifiedAt(join(bench, 'package-lock.json'))) {
  process.stderr.write('millrace: installing the peers of the benchmarks\n')
  execSync('npm install --no-audit --no-fund', { cwd: bench, stdio: ['ignore', 2, 2] })
}
const { status } = spawnSync(process.execPath, [join(bench, 'run.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
