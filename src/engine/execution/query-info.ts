/** What a running plan tells of itself: plain data. The figures of the whole are the sums of the tasks'. */
export interface ExecutionInfo extends ExecutionTotals {
  /** Nodes that have tasks. */
  readonly nodeCount: number
  readonly stages: readonly StageInfo[]
}

export interface ExecutionTotals {
  readonly totalSplits: number
  readonly completedSplits: number
  /** Of the others, those that drivers are reading. */
  readonly runningSplits: number
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  /** Bytes that were written to disk for want of memory, in all. */
  readonly spilledBytes: number
  /** Rows and bytes that were read of tables and values. */
  readonly processedRows: number
  readonly processedBytes: number
  /** What connectors read for it, from files for example, as far as they tell. */
  readonly physicalInputBytes: number
  /** How long they took for it, as far as they tell. */
  readonly physicalInputNanos: number
  /** What sinks of connectors have written, as far as they tell. */
  readonly physicalWrittenBytes: number
  /** How long operators ran, also while their threads had to wait for a processor. */
  readonly scheduledNanos: number
  /** Of that, what they had a processor; all of it where Node.js doesn't tell (before 23.9). */
  readonly cpuNanos: number
}

export interface StageInfo {
  readonly stageId: number
  /** Where its tasks are, and which rows each has. */
  readonly partitioning: 'single' | 'coordinator' | 'source' | 'hash' | 'range' | 'arbitrary'
  /** Stages whose output it reads. */
  readonly sources: readonly number[]
  /** Those that no task has asked for yet included. */
  readonly totalSplits: number
  readonly completedSplits: number
  readonly runningSplits: number
  readonly tasks: readonly TaskInfo[]
  /** Dynamic filters that other stages make for its scans, and whether they were there when it began. */
  readonly filters: readonly { readonly id: string; readonly isInTime: boolean }[]
  /** Attempts that failed and were made again; of each task the one that counts, or else the last, is told. */
  readonly failedTasks: number
}

export interface TaskInfo extends ExecutionTotals {
  readonly taskId: string
  readonly nodeId: string
  readonly state: 'PLANNED' | 'RUNNING' | 'FLUSHING' | 'FINISHED' | 'ABORTED' | 'FAILED'
  readonly createdMillis: number | undefined
  readonly endedMillis: number | undefined
  /** Where the task has an output buffer. */
  readonly output:
    | {
        readonly rows: number
        readonly pages: number
        readonly bytes: number
        readonly bufferedBytes: number
      }
    | undefined
  readonly pipelines: readonly PipelineInfo[]
}

export interface PipelineInfo {
  readonly id: number
  readonly state: 'PENDING' | 'RUNNING' | 'FINISHED'
  readonly drivers: readonly DriverInfo[]
}

export interface DriverInfo {
  readonly pipelineId: number
  readonly driverIndex: number
  readonly thread: string
  readonly splits: number
  /** Of these, those that it is reading. */
  readonly runningSplits: number
  /** Where another thread reads its pages: bytes of these that were copied for that, since they were not in the shared memory. */
  readonly copiedBytes?: number
  readonly operators: readonly OperatorInfo[]
}

/** Operators that bring rows into a task: what they read has no operator that counts it as output. */
export const SOURCE_OPERATORS: ReadonlySet<string> = new Set(['scan', 'values', 'remote'])

/** What one operator of one driver did. */
export interface OperatorInfo {
  readonly planNodeId: string
  readonly name: string
  readonly inputRows: number
  readonly inputPages: number
  readonly outputRows: number
  readonly outputPages: number
  /** Of the pages that came in; of a source, those that it read. */
  readonly inputBytes: number
  /** Of a source: what its connector read, from files for example, as far as it tells. */
  readonly physicalInputBytes: number
  /** Of a source: how long its connector took to read, as far as it tells. */
  readonly physicalInputNanos: number
  /** How long it ran, also while its thread had to wait for a processor. */
  readonly elapsedMillis: number
  /** Of that, what its thread had a processor; absent where Node.js doesn't tell (before 23.9). */
  readonly cpuMillis?: number
  /** Of that, what went into compiling kernels that no thread had yet. */
  readonly compileMillis: number
  /** What it tells of its work besides, once it has ended: groups, spilled rows, where expressions ran. */
  readonly details?: Readonly<Record<string, string | number>>
}
