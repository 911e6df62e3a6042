import type { Accessor, QualifiedObjectName } from '../metadata.js'
import type { Analysis } from './analysis.js'
import type { Field } from './bound.js'

/** Something that a statement does with a table or view. */
export interface RelationUse extends Accessor {
  readonly kind: 'select' | 'insert' | 'delete' | 'update'
  readonly name: QualifiedObjectName
  /** Columns that are read or updated, in the order in which they are met. */
  readonly columns: readonly string[]
}

interface Use extends Omit<RelationUse, 'columns'> {
  readonly columns: Set<string>
}

interface Column {
  readonly accessor: Accessor
  readonly table: QualifiedObjectName
  readonly name: string
}

/**
 * What a statement does with tables and views: a column is noted when a field that stands for it is read.
 * @source Trino Analysis.tableColumnReferences
 */
export class AccessUses {
  readonly #uses = new Map<string, Use>()
  readonly #columns = new Map<string, Column>()

  /** Notes which columns fields stand for, in the order of `columns`. */
  addFields(
    accessor: Accessor,
    name: QualifiedObjectName,
    fields: readonly Field[],
    columns: readonly string[],
  ): void {
    fields.forEach(({ id }, i) => {
      this.#columns.set(id, { accessor, table: name, name: columns[i]! })
    })
  }

  /** A field stands for the column that another one does. */
  addCopy({ id }: Field, copy: Field): void {
    const column = this.#columns.get(id)
    if (column !== undefined) this.#columns.set(copy.id, column)
  }

  add(
    kind: RelationUse['kind'],
    accessor: Accessor,
    name: QualifiedObjectName,
    columns: Iterable<string>,
  ): void {
    const { owner, passesOn } = accessor
    const { catalog, schema, name: table } = name
    const key = JSON.stringify([kind, owner ?? null, passesOn === true, catalog, schema, table])
    let use = this.#uses.get(key)
    if (use === undefined) {
      use = { ...accessor, kind, name, columns: new Set() }
      this.#uses.set(key, use)
    }
    for (const column of columns) use.columns.add(column)
  }

  /** A field is read; one that stands for no column of a table says nothing. */
  read({ id }: Field): void {
    const column = this.#columns.get(id)
    if (column === undefined) return
    this.add('select', column.accessor, column.table, [column.name])
  }

  /** Writes before reads, which are checked in this order. */
  all(): readonly RelationUse[] {
    const uses = [...this.#uses.values()].map((use) => ({ ...use, columns: [...use.columns] }))
    return [
      ...uses.filter(({ kind }) => kind !== 'select'),
      ...uses.filter(({ kind }) => kind === 'select'),
    ]
  }
}

/** Notes that fields are read, where anybody asks. */
export function readFields({ access }: Pick<Analysis, 'access'>, fields: Iterable<Field>): void {
  if (access === undefined) return
  for (const field of fields) access.uses.read(field)
}
