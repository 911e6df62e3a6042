import type { PipelineSpec } from '../pipeline.js'

/**
 * Runs each pipeline as soon as those that it reads have ended: what does not depend on another runs beside it. Those of
 * the calling thread run one after another: beside each other they would only hold more memory.
 */
export async function runInOrder(
  pipelines: readonly PipelineSpec[],
  run: (pipeline: PipelineSpec) => Promise<void>,
): Promise<void> {
  const ends = new Map<number, Promise<void>>()
  let callerEnd: Promise<void> = Promise.resolve()
  for (const pipeline of pipelines) {
    const before = pipeline.dependsOn.map((id) => ends.get(id))
    if (pipeline.drivers === 'caller') before.push(callerEnd)
    const end = Promise.all(before).then(() => run(pipeline))
    ends.set(pipeline.id, end)
    if (pipeline.drivers === 'caller') callerEnd = end
  }
  await Promise.all(ends.values())
}
