import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderErrors } from '../../scripts/reference/errors.mjs'
import { renderFunctions } from '../../scripts/reference/functions.mjs'
import { BUILTIN_FUNCTIONS } from '../../src/expressions/functions/index.js'
import { ERROR_CODES } from '../../src/spi/error-codes.js'

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
})
