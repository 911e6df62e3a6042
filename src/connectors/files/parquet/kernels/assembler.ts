import { assert } from '../../../../spi/index.js'

/**
 * Assembles WebAssembly modules from a small dialect of its text format: folded instructions, `$name` alone for
 * `local.get`, a bare integer for `i32.const`, `(set $x …)` for `local.set`. Functions have parameters, locals and at most one
 * result; every `func` is exported under its name, and one memory under `memory`.
 * @source https://webassembly.github.io/spec/core/text/ and …/binary/
 */
export function assemble(text: string, initialPages: number, maximumPages: number): Uint8Array {
  const functions = parse(text).map(readFunction)
  const out: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  section(
    out,
    1,
    functions.map((f) => [
      0x60,
      ...vector(f.params.map((p) => [TYPES[p.type]!])),
      ...vector(f.result === undefined ? [] : [[TYPES[f.result]!]]),
    ]),
  )
  section(
    out,
    3,
    functions.map((_, index) => unsigned(index)),
  )
  section(out, 5, [[1, ...unsigned(initialPages), ...unsigned(maximumPages)]])
  section(out, 7, [
    [...name('memory'), 2, 0],
    ...functions.map((f, index) => [...name(f.name.slice(1)), 0, ...unsigned(index)]),
  ])
  const indexes = new Map(functions.map((f, index) => [f.name, index]))
  section(
    out,
    10,
    functions.map((f) => {
      const body = functionBody(f, indexes)
      return [...unsigned(body.length), ...body]
    }),
  )
  return Uint8Array.from(out)
}

type Node = string | readonly Node[]

interface Local {
  readonly name: string
  readonly type: string
}
interface FunctionText {
  readonly name: string
  readonly params: readonly Local[]
  readonly locals: readonly Local[]
  readonly result: string | undefined
  readonly body: readonly Node[]
}

function parse(text: string): Node[] {
  const tokens = text.replace(/;;[^\n]*/g, '').match(/[()]|[^\s()]+/g) ?? []
  const stack: Node[][] = [[]]
  for (const token of tokens) {
    if (token === '(') stack.push([])
    else if (token === ')') {
      const done = stack.pop()!
      assert(stack.length > 0, 'balanced parentheses')
      stack.at(-1)!.push(done)
    } else stack.at(-1)!.push(token)
  }
  assert(stack.length === 1, 'balanced parentheses')
  return stack[0]!
}

function readFunction(node: Node): FunctionText {
  assert(typeof node !== 'string' && node[0] === 'func' && typeof node[1] === 'string')
  const params: Local[] = []
  const locals: Local[] = []
  let result: string | undefined
  let at = 2
  for (; at < node.length; at++) {
    const part = node[at]!
    if (typeof part === 'string') break
    const kind = part[0]
    if (kind === 'result') result = part[1] as string
    else if (kind === 'param' || kind === 'local') {
      const type = part.at(-1) as string
      const into = kind === 'param' ? params : locals
      for (const local of part.slice(1, -1)) into.push({ name: local as string, type })
    } else break
  }
  return { name: node[1], params, locals, result, body: node.slice(at) }
}

function functionBody(f: FunctionText, functions: ReadonlyMap<string, number>): number[] {
  const locals = new Map([...f.params, ...f.locals].map((local, index) => [local.name, index]))
  const out: number[] = vector(f.locals.map((local) => [1, TYPES[local.type]!]))
  const scope: Scope = { locals, functions, labels: [] }
  for (const node of f.body) instruction(out, node, scope)
  out.push(END)
  return out
}

interface Scope {
  readonly locals: ReadonlyMap<string, number>
  readonly functions: ReadonlyMap<string, number>
  /** Innermost last. */
  readonly labels: readonly string[]
}

const END = 0x0b
const EMPTY_BLOCK = 0x40

function instruction(out: number[], node: Node, scope: Scope): void {
  if (typeof node === 'string') {
    if (node.startsWith('$')) out.push(0x20, ...unsigned(localIndex(node, scope)))
    else out.push(0x41, ...signed(BigInt(node)))
    return
  }
  const [head, ...rest] = node
  assert(typeof head === 'string', 'an instruction')
  switch (head) {
    case 'set':
    case 'tee':
      operands(out, rest.slice(1), scope)
      out.push(head === 'set' ? 0x21 : 0x22, ...unsigned(localIndex(rest[0] as string, scope)))
      return
    case 'block':
    case 'loop':
      out.push(head === 'block' ? 0x02 : 0x03, EMPTY_BLOCK)
      operands(out, rest.slice(1), {
        ...scope,
        labels: [...scope.labels, rest[0] as string],
      })
      out.push(END)
      return
    case 'if':
      conditional(out, rest, scope)
      return
    case 'br':
    case 'br_if':
      operands(out, rest.slice(1), scope)
      out.push(head === 'br' ? 0x0c : 0x0d, ...unsigned(labelDepth(rest[0] as string, scope)))
      return
    case 'call': {
      operands(out, rest.slice(1), scope)
      const callee = scope.functions.get(rest[0] as string)
      assert(callee !== undefined, 'a known function')
      out.push(0x10, ...unsigned(callee))
      return
    }
    case 'i64.const':
      out.push(0x42, ...signed(BigInt(rest[0] as string)))
      return
    default:
      plainInstruction(out, head, rest, scope)
  }
}

function conditional(out: number[], [condition, ...branches]: Node[], scope: Scope): void {
  instruction(out, condition!, scope)
  out.push(0x04, EMPTY_BLOCK)
  const inner = { ...scope, labels: [...scope.labels, ''] }
  for (const branch of branches) {
    if (branch[0] === 'else') out.push(0x05)
    operands(out, branch.slice(1) as readonly Node[], inner)
  }
  out.push(END)
}

function plainInstruction(out: number[], head: string, rest: readonly Node[], scope: Scope): void {
  const opcode = OPCODES[head]
  assert(opcode !== undefined, `an instruction of the dialect: ${head}`)
  const immediates: number[] = []
  let operandsFrom = 0
  if (/\.(load|store)/.test(head)) {
    const [first] = rest
    const hasOffset = typeof first === 'string' && first.startsWith('offset=')
    if (hasOffset) operandsFrom = 1
    immediates.push(0, ...unsigned(hasOffset ? Number(first.slice(7)) : 0))
  } else if (head.includes('extract_lane')) {
    immediates.push(Number(rest[0]))
    operandsFrom = 1
  } else if (head === 'i8x16.shuffle') {
    immediates.push(...rest.slice(0, 16).map(Number))
    operandsFrom = 16
  } else if (head === 'memory.copy') immediates.push(0, 0)
  else if (head === 'memory.fill') immediates.push(0)
  operands(out, rest.slice(operandsFrom), scope)
  out.push(...opcode, ...immediates)
}

function operands(out: number[], nodes: readonly Node[], scope: Scope): void {
  for (const node of nodes) instruction(out, node, scope)
}

function localIndex(local: string, scope: Scope): number {
  const index = scope.locals.get(local)
  assert(index !== undefined, `a declared local: ${local}`)
  return index
}

function labelDepth(label: string, scope: Scope): number {
  const at = scope.labels.lastIndexOf(label)
  assert(at >= 0, `an enclosing label: ${label}`)
  return scope.labels.length - 1 - at
}

function section(out: number[], id: number, items: readonly (readonly number[])[]): void {
  const content = vector(items)
  out.push(id, ...unsigned(content.length))
  for (const byte of content) out.push(byte)
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
]

const name = (text: string): number[] => {
  const bytes = [...new TextEncoder().encode(text)]
  return [...unsigned(bytes.length), ...bytes]
}

function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  bytes.push(value)
  return bytes
}

function signed(value: bigint): number[] {
  const bytes: number[] = []
  for (;;) {
    const low = Number(value & 0x7fn)
    value >>= 7n
    if ((value === 0n && (low & 0x40) === 0) || (value === -1n && (low & 0x40) !== 0)) {
      bytes.push(low)
      return bytes
    }
    bytes.push(low | 0x80)
  }
}

const TYPES: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b }

const simd = (code: number): number[] => [0xfd, ...unsigned(code)]

const OPCODES: Readonly<Record<string, readonly number[]>> = {
  return: [0x0f],
  drop: [0x1a],
  select: [0x1b],
  'i32.load': [0x28],
  'i64.load': [0x29],
  'i32.load8_s': [0x2c],
  'i32.load8_u': [0x2d],
  'i32.load16_s': [0x2e],
  'i32.load16_u': [0x2f],
  'i64.load8_s': [0x30],
  'i64.load8_u': [0x31],
  'i64.load32_u': [0x35],
  'i64.load32_s': [0x34],
  'i32.store': [0x36],
  'i64.store': [0x37],
  'i32.store8': [0x3a],
  'i32.store16': [0x3b],
  'i64.store8': [0x3c],
  'i64.store16': [0x3d],
  'i64.store32': [0x3e],
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.lt_s': [0x48],
  'i32.lt_u': [0x49],
  'i32.gt_s': [0x4a],
  'i32.gt_u': [0x4b],
  'i32.le_u': [0x4d],
  'i32.ge_u': [0x4f],
  'i64.eqz': [0x50],
  'i64.eq': [0x51],
  'i64.lt_s': [0x53],
  'i64.gt_s': [0x55],
  'i32.ctz': [0x68],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.div_u': [0x6e],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.xor': [0x73],
  'i32.shl': [0x74],
  'i32.shr_u': [0x76],
  'i64.div_u': [0x80],
  'i64.add': [0x7c],
  'i64.sub': [0x7d],
  'i64.mul': [0x7e],
  'i64.and': [0x83],
  'i64.or': [0x84],
  'i64.xor': [0x85],
  'i64.shl': [0x86],
  'i64.shr_s': [0x87],
  'i64.shr_u': [0x88],
  'i32.wrap_i64': [0xa7],
  'i64.extend_i32_s': [0xac],
  'i64.extend_i32_u': [0xad],
  'memory.copy': [0xfc, 10],
  'memory.fill': [0xfc, 11],
  'v128.load': simd(0),
  'v128.store': simd(11),
  'i32x4.splat': simd(17),
  'i64x2.splat': simd(18),
  'i32x4.extract_lane': simd(27),
  'i8x16.shuffle': simd(13),
  'i8x16.swizzle': simd(14),
  'i8x16.narrow_i16x8_s': simd(101),
  'i16x8.extadd_pairwise_i8x16_u': simd(125),
  'i32x4.extadd_pairwise_i16x8_u': simd(127),
  'i8x16.narrow_i16x8_u': simd(102),
  'i16x8.narrow_i32x4_s': simd(133),
  'i16x8.narrow_i32x4_u': simd(134),
  'i32x4.shr_s': simd(172),
  'i32x4.shr_u': simd(173),
  'i32x4.sub': simd(177),
  'i32x4.add': simd(174),
  'i32x4.mul': simd(181),
  'v128.xor': simd(81),
  'v128.or': simd(80),
  'v128.any_true': simd(83),
  'i8x16.splat': simd(15),
  'i16x8.splat': simd(16),
  'i8x16.eq': simd(35),
  'i8x16.le_s': simd(41),
  'i8x16.ge_s': simd(43),
  'i16x8.le_s': simd(51),
  'i16x8.ge_s': simd(53),
  'i32x4.le_s': simd(61),
  'i32x4.ge_s': simd(63),
  'v128.and': simd(78),
  'i8x16.neg': simd(97),
  'i8x16.bitmask': simd(100),
  'i8x16.add': simd(110),
  'i8x16.sub': simd(113),
  'i16x8.shr_u': simd(141),
  'i32x4.min_s': simd(182),
  'i32x4.max_s': simd(184),
  'i32x4.max_u': simd(185),
  'i32x4.min_u': simd(183),
}
