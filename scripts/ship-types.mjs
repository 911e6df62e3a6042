// The declarations that the package's `exports` reach, copied from build/ to dist/types/: what is internal stays out.
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const SHIPPED = './dist/types/'
/** Imports and exports as the compiler writes them: at the start of a line, or of a type inside one. */
const REFERENCES = /(?:^(?:import|export)[^'"]*?from |^import |import\()['"](\.[^'"]+)['"]/gm

const built = (path) => join(root, 'build', path)

/** Files of build/ that the entries reach, relative to it, sorted. */
export function reachableTypes(entries) {
  const reached = new Set()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue
    if (!existsSync(built(file))) throw new Error(`No declarations of ${file}: run tsc -b first`)
    reached.add(file)
    for (const [, path] of readFileSync(built(file), 'utf8').matchAll(REFERENCES)) {
      const target = join(file, '..', path).replace(/\.js$/, '.d.ts')
      waiting.push(relative('.', target))
    }
  }
  return [...reached].sort()
}

/** The declarations of each entry of package.json's exports, relative to build/. */
export function typeEntries() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.values(exports).flatMap(({ types }) =>
    types === undefined ? [] : [types.slice(SHIPPED.length)],
  )
}

/** A plugin of the bundler: runs when the bundle is written. */
export const shipTypes = () => ({
  name: 'ship-types',
  writeBundle() {
    const target = join(root, SHIPPED)
    rmSync(target, { recursive: true, force: true })
    for (const file of reachableTypes(typeEntries())) cpSync(built(file), join(target, file))
  },
})
