import {
  call,
  type FunctionBuilder,
  type FunctionHandle,
  type Local,
  type ModuleBuilder,
} from './builder.js'
import { i32 } from './scalar.js'
import { i8x16, v128 } from './simd.js'
import { buildEqual } from './text-kernels.js'
import type { Expr } from './value.js'

/** Parts of kernels that read JSON: tokens, and values that are passed by. Addresses of 0 stand for what is no JSON. */

export const SCRATCH_BYTES = 12
/** In scratch memory: the last string has escapes. */
export const ESCAPED = 0
/** Where the text found begins. */
export const FOUND_START = 4
/** How many members a container has that was skipped. */
export const MEMBERS = 8

const MAX_DEPTH = 1000

export type F = FunctionBuilder<'i32'>
export type I32 = Expr<'i32'>

export const code = (character: string): number => character.charCodeAt(0)

/** The byte at an address, 0 behind the end: no byte of JSON. */
export const byteAt = (at: I32, end: I32): I32 => i32.select(i32.lt_u(at, end), i32.load8_u(at), 0)

export const isByte = (at: I32, end: I32, character: string): I32 =>
  i32.eq(byteAt(at, end), code(character))

const isDigit = (byte: I32): I32 => i32.le_u(i32.sub(byte, code('0')), 9)

export function skipSpace(f: F, at: Local<'i32'>, end: I32): void {
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
export function expectByte(f: F, at: Local<'i32'>, end: I32, character: string): void {
  f.if(i32.eqz(isByte(at, end, character)), () => f.return(0))
  f.set(at, i32.add(at, 1))
}

export interface Readers {
  readonly equal: FunctionHandle<'i32'>
  readonly string: FunctionHandle<'i32'>
  readonly number: FunctionHandle<'i32'>
  readonly word: FunctionHandle<'i32'>
  readonly skip: FunctionHandle<'i32'>
}

export function buildReaders(m: ModuleBuilder): Readers {
  const equal = buildEqual(m)
  const string = buildString(m)
  const number = buildNumber(m)
  const word = buildWord(m)
  const skip = buildSkip(m, { string, number, word })
  return { equal, string, number, word, skip }
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
export function eachMember(
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
