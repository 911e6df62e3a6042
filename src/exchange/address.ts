/** Where one consumer's part of a task's output is read: a plain value that travels in task descriptions. */
export interface BufferAddress {
  /** Base URI of the node that runs the task, such as `http://10.0.0.7:8080`. */
  readonly nodeUri: string
  /** Names one attempt of one task of one stage of one query. */
  readonly taskId: string
  /** Partition, or the consumer's number for broadcast and arbitrary buffers; from 0. */
  readonly bufferId: number
}

/** How messages name a buffer. */
export const addressText = ({ nodeUri, taskId, bufferId }: BufferAddress): string =>
  `${nodeUri}/${taskId}/${bufferId}`
