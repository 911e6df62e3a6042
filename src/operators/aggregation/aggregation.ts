import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { kernelMemory } from '../../expressions/wasm/kernel-memory.js'
import {
  type Arena,
  assert,
  type Block,
  blockOf,
  INTEGER,
  type Page,
  readValue,
  type SqlType,
} from '../../spi/index.js'
import { integerColumn } from '../integer-column.js'
import { GroupKeys } from '../keys/group-keys.js'
import { NO_PAGES, type Operator, type OperatorContext } from '../operator.js'
import type { AggregateSpec, AggregationSpec } from '../spec.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { addFused, FUSED_GROUPS_MAX, type FusedSum } from './fused-sums.js'
import { genericAggregator } from './generic.js'
import { zeroGroups } from './integer-sums.js'
import { nativeAggregate } from './native.js'
import { filteredGroups, rowChoiceKernels } from './row-choice-kernels.js'

/** Types of the columns in which a partial aggregation hands a call's states on. */
export function stateTypes(
  fn: AggregateSpec['function'],
  intermediateType: (fn: AggregateSpec['function']) => SqlType,
): readonly SqlType[] {
  return nativeAggregate(fn)?.stateTypes ?? [intermediateType(fn)]
}

type Step = AggregationSpec['step']
export const mergesStates = (step: Step): boolean => step === 'final' || step === 'intermediate'
export const givesStates = (step: Step): boolean => step === 'partial' || step === 'intermediate'

interface Call {
  readonly spec: AggregateSpec
  readonly aggregator: Aggregator
  /** Channels of states (final step), and of the values of an ORDER BY. */
  readonly orderChannels: readonly number[]
  /** DISTINCT: numbers the pairs of group and arguments. */
  readonly distinct: GroupKeys | undefined
}

/**
 * Hash aggregation, or with no keys one group of all rows: keys are numbered densely and each call adds its column to the
 * states of the groups, page by page.
 */
export class AggregationOperator implements Operator {
  readonly finished = false
  readonly #spec: AggregationSpec
  readonly #context: OperatorContext
  readonly #memory: WebAssembly.Memory
  /** Reset with each input page. */
  readonly #scratch: Arena
  readonly #output: Arena
  readonly #fixed: Arena
  readonly #keys: GroupKeys | undefined
  readonly #calls: readonly Call[]
  readonly #sharedStates = new Map<string, unknown>()
  #groupCount = 0

  constructor(spec: AggregationSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#scratch = context.createArena()
    this.#output = context.createArena()
    this.#fixed = context.createArena()
    const words = this.#fixed.allocate(16)
    const status = new Int32Array(words.buffer, words.byteOffset, 4)
    const memory = kernelMemory(words.buffer)
    assert(memory !== undefined, 'operators run over shared memory')
    this.#memory = memory
    const create = () => context.createArena()
    this.#keys =
      spec.keyChannels.length === 0
        ? undefined
        : new GroupKeys(memory, create, status, spec.keyTypes, () => context.freeBytes())
    this.#calls = spec.aggregates.map((call) => ({
      spec: call,
      aggregator: this.#aggregator(call),
      orderChannels: call.orderBy?.map((item) => item.channel) ?? [],
      distinct: call.distinct
        ? new GroupKeys(
            memory,
            create,
            status,
            [...(this.#isOfAllRows(call) ? [] : [INTEGER]), ...call.args.map((arg) => arg.type)],
            () => context.freeBytes(),
          )
        : undefined,
    }))
    if (this.#keys === undefined) this.#reserve(1)
  }

  /** Whether all rows are of one group and count, so that distinct arguments need no group beside them. */
  #isOfAllRows(call: AggregateSpec): boolean {
    return (
      this.#keys === undefined &&
      call.filterChannel === undefined &&
      call.maskChannel === undefined &&
      call.args.length > 0
    )
  }

  #aggregator(call: AggregateSpec): Aggregator {
    const { settings } = this.#context
    const native = call.orderBy === undefined ? nativeAggregate(call.function) : undefined
    if (native !== undefined) {
      return native.create({
        memory: this.#memory,
        createArena: () => this.#context.createArena(),
        ...this.#sharing(call),
      })
    }
    return genericAggregator(call.function, call.args, call.orderBy, settings)
  }

  /** Calls that add the same column of the same rows find each other by a key. States that are merged are their own. */
  #sharing(call: AggregateSpec): Pick<AggregatorContext, 'shared'> {
    const { step } = this.#spec
    if (mergesStates(step) || call.distinct || !call.args.every((arg) => arg.kind === 'input')) {
      return {}
    }
    const channels = call.args.map((arg) => (arg.kind === 'input' ? arg.channel : -1))
    const rows = JSON.stringify([channels, call.filterChannel, call.maskChannel])
    return {
      shared: (name, make) => {
        const key = `${name} ${rows}`
        const known = this.#sharedStates.get(key)
        if (known !== undefined) return { value: known as ReturnType<typeof make>, isFirst: false }
        const value = make()
        this.#sharedStates.set(key, value)
        return { value, isFirst: true }
      },
    }
  }

  #reserve(groupCount: number): void {
    this.#groupCount = groupCount
    for (const { aggregator } of this.#calls) aggregator.reserve(groupCount)
  }

  process(page: Page): readonly Page[] {
    const arena = this.#scratch
    arena.reset()
    const groups = this.#keys?.add(page, this.#spec.keyChannels, arena)
    if (this.#keys !== undefined) this.#reserve(this.#keys.groupCount)
    const fused: FusedSum[] = []
    for (const call of this.#calls) {
      const sum = groups === undefined ? undefined : this.#fuse(call, page, arena)
      if (sum !== undefined) {
        if (sum !== 'none') fused.push(sum)
        continue
      }
      if (mergesStates(this.#spec.step)) {
        const states = call.spec.args.map((arg) => inputBlock(arg, page, arena))
        call.aggregator.merge(
          states,
          page.rowCount,
          groups ?? zeroGroups(page.rowCount, arena),
          arena,
        )
      } else this.#add(call, page, groups, arena)
    }
    if (groups !== undefined) {
      addFused(this.#memory, fused, groups, page.rowCount, this.#groupCount, arena)
    }
    return NO_PAGES
  }

  /** What a call of all rows adds where groups are few, for one pass with other calls. */
  #fuse(
    { spec, aggregator, distinct }: Call,
    page: Page,
    arena: Arena,
  ): FusedSum | 'none' | undefined {
    if (aggregator.fuse === undefined || mergesStates(this.#spec.step)) return undefined
    if (this.#groupCount > FUSED_GROUPS_MAX || this.#groupCount > page.rowCount) return undefined
    if (
      distinct !== undefined ||
      spec.filterChannel !== undefined ||
      spec.maskChannel !== undefined
    )
      return undefined
    const args = spec.args.map((arg) => inputBlock(arg, page, arena))
    return aggregator.fuse(args, arena)
  }

  #add(call: Call, page: Page, groups: Int32Array | undefined, arena: Arena): void {
    const args = call.spec.args
      .filter((arg) => arg.kind !== 'lambda')
      .map((arg) => inputBlock(arg, page, arena))
    const sortKeys = call.orderChannels.map((channel) => page.blocks[channel]!)
    let counted = groups
    for (const channel of [call.spec.filterChannel, call.spec.maskChannel]) {
      if (channel === undefined) continue
      const block = page.blocks[channel]!
      if (isNeverTrue(block)) return
      counted = filteredGroups(this.#memory, block, counted, arena)
    }
    if (call.distinct !== undefined) {
      counted = firstOnly(this.#memory, call.distinct, counted, args, page.rowCount, arena)
      if (counted === undefined) return
    }
    call.aggregator.add([...args, ...sortKeys], page.rowCount, counted, arena)
  }

  *finish(): Generator<Page> {
    yield* this.#pages(givesStates(this.#spec.step))
    if (this.#groupCount === 0 && this.#spec.globalRow) yield this.#emptyGroups()
  }

  /** The groups so far as a partial step gives them: keys, then states, which a final step merges. */
  states(): Generator<Page> {
    return this.#pages(true)
  }

  *#pages(asStates: boolean): Generator<Page> {
    const { keyTypes } = this.#spec
    const pageRows = this.#context.settings.outputPageRows
    for (let from = 0; from < this.#groupCount; from += pageRows) {
      const to = Math.min(this.#groupCount, from + pageRows)
      const arena = this.#output
      arena.reset()
      const keys = this.#keys?.blocks(from, to, keyTypes, arena) ?? []
      const values = this.#calls.flatMap(({ aggregator }) =>
        asStates ? aggregator.states(from, to, arena) : [aggregator.results(from, to, arena)],
      )
      yield { rowCount: to - from, blocks: [...keys, ...values] }
    }
  }

  /** The rows of grouping sets without keys where there was no input. */
  #emptyGroups(): Page {
    const { keyTypes, globalGroupIds = [], groupIdKey } = this.#spec
    const rowCount = globalGroupIds.length
    const arena = this.#output
    arena.reset()
    this.#reserve(rowCount)
    const keys = keyTypes.map((type, key) =>
      blockOf(
        type,
        globalGroupIds.map((id) => (key === groupIdKey ? BigInt(id) : null)),
        arena,
      ),
    )
    const values = this.#calls.map(({ aggregator }) => aggregator.results(0, rowCount, arena))
    return { rowCount, blocks: [...keys, ...values] }
  }

  close(): void {
    this.#keys?.close()
    for (const { aggregator, distinct } of this.#calls) {
      aggregator.close()
      distinct?.close()
    }
    for (const arena of [this.#scratch, this.#output, this.#fixed]) arena.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    const keys = this.#keys
    return {
      groups: this.#groupCount,
      ...(keys === undefined ? {} : { addressing: keys.addressing }),
    }
  }
}

function inputBlock(arg: AggregateSpec['args'][number], page: Page, arena: Arena): Block {
  if (arg.kind === 'input') return page.blocks[arg.channel]!
  assert(arg.kind === 'constant', 'arguments are channels, constants or lambdas')
  const value = blockOf(arg.type, [arg.value], arena)
  return { encoding: 'constant', type: arg.type, rowCount: page.rowCount, value }
}

/** Of a BOOLEAN: whether it is one value that is not true. */
const isNeverTrue = (block: Block): boolean =>
  block.encoding === 'constant' && readValue(block.value, 0) !== true

/**
 * The groups of rows whose arguments their group has not seen before, -1 elsewhere; undefined where there is no such row.
 * @param groups undefined: keys are the arguments alone
 */
function firstOnly(
  memory: WebAssembly.Memory,
  seen: GroupKeys,
  groups: Int32Array | undefined,
  args: readonly Block[],
  rowCount: number,
  arena: Arena,
): Int32Array | undefined {
  const blocks = groups === undefined ? args : [integerColumn(groups, INTEGER), ...args]
  // Numbers are given in order of first appearance: a row is the first of its kind where its number is the next new one.
  const next = seen.groupCount
  const numbers = seen.add(
    { rowCount, blocks },
    blocks.map((_, i) => i),
    arena,
  )
  if (seen.groupCount === next) return undefined
  const out = allocateInt32(arena, rowCount)
  const own = groups?.byteOffset ?? 0
  rowChoiceKernels(memory).firsts(numbers.byteOffset, rowCount, next, own, out.byteOffset)
  return out
}
