import { resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const BYTES_MAX = 30_000

test('the client for browsers is small, and has nothing of Node in it', async () => {
  const bundle = await rolldown({
    input: resolve(import.meta.dirname, '../../../src/client/index.ts'),
    platform: 'browser',
    external: [/^node:/, 'ws', 'apache-arrow', 'highland'],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  const [entry, ...others] = output
  // What is imported with it counts; pages and Arrow are loaded by those who ask for them.
  const first = new Set([entry.fileName, ...entry.imports])
  const chunks = [entry, ...others].filter((part) => part.type === 'chunk')
  const initial = chunks.filter((chunk) => first.has(chunk.fileName))
  const byteLength = initial.reduce((sum, chunk) => sum + Buffer.byteLength(chunk.code), 0)
  expect(byteLength).toBeLessThan(BYTES_MAX)
  expect(byteLength).toBeGreaterThan(BYTES_MAX / 3)
  for (const { imports, code } of chunks) {
    expect(imports.filter((name) => name.startsWith('node:'))).toEqual([])
    expect(code).not.toMatch(/\bfrom\s*["']node:/)
  }
  await bundle.close()
})
