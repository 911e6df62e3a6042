// `npm start -- ARGS` is `millrace ARGS`; bare, it runs the showcase. Set-up that is missing was done before (prestart).
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const args = process.argv.slice(2)
const program =
  args.length === 0
    ? [join(root, 'examples', 'live-orders.mjs')]
    : [join(root, 'dist', 'cli', 'main.js'), ...args]
const { status } = spawnSync(process.execPath, program, { stdio: 'inherit' })
process.exit(status ?? 1)
