import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  assert,
  type Block,
  blockOf,
  INTEGER,
  type Page,
  readValue,
} from '../../spi/index.js'
import { integerColumn } from '../integer-column.js'
import { GroupKeys } from '../keys/group-keys.js'
import type { OperatorContext } from '../operator.js'
import type { AggregateSpec, AggregationSpec } from '../spec.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import type { FusedTargets } from './fused-loop-kernels.js'
import { addFused, FUSED_GROUPS_MAX, type FusedSum } from './fused-sums.js'
import { genericAggregator } from './generic.js'
import { zeroGroups } from './integer-sums.js'
import { nativeAggregate } from './native.js'
import { filteredGroups, rowChoiceKernels } from './row-choice-kernels.js'

export const mergesStates = (step: AggregationSpec['step']): boolean =>
  step === 'final' || step === 'intermediate'

interface Call {
  readonly spec: AggregateSpec
  readonly aggregator: Aggregator
  /** Channels of states (final step), and of the values of an ORDER BY. */
  readonly orderChannels: readonly number[]
  /** DISTINCT: numbers the pairs of group and arguments. */
  readonly distinct: GroupKeys | undefined
}

/** The aggregate calls of an operator: the states of its groups, whose numbers the operator gives. */
export class AggregateCalls {
  readonly #spec: AggregationSpec
  readonly #context: OperatorContext
  readonly #memory: WebAssembly.Memory
  readonly #calls: readonly Call[]
  readonly #sharedStates = new Map<string, unknown>()
  #groupCount = 0

  /** @param status four words that kernels may write to */
  constructor(
    spec: AggregationSpec,
    context: OperatorContext,
    memory: WebAssembly.Memory,
    status: Int32Array,
  ) {
    this.#spec = spec
    this.#context = context
    this.#memory = memory
    this.#calls = spec.aggregates.map((call) => ({
      spec: call,
      aggregator: this.#aggregator(call),
      orderChannels: call.orderBy?.map((item) => item.channel) ?? [],
      distinct: call.distinct
        ? new GroupKeys(
            memory,
            () => context.createArena(),
            status,
            [...(this.#isOfAllRows(call) ? [] : [INTEGER]), ...call.args.map((arg) => arg.type)],
            () => context.freeBytes(),
          )
        : undefined,
    }))
  }

  get groupCount(): number {
    return this.#groupCount
  }

  /** Whether all rows are of one group and count, so that distinct arguments need no group beside them. */
  #isOfAllRows(call: AggregateSpec): boolean {
    return (
      this.#spec.keyChannels.length === 0 &&
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

  /** Whether all calls add to sums and counts of all rows that their conditions let through. */
  get addsSums(): boolean {
    return this.#calls.every(
      ({ spec, aggregator }) =>
        aggregator.targets !== undefined && !spec.distinct && spec.orderBy === undefined,
    )
  }

  /**
   * Where each call's sums and counts are added to, where all calls do only that.
   * @param added what the values of each come to at most
   */
  targets(added: readonly number[]): readonly (FusedTargets | 'none')[] {
    return this.#calls.map(({ aggregator }, i) => aggregator.targets!(added[i]!))
  }

  /** Makes room for this many groups; new ones are empty. */
  reserve(groupCount: number): void {
    this.#groupCount = groupCount
    for (const { aggregator } of this.#calls) aggregator.reserve(groupCount)
  }

  /** @param groups the group of each row; absent: all rows are of group 0 */
  add(page: Page, groups: Int32Array | undefined, arena: Arena): void {
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

  /** The state columns of groups [from, to), call after call. */
  states(from: number, to: number, arena: Arena): readonly Block[] {
    return this.#calls.flatMap(({ aggregator }) => aggregator.states(from, to, arena))
  }

  results(from: number, to: number, arena: Arena): readonly Block[] {
    return this.#calls.map(({ aggregator }) => aggregator.results(from, to, arena))
  }

  close(): void {
    for (const { aggregator, distinct } of this.#calls) {
      aggregator.close()
      distinct?.close()
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
