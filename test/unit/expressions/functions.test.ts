import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BUILTIN_FUNCTIONS, builtinRegistry } from '../../../src/expressions/functions/index.js'
import { argumentTemplates } from '../../../src/expressions/signature-binder.js'
import { parseTemplate } from '../../../src/expressions/type-signature.js'

const folder = new URL('../../../src/expressions/functions/', import.meta.url)

describe('the list of functions', () => {
  it('has every definition of the folder', () => {
    const index = readFileSync(new URL('index.ts', folder), 'utf8')
    const missing: string[] = []
    for (const family of readdirSync(folder, { withFileTypes: true })) {
      if (!family.isDirectory()) continue
      for (const file of readdirSync(new URL(`${family.name}/`, folder))) {
        const text = readFileSync(new URL(`${family.name}/${file}`, folder), 'utf8')
        const definitions = text.matchAll(
          /^export const (\w+)(?:: readonly FunctionDefinition\[\] =| = (?:scalar|aggregate|window)Function\()/gm,
        )
        for (const [, name] of definitions) {
          const from = `'./${family.name}/${file.replace(/\.ts$/, '.js')}'`
          const line = index
            .split('import ')
            .find((part) => part.includes(from) && new RegExp(`\\b${name}\\b`).test(part))
          if (line === undefined) missing.push(`${family.name}/${file}: ${name}`)
        }
      }
    }
    expect(missing).toEqual([])
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
