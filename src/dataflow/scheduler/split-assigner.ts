import {
  assert,
  type ConnectorSplit,
  type ConnectorSplitBatch,
  type ConnectorSplitSource,
  MillraceError,
} from '../../spi/index.js'

/** Splits asked of a connector at once. */
const BATCH_SPLITS = 1000
/** A task gets this part of an even share of what is at hand: the last tasks to end are not far apart. */
const SHARE = 0.5

/**
 * Hands the splits of a scan to tasks as these ask for them: first those that lie on the task's node, then those that lie
 * nowhere, then those of other nodes that can be read from afar. Tasks that are done early so take from the others, and what
 * nobody asks for is not enumerated.
 * @source Trino UniformNodeSelector; guided self-scheduling: Polychronopoulos and Kuck, 1987
 */
export class SplitAssigner {
  readonly #openSource: () => Promise<ConnectorSplitSource>
  readonly #nodes: ReadonlyMap<string, string>
  readonly #taskCount: number
  readonly #partitionNodes: readonly string[] | undefined
  readonly #anywhere: ConnectorSplit[] = []
  /** By the node that they can only be read on. */
  readonly #pinned = new Map<string, ConnectorSplit[]>()
  /** By the node that they are best read on. */
  readonly #preferred = new Map<string, ConnectorSplit[]>()
  #source: Promise<ConnectorSplitSource> | undefined
  #filling: Promise<void> | undefined
  #noMore = false
  #closed = false
  #total = 0
  #assigned = 0

  /**
   * @param nodes the nodes of the tasks: each name that splits may call a node by (its id, its host and port), and its id
   * @param partitionNodes where all splits of a partition go to one task: the nodes of the tasks, in their order
   */
  constructor(
    openSource: () => Promise<ConnectorSplitSource>,
    nodes: ReadonlyMap<string, string>,
    taskCount: number,
    partitionNodes?: readonly string[],
  ) {
    this.#partitionNodes = partitionNodes
    this.#openSource = openSource
    this.#nodes = nodes
    this.#taskCount = taskCount
  }

  get counts(): { readonly total: number; readonly assigned: number } {
    return { total: this.#total, assigned: this.#assigned }
  }

  /** At least one split for a task, unless there are no more for it. */
  async take(nodeId: string, maxSize: number): Promise<ConnectorSplitBatch> {
    for (;;) {
      const splits = this.#takeNow(nodeId, maxSize)
      const noMoreSplits = this.#isExhausted(nodeId)
      if (splits.length > 0 || noMoreSplits) {
        this.#assigned += splits.length
        return { splits, noMoreSplits }
      }
      this.#filling ??= this.#fill().finally(() => {
        this.#filling = undefined
      })
      await this.#filling
    }
  }

  /** Closes the connector's source; tasks that ask later get no more. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#noMore = true
    this.#anywhere.length = 0
    this.#pinned.clear()
    this.#preferred.clear()
    const opened = await this.#source?.catch(() => undefined)
    await this.#filling?.catch(() => undefined)
    await opened?.close()
  }

  #takeNow(nodeId: string, maxSize: number): readonly ConnectorSplit[] {
    const pinned = this.#pinned.get(nodeId) ?? []
    if (pinned.length > 0) return pinned.splice(0, maxSize)
    const preferred = this.#preferred.get(nodeId) ?? []
    if (preferred.length > 0) {
      // The rest stays for others, should this task be slow.
      return preferred.splice(0, Math.min(maxSize, Math.ceil(preferred.length * SHARE)))
    }
    const from = this.#anywhere.length > 0 ? this.#anywhere : this.#longestPreferred()
    const share = Math.ceil((from.length * SHARE) / this.#taskCount)
    return from.splice(0, Math.min(maxSize, share))
  }

  #longestPreferred(): ConnectorSplit[] {
    let longest: ConnectorSplit[] = []
    for (const splits of this.#preferred.values()) {
      if (splits.length > longest.length) longest = splits
    }
    return longest
  }

  #isExhausted(nodeId: string): boolean {
    return (
      this.#noMore &&
      this.#anywhere.length === 0 &&
      (this.#pinned.get(nodeId) ?? []).length === 0 &&
      this.#longestPreferred().length === 0
    )
  }

  async #fill(): Promise<void> {
    this.#source ??= this.#openSource()
    const source = await this.#source
    const batch = await source.getNextBatch(BATCH_SPLITS)
    if (this.#closed) return
    this.#noMore = batch.noMoreSplits
    this.#total += batch.splits.length
    for (const split of batch.splits) this.#place(split)
  }

  #place(split: ConnectorSplit): void {
    const partitionNodes = this.#partitionNodes
    if (partitionNodes !== undefined) {
      assert(
        split.partitionNumber !== undefined,
        'a split of a partitioned table names its partition',
      )
      addTo(this.#pinned, partitionNodes[split.partitionNumber % partitionNodes.length]!, split)
      return
    }
    const nodeId = split.addresses
      ?.map((address) => this.#nodes.get(address))
      .find((node) => node !== undefined)
    if (nodeId === undefined) {
      if (split.remotelyAccessible === false) {
        throw new MillraceError(
          'NO_NODES_AVAILABLE',
          `The node that has a part of the table is not in the cluster: ${split.addresses?.join(', ')}`,
        )
      }
      this.#anywhere.push(split)
      return
    }
    addTo(split.remotelyAccessible === false ? this.#pinned : this.#preferred, nodeId, split)
  }
}

function addTo(lists: Map<string, ConnectorSplit[]>, nodeId: string, split: ConnectorSplit): void {
  const list = lists.get(nodeId)
  if (list === undefined) lists.set(nodeId, [split])
  else list.push(split)
}
