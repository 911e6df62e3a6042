import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { flattenBlock, gatherNullableBlock, nullBlock } from '../../operators/kernels/gather.js'
import { importBlock, sliceBlock } from '../../operators/kernels/import.js'
import type { TableFunctionReference } from '../../planner/plan/node.js'
import {
  type Arena,
  BIGINT,
  type Block,
  MillraceError,
  type Page,
  readValue,
  typeName,
  typesEqual,
} from '../../spi/index.js'
import type { TableFunctionArgumentSpec, TableFunctionSource } from '../pipeline.js'

/** Rows of an argument that the function may pass on: any that it numbers, or the first one for all. */
export interface PassedRows {
  /** Every channel of the argument. */
  readonly blocks: readonly Block[]
  /** Number of the first of them in the partition. */
  readonly firstRow: number
  readonly rowCount: number
}

type Spec = Pick<TableFunctionSource, 'function' | 'properTypes' | 'inputs'>
type FunctionName = Pick<TableFunctionReference, 'catalog' | 'schema' | 'name'>

/**
 * A page of a function with the columns that its arguments pass on in the place of the row numbers.
 * @param rows for each argument; undefined: there are none, and its columns are NULL
 * @throws FUNCTION_IMPLEMENTATION_ERROR where the function's page is not as declared
 */
export function outputPage(
  page: Page,
  spec: Spec,
  rows: readonly (PassedRows | undefined)[],
  arena: Arena,
): Page {
  const { properTypes, inputs } = spec
  const passing = inputs.filter(({ argument }) => argument.passesThrough)
  checkFunctionPage(page, spec.function, [...properTypes, ...passing.map(() => BIGINT)])
  const { rowCount } = page
  const blocks = properTypes.map((_, i) => importBlock(page.blocks[i]!, arena))
  let nextIndex = properTypes.length
  inputs.forEach(({ argument }, i) => {
    const given = rows[i]
    blocks.push(
      ...(argument.passesThrough
        ? numberedRows(page.blocks[nextIndex++]!, given, argument, spec, arena)
        : firstRow(given, argument, rowCount, arena)),
    )
  })
  return { rowCount, blocks }
}

const fail = ({ catalog, schema, name }: FunctionName, problem: string): never => {
  throw new MillraceError(
    'FUNCTION_IMPLEMENTATION_ERROR',
    `Table function ${catalog}.${schema}.${name} gave ${problem}`,
  )
}

/** @throws FUNCTION_IMPLEMENTATION_ERROR where a page of a function has other columns than it should */
export function checkFunctionPage(
  page: Page,
  name: FunctionName,
  types: readonly Block['type'][],
): void {
  if (page.blocks.length !== types.length) {
    fail(name, `a page of ${page.blocks.length} columns instead of ${types.length}`)
  }
  page.blocks.forEach((block, i) => {
    if (typesEqual(block.type, types[i]!) && block.rowCount === page.rowCount) return
    fail(
      name,
      `${block.rowCount} rows of ${typeName(block.type)} instead of ${page.rowCount} of ${typeName(types[i]!)} as column ${i + 1}`,
    )
  })
}

/** Columns that are the same in all rows of the partition. */
const firstRow = (
  rows: PassedRows | undefined,
  { passed, types }: TableFunctionArgumentSpec,
  rowCount: number,
  arena: Arena,
): readonly Block[] =>
  passed.map((channel): Block => {
    const type = types[channel]!
    if (rows === undefined) return nullBlock(type, rowCount)
    const value = flattenBlock(sliceBlock(rows.blocks[channel]!, 0, 1, arena), arena)
    return { encoding: 'constant', type, rowCount, value }
  })

function numberedRows(
  numbers: Block,
  rows: PassedRows | undefined,
  { passed, types }: TableFunctionArgumentSpec,
  spec: Spec,
  arena: Arena,
): readonly Block[] {
  const { rowCount } = numbers
  const positions = allocateInt32(arena, rowCount)
  let isEmpty = true
  for (let i = 0; i < rowCount; i++) {
    const number = readValue(numbers, i)
    if (number === null) {
      positions[i] = -1
      continue
    }
    const position = Number(number) - (rows?.firstRow ?? 0)
    if (rows === undefined || position < 0 || position >= rows.rowCount) {
      fail(spec.function, `the number of a row that it was not given: ${number}`)
    }
    isEmpty = false
    positions[i] = position
  }
  return passed.map((channel) =>
    rows === undefined || isEmpty
      ? nullBlock(types[channel]!, rowCount)
      : gatherNullableBlock(rows.blocks[channel]!, positions, rowCount, arena),
  )
}
