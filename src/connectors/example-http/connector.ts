import {
  dataSizeConfig,
  defineConnector,
  durationConfig,
  MillraceError,
  stringConfig,
} from '../../spi/index.js'
import { type HttpTable, readDocument } from './document.js'
import { placeIn } from './errors.js'
import { type HttpSource, readRows } from './rows.js'

/**
 * CSV and JSON behind HTTP addresses as tables, which a JSON document describes: a small connector to learn from.
 * Sources are splits, read side by side in all threads. @source Trino's example-http connector
 */
export const exampleHttpConnectorFactory = defineConnector({
  name: 'example-http',
  config: {
    'metadata-uri': stringConfig({ description: 'Address of the document', required: true }),
    'request-timeout': durationConfig({
      description: 'How long a server may send nothing',
      default: '30s',
      min: '1ms',
      max: '1h',
    }),
    'max-record-size': dataSizeConfig({
      description: 'Characters that a row may have',
      default: '1MB',
      min: '1B',
      max: '256MB',
    }),
    'max-metadata-size': dataSizeConfig({
      description: 'Characters that the document may have',
      default: '16MB',
      min: '1B',
      max: '256MB',
    }),
  },
  open(config) {
    const url = config['metadata-uri']
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new MillraceError('CONFIGURATION_INVALID', `metadata-uri is no HTTP address: ${url}`)
    }
    const closing = new AbortController()
    let tables: Promise<readonly HttpTable[]> | undefined
    const read = (): Promise<readonly HttpTable[]> =>
      readDocument(url, config['max-metadata-size'], {
        timeoutMillis: config['request-timeout'],
        signal: closing.signal,
      })
    return {
      close: () => closing.abort(),
      /** Read once; a failed try is not kept. */
      tables(): Promise<readonly HttpTable[]> {
        tables ??= read().catch((error: unknown) => {
          tables = undefined
          throw error
        })
        return tables
      },
    }
  },
  close: (state) => state.close(),
  tables: async ({ state }) =>
    Object.fromEntries(
      (await state.tables()).map(({ schema, name, columns }) => [`${schema}.${name}`, { columns }]),
    ),
  async splits({ state, schema, table }): Promise<HttpSource[]> {
    const found = (await state.tables()).find((t) => t.schema === schema && t.name === table)
    return found?.sources.map((source) => ({ ...source, columns: found.columns })) ?? []
  },
  rows: ({ config, columns, split, signal }) =>
    readRows(split as HttpSource, columns, config['max-record-size'], {
      timeoutMillis: config['request-timeout'],
      signal,
    }),
  placeOf: (row, { split }) =>
    placeIn((split as HttpSource).url, (row as readonly unknown[]).at(-1) as number),
})
