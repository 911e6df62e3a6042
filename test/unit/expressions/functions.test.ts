import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FunctionDefinition } from '../../../src/expressions/function-definition.js'
import { BUILTIN_FUNCTIONS, builtinRegistry } from '../../../src/expressions/functions/index.js'
import { argumentTemplates } from '../../../src/expressions/signature-binder.js'
import { parseTemplate } from '../../../src/expressions/type-signature.js'

const folder = new URL('../../../src/expressions/functions/', import.meta.url)

/** Names that can't be those of files: another function or the list of a folder has them. */
const FILES: Readonly<Record<string, string>> = {
  $at_timezone: 'at-timezone-operator.ts',
  index: 'index-function.ts',
}

/** Files of functions of one shape, each an entry of a table. */
const TABLES: readonly string[] = [
  'aggregate/bitwise-aggregates.ts',
  'aggregate/covariances.ts',
  'aggregate/moments.ts',
  'array/matches.ts',
  'binary/digests.ts',
  'binary/hmacs.ts',
  'binary/number-encodings.ts',
  'binary/text-encodings.ts',
  'datetime/extract.ts',
  'geospatial/bing-tile-parts.ts',
  'geospatial/geometry-accessors.ts',
  'geospatial/geometry-operations.ts',
  'geospatial/geometry-overlays.ts',
  'geospatial/geometry-readers.ts',
  'geospatial/geometry-relations.ts',
  'math/bitwise.ts',
  'math/constants.ts',
  'math/distributions.ts',
  'math/elementary.ts',
  'math/float-tests.ts',
  'string/url.ts',
]

const isDefinition = (value: unknown): value is FunctionDefinition =>
  typeof value === 'object' && value !== null && 'name' in value && 'overloads' in value

const fileOf = ({ name }: FunctionDefinition) => `${name.replace('$', '').replaceAll('_', '-')}.ts`

/** The modules of the families without their lists. */
const modules = await Promise.all(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/.*\.ts$/.test(path) && basename(path) !== 'functions.ts')
    .sort()
    .map(async (path) => {
      const exported: unknown[] = Object.values(await import(new URL(path, folder).href))
      const arrays: unknown[][] = exported.filter((value) => Array.isArray(value))
      return {
        path,
        functions: exported.filter(isDefinition),
        tables: arrays.flat().filter(isDefinition),
      }
    }),
)

describe('the list of functions', () => {
  it('has every definition of the folder', () => {
    const listed = new Set(BUILTIN_FUNCTIONS)
    const missing = modules.flatMap(({ path, functions, tables }) =>
      [...functions, ...tables].filter((definition) => !listed.has(definition)).map(() => path),
    )
    expect(missing).toEqual([])
  })

  it('has one file for each function, named as in SQL, and one for each table of one shape', () => {
    const files = modules.filter(({ functions }) => functions.length > 0)
    const named = files.filter(
      ({ path, functions }) =>
        functions.length === 1 &&
        basename(path) === (FILES[functions[0]!.name] ?? fileOf(functions[0]!)),
    )
    expect(files.map(({ path }) => path)).toEqual(named.map(({ path }) => path))
    expect(modules.filter(({ tables }) => tables.length > 0).map(({ path }) => path)).toEqual(
      TABLES,
    )
  })

  it('has names that are not taken twice, descriptions, and signatures that parse', () => {
    const names = new Set<string>()
    for (const definition of BUILTIN_FUNCTIONS) {
      expect(definition.description, definition.name).toMatch(/^[A-Z]/)
      for (const name of [definition.name, ...(definition.aliases ?? [])]) {
        expect(names.has(name), name).toBe(false)
        names.add(name)
      }
      for (const overload of definition.overloads) {
        expect(argumentTemplates(overload, overload.args.length)).toHaveLength(overload.args.length)
        expect(parseTemplate(overload.returns)).toBeDefined()
      }
    }
  })

  it('has ids that find each overload again', () => {
    const registry = builtinRegistry()
    const ids = new Set<string>()
    for (const { name, overloads } of registry.list()) {
      for (const overload of overloads) {
        const id = `${name}(${overload.args.join(',')}${overload.variableArity ? '...' : ''}):${overload.returns}`
        expect(ids.has(id), id).toBe(false)
        ids.add(id)
        expect(registry.find(id).overload).toBe(overload)
      }
    }
  })
})
