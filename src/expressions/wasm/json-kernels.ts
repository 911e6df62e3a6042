import {
  call,
  type FunctionHandle,
  type Local,
  type ModuleBuilder,
  type ParamLocals,
} from './builder.js'
import {
  buildReaders,
  byteAt,
  code,
  ESCAPED,
  eachMember,
  expectByte,
  type F,
  FOUND_START,
  isByte,
  MEMBERS,
  type Readers,
  skipSpace,
} from './json-token-kernels.js'
import { i32 } from './scalar.js'

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

export function buildJsonKernels(m: ModuleBuilder, wanted: JsonWanted): void {
  const readers = buildReaders(m)
  const find = buildFindMember(m, readers)
  const read = wanted === 'scalar' ? buildScalar(m, readers) : buildSize(m, readers, wanted)
  buildScan(m, find, read)
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
