import { timedCompile } from '../compile-time.js'
import { ownedName } from '../kernel-owner.js'
import type { KernelSource } from './js-kernel.js'

/** `(accesses, rowCount, out, validity) => count`: see emitKernel. */
export type Kernel = (
  accesses: readonly unknown[],
  rowCount: number,
  out: unknown,
  validity: Uint8Array | null,
) => number

type Factory = (slots: readonly unknown[]) => Kernel

/** Factories by source: a new function is slow for its first pages, so it lives as long as its thread. */
const factories = new Map<string, Factory>()
const MAX_FACTORIES = 4096
let nextId = 0

/** What a source is made of: names the emitter makes, JavaScript's operators, and the few words it uses. */
const WORDS = new Set(
  'use strict const let return for if else break null undefined true false slots accesses rowCount out validity count append values codes valid codeValid base factor read block has BigInt asIntN Number Math fround i'.split(
    ' ',
  ),
)
const GENERATED = /^(?:[a-zA-Z]\d+|n)$/

/**
 * Refuses every word that the emitter does not use. It never should; this is what keeps a mistake in it from becoming a
 * way to run text of a query.
 */
function checkSource(source: string): void {
  for (const [word] of source.matchAll(/[A-Za-z_$][A-Za-z0-9_$]*/g)) {
    if (!WORDS.has(word) && !GENERATED.test(word)) {
      throw new Error(`internal error: generated code uses ${word}`)
    }
  }
  if (/[`\\]/.test(source)) throw new Error('internal error: generated code has escapes')
}

/** Makes the function of a kernel's source. The only place where text becomes code. */
export function compileKernel({ name, source, slots }: KernelSource): Kernel {
  let factory = factories.get(source)
  if (factory === undefined) {
    checkSource(source)
    const text = `${source}\n//# sourceURL=millrace-kernel-${nextId++}-${ownedName(name)}.js`
    factory = timedCompile(() => new Function('slots', text) as Factory)
    if (factories.size >= MAX_FACTORIES) factories.clear()
    factories.set(source, factory)
  }
  return factory(slots)
}
