// Writes the pages of docs/ that are made from the code: `npm run docs`. test/docs holds them to it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import './prepare.mjs'
import { renderApi } from './reference/api.mjs'
import { renderConfiguration } from './reference/configuration.mjs'
import { catalogsOf, renderConnectors } from './reference/connectors.mjs'
import { renderErrors } from './reference/errors.mjs'
import { renderFunctions } from './reference/functions.mjs'
import { typeEntries } from './ship-types.mjs'

const { ERROR_CODES } = await import('../build/spi/error-codes.js')
const { BUILTIN_FUNCTIONS } = await import('../build/expressions/functions/index.js')
const { BUILT_IN } = await import('../build/engine/catalog/catalogs.js')
const { SYSTEM_PROPERTIES } = await import('../build/engine/session/session-properties.js')
const { CONFIG_PROPERTIES } = await import('../build/server/config-reference.js')
const { Millrace } = await import('../build/index.js')

const functions = new URL('../build/expressions/functions/', import.meta.url)
const pages = {
  'errors.md': renderErrors(ERROR_CODES),
  'functions.md': await renderFunctions(BUILTIN_FUNCTIONS, functions, '.js'),
  'reference/api.md': renderApi(typeEntries(), (file) =>
    readFileSync(new URL(`../build/${file}`, import.meta.url), 'utf8'),
  ),
  'reference/configuration.md': renderConfiguration(CONFIG_PROPERTIES, SYSTEM_PROPERTIES),
  'reference/connectors.md': await connectors(),
}
mkdirSync(new URL('../docs/reference/', import.meta.url), { recursive: true })
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text)
}

async function connectors() {
  const factories = await Promise.all(Object.values(BUILT_IN).map((load) => load()))
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
  const engine = await Millrace.create({ threads: 0, catalogs: catalogsOf(factories, folder) })
  try {
    return await renderConnectors(factories, (sql) => engine.query(sql).all())
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true })
  }
}
