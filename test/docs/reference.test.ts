import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderApi } from '../../scripts/reference/api.mjs'
import { renderConfiguration } from '../../scripts/reference/configuration.mjs'
import { catalogsOf, renderConnectors } from '../../scripts/reference/connectors.mjs'
import { renderErrors } from '../../scripts/reference/errors.mjs'
import { renderFunctions } from '../../scripts/reference/functions.mjs'
import { typeEntries } from '../../scripts/ship-types.mjs'
import { BUILT_IN } from '../../src/engine/catalog/catalogs.js'
import { SYSTEM_PROPERTIES } from '../../src/engine/session/session-properties.js'
import { BUILTIN_FUNCTIONS } from '../../src/expressions/functions/index.js'
import { Millrace } from '../../src/index.js'
import { SETTINGS } from '../../src/server/config.js'
import { CONFIG_PROPERTIES } from '../../src/server/config-reference.js'
import { ERROR_CODES } from '../../src/spi/error-codes.js'
import { ROOT, requireBuild } from '../support/build.js'

const page = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const folder = new URL('../../src/expressions/functions/', import.meta.url)

describe('pages made from the code (npm run docs)', () => {
  it('errors.md has every code', () => {
    expect(page('errors.md')).toBe(renderErrors(ERROR_CODES))
  })
  it('functions.md has every function', async () => {
    const rendered = await renderFunctions(BUILTIN_FUNCTIONS, folder, '.ts')
    expect(rendered).toContain('## aggregate')
    expect(rendered).not.toContain('## undefined')
    expect(page('functions.md')).toBe(rendered)
  })
  it('reference/configuration.md has every property that is read', () => {
    const described = CONFIG_PROPERTIES.map((property) => property.name)
    expect(described.toSorted()).toEqual(Object.keys(SETTINGS).toSorted())
    expect(page('reference/configuration.md')).toBe(
      renderConfiguration(CONFIG_PROPERTIES, SYSTEM_PROPERTIES),
    )
  })
  it('reference/connectors.md has every connector', async () => {
    const factories = await Promise.all(Object.values(BUILT_IN).map((load) => load()))
    const scratch = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
    const engine = await Millrace.create({ threads: 0, catalogs: catalogsOf(factories, scratch) })
    try {
      const rendered = await renderConnectors(factories, (sql) => engine.query(sql).all())
      expect(rendered).toContain('`files.root`')
      expect(rendered).toContain('WITH (…)')
      expect(page('reference/connectors.md')).toBe(rendered)
    } finally {
      await engine.close()
      rmSync(scratch, { recursive: true })
    }
  })
  it('reference/api.md has what the package exports', () => {
    requireBuild()
    const rendered = renderApi(typeEntries(), (file: string) =>
      readFileSync(join(ROOT, 'build', file), 'utf8'),
    )
    expect(rendered).toContain('### Millrace\n')
    expect(page('reference/api.md')).toBe(rendered)
  })
})
