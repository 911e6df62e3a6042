import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Millrace } from '../../../../src/index.js'

export type DatabaseKind = 'sqlite' | 'duckdb'
export const KINDS: readonly DatabaseKind[] = ['sqlite', 'duckdb']

interface SyncDatabase {
  exec(sql: string): void
  close(): void
}
const require = createRequire(import.meta.url)

/** Runs statements in a database file by its own driver. */
export async function runNative(
  kind: DatabaseKind,
  path: string,
  statements: readonly string[],
): Promise<void> {
  if (kind === 'sqlite') {
    const Database = require('libsql') as new (path: string) => SyncDatabase
    const database = new Database(path)
    for (const statement of statements) database.exec(statement)
    database.close()
    return
  }
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const statement of statements) await connection.run(statement)
  connection.closeSync()
  instance.closeSync()
}

/** A database in a folder of its own, as catalog `db` of an engine. */
export async function openDatabase(
  kind: DatabaseKind,
  statements: readonly string[] = [],
  properties: Readonly<Record<string, string>> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), `millrace-${kind}-`))
  const path = join(folder, 'test.db')
  if (statements.length > 0) await runNative(kind, path, statements)
  const engine = await Millrace.create({
    threads: 0,
    catalogs: { db: { 'connector.name': kind, 'connection-url': path, ...properties } },
  })
  const inDatabase = { catalog: 'db', schema: 'main', rowMode: 'array' } as const
  return {
    path,
    folder,
    engine,
    rows: (sql: string): Promise<unknown[]> => engine.query(sql, [], inDatabase).all(),
    /** The answer when the engine does everything itself. */
    unpushed: (sql: string): Promise<unknown[]> =>
      engine
        .query(sql, [], { ...inDatabase, session: { allow_pushdown_into_connectors: 'false' } })
        .all(),
    async plan(sql: string): Promise<string> {
      const rows = await engine.query(`EXPLAIN ${sql}`, [], inDatabase).all()
      return rows.map((row) => String((row as unknown[])[0])).join('\n')
    },
    async failure(sql: string): Promise<string> {
      try {
        await engine.query(sql, [], inDatabase).all()
      } catch (error) {
        const { code, message } = error as { code: string; message: string }
        return `${code}: ${message}`
      }
      return 'no error'
    },
    async [Symbol.asyncDispose]() {
      await engine.close()
      rmSync(folder, { recursive: true })
    },
  }
}
