/**
 * Writes WebAssembly's binary format: bytes, LEB128 numbers and the sections of a module.
 * @source https://webassembly.github.io/spec/core/binary/ (with SIMD, bulk memory and threads)
 */

export type WasmType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

const TYPE_CODES: Readonly<Record<WasmType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
}

/** A growing byte buffer with the number formats of the binary format. */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  byte(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  raw(bytes: Uint8Array | readonly number[]): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** Unsigned LEB128 of an integer from 0 to 2^32 - 1. */
  unsigned(value: number): this {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80)
      value = Math.floor(value / 0x80)
    }
    return this.byte(value)
  }

  /** Signed LEB128 of a 32-bit integer; unsigned ones wrap, as addresses do. */
  signed32(value: number): this {
    value |= 0
    for (;;) {
      const low = value & 0x7f
      value >>= 7
      if ((value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)) {
        return this.byte(low)
      }
      this.byte(low | 0x80)
    }
  }

  /** Signed LEB128 of a 64-bit integer. */
  signed64(value: bigint): this {
    value = BigInt.asIntN(64, value)
    for (;;) {
      const low = Number(value & 0x7fn)
      value >>= 7n
      if ((value === 0n && (low & 0x40) === 0) || (value === -1n && (low & 0x40) !== 0)) {
        return this.byte(low)
      }
      this.byte(low | 0x80)
    }
  }

  float32(value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.raw(bytes)
  }

  float64(value: number): this {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    return this.raw(bytes)
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text)
    return this.unsigned(bytes.length).raw(bytes)
  }

  /** The bytes written so far; a view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

export interface EncodedFunction {
  readonly name: string
  readonly exported: boolean
  readonly params: readonly WasmType[]
  readonly result: WasmType | null
  /** Locals beyond the parameters, in index order. */
  readonly locals: readonly WasmType[]
  /** Instructions without the final `end`. */
  readonly body: Uint8Array
}

const SECTION = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const SHARED_WITH_MAXIMUM = 3
const MEMORY_PAGES_MAX = 65_536

/** Every module imports its memory under this name. */
export const MEMORY_IMPORT = { module: 'engine', name: 'memory' } as const

/**
 * Encodes a module that imports the engine's shared memory and holds the given functions.
 * @param name of the module, for profiles and stack traces
 * @returns bytes for `new WebAssembly.Module`
 */
export function encodeModule(functions: readonly EncodedFunction[], name: string): Uint8Array {
  const out = new ByteWriter().raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
  const signatures = new Map<string, number>()
  const types = new ByteWriter()
  const indexes = functions.map((f) => {
    const key = `${f.params.join()}:${f.result}`
    let index = signatures.get(key)
    if (index === undefined) {
      index = signatures.size
      signatures.set(key, index)
      types.byte(0x60).unsigned(f.params.length)
      for (const param of f.params) types.byte(TYPE_CODES[param])
      if (f.result === null) types.byte(0)
      else types.byte(1).byte(TYPE_CODES[f.result])
    }
    return index
  })
  section(out, SECTION.type, vector(signatures.size, types))
  section(out, SECTION.import, memoryImport())
  const declarations = new ByteWriter()
  for (const index of indexes) declarations.unsigned(index)
  section(out, SECTION.function, vector(functions.length, declarations))
  section(out, SECTION.export, exportSection(functions))
  const code = new ByteWriter()
  for (const f of functions) writeBody(code, f)
  section(out, SECTION.code, vector(functions.length, code))
  section(out, SECTION.custom, nameSection(functions, name))
  return out.view().slice()
}

function section(out: ByteWriter, id: number, content: ByteWriter): void {
  out.byte(id).unsigned(content.length).raw(content.view())
}

function vector(count: number, items: ByteWriter): ByteWriter {
  return new ByteWriter().unsigned(count).raw(items.view())
}

function memoryImport(): ByteWriter {
  return new ByteWriter()
    .unsigned(1)
    .name(MEMORY_IMPORT.module)
    .name(MEMORY_IMPORT.name)
    .byte(2)
    .byte(SHARED_WITH_MAXIMUM)
    .unsigned(1)
    .unsigned(MEMORY_PAGES_MAX)
}

function exportSection(functions: readonly EncodedFunction[]): ByteWriter {
  const items = new ByteWriter()
  let count = 0
  functions.forEach((f, index) => {
    if (!f.exported) return
    count++
    items.name(f.name).byte(0).unsigned(index)
  })
  return vector(count, items)
}

/** Locals are declared in runs of one type. */
function writeBody(code: ByteWriter, f: EncodedFunction): void {
  const runs: { type: WasmType; count: number }[] = []
  for (const type of f.locals) {
    const last = runs.at(-1)
    if (last?.type === type) last.count++
    else runs.push({ type, count: 1 })
  }
  const body = new ByteWriter().unsigned(runs.length)
  for (const run of runs) body.unsigned(run.count).byte(TYPE_CODES[run.type])
  body.raw(f.body).byte(0x0b)
  code.unsigned(body.length).raw(body.view())
}

/** Names show in stack traces and profiles: the module's in its URL, `wasm://wasm/NAME-…`. */
function nameSection(functions: readonly EncodedFunction[], moduleName: string): ByteWriter {
  const ofModule = new ByteWriter().name(moduleName)
  const names = new ByteWriter().unsigned(functions.length)
  functions.forEach((f, index) => {
    names.unsigned(index).name(f.name)
  })
  return new ByteWriter()
    .name('name')
    .byte(0)
    .unsigned(ofModule.length)
    .raw(ofModule.view())
    .byte(1)
    .unsigned(names.length)
    .raw(names.view())
}
