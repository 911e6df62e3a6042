import { build } from 'rolldown'
import { shipTypes } from './ship-types.mjs'

/**
 * Bundles what the compiler made in build/ into dist/: a few files load several times faster than the hundreds they are made
 * of. Chunks lie beside the engine's worker entry, two folders below package.json, as the modules that look for these do.
 */
const node = {
  input: {
    index: 'build/index.js',
    'spi/index': 'build/spi/index.js',
    'client/index': 'build/client/index.js',
    'testing/index': 'build/testing/index.js',
    'cli/main': 'build/cli/main.js',
    'engine/worker-entry': 'build/engine/threads/worker-entry.js',
    'engine/heartbeat-entry': 'build/server/cluster/heartbeat-entry.js',
  },
  platform: 'node',
  external: [/^[^./]/],
  plugins: [shipTypes()],
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'engine/[name]-[hash].js',
    sourcemap: true,
  },
}

/** The client for pages in browsers, which have no bare imports: one file for rows, more for pages, loaded when they are asked for. */
const browser = {
  input: { index: 'build/client/index.js' },
  platform: 'browser',
  external: [/^node:/, 'ws', 'apache-arrow', 'highland'],
  output: {
    dir: 'dist/browser',
    format: 'esm',
    cleanDir: true,
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  },
}

for (const bundle of [node, browser]) await build(bundle)
