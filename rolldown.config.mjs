import { defineConfig } from 'rolldown'
import { shipTypes } from './scripts/ship-types.mjs'

/**
 * Bundles what the compiler made in build/ into dist/: a few files load several times faster than the hundreds they are made
 * of. Chunks lie beside the engine's worker entry, two folders below package.json, as the modules that look for these do.
 */
export default defineConfig({
  input: {
    index: 'build/index.js',
    'spi/index': 'build/spi/index.js',
    'client/index': 'build/client/index.js',
    'testing/index': 'build/testing/index.js',
    'cli/main': 'build/cli/main.js',
    'engine/worker-entry': 'build/engine/worker-entry.js',
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
})
