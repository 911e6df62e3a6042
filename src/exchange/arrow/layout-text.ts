import type { SqlType, Storage } from '../../spi/index.js'
import { corrupt } from './message.js'
import type { ColumnLayout, Layout, PageLayout } from './page-layout.js'
import type { RawBody } from './sealed-body.js'

/** A layout as the body of a schema frame: its description as JSON, then the schema messages of its batches. */
export function encodeLayout(layout: PageLayout, messages: readonly Uint8Array[]): RawBody {
  const text = Buffer.from(JSON.stringify(layout))
  const parametersLength = (text.length + 7) & ~7
  const byteLength = messages.reduce((sum, message) => sum + message.length, parametersLength)
  const bytes = new Uint8Array(byteLength).fill(0x20, 0, parametersLength)
  bytes.set(text)
  let at = parametersLength
  for (const message of messages) {
    bytes.set(message, at)
    at += message.length
  }
  return { bytes, parametersLength }
}

/** @throws CORRUPT_PAGE */
export function decodeLayout({ bytes, parametersLength }: RawBody): PageLayout {
  const { types, columns, hasChanges } = parseJson(bytes.subarray(0, parametersLength))
  if (!Array.isArray(types) || !Array.isArray(columns) || types.length !== columns.length) {
    throw corrupt('a schema without columns')
  }
  return {
    // Types are compared with what the reader expects, where it expects some, and are plain data.
    types: types as readonly SqlType[],
    columns: columns.map(columnOf),
    hasChanges: hasChanges === true,
  }
}

function parseJson(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    throw corrupt('a schema that is no JSON')
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw corrupt('a schema of another form')
  return value as Readonly<Record<string, unknown>>
}

function columnOf(value: unknown): ColumnLayout {
  const { isConstant, layout } = asRecord(value)
  return { isConstant: isConstant === true, layout: layoutOf(layout) }
}

const STORAGES: Readonly<Record<Storage, true>> = {
  i8: true,
  i16: true,
  i32: true,
  i64: true,
  f32: true,
  f64: true,
  bool: true,
  fixed16: true,
  bytes: true,
  array: true,
  map: true,
  row: true,
  null: true,
}

function layoutOf(value: unknown): Layout {
  const { storage, parts, width, dictionary, isShared } = asRecord(value)
  if (!Array.isArray(parts)) throw corrupt('a layout without parts')
  const children = parts.map(layoutOf)
  if (storage === 'codes') {
    if (width !== 1 && width !== 2 && width !== 4) throw corrupt('codes of another width')
    if (typeof dictionary !== 'number' || children.length !== 1) throw corrupt('codes of nothing')
    return { storage, width, dictionary, isShared: isShared === true, parts: children }
  }
  if (typeof storage !== 'string' || !Object.hasOwn(STORAGES, storage)) {
    throw corrupt('a layout that is unknown')
  }
  return { storage: storage as Storage, parts: children }
}
