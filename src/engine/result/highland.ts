/// <reference types="highland" preserve="true" />
import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'

type HighlandModule = typeof import('highland')

/** What `highland(stream)` makes. */
export type HighlandStream<T> = Highland.Stream<T>

/** Wraps a stream of rows; loads highland, a CommonJS package, on first use. */
export function highlandStream<T>(rows: Readable): HighlandStream<T> {
  const highland = createRequire(import.meta.url)('highland') as HighlandModule
  return highland<T>(rows)
}
