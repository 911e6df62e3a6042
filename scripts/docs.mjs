// Writes the pages of docs/ that are made from the code: `npm run docs`. test/docs holds them to it.
import { writeFileSync } from 'node:fs'
import './prepare.mjs'
import { renderErrors } from './reference/errors.mjs'
import { renderFunctions } from './reference/functions.mjs'

const { ERROR_CODES } = await import('../build/spi/error-codes.js')
const { BUILTIN_FUNCTIONS } = await import('../build/expressions/functions/index.js')
const functions = new URL('../build/expressions/functions/', import.meta.url)
const pages = {
  'errors.md': renderErrors(ERROR_CODES),
  'functions.md': await renderFunctions(BUILTIN_FUNCTIONS, functions, '.js'),
}
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text)
}
