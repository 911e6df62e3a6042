import type { ShellConnection } from '../connection/connection.js'

/** How long names that were asked for are believed. */
const MAX_AGE_MILLIS = 60_000
/** A user who pressed Tab does not wait longer. */
const MAX_WAIT_MILLIS = 3000
/** Nobody reads through more. */
const MAX_NAMES = 10_000

/** The names that a connection knows, asked for by SQL, so that every server can tell them. */
export class Names {
  readonly #connection: ShellConnection
  readonly #known = new Map<
    string,
    { readonly atMillis: number; readonly names: Promise<readonly string[]> }
  >()

  constructor(connection: ShellConnection) {
    this.#connection = connection
  }

  /** Asks anew from now on: a statement may have changed them. */
  forget(): void {
    this.#known.clear()
  }

  catalogs(): Promise<readonly string[]> {
    return this.#ask('SHOW CATALOGS')
  }

  functions(): Promise<readonly string[]> {
    return this.#ask('SHOW FUNCTIONS')
  }

  sessionProperties(): Promise<readonly string[]> {
    return this.#ask('SHOW SESSION')
  }

  /** Schemas of a catalog; undefined means the session's. */
  async schemas(catalog = this.#connection.catalog): Promise<readonly string[]> {
    return catalog === undefined ? [] : this.#ask(`SHOW SCHEMAS FROM ${quotedName(catalog)}`)
  }

  /** Tables and views of a schema; undefined means the session's. */
  async tables(
    catalog = this.#connection.catalog,
    schema = this.#connection.schema,
  ): Promise<readonly string[]> {
    if (catalog === undefined || schema === undefined) return []
    return this.#ask(`SHOW TABLES FROM ${quotedName(catalog)}.${quotedName(schema)}`)
  }

  /** Columns of a table by its name's parts, as many as were written. */
  columns(table: readonly string[]): Promise<readonly string[]> {
    return this.#ask(`SHOW COLUMNS FROM ${table.map(quotedName).join('.')}`)
  }

  /** The first column of a statement's result; nothing where it fails: then there is nothing to propose. */
  #ask(sql: string): Promise<readonly string[]> {
    const known = this.#known.get(sql)
    if (known !== undefined && Date.now() - known.atMillis < MAX_AGE_MILLIS) return known.names
    const names = this.#run(sql).catch(() => [])
    this.#known.set(sql, { atMillis: Date.now(), names })
    return names
  }

  async #run(sql: string): Promise<readonly string[]> {
    const statement = this.#connection.statement(sql)
    const timer = setTimeout(() => void statement.cancel(), MAX_WAIT_MILLIS)
    const names = new Set<string>()
    try {
      for (let rows = await statement.next(); rows !== undefined; rows = await statement.next()) {
        for (const [name] of rows) names.add(String(name))
        if (names.size >= MAX_NAMES) break
      }
    } finally {
      clearTimeout(timer)
      await statement.cancel()
    }
    return [...names]
  }
}

const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`
