import { readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { defineConfig } from 'rolldown'
import { shipTypes } from './scripts/ship-types.mjs'

const input = {
  index: 'build/index.js',
  'spi/index': 'build/spi/index.js',
  'client/index': 'build/client/index.js',
  'testing/index': 'build/testing/index.js',
  'cli/main': 'build/cli/main.js',
  'engine/worker-entry': 'build/engine/threads/worker-entry.js',
  'engine/heartbeat-entry': 'build/server/cluster/heartbeat-entry.js',
}
/** Modules that something loads by itself: the entries, and what is imported when it is needed. */
const entries = new Set(Object.values(input).map((file) => resolve(file)))
for (const name of readdirSync('build', { recursive: true })) {
  if (!name.endsWith('.js')) continue
  const file = resolve('build', name)
  for (const [, target] of readFileSync(file, 'utf8').matchAll(/\bimport\('(\.[^']+)'\)/g)) {
    entries.add(resolve(dirname(file), target))
  }
}

/**
 * Bundles what the compiler made in build/ into dist/: a few files load several times faster than the hundreds they are made
 * of. Chunks lie beside the engine's worker entry, two folders below package.json, as the modules that look for these do.
 */
const node = defineConfig({
  input,
  platform: 'node',
  external: [/^[^./]/],
  plugins: [shipTypes()],
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    // Names of parts list the entries that they are for, with slashes.
    chunkFileNames: ({ name }) =>
      name.includes('~') ? 'engine/part-[hash].js' : 'engine/[name]-[hash].js',
    sourcemap: true,
    codeSplitting: {
      groups: [
        // What the client loads stays apart: it is small.
        {
          name: 'client',
          test: /\/build\/(client\/|spi\/error|values\/row-iterator)/,
          entriesAware: true,
          priority: 1,
        },
        // A file takes about as long to load as 20 kB to compile, so that what only few need may lie with what more do; but not
        // what is loaded by itself, which does something or brings much, nor connectors, of which few are wanted.
        {
          name: 'part',
          test: (id) => /\/build\/(?!connectors\/)/.test(id) && !entries.has(id),
          entriesAware: true,
          entriesAwareMergeThreshold: 16_000,
        },
      ],
    },
  },
})

/** The client for pages in browsers, which have no bare imports: one file for rows, more for pages, loaded when they are asked for. */
const browser = defineConfig({
  input: { index: 'build/client/index.js' },
  platform: 'browser',
  external: ['ws', 'apache-arrow', 'highland'],
  output: {
    dir: 'dist/browser',
    format: 'esm',
    cleanDir: true,
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  },
})

export default [node, browser]
