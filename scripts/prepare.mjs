// Does the set-up that `npm start`, `npm test` and `npm run bench` lack: dependencies, then the build.
// Each step is skipped while its result is newer than what it is made from.
import { execSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modifiedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)
const newest = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, modifiedAt(join(entry.parentPath, entry.name))), 0)
const run = (command, why) => {
  process.stderr.write(`millrace: ${why}: ${command}\n`)
  try {
    execSync(command, { cwd: root, stdio: ['ignore', 2, 2] })
  } catch (error) {
    process.stderr.write(`millrace: failed: ${command}\n`)
    process.exit(error.status ?? 1)
  }
}

const installed = modifiedAt(join(root, 'node_modules', '.package-lock.json'))
if (installed < modifiedAt(join(root, 'package-lock.json'))) {
  run('npm ci --no-audit --no-fund', 'installing dependencies')
}
// A stamp of our own: the compiler leaves its files alone where their contents stay the same.
const stamp = join(root, 'dist', '.built')
if (
  modifiedAt(stamp) < Math.max(newest(join(root, 'src')), modifiedAt(join(root, 'tsconfig.json')))
) {
  run('npm run --silent build', 'building')
  writeFileSync(stamp, '')
}
