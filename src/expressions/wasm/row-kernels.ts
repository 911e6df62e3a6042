import { type Arena, assert, type Block, type Page, type SqlType } from '../../spi/index.js'
import type { ConstantExpression, Expression } from '../ir.js'
import { childrenOf, collectChannels, literalFree, transform } from '../ir-walk.js'
import type { Selection } from '../page-expression.js'
import { allocateInt32, floatView, integerView } from './buffers.js'
import type { FunctionBuilder, Local, ModuleBuilder, ParamLocals } from './builder.js'
import { importBlock } from './import.js'
import { narrowestStorage } from './integer-storage.js'
import { type Analysis, analyze } from './interval.js'
import { kernelMemory } from './kernel-memory.js'
import {
  blockInterval,
  type InputLayout,
  inputLoader,
  layoutKey,
  layoutOf,
  literalLoader,
  ParameterReader,
  ParameterWriter,
  SLOTS_PER_INPUT,
  writeInput,
  writeLiteral,
} from './layout.js'
import { kernelCall } from './lower-calls.js'
import { isTrue } from './lower-logic.js'
import { type Lowered, repOf } from './lowered.js'
import { kernel } from './module-cache.js'
import { createRowContext } from './row-lowering.js'
import { i32 } from './scalar.js'
import type { Expr } from './value.js'

/** Expressions over the same rows, ready to be compiled for the layouts pages have. */
export interface RowProgram {
  readonly expressions: readonly Expression[]
  /** Literal-free. */
  readonly key: string
  readonly literals: readonly ConstantExpression[]
  readonly channels: readonly number[]
}

/** How running over a page ended; `unsupported`: these blocks need another engine. */
export type RowOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly position: number }
  | { readonly kind: 'unsupported' }

const UNSUPPORTED = { kind: 'unsupported' } as const

/** @param given expressions that canLower accepts */
export function prepareRowProgram(...given: readonly Expression[]): RowProgram {
  // Each occurrence of a literal is an object of its own, so that it can be told from equal ones.
  const expressions = given.map((expression) =>
    transform(expression, (e) =>
      e.kind === 'constant' ? { ...e } : e.kind === 'call' ? kernelCall(e) : e,
    ),
  )
  const parts = expressions.map(literalFree)
  return {
    expressions,
    key: parts.map(({ key }) => key).join('; '),
    literals: parts.flatMap(({ literals }) => literals),
    channels: [...new Set(expressions.flatMap(collectChannels))],
  }
}

type OutputStorage = 'i8' | 'i16' | 'i32' | 'i64' | 'f32' | 'f64' | 'bool'
type Output =
  | { readonly kind: 'filter'; readonly selected: boolean }
  | { readonly kind: 'project'; readonly storage: OutputStorage }

/** A program over the blocks of one page. */
export interface BoundRows {
  readonly program: RowProgram
  readonly blocks: readonly Block[]
  readonly layouts: readonly InputLayout[]
  readonly analysis: Analysis
  /** Names the code. */
  readonly key: string
}

/** @returns undefined where kernels cannot read these blocks, or not compute in 64 bits */
export function bindRows(program: RowProgram, page: Page, arena: Arena): BoundRows | undefined {
  const types = inputTypes(program)
  const blocks: Block[] = []
  const layouts: InputLayout[] = []
  for (const channel of program.channels) {
    const block = importBlock(page.blocks[channel]!, arena)
    const layout = layoutOf(block, types.get(channel)!)
    if (layout === undefined) return undefined
    blocks.push(block)
    layouts.push(layout)
  }
  const bounds = (channel: number, type: SqlType) =>
    blockInterval(blocks[program.channels.indexOf(channel)]!, type)
  const analysis = analyze(program.expressions, bounds, childrenOf)
  if (analysis.impossible) return undefined
  const key = `${program.key} [${layouts.map(layoutKey).join()}] ${analysis.key}`
  return { program, blocks, layouts, analysis, key }
}

const typesOf = new WeakMap<RowProgram, ReadonlyMap<number, SqlType>>()
function inputTypes(program: RowProgram): ReadonlyMap<number, SqlType> {
  let types = typesOf.get(program)
  if (types === undefined) {
    const found = new Map<number, SqlType>()
    const visit = (e: Expression) => {
      if (e.kind === 'input') found.set(e.channel, e.type)
      childrenOf(e).forEach(visit)
    }
    program.expressions.forEach(visit)
    types = found
    typesOf.set(program, types)
  }
  return types
}

/** The parameters that {@link writeRows} writes, at most. */
export const rowSlots = ({ channels, literals }: RowProgram): number =>
  channels.length * SLOTS_PER_INPUT + literals.length

/** Writes what {@link rowReader} reads. */
export function writeRows(writer: ParameterWriter, { program, blocks, layouts }: BoundRows): void {
  blocks.forEach((block, i) => {
    writeInput(writer, block, layouts[i]!)
  })
  for (const { value, type } of program.literals) writeLiteral(writer, value, type)
}

/**
 * Emits the reading of the parameters of a program.
 * @param fail emits what happens where an operation fails at a position
 * @returns what emits the evaluation of its expressions at one position
 */
export function rowReader(
  f: FunctionBuilder<'i32'>,
  reader: ParameterReader,
  { program, layouts, analysis }: BoundRows,
  fail: (position: Local<'i32'>) => void,
): (position: Local<'i32'>) => readonly Lowered[] {
  const loaders = layouts.map((layout) => inputLoader(f, reader, layout))
  const literals = new Map(
    program.literals.map((literal) => [literal, literalLoader(reader, literal.type)]),
  )
  return (position) => {
    const inputs = new Map<number, Lowered>()
    loaders.forEach((load, i) => {
      inputs.set(program.channels[i]!, load(position))
    })
    const failIf = (condition: Expr<'i32'>) => f.if(condition, () => fail(position))
    const context = createRowContext({ f, analysis, inputs, literals, failIf })
    return program.expressions.map((expression) => context.lower(expression))
  }
}

type Run = { run(params: number, count: number): number }

function runKernel(
  p: BoundRows,
  output: Output,
  out: Uint8Array | Int32Array,
  validity: Uint8Array | null,
  selection: Selection | null,
  count: number,
  arena: Arena,
): { readonly result: number; readonly failedPosition: number } {
  const memory = kernelMemory(out.buffer)
  assert(memory !== undefined, 'kernels need an arena of the shared memory')
  const shape =
    output.kind === 'filter' ? `filter${output.selected ? ' selected' : ''}` : output.storage
  const { run } = kernel<Run>(memory, `row ${p.key} ${shape}`, (m) => buildRowKernel(m, p, output))
  const writer = new ParameterWriter(arena, 4 + rowSlots(p.program))
  writer.i32(-1)
  writer.i32(selection?.positions?.byteOffset ?? 0)
  writer.i32(out.byteOffset)
  writer.i32(validity?.byteOffset ?? 0)
  writeRows(writer, p)
  const result = run(writer.address, count)
  return { result, failedPosition: result < 0 ? writer.read(0) : -1 }
}

/**
 * Selects the positions where a condition is true.
 * @param selection only these positions are evaluated; null: all
 */
export function runRowFilter(
  program: RowProgram,
  page: Page,
  arena: Arena,
  selection: Selection | null,
): RowOutcome<Selection> {
  const prepared = bindRows(program, page, arena)
  if (prepared === undefined) return UNSUPPORTED
  const selected = selection !== null && selection.positions !== null
  const count = selection?.count ?? page.rowCount
  const positions = allocateInt32(arena, count)
  const output = { kind: 'filter', selected } as const
  const { result, failedPosition } = runKernel(
    prepared,
    output,
    positions,
    null,
    selection,
    count,
    arena,
  )
  if (result < 0) return { kind: 'failed', position: failedPosition }
  const all = !selected && result === page.rowCount
  return { kind: 'done', value: { count: result, positions: all ? null : positions } }
}

/** Evaluates an expression at every position. */
export function runRowProjection(program: RowProgram, page: Page, arena: Arena): RowOutcome<Block> {
  const prepared = bindRows(program, page, arena)
  if (prepared === undefined) return UNSUPPORTED
  const expression = program.expressions[0]!
  const { type } = expression
  const rowCount = page.rowCount
  const interval = prepared.analysis.facts.get(expression)?.interval
  const isSafe =
    interval !== undefined &&
    Number.isSafeInteger(interval.min) &&
    Number.isSafeInteger(interval.max)
  const bounds = isSafe ? interval : undefined
  const storage = outputStorage(type, bounds)
  const out = arena.allocate(rowCount * STORAGE_BYTES[storage])
  const validity = arena.allocate((rowCount + 7) >> 3)
  const { result, failedPosition } = runKernel(
    prepared,
    { kind: 'project', storage },
    out,
    validity,
    null,
    rowCount,
    arena,
  )
  if (result < 0) return { kind: 'failed', position: failedPosition }
  const shape = {
    encoding: 'flat',
    type,
    rowCount,
    validity: result === 0 ? null : validity,
  } as const
  return { kind: 'done', value: outputBlock(shape, storage, out, bounds) }
}

const STORAGE_BYTES = { i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8, bool: 1 } as const

function outputStorage(
  type: SqlType,
  bounds: Parameters<typeof narrowestStorage>[0],
): OutputStorage {
  const rep = repOf(type)
  assert(rep !== undefined, `projection of ${type.kind}`)
  return rep === 'int' ? narrowestStorage(bounds) : rep
}

function outputBlock(
  shape: { encoding: 'flat'; type: SqlType; rowCount: number; validity: Uint8Array | null },
  storage: OutputStorage,
  out: Uint8Array,
  bounds: Parameters<typeof narrowestStorage>[0],
): Block {
  switch (storage) {
    case 'bool':
      return { storage, values: out, ...shape }
    case 'f32':
    case 'f64':
      return { storage, values: floatView(storage, out, shape.rowCount), ...shape }
    default: {
      const values = integerView(storage, out, shape.rowCount)
      return { storage, values, base: 0, factor: 1, bounds, ...shape }
    }
  }
}

type KernelParams = ParamLocals<{ params: 'i32'; count: 'i32' }>

function buildRowKernel(m: ModuleBuilder, p: BoundRows, output: Output): void {
  m.function('run', { params: 'i32', count: 'i32' }, 'i32', (f, locals) => {
    const reader = new ParameterReader(f, locals.params)
    reader.i32()
    const positions = reader.i32()
    const out = reader.i32()
    const validity = reader.i32()
    const lowerAll = rowReader(f, reader, p, (position) => {
      f.store32(locals.params, position)
      f.return(-1)
    })
    const lowerRow = (position: Local<'i32'>): Lowered => lowerAll(position)[0]!
    if (output.kind === 'filter') {
      filterLoop(f, locals, output.selected ? positions : null, out, lowerRow)
    } else projectLoop(f, locals, output.storage, out, validity, lowerRow)
  })
}

/** Writes every position and moves on where the condition holds: no branch to mispredict. */
function filterLoop(
  f: FunctionBuilder<'i32'>,
  { count }: KernelParams,
  positions: Local<'i32'> | null,
  out: Local<'i32'>,
  lowerRow: (position: Local<'i32'>) => Lowered,
): void {
  const row = f.local('i32')
  const next = f.let(out)
  f.for(row, 0, count, () => {
    const position = positions === null ? row : f.let(i32.load(i32.add(positions, i32.shl(row, 2))))
    const condition = lowerRow(position)
    assert(condition.rep === 'bool', 'filter by a value that is no condition')
    const hit = f.let(isTrue(condition))
    f.store32(next, position)
    f.set(next, i32.add(next, i32.shl(hit, 2)))
  })
  f.return(i32.shr_u(i32.sub(next, out), 2))
}

function projectLoop(
  f: FunctionBuilder<'i32'>,
  { count }: KernelParams,
  storage: OutputStorage,
  out: Local<'i32'>,
  validity: Local<'i32'>,
  lowerRow: (position: Local<'i32'>) => Lowered,
): void {
  const row = f.local('i32')
  const bits = f.local('i32')
  const nullCount = f.local('i32')
  let nullable = false
  f.for(row, 0, count, () => {
    const value = lowerRow(row)
    storeValue(f, storage, out, value)
    f.set(out, i32.add(out, STORAGE_BYTES[storage]))
    if (value.isNull === null) return
    nullable = true
    const isNull = f.let(value.isNull)
    f.set(nullCount, i32.add(nullCount, isNull))
    f.set(bits, i32.or(bits, i32.shl(i32.xor(isNull, 1), i32.and(row, 7))))
    f.if(i32.eq(i32.and(row, 7), 7), () => {
      f.store8(i32.add(validity, i32.shr_u(row, 3)), bits)
      f.set(bits, 0)
    })
  })
  if (nullable) {
    f.if(i32.and(count, 7), () => {
      f.store8(i32.add(validity, i32.shr_u(count, 3)), bits)
    })
  }
  f.return(nullCount)
}

function storeValue(
  f: FunctionBuilder<'i32'>,
  storage: OutputStorage,
  address: Expr<'i32'>,
  l: Lowered,
): void {
  if (l.rep === 'f64') f.storeF64(address, l.value)
  else if (l.rep === 'f32') f.storeF32(address, l.value)
  else if (l.rep === 'bool') f.store8(address, l.value)
  else if (storage === 'i64') f.store64(address, l.value)
  else f.storeLow(storage === 'i8' ? 8 : storage === 'i16' ? 16 : 32, address, l.value)
}
