import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, Page } from '../../spi/index.js'
import type { OperatorContext } from '../operator.js'
import { memoryOf } from '../operator-memory.js'
import type { AggregationSpec } from '../spec.js'
import { operatorScope } from '../spill/operator-scope.js'
import { AggregateCalls } from './aggregate-calls.js'
import { rowChoiceKernels } from './row-choice-kernels.js'

/**
 * A page of groups each of which is one row: keys as they are, then what `give` takes from the calls.
 * @param scratch reset here
 */
export function rowsAsGroups(
  spec: AggregationSpec,
  context: OperatorContext,
  page: Page,
  give: (calls: AggregateCalls) => readonly Block[],
  scratch: Arena,
): Page {
  const { rowCount } = page
  scratch.reset()
  const scope = operatorScope(context)
  const memory = memoryOf(scratch)
  const status = allocateInt32(scratch, 4)
  const calls = new AggregateCalls(spec, scope.context, memory, status)
  calls.reserve(rowCount)
  const groups = allocateInt32(scratch, rowCount)
  rowChoiceKernels(memory).each(rowCount, groups.byteOffset)
  calls.add(page, groups, scratch)
  const columns = give(calls)
  calls.close()
  scope.close()
  const keys = spec.keyChannels.map((channel) => page.blocks[channel]!)
  return { rowCount, blocks: [...keys, ...columns] }
}
