import { errorFromRecord, MillraceError } from '../../spi/index.js'
import { taskIdOf } from '../task/task-id.js'
import type { TaskListener, TaskNode, TaskRequest, TaskStatus } from '../task/task-request.js'
import { isRetryable, type RetrySettings, retryDelay } from './retry-settings.js'
import { SplitLog } from './split-log.js'
import type { TaskSnapshot } from './stage.js'

/** One run of a task on one node. */
interface Attempt {
  readonly taskId: string
  readonly node: TaskNode
  readonly startedAt: number
  status: TaskStatus | undefined
  /** Nothing is expected of it any more. */
  isOver: boolean
  hasFailed: boolean
  released: Promise<void> | undefined
}

export interface RetriedTaskOptions {
  /** Without its attempt: `query.fragment.task`. */
  readonly name: string
  /** The node that splits are taken for. */
  readonly home: TaskNode
  readonly settings: RetrySettings
  /** The next splits of a scan for the home node. */
  takeSplits(planNodeId: string, maxSize: number): ReturnType<TaskListener['nextSplits']>
  readonly events: RetriedTaskEvents
}

export interface RetriedTaskEvents {
  finished(): void
  /** Nothing more is tried. */
  failed(error: MillraceError): void
  /** An attempt has failed; another follows, unless it was the last that may. */
  attemptFailed(node: TaskNode, error: MillraceError): void
}

/**
 * A task of which as many attempts are made as it takes, also two at a time. All of them read the same, and of those that
 * finish the output of one is kept.
 */
export class RetriedTask {
  readonly name: string
  readonly home: TaskNode
  readonly #options: RetriedTaskOptions
  readonly #attempts: Attempt[] = []
  readonly #splits = new Map<string, SplitLog>()
  #failures = 0
  /** Earliest time of the next attempt. */
  #nextAt = 0
  #withoutNodeSince: number | undefined
  #durationMillis: number | undefined

  constructor(options: RetriedTaskOptions) {
    this.#options = options
    this.name = options.name
    this.home = options.home
  }

  get isFinished(): boolean {
    return this.#durationMillis !== undefined
  }

  /** How long the attempt took that finished. */
  get durationMillis(): number | undefined {
    return this.#durationMillis
  }

  get failedAttempts(): number {
    return this.#failures
  }

  get runningNodes(): readonly TaskNode[] {
    return this.#attempts.filter((attempt) => !attempt.isOver).map(({ node }) => node)
  }

  /** Whether it reads what only its home has. */
  get isPinned(): boolean {
    return [...this.#splits.values()].some((log) => log.hasPinned)
  }

  /** Whether an attempt is due, with none under way. */
  isDue(now: number): boolean {
    return !this.isFinished && now >= this.#nextAt && this.runningNodes.length === 0
  }

  /** Whether its only attempt has been running for longer than a time, and another could run elsewhere. */
  isSlow(now: number, limitMillis: number): boolean {
    if (this.isPinned) return false
    const running = this.#attempts.filter((attempt) => !attempt.isOver)
    return !this.isFinished && running.length === 1 && now - running[0]!.startedAt > limitMillis
  }

  hasFailedOn(node: TaskNode): boolean {
    return this.#attempts.some((attempt) => attempt.hasFailed && attempt.node.uri === node.uri)
  }

  /** There is no node to run on. */
  hasNoNode(now: number): void {
    this.#withoutNodeSince ??= now
    if (now - this.#withoutNodeSince < this.#options.settings.noNodeMillis) return
    this.#options.events.failed(
      new MillraceError('NO_NODES_AVAILABLE', `No node is there to run a task: ${this.name}`),
    )
  }

  launch(
    node: TaskNode,
    now: number,
    request: Omit<TaskRequest, 'taskId' | 'spool'>,
    directories: readonly string[],
  ): void {
    const number = this.#attempts.length
    const taskId = taskIdOf(this.name, number)
    const attempt: Attempt = {
      taskId,
      node,
      startedAt: now,
      status: undefined,
      isOver: false,
      hasFailed: false,
      released: undefined,
    }
    this.#attempts.push(attempt)
    this.#withoutNodeSince = undefined
    const isHome = node.nodeId === this.home.nodeId
    const readers = new Map<string, ReturnType<SplitLog['reader']>>()
    node.createTask(
      { ...request, taskId, spool: { directories, task: this.name, attempt: number } },
      {
        status: (status) => this.#heard(attempt, status),
        nextSplits: (planNodeId, maxSize) => {
          let read = readers.get(planNodeId)
          if (read === undefined) {
            read = this.#log(planNodeId).reader(isHome)
            readers.set(planNodeId, read)
          }
          return read(maxSize)
        },
      },
    )
  }

  /** What runs on a node that is gone has failed. */
  nodeLost(node: TaskNode, reason: MillraceError): void {
    for (const attempt of this.#attempts) {
      if (attempt.node === node && !attempt.isOver) this.#failed(attempt, reason, 0)
    }
  }

  /** Ends what is left; resolves when no node holds anything of it. */
  async release(): Promise<void> {
    await Promise.all(this.#attempts.map((attempt) => this.#release(attempt)))
  }

  /** The attempt that finished, or else the last. */
  snapshot(): TaskSnapshot {
    const attempt =
      this.#attempts.find(({ status }) => status?.state === 'FINISHED') ?? this.#attempts.at(-1)
    return {
      taskId: attempt?.taskId ?? taskIdOf(this.name, 0),
      nodeId: (attempt?.node ?? this.home).nodeId,
      state: attempt?.status?.state ?? 'PLANNED',
      status: attempt?.status,
    }
  }

  #log(planNodeId: string): SplitLog {
    let log = this.#splits.get(planNodeId)
    if (log === undefined) {
      log = new SplitLog((maxSize) => this.#options.takeSplits(planNodeId, maxSize))
      this.#splits.set(planNodeId, log)
    }
    return log
  }

  #heard(attempt: Attempt, status: TaskStatus): void {
    keepLater(attempt, status)
    if (attempt.isOver) return
    switch (status.state) {
      case 'RUNNING':
      case 'FLUSHING':
        return
      case 'FINISHED':
        this.#finished(attempt)
        return
      case 'FAILED':
        this.#failed(attempt, errorFromRecord(status.error!))
        return
      case 'ABORTED':
        this.#failed(
          attempt,
          new MillraceError('ABANDONED_TASK', `Its node ended a task: ${attempt.taskId}`),
        )
        return
    }
  }

  #finished(attempt: Attempt): void {
    attempt.isOver = true
    if (this.isFinished) return
    this.#durationMillis = performance.now() - attempt.startedAt
    for (const other of this.#attempts) void this.#release(other)
    this.#options.events.finished()
  }

  #failed(
    attempt: Attempt,
    error: MillraceError,
    delayMillis = retryDelay(this.#options.settings, this.#failures + 1),
  ): void {
    attempt.isOver = true
    attempt.hasFailed = true
    void this.#release(attempt)
    if (this.isFinished) return
    const { events, settings } = this.#options
    this.#failures += 1
    if (!isRetryable(error) || this.#failures > settings.taskRetries) {
      events.failed(error)
      return
    }
    this.#nextAt = performance.now() + delayMillis
    events.attemptFailed(attempt.node, error)
  }

  /** Never rejects: a node that can't say that a task is gone has failed its query. */
  #release(attempt: Attempt): Promise<void> {
    attempt.isOver = true
    attempt.released ??= attempt.node.releaseTask(attempt.taskId).then(
      (status) => {
        if (status !== undefined) keepLater(attempt, status)
      },
      (error) => this.#options.events.failed(error),
    )
    return attempt.released
  }
}

function keepLater(attempt: Attempt, status: TaskStatus): void {
  if (attempt.status === undefined || attempt.status.version <= status.version) {
    attempt.status = status
  }
}
