import {
  call,
  type FunctionBuilder,
  type FunctionHandle,
  type Local,
  type ModuleBuilder,
  type ParamLocals,
} from './builder.js'
import { i32, i64 } from './scalar.js'
import { i8x16, v128 } from './simd.js'
import { buildEqual } from './text-kernels.js'
import type { Expr } from './value.js'

/**
 * Finds what a path leads to in columns of JSON texts, as scanning does in `src/expressions/json/json-scan.ts`: what the path
 * passes by is checked and skipped, and of equal keys the last wins. Rows whose keys or strings on the path have
 * escapes are left to JavaScript.
 *
 * A path is, from {@link PATH_STEPS} on, {@link STEP_BYTES} a step: address and length of the key, the index in an array
 * or -1; before them stands how many there are.
 */
export type JsonKernels = {
  /** Writes where each found text begins, as an address, and its length, or {@link MISSING} or {@link SLOW}. @returns the slow rows */
  scan(
    offsets: number,
    bytes: number,
    validity: number,
    count: number,
    path: number,
    scratch: number,
    starts: number,
    lengths: number,
  ): number
}

/** `scalar`: the texts of scalars. `length`: of arrays how many elements; `size`: that, and 0 of scalars. */
export type JsonWanted = 'scalar' | 'length' | 'size'

export const MISSING = -1
export const SLOW = -2
export const PATH_STEPS = 16
export const STEP_BYTES = 16
const STEP_LENGTH = 4
const STEP_INDEX = 8

export const SCRATCH_BYTES = 16
/** Of the value wanted, in scratch memory; the length is MISSING where nothing is found. */
const FOUND_START = 0
const FOUND_LENGTH = 4
/** The last string has escapes. */
const ESCAPED = 8
/** JavaScript has to look at the row. */
const NEEDS_SLOW = 12

const OFF_PATH = -1
const MAX_DEPTH = 1000

type F = FunctionBuilder<'i32'>
type I32 = Expr<'i32'>

const code = (character: string): number => character.charCodeAt(0)

const VALUE_PARAMS = {
  at: 'i32',
  end: 'i32',
  path: 'i32',
  scratch: 'i32',
  depth: 'i32',
  step: 'i32',
} as const
type ValueParams = ParamLocals<typeof VALUE_PARAMS>

/** The byte at an address, 0 behind the end: no byte of JSON. */
const byteAt = (at: I32, end: I32): I32 => i32.select(i32.lt_u(at, end), i32.load8_u(at), 0)

const isByte = (at: I32, end: I32, character: string): I32 =>
  i32.eq(byteAt(at, end), code(character))

const isDigit = (byte: I32): I32 => i32.le_u(i32.sub(byte, code('0')), 9)

function skipSpace(f: F, at: Local<'i32'>, end: I32): void {
  const byte = f.local('i32')
  f.block((done) => {
    f.loop((again) => {
      f.set(byte, byteAt(at, end))
      f.brIf(done, i32.gt_u(byte, code(' ')))
      const isSpace = i32.or(
        i32.or(i32.eq(byte, code(' ')), i32.eq(byte, code('\n'))),
        i32.or(i32.eq(byte, code('\r')), i32.eq(byte, code('\t'))),
      )
      f.brIf(done, i32.eqz(isSpace))
      f.set(at, i32.add(at, 1))
      f.br(again)
    })
  })
}

function skipDigits(f: F, at: Local<'i32'>, end: I32): void {
  f.while(isDigit(byteAt(at, end)), () => f.set(at, i32.add(at, 1)))
}

/** Moves on by one where the next byte is the character, else the text is no JSON. */
function expectByte(f: F, at: Local<'i32'>, end: I32, character: string): void {
  f.if(i32.eqz(isByte(at, end, character)), () => f.return(0))
  f.set(at, i32.add(at, 1))
}

export function buildJsonKernels(m: ModuleBuilder, wanted: JsonWanted): void {
  const equal = buildEqual(m)
  const string = buildString(m)
  const value = m.recursive('value', VALUE_PARAMS, 'i32', (f, p, self) => {
    f.if(i32.gt_s(p.depth, MAX_DEPTH), () => f.return(0))
    skipSpace(f, p.at, p.end)
    const first = f.let(byteAt(p.at, p.end))
    const isWanted = f.let(i32.eq(p.step, i32.load(p.path)))
    f.if(i32.eq(first, code('"')), () => readString(f, p, string, isWanted, wanted))
    // Keys and indexes below the value wanted are off the path.
    const isInside = i32.or(i32.eq(first, code('{')), i32.eq(first, code('[')))
    const steps = f.let(i32.select(isWanted, OFF_PATH, p.step))
    const step = f.let(i32.add(p.path, i32.add(i32.mul(steps, STEP_BYTES), PATH_STEPS)))
    f.if(isInside, () => f.set(p.at, i32.add(p.at, 1)))
    const container = { steps, step, isWanted, wanted, self }
    f.if(i32.eq(first, code('{')), () => readObject(f, p, container, string, equal))
    f.if(i32.eq(first, code('[')), () => readArray(f, p, container))
    readNumber(f, p, first, isWanted, wanted)
    for (const word of ['true', 'false', 'null'] as const) readWord(f, p, word, isWanted, wanted)
    f.return(0)
  })
  buildScan(m, value)
}

/** string(at, end, scratch): the address behind the string whose opening quote is before `at`, or 0; says whether it has escapes. */
function buildString(m: ModuleBuilder): FunctionHandle<'i32'> {
  const params = { at: 'i32', end: 'i32', scratch: 'i32' } as const
  return m.internal('string', params, 'i32', (f, { at, end, scratch }) => {
    const hits = f.local('i32')
    const byte = f.local('i32')
    f.store32(scratch, 0, ESCAPED)
    f.while(i32.lt_u(at, end), () => {
      const bytes = f.let(v128.load(at))
      const ends = v128.or(
        i8x16.eq(bytes, i8x16.splat(code('"'))),
        i8x16.eq(bytes, i8x16.splat(code('\\'))),
      )
      const controls = i8x16.lt_u(bytes, i8x16.splat(code(' ')))
      f.set(hits, i8x16.bitmask(v128.or(ends, controls)))
      f.if(
        i32.eqz(hits),
        () => f.set(at, i32.add(at, 16)),
        () => {
          f.set(at, i32.add(at, i32.ctz(hits)))
          f.if(i32.ge_u(at, end), () => f.return(0))
          f.set(byte, i32.load8_u(at))
          f.if(i32.eq(byte, code('"')), () => f.return(i32.add(at, 1)))
          f.if(i32.ne(byte, code('\\')), () => f.return(0))
          f.store32(scratch, 1, ESCAPED)
          skipEscape(f, at, end)
        },
      )
    })
    f.return(0)
  })
}

function skipEscape(f: F, at: Local<'i32'>, end: I32): void {
  const digit = f.local('i32')
  const escaped = f.let(byteAt(i32.add(at, 1), end))
  f.set(at, i32.add(at, 2))
  f.if(
    i32.eq(escaped, code('u')),
    () => {
      for (let i = 0; i < 4; i++) {
        f.set(digit, byteAt(at, end))
        const isLetter = i32.le_u(i32.sub(i32.or(digit, 32), code('a')), 5)
        f.if(i32.eqz(i32.or(isDigit(digit), isLetter)), () => f.return(0))
        f.set(at, i32.add(at, 1))
      }
    },
    () => {
      const known = [...'"\\/bfnrt'].map((character) => i32.eq(escaped, code(character)))
      f.if(i32.eqz(known.reduce((a, b) => i32.or(a, b))), () => f.return(0))
    },
  )
}

function found(f: F, { scratch }: ValueParams, start: I32, length: I32): void {
  f.store32(scratch, start, FOUND_START)
  f.store32(scratch, length, FOUND_LENGTH)
}

/** Of a scalar that is wanted: its text, or that it has no elements. */
function foundScalar(
  f: F,
  p: ValueParams,
  isWanted: I32,
  wanted: JsonWanted,
  text: { readonly start: I32; readonly end: I32 },
): void {
  if (wanted === 'length') return
  f.if(isWanted, () => {
    found(f, p, text.start, wanted === 'size' ? i32.const(0) : i32.sub(text.end, text.start))
  })
}

function readString(
  f: F,
  p: ValueParams,
  string: FunctionHandle<'i32'>,
  isWanted: I32,
  wanted: JsonWanted,
): void {
  const start = f.let(i32.add(p.at, 1))
  const after = f.let(call(string, start, p.end, p.scratch))
  f.if(after, () => {
    foundScalar(f, p, isWanted, wanted, { start, end: i32.sub(after, 1) })
    if (wanted !== 'scalar') return
    f.if(i32.and(isWanted, i32.load(p.scratch, ESCAPED)), () => {
      f.store32(p.scratch, 1, NEEDS_SLOW)
    })
  })
  f.return(after)
}

interface Container {
  /** The step that what is inside is looked up by, or OFF_PATH. */
  readonly steps: Local<'i32'>
  /** Where that step is described. */
  readonly step: Local<'i32'>
  readonly isWanted: I32
  readonly wanted: JsonWanted
  readonly self: FunctionHandle<'i32'>
}

function readObject(
  f: F,
  { at, end, path, scratch, depth }: ValueParams,
  { steps, step, isWanted, wanted, self }: Container,
  string: FunctionHandle<'i32'>,
  equal: FunctionHandle<'i32'>,
): void {
  // Equal keys count once.
  if (wanted === 'size') f.if(isWanted, () => f.store32(scratch, 1, NEEDS_SLOW))
  skipSpace(f, at, end)
  f.if(isByte(at, end, '}'), () => f.return(i32.add(at, 1)))
  const child = f.local('i32')
  f.loop((again) => {
    skipSpace(f, at, end)
    expectByte(f, at, end, '"')
    const key = f.let(at)
    f.set(at, call(string, at, end, scratch))
    f.if(i32.eqz(at), () => f.return(0))
    f.set(child, OFF_PATH)
    f.if(i32.ge_s(steps, 0), () => {
      f.if(i32.load(scratch, ESCAPED), () => f.store32(scratch, 1, NEEDS_SLOW))
      const length = f.let(i32.sub(i32.sub(at, key), 1))
      f.if(i32.eq(length, i32.load(step, STEP_LENGTH)), () => {
        f.if(call(equal, key, i32.load(step), length), () => {
          f.set(child, i32.add(steps, 1))
          f.store32(scratch, MISSING, FOUND_LENGTH)
        })
      })
    })
    skipSpace(f, at, end)
    expectByte(f, at, end, ':')
    f.set(at, call(self, at, end, path, scratch, i32.add(depth, 1), child))
    nextOrEnd(f, at, end, '}', () => {})
    f.br(again)
  })
}

function readArray(f: F, p: ValueParams, { steps, step, isWanted, wanted, self }: Container): void {
  const { at, end, path, scratch, depth } = p
  const elements = f.local('i32')
  const finish = () => {
    if (wanted !== 'scalar') f.if(isWanted, () => found(f, p, i32.const(0), elements))
  }
  f.set(elements, 0)
  skipSpace(f, at, end)
  f.if(isByte(at, end, ']'), () => {
    finish()
    f.return(i32.add(at, 1))
  })
  f.loop((again) => {
    const isNext = i32.and(i32.ge_s(steps, 0), i32.eq(i32.load(step, STEP_INDEX), elements))
    const child = i32.select(isNext, i32.add(steps, 1), OFF_PATH)
    f.set(at, call(self, at, end, path, scratch, i32.add(depth, 1), child))
    f.set(elements, i32.add(elements, 1))
    nextOrEnd(f, at, end, ']', finish)
    f.br(again)
  })
}

/** Behind a value inside of a container: goes on after a comma, returns after its end. */
function nextOrEnd(f: F, at: Local<'i32'>, end: I32, closing: string, finish: () => void): void {
  f.if(i32.eqz(at), () => f.return(0))
  skipSpace(f, at, end)
  f.if(isByte(at, end, closing), () => {
    finish()
    f.return(i32.add(at, 1))
  })
  expectByte(f, at, end, ',')
}

/** Fractions and exponents without digits end the number before them, which is then no JSON by what follows. */
function readNumber(f: F, p: ValueParams, first: I32, isWanted: I32, wanted: JsonWanted): void {
  const { at: start, end } = p
  const at = f.let(i32.add(start, i32.eq(first, code('-'))))
  f.if(isDigit(byteAt(at, end)), () => {
    f.if(
      isByte(at, end, '0'),
      () => f.set(at, i32.add(at, 1)),
      () => skipDigits(f, at, end),
    )
    const isFraction = i32.and(isByte(at, end, '.'), isDigit(byteAt(i32.add(at, 1), end)))
    f.if(isFraction, () => {
      f.set(at, i32.add(at, 1))
      skipDigits(f, at, end)
    })
    f.if(i32.eq(i32.or(byteAt(at, end), 32), code('e')), () => {
      const sign = f.let(byteAt(i32.add(at, 1), end))
      const hasSign = i32.or(i32.eq(sign, code('+')), i32.eq(sign, code('-')))
      const digits = f.let(i32.add(i32.add(at, 1), hasSign))
      f.if(isDigit(byteAt(digits, end)), () => {
        f.set(at, digits)
        skipDigits(f, at, end)
      })
    })
    foundScalar(f, p, isWanted, wanted, { start, end: at })
    f.return(at)
  })
}

function readWord(
  f: F,
  p: ValueParams,
  word: 'true' | 'false' | 'null',
  isWanted: I32,
  wanted: JsonWanted,
): void {
  const bytes = Buffer.from(word)
  const start = i32.eq(i32.load(p.at), bytes.readInt32LE())
  const matches =
    word.length === 4 ? start : i32.and(start, i32.eq(i32.load8_u(p.at, 4), bytes[4]!))
  const fits = i32.le_u(i32.add(p.at, word.length), p.end)
  f.if(i32.and(fits, matches), () => {
    const end = i32.add(p.at, word.length)
    const isText = word !== 'null' || wanted === 'size'
    if (isText) foundScalar(f, p, isWanted, wanted, { start: p.at, end })
    f.return(end)
  })
}

function buildScan(m: ModuleBuilder, value: FunctionHandle<'i32'>): void {
  const params = {
    offsets: 'i32',
    bytes: 'i32',
    validity: 'i32',
    count: 'i32',
    path: 'i32',
    scratch: 'i32',
    starts: 'i32',
    lengths: 'i32',
  } as const
  m.function('scan', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const slow = f.local('i32')
    const length = f.local('i32')
    const at = f.local('i32')
    f.for(row, 0, p.count, () => {
      const shift = i32.shl(row, 2)
      f.set(length, MISSING)
      const bit = i32.shr_u(i32.load8_u(i32.add(p.validity, i32.shr_u(row, 3))), i32.and(row, 7))
      f.if(i32.if(p.validity, i32.and(bit, 1), 1), () => {
        const offset = f.let(i32.add(p.offsets, shift))
        const end = f.let(i32.add(p.bytes, i32.load(offset, 4)))
        f.store32(p.scratch, MISSING, FOUND_LENGTH)
        f.store32(p.scratch, 0, NEEDS_SLOW)
        const start = i32.add(p.bytes, i32.load(offset))
        f.set(at, call(value, start, end, p.path, p.scratch, 0, 0))
        f.if(at, () => {
          skipSpace(f, at, end)
          f.if(i32.eq(at, end), () => {
            const isSlow = f.let(i32.load(p.scratch, NEEDS_SLOW))
            f.set(slow, i32.add(slow, isSlow))
            f.set(length, i32.select(isSlow, SLOW, i32.load(p.scratch, FOUND_LENGTH)))
            f.store32(i32.add(p.starts, shift), i32.load(p.scratch, FOUND_START))
          })
        })
      })
      f.store32(i32.add(p.lengths, shift), length)
    })
    f.return(slow)
  })
}

export type PlaceKernels = {
  /** Offsets and a validity bitmap of texts by their lengths, negative where there is none. @returns the last offset, or -1 past what offsets hold */
  place(lengths: number, count: number, offsets: number, validity: number): number
  /** Copies the texts that begin at addresses. */
  gather(starts: number, offsets: number, count: number, out: number): number
}

export function buildPlaceKernels(m: ModuleBuilder): void {
  const placed = { lengths: 'i32', count: 'i32', offsets: 'i32', validity: 'i32' } as const
  m.function('place', placed, 'i32', (f, p) => {
    const row = f.local('i32')
    const total = f.local('i64')
    const bits = f.local('i32')
    f.store32(p.offsets, 0)
    f.for(row, 0, p.count, () => {
      const length = f.let(i32.load(i32.add(p.lengths, i32.shl(row, 2))))
      const isText = f.let(i32.ge_s(length, 0))
      f.set(bits, i32.or(bits, i32.shl(isText, i32.and(row, 7))))
      f.set(total, i64.add(total, i64.extend_i32_u(i32.select(isText, length, 0))))
      f.store32(i32.add(p.offsets, i32.shl(row, 2)), i32.wrap_i64(total), 4)
      f.if(i32.eq(i32.and(row, 7), 7), () => {
        f.store8(i32.add(p.validity, i32.shr_u(row, 3)), bits)
        f.set(bits, 0)
      })
    })
    f.if(i32.and(p.count, 7), () => {
      f.store8(i32.add(p.validity, i32.shr_u(p.count, 3)), bits)
    })
    f.return(i32.select(i64.gt_s(total, 0x7fffffff), -1, i32.wrap_i64(total)))
  })
  const gathered = { starts: 'i32', offsets: 'i32', count: 'i32', out: 'i32' } as const
  m.function('gather', gathered, 'i32', (f, p) => {
    const row = f.local('i32')
    const from = f.local('i32')
    const to = f.local('i32')
    const end = f.local('i32')
    f.for(row, 0, p.count, () => {
      const offset = f.let(i32.add(p.offsets, i32.shl(row, 2)))
      f.set(from, i32.load(i32.add(p.starts, i32.shl(row, 2))))
      f.set(to, i32.add(p.out, i32.load(offset)))
      f.set(end, i32.add(p.out, i32.load(offset, 4)))
      f.while(i32.lt_u(to, end), () => {
        f.store128(to, v128.load(from))
        f.set(to, i32.add(to, 16))
        f.set(from, i32.add(from, 16))
      })
    })
    f.return(0)
  })
}
