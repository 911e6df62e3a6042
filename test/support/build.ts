import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const DIST = join(ROOT, 'dist')

/**
 * Worker threads run compiled JavaScript: tests that use them run what `npm run build` made.
 * @throws where that is missing or older than the sources
 */
export function requireBuild(): void {
  const bundle = join(DIST, 'index.js')
  const built = existsSync(bundle) ? statSync(bundle).mtimeMs : 0
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs),
      0,
    )
  if (built < source) throw new Error('dist is older than src: run `npm run build` first')
}
