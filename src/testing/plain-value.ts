import { loadPlainCodec } from '../server/cluster/plain-codec.js'

/** A way in which handles and splits travel. */
export interface Carriage {
  carry(value: unknown): unknown
}

/** The three ways: between threads, between nodes, and as text, where bigints, bytes and special numbers are marked. */
export async function loadCarriages(): Promise<readonly Carriage[]> {
  const codec = await loadPlainCodec()
  return [
    { carry: (value) => structuredClone(value) },
    { carry: (value) => codec.unpack(codec.pack(value)) },
    { carry: (value) => fromJson(JSON.parse(JSON.stringify(toJson(value)))) },
  ]
}

/**
 * Where in a value something is no plain data (null, booleans, numbers, bigints, strings, bytes, and arrays and objects of
 * them); undefined where nothing is. Only the outermost value may be a Map.
 */
export function whereNotPlain(value: unknown, path = 'value'): string | undefined {
  switch (typeof value) {
    case 'function':
      return `${path} is a function`
    case 'symbol':
      return `${path} is a symbol`
    case 'object':
      break
    default:
      return undefined
  }
  if (value === null || ArrayBuffer.isView(value)) return undefined
  if (Array.isArray(value)) return firstOf(value.map((item, i) => [`${path}[${i}]`, item]))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    return `${path} is of class ${value.constructor?.name ?? 'unknown'}`
  }
  return firstOf(Object.entries(value).map(([name, item]) => [`${path}.${name}`, item]))
}

function firstOf(members: readonly (readonly [string, unknown])[]): string | undefined {
  for (const [path, member] of members) {
    const found = whereNotPlain(member, path)
    if (found !== undefined) return found
  }
  return undefined
}

const MARK = '$kit'

function toJson(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return { [MARK]: 'bigint', text: String(value) }
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [MARK]: 'number', text: Object.is(value, -0) ? '-0' : String(value) }
    case 'object':
      break
    default:
      return value
  }
  if (value === null) return null
  if (Array.isArray(value)) {
    return value.map((item) => (item === undefined ? { [MARK]: 'undefined' } : toJson(item)))
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return { [MARK]: value.constructor.name, bytes: Buffer.from(bytes).toString('base64') }
  }
  if (value instanceof Map) return { [MARK]: 'Map', entries: [...value].map(toJson) }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJson(item)]))
}

function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(fromJson)
  const members = value as Readonly<Record<string, unknown>>
  switch (members[MARK]) {
    case undefined:
      return Object.fromEntries(Object.entries(members).map(([name, v]) => [name, fromJson(v)]))
    case 'bigint':
      return BigInt(String(members['text']))
    case 'number':
      return Number(members['text'])
    case 'undefined':
      return undefined
    case 'Map':
      return new Map(fromJson(members['entries']) as [unknown, unknown][])
    case 'Uint8Array':
    case 'Buffer':
      return new Uint8Array(Buffer.from(String(members['bytes']), 'base64'))
    default:
      throw new TypeError(`No plain value: ${String(members[MARK])}`)
  }
}
