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
 * Finds what a path leads to in columns of JSON texts, as `src/expressions/json/json-scan.ts` does. Rows whose keys or strings on
 * the path have escapes are left to JavaScript.
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

/** `scalar`: the texts of scalars. `length`: of arrays how many elements; `size`: of containers how many members, and 0 of scalars. */
export type JsonWanted = 'scalar' | 'length' | 'size'

export const MISSING = -1
export const SLOW = -2
export const PATH_STEPS = 16
export const STEP_BYTES = 16
const STEP_LENGTH = 4
const STEP_INDEX = 8

export const SCRATCH_BYTES = 12
/** In scratch memory: the last string has escapes. */
const ESCAPED = 0
/** Where the text found begins, or how many members a container has that was skipped. */
const FOUND_START = 4
const MEMBERS = 8

const MAX_DEPTH = 1000

type F = FunctionBuilder<'i32'>
type I32 = Expr<'i32'>

const code = (character: string): number => character.charCodeAt(0)

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

interface Readers {
  readonly equal: FunctionHandle<'i32'>
  readonly string: FunctionHandle<'i32'>
  readonly number: FunctionHandle<'i32'>
  readonly word: FunctionHandle<'i32'>
  readonly skip: FunctionHandle<'i32'>
}

export function buildJsonKernels(m: ModuleBuilder, wanted: JsonWanted): void {
  const equal = buildEqual(m)
  const string = buildString(m)
  const number = buildNumber(m)
  const word = buildWord(m)
  const skip = buildSkip(m, { string, number, word })
  const readers = { equal, string, number, word, skip }
  const find = buildFindMember(m, readers)
  const read = wanted === 'scalar' ? buildScalar(m, readers) : buildSize(m, readers, wanted)
  buildScan(m, find, read)
}

const SKIP_PARAMS = { at: 'i32', end: 'i32', scratch: 'i32', depth: 'i32' } as const

/** skip(at, end, scratch, depth): the address behind the value that begins there, or 0; says how many members a container has. */
function buildSkip(
  m: ModuleBuilder,
  { string, number, word }: Pick<Readers, 'string' | 'number' | 'word'>,
): FunctionHandle<'i32'> {
  return m.recursive('skip', SKIP_PARAMS, 'i32', (f, p, self) => {
    const { at, end, scratch, depth } = p
    f.if(i32.gt_s(depth, MAX_DEPTH), () => f.return(0))
    const first = f.let(byteAt(at, end))
    f.if(i32.eq(first, code('"')), () => f.return(call(string, i32.add(at, 1), end, scratch)))
    const isObject = f.let(i32.eq(first, code('{')))
    f.if(i32.eqz(i32.or(isObject, i32.eq(first, code('[')))), () => {
      const after = f.let(call(number, at, end))
      f.if(after, () => f.return(after))
      f.return(call(word, at, end))
    })
    const members = f.local('i32')
    const closing = f.let(i32.select(isObject, code('}'), code(']')))
    eachMember(f, { at, end, closing }, (finish) => {
      f.set(members, i32.add(members, 1))
      f.if(isObject, () => skipKey(f, { at, end, scratch }, string))
      f.set(at, call(self, at, end, scratch, i32.add(depth, 1)))
      finish()
    })
    f.store32(scratch, members, MEMBERS)
    f.return(at)
  })
}

/**
 * Goes through the container that begins at an address, which ends up behind it.
 * @param member reads one from there; between it and the next one it calls what it is given
 */
function eachMember(
  f: F,
  { at, end, closing }: { readonly at: Local<'i32'>; readonly end: I32; readonly closing: I32 },
  member: (finish: () => void) => void,
): void {
  f.set(at, i32.add(at, 1))
  skipSpace(f, at, end)
  f.block((done) => {
    const isEnd = () => i32.eq(byteAt(at, end), closing)
    f.brIf(done, isEnd())
    f.loop((again) => {
      member(() => {
        f.if(i32.eqz(at), () => f.return(0))
        skipSpace(f, at, end)
      })
      f.brIf(done, isEnd())
      expectByte(f, at, end, ',')
      skipSpace(f, at, end)
      f.br(again)
    })
  })
  f.set(at, i32.add(at, 1))
}

function skipKey(
  f: F,
  { at, end, scratch }: { readonly at: Local<'i32'>; readonly end: I32; readonly scratch: I32 },
  string: FunctionHandle<'i32'>,
): void {
  expectByte(f, at, end, '"')
  f.set(at, call(string, at, end, scratch))
  f.if(i32.eqz(at), () => f.return(0))
  skipSpace(f, at, end)
  expectByte(f, at, end, ':')
  skipSpace(f, at, end)
}

/** An address that no text has: the row is left to JavaScript. */
const LEFT_OUT = 1

/** member(at, end, step, scratch): where the member's value begins that a step leads to, 0, or LEFT_OUT. */
function buildFindMember(
  m: ModuleBuilder,
  { equal, string, skip }: Readers,
): FunctionHandle<'i32'> {
  const params = { at: 'i32', end: 'i32', step: 'i32', scratch: 'i32' } as const
  return m.internal('member', params, 'i32', (f, { at, end, step, scratch }) => {
    const key = f.local('i32')
    const length = f.local('i32')
    const left = f.local('i32')
    f.if(isByte(at, end, '{'), () => {
      eachMember(f, { at, end, closing: i32.const(code('}')) }, (finish) => {
        f.set(key, i32.add(at, 1))
        expectByte(f, at, end, '"')
        f.set(at, call(string, at, end, scratch))
        f.if(i32.eqz(at), () => f.return(0))
        f.set(length, i32.sub(i32.sub(at, key), 1))
        f.if(i32.load(scratch, ESCAPED), () => f.return(LEFT_OUT))
        skipSpace(f, at, end)
        expectByte(f, at, end, ':')
        skipSpace(f, at, end)
        f.if(i32.eq(length, i32.load(step, STEP_LENGTH)), () => {
          f.if(call(equal, key, i32.load(step), length), () => f.return(at))
        })
        f.set(at, call(skip, at, end, scratch, 1))
        finish()
      })
      f.return(0)
    })
    f.if(isByte(at, end, '['), () => {
      f.set(left, i32.load(step, STEP_INDEX))
      eachMember(f, { at, end, closing: i32.const(code(']')) }, (finish) => {
        f.if(i32.eqz(left), () => f.return(at))
        f.set(left, i32.sub(left, 1))
        f.set(at, call(skip, at, end, scratch, 1))
        finish()
      })
    })
    f.return(0)
  })
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

/** number(at, end): the address behind the number, or 0. */
function buildNumber(m: ModuleBuilder): FunctionHandle<'i32'> {
  return m.internal('number', { at: 'i32', end: 'i32' }, 'i32', (f, { at, end }) => {
    const isDigitAt = () => isDigit(byteAt(at, end))
    const expectDigit = () => f.if(i32.eqz(isDigitAt()), () => f.return(0))
    f.set(at, i32.add(at, isByte(at, end, '-')))
    expectDigit()
    f.if(
      isByte(at, end, '0'),
      () => {
        f.set(at, i32.add(at, 1))
        f.if(isDigitAt(), () => f.return(0))
      },
      () => skipDigits(f, at, end),
    )
    f.if(isByte(at, end, '.'), () => {
      f.set(at, i32.add(at, 1))
      expectDigit()
      skipDigits(f, at, end)
    })
    f.if(i32.eq(i32.or(byteAt(at, end), 32), code('e')), () => {
      f.set(at, i32.add(at, 1))
      const sign = f.let(byteAt(at, end))
      f.set(at, i32.add(at, i32.or(i32.eq(sign, code('+')), i32.eq(sign, code('-')))))
      expectDigit()
      skipDigits(f, at, end)
    })
    f.return(at)
  })
}

/** word(at, end): the address behind true, false or null, or 0. */
function buildWord(m: ModuleBuilder): FunctionHandle<'i32'> {
  return m.internal('word', { at: 'i32', end: 'i32' }, 'i32', (f, { at, end }) => {
    const after = f.local('i32')
    for (const word of ['true', 'false', 'null']) {
      const bytes = Buffer.from(word)
      const start = i32.eq(i32.load(at), bytes.readInt32LE())
      const isWord =
        word.length === 4 ? start : i32.and(start, i32.eq(i32.load8_u(at, 4), bytes[4]!))
      f.if(isWord, () => f.set(after, i32.add(at, word.length)))
    }
    f.if(i32.or(i32.eqz(after), i32.gt_u(after, end)), () => f.return(0))
    // What goes on like a name is none of them.
    const next = f.let(byteAt(after, end))
    const letter = f.let(i32.or(next, 32))
    const isName = i32.or(
      i32.or(isDigit(next), i32.le_u(i32.sub(letter, code('a')), 25)),
      i32.or(i32.eq(next, code('_')), i32.ge_u(next, 0x80)),
    )
    f.return(i32.select(isName, 0, after))
  })
}

const READ_PARAMS = { at: 'i32', end: 'i32', isRoot: 'i32', scratch: 'i32' } as const
type ReadParams = ParamLocals<typeof READ_PARAMS>

/** The address behind a number or word, or 0; at the root a number ends with the text or before a space. */
function readPlain(f: F, { at, end, isRoot }: ReadParams, { number, word }: Readers): Local<'i32'> {
  const after = f.let(call(number, at, end))
  f.if(
    after,
    () => {
      const next = f.let(byteAt(after, end))
      const isEnd = [' ', '\n', '\r', '\t'].map((space) => i32.eq(next, code(space)))
      const ends = i32.or(
        i32.ge_u(after, end),
        isEnd.reduce((a, b) => i32.or(a, b)),
      )
      f.if(i32.and(isRoot, i32.eqz(ends)), () => f.return(MISSING))
    },
    () => f.set(after, call(word, at, end)),
  )
  return after
}

/** scalar(at, end, isRoot, scratch): the length of the text, whose start it leaves in scratch memory; MISSING or SLOW. */
function buildScalar(m: ModuleBuilder, readers: Readers): FunctionHandle<'i32'> {
  return m.internal('scalar', READ_PARAMS, 'i32', (f, p) => {
    const { at, end, scratch } = p
    f.store32(scratch, at, FOUND_START)
    f.if(isByte(at, end, '"'), () => {
      const after = f.let(call(readers.string, i32.add(at, 1), end, scratch))
      f.if(i32.eqz(after), () => f.return(MISSING))
      f.store32(scratch, i32.add(at, 1), FOUND_START)
      const length = i32.sub(i32.sub(after, at), 2)
      f.return(i32.select(i32.load(scratch, ESCAPED), SLOW, length))
    })
    const after = readPlain(f, p, readers)
    const isNull = i32.eq(byteAt(at, end), code('n'))
    f.return(i32.select(i32.or(i32.eqz(after), isNull), MISSING, i32.sub(after, at)))
  })
}

/** size(at, end, isRoot, scratch): how many members a container has, or MISSING. */
function buildSize(
  m: ModuleBuilder,
  readers: Readers,
  wanted: 'length' | 'size',
): FunctionHandle<'i32'> {
  return m.internal('size', READ_PARAMS, 'i32', (f, p) => {
    const { at, end, scratch } = p
    const first = f.let(byteAt(at, end))
    const isArray = i32.eq(first, code('['))
    const isCounted = wanted === 'length' ? isArray : i32.or(isArray, i32.eq(first, code('{')))
    f.if(isCounted, () => {
      const after = call(readers.skip, at, end, scratch, 0)
      f.return(i32.if(after, i32.load(scratch, MEMBERS), MISSING))
    })
    if (wanted === 'length') f.return(MISSING)
    else {
      // A string is not read to its end.
      f.if(i32.eq(first, code('"')), () => f.return(0))
      f.return(i32.select(readPlain(f, p, readers), 0, MISSING))
    }
  })
}

function buildScan(
  m: ModuleBuilder,
  member: FunctionHandle<'i32'>,
  read: FunctionHandle<'i32'>,
): void {
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
    const step = f.local('i32')
    const first = f.let(i32.add(p.path, PATH_STEPS))
    const behind = f.let(i32.add(first, i32.mul(i32.load(p.path), STEP_BYTES)))
    const isRoot = f.let(i32.eqz(i32.load(p.path)))
    f.for(row, 0, p.count, () => {
      const shift = i32.shl(row, 2)
      f.set(length, MISSING)
      const bit = i32.shr_u(i32.load8_u(i32.add(p.validity, i32.shr_u(row, 3))), i32.and(row, 7))
      f.if(i32.if(p.validity, i32.and(bit, 1), 1), () => {
        const offset = f.let(i32.add(p.offsets, shift))
        const end = f.let(i32.add(p.bytes, i32.load(offset, 4)))
        f.set(at, i32.add(p.bytes, i32.load(offset)))
        skipSpace(f, at, end)
        f.set(step, first)
        f.while(i32.and(i32.gt_u(at, LEFT_OUT), i32.lt_u(step, behind)), () => {
          f.set(at, call(member, at, end, step, p.scratch))
          f.set(step, i32.add(step, STEP_BYTES))
        })
        f.if(i32.eq(at, LEFT_OUT), () => f.set(length, SLOW))
        f.if(i32.gt_u(at, LEFT_OUT), () => {
          f.set(length, call(read, at, end, isRoot, p.scratch))
          f.store32(i32.add(p.starts, shift), i32.load(p.scratch, FOUND_START))
        })
        f.set(slow, i32.add(slow, i32.eq(length, SLOW)))
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
