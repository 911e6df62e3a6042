import type { DuckDBType } from '@duckdb/node-api'
import { assert, type Page, type SqlType } from '../../spi/index.js'
import { quoted, type SqlWriteConnection } from '../sql-base/database.js'
import type { SqlWrite } from '../sql-base/handles.js'
import { heldValue } from '../sql-base/held-value.js'
import { duckdbType } from './columns.js'
import { duckdbError } from './errors.js'
import type { DuckdbApi, DuckdbInstance } from './instances.js'
import { encoder } from './values.js'

/** What a vector of DuckDB's holds. */
const ROWS_PER_CHUNK = 2048

/** A transaction that writes. */
export async function beginDuckdbWrite(
  instance: DuckdbInstance,
  path: string,
): Promise<SqlWriteConnection> {
  const { api } = instance
  const connection = await instance.connect()
  const run = async (sql: string): Promise<number> => {
    try {
      return (await connection.run(sql)).rowsChanged
    } catch (error) {
      throw duckdbError(error, path)
    }
  }
  await run('BEGIN TRANSACTION')

  const chunkOf = (columns: SqlWrite['columns'], page: Page, from: number, to: number) => {
    const types = columns.map(({ held }) => vectorType(api, held))
    const chunk = api.DuckDBDataChunk.create(types, to - from)
    for (const [i, { type, held }] of columns.entries()) {
      const encode = encoder(api, held)
      const block = page.blocks[i]!
      const values = Array.from({ length: to - from }, (_, row) =>
        encode(heldValue(type, block, from + row)),
      )
      chunk.setColumnValues(i, values)
    }
    return chunk
  }

  return {
    execute: run,
    stageName: (stage) => `temp.main.${quoted(stage)}`,
    async createStage(stage, columns) {
      const list = columns.map(({ name, held }) => `${quoted(name)} ${duckdbType(held)}`)
      await run(`CREATE TEMP TABLE ${quoted(stage)} (${list.join(', ')})`)
    },
    async append(stage, columns, page) {
      try {
        const appender = await connection.createAppender(stage, 'main', 'temp')
        for (let from = 0; from < page.rowCount; from += ROWS_PER_CHUNK) {
          const to = Math.min(from + ROWS_PER_CHUNK, page.rowCount)
          appender.appendDataChunk(chunkOf(columns, page, from, to))
          await new Promise((resolve) => setImmediate(resolve))
        }
        appender.closeSync()
      } catch (error) {
        throw duckdbError(error, path)
      }
    },
    async commit() {
      try {
        await instance.commit(() => run('COMMIT'))
      } finally {
        connection.closeSync()
      }
    },
    async rollback() {
      try {
        await run('ROLLBACK')
      } finally {
        connection.closeSync()
      }
    },
  }
}

/** The type of a vector of values of a type. */
function vectorType(api: DuckdbApi, type: SqlType): DuckDBType {
  if (type.kind === 'decimal') return api.DECIMAL(type.precision, type.scale)
  const name = duckdbType(type)
  assert(name !== undefined, 'a type that DuckDB has')
  const vectorTypes: Readonly<Record<string, DuckDBType>> = {
    BOOLEAN: api.BOOLEAN,
    TINYINT: api.TINYINT,
    SMALLINT: api.SMALLINT,
    INTEGER: api.INTEGER,
    BIGINT: api.BIGINT,
    FLOAT: api.FLOAT,
    DOUBLE: api.DOUBLE,
    DATE: api.DATE,
    UUID: api.UUID,
    BLOB: api.BLOB,
    VARCHAR: api.VARCHAR,
    TIME: api.TIME,
    TIMESTAMP_S: api.TIMESTAMP_S,
    TIMESTAMP_MS: api.TIMESTAMP_MS,
    TIMESTAMP: api.TIMESTAMP,
    TIMESTAMP_NS: api.TIMESTAMP_NS,
    TIMESTAMPTZ: api.TIMESTAMPTZ,
  }
  const found = vectorTypes[name]
  assert(found !== undefined, 'a vector of every type that is written')
  return found
}
