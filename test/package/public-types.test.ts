import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reachableTypes, typeEntries } from '../../scripts/ship-types.mjs'
import { ROOT, requireBuild } from '../support/build.js'

const COMMENTS = /^\s*\/\*\*[\s\S]*?\*\/\n|^\s*\/\/.*\n/gm

/** Declarations without comments, under the name of the module that has them. */
const declarations = (file: string): string => {
  const text = readFileSync(join(ROOT, 'build', file), 'utf8')
  return `// ${file.replace(/\.d\.ts$/, '')}\n${text.replace(COMMENTS, '')}`
}

describe('the public types', () => {
  it('are those of public-types.txt: a change is agreed to by `npm test -- test/package -u`', async () => {
    requireBuild()
    const files = reachableTypes(typeEntries())
    expect(files).toContain('index.d.ts')
    expect(files).toContain('spi/metadata/connector-metadata.d.ts')
    const text = files.map(declarations).join('\n')
    await expect(text).toMatchFileSnapshot('./public-types.txt')
  })
  it('reach nothing of the planner, the operators or the server', () => {
    const inner = reachableTypes(typeEntries()).filter((file) =>
      /^(planner|operators|dataflow|exchange|server|cli)\//.test(file),
    )
    expect(inner).toEqual([])
  })
})
