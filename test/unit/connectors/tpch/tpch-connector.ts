import { tpchConnectorFactory } from '../../../../src/connectors/tpch/connector.js'
import type { TpchTypes } from '../../../../src/connectors/tpch/handles.js'
import type {
  Block,
  Connector,
  ConnectorSession,
  DynamicFilter,
  Page,
  TupleDomain,
} from '../../../../src/spi/index.js'
import { EMPTY_DYNAMIC_FILTER, heapArena, MillraceError } from '../../../../src/spi/index.js'

type Column = TpchTypes['column']

export const session: ConnectorSession = {
  queryId: 'query',
  identity: { user: 'user', groups: [] },
  user: 'user',
  timeZone: 'UTC',
  locale: 'en-US',
  startMillis: 0,
  signal: new AbortController().signal,
  getProperty: (property) => property.defaultValue,
}

const noPages = () => {
  throw new MillraceError('NOT_SUPPORTED', 'no page store in this test')
}

/** A tpch connector as an engine would make one, over garbage-collected memory. */
export async function tpchConnector(
  properties: Record<string, string> = {},
): Promise<Connector<TpchTypes>> {
  const connector = await tpchConnectorFactory.create('tpch', properties, {
    version: 'test',
    nodeId: 'test',
    isCoordinator: true,
    pageStore: { store: noPages, load: noPages, release: noPages },
    memoryLimitBytes: 1e9,
    createArena: heapArena,
    getType: noPages,
  })
  return connector as Connector<TpchTypes>
}

export interface ScanOptions {
  readonly schema: string
  readonly table: string
  /** Names in SQL. */
  readonly columns: readonly string[]
  readonly predicate?: TupleDomain<Column>
  readonly dynamicFilter?: DynamicFilter<Column>
}

/** The pages of all splits of a table, in their order. */
export async function scanPages(
  connector: Connector<TpchTypes>,
  { schema, table, columns, predicate, dynamicFilter }: ScanOptions,
): Promise<{ pages: Page[]; splits: TpchTypes['split'][] }> {
  const { signal } = session
  const metadata = connector.getMetadata(session, null)
  const handle = structuredClone((await metadata.getTableHandle(session, { schema, table }))!)
  const handles = await metadata.getColumnHandles(session, handle)
  const wanted = columns.map((name) => structuredClone(handles.get(name)!))
  const filter = dynamicFilter ?? EMPTY_DYNAMIC_FILTER
  const source = await connector.getSplitManager!().getSplits(
    null,
    session,
    handle,
    filter,
    {
      summary: predicate ?? { columnDomains: [] },
      expression: { kind: 'constant', value: true, type: { kind: 'boolean' } },
      assignments: {},
    },
    signal,
  )
  const splits: TpchTypes['split'][] = []
  for (let done = false; !done; ) {
    const batch = await source.getNextBatch(7)
    splits.push(...batch.splits.map((split) => structuredClone(split)))
    done = batch.noMoreSplits
  }
  await source.close()
  const pages: Page[] = []
  const provider = connector.getPageSourceProvider!()
  for (const split of splits) {
    const reader = await provider.createPageSource(
      null,
      session,
      split,
      handle,
      wanted,
      filter,
      signal,
    )
    for (
      let page = await reader.getNextPage();
      page !== undefined;
      page = await reader.getNextPage()
    ) {
      pages.push(page)
    }
    await reader.close()
  }
  return { pages, splits }
}

const decoder = new TextDecoder()

/** The values of a block as numbers (decimals: unscaled) or strings. */
export function blockValues(block: Block): (number | string)[] {
  return Array.from({ length: block.rowCount }, (_, position) => blockValue(block, position))
}

function blockValue(block: Block, position: number): number | string {
  if (block.encoding === 'dictionary') {
    return blockValue(block.dictionary, block.codes[position]!)
  }
  if (block.encoding === 'constant') {
    return blockValue(block.value, 0)
  }
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return block.base + block.factor * Number(block.values[position])
    case 'f64':
      return block.values[position]!
    case 'bytes':
      return decoder.decode(block.bytes.slice(block.offsets[position], block.offsets[position + 1]))
    default:
      throw new Error(`no such storage in tpch: ${block.storage}`)
  }
}
