import { assert, type Page, type SqlType } from '../../spi/index.js'
import { NO_PAGES, NO_ROWS, type Operator, type OperatorContext } from '../operator.js'
import type { LookupJoinSpec, SemiJoinSpec } from '../spec.js'
import { operatorScope } from '../spill/operator-scope.js'
import { SpillPartitions } from '../spill/spill-partitions.js'
import { readSpilled, type SpilledPages } from '../spill/spill-space.js'
import { type JoinBuildState, JoinIndexSink, type SpilledBuild } from './join-index-sink.js'
import { keepsBuild } from './keeps-build.js'

type JoinSpec = LookupJoinSpec | SemiJoinSpec

/** The other side of {@link SpilledJoin}: what makes and writes what it works with. */
export interface JoinParts {
  /** The join over a build side that `context` gives as the state of its pipeline. */
  create(context: OperatorContext): Operator
  /** Page words of blocks that lie in shared memory. */
  place(page: Page): Float64Array
}

/** The build side of a join; undefined where it is in memory. */
export const spilledBuild = (spec: JoinSpec, context: OperatorContext): SpilledBuild | undefined =>
  (context.stateOf(spec.indexPipeline) as readonly JoinBuildState[])[0]?.spilled

/**
 * A join whose build side is on disk: rows of the probe side are divided as it was, and the parts joined one after
 * another, each by the same operator that joins in memory. A part that is still too large is divided again.
 * @source Shapiro, Join Processing in Database Systems with Large Main Memories (1986): GRACE hash join
 */
export class SpilledJoin implements Operator {
  readonly finished = false
  readonly #spec: JoinSpec
  readonly #build: SpilledBuild
  readonly #context: OperatorContext
  readonly #parts: JoinParts
  readonly #probe: SpillPartitions
  #close: (() => void) | undefined

  constructor(spec: JoinSpec, build: SpilledBuild, context: OperatorContext, parts: JoinParts) {
    this.#spec = spec
    assert(!this.#keepsBuild || context.driverCount === 1, 'one driver sees all matches of a part')
    this.#build = build
    this.#context = context
    this.#parts = parts
    this.#probe = new SpillPartitions(context, spec.probeKeys, build.level)
  }

  process(page: Page): readonly Page[] {
    this.#probe.append(page)
    return NO_PAGES
  }

  *finish(): Generator<Page, void> {
    const probes = this.#probe.seal()
    for (const [p, probe] of probes.entries()) {
      if (this.#context.isCancelled()) return
      if (probe.rowCount > 0 || this.#keepsBuild) {
        yield* this.#joinPart(this.#build.partitions[p]!, probe)
      }
      this.#context.spill!.delete(probe)
    }
  }

  get #keepsBuild(): boolean {
    const spec = this.#spec
    return spec.kind === 'lookupJoin' && keepsBuild(spec.type)
  }

  *#joinPart(build: SpilledPages, probe: SpilledPages): Generator<Page, void> {
    const scope = operatorScope(this.#context)
    let joined: Operator | undefined
    let state: JoinBuildState | undefined
    const close = () => {
      joined?.close()
      scope.close()
      for (const part of state?.spilled?.partitions ?? []) this.#context.spill!.delete(part)
      this.#close = undefined
    }
    this.#close = close
    const sink = this.#sink(scope.context)
    for (const page of this.#read(build, this.#spec.buildTypes, scope.context)) {
      if (this.#context.isCancelled()) return
      sink.add(page)
      yield NO_ROWS
    }
    for (const _ of sink.prepare()) {
      if (this.#context.isCancelled()) return
      yield NO_ROWS
    }
    state = this.#seenFrom(sink.finish())
    sink.close()
    joined = this.#parts.create(this.#withState(state, scope.context))
    for (const page of this.#read(probe, this.#spec.probeTypes, scope.context)) {
      if (this.#context.isCancelled()) return
      yield* joined.process(page)
      yield NO_ROWS
    }
    yield* joined.finish()
    close()
  }

  #sink(context: OperatorContext): JoinIndexSink {
    const { keyChannels, keysOnly, level } = this.#build
    const { buildTypes: types } = this.#spec
    const spec = {
      types,
      keyChannels,
      keysOnly,
      marksMatches: this.#keepsBuild,
      filterKeys: [],
      stablePages: false,
    }
    return new JoinIndexSink(spec, context, this.#parts.place, level + 1)
  }

  /** IN asks for nulls among all keys, and whether there is any: a part knows of its own only. */
  #seenFrom(state: JoinBuildState): JoinBuildState {
    if (this.#spec.kind !== 'semiJoin') return state
    const hasNullKey = this.#build.hasNullKey || state.index.hasNullKey
    const { spilled } = state
    return {
      ...state,
      index: { ...state.index, hasNullKey, rowCount: Math.max(1, state.index.rowCount) },
      ...(spilled === undefined ? {} : { spilled: { ...spilled, hasNullKey } }),
    }
  }

  #withState(state: JoinBuildState, context: OperatorContext): OperatorContext {
    const { indexPipeline } = this.#spec
    return {
      ...context,
      stateOf: (pipeline) => (pipeline === indexPipeline ? [state] : context.stateOf(pipeline)),
    }
  }

  *#read(
    pages: SpilledPages,
    types: readonly SqlType[],
    context: OperatorContext,
  ): Generator<Page, void> {
    const arena = context.createArena()
    try {
      yield* readSpilled(context.spill!, pages, types, arena)
    } finally {
      arena.close()
    }
  }

  close(): void {
    this.#close?.()
    this.#probe.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    const rows = this.#build.partitions.reduce((sum, part) => sum + part.rowCount, 0)
    return { 'build rows': rows, 'spilled level': this.#build.level }
  }
}
