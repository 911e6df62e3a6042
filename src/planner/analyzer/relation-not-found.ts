import { type ErrorCode, MillraceError } from '../../spi/index.js'
import type { MetadataResolver } from '../metadata.js'
import type { Table } from '../parser/ast/index.js'
import { type FoundRelation, qualifiedText } from './metadata-collection.js'
import { nearestHint } from './semantic-error.js'

/** Whether a name that stands for nothing is told from its first part on, or as that of a table, as where its rows would change. */
export type MissingPart = 'first' | 'table'

/** A table, its schema or its catalog does not exist. Analysis never waits, so the hint comes later: {@link withHint}. */
export class RelationNotFound extends MillraceError {
  readonly found: FoundRelation
  /** Names of the statement itself that may have been meant. */
  readonly near: Iterable<string>
  readonly part: MissingPart

  constructor(node: Table, found: FoundRelation, near: Iterable<string>, part: MissingPart) {
    const { code, message } = whatIsMissing(found, part)
    super(code, message, { location: node.location })
    this.found = found
    this.near = near
    this.part = part
  }

  /** The error with the name that was most likely meant, where there is one. */
  async withHint(resolver: MetadataResolver): Promise<MillraceError> {
    const { code, message, location, found, near, part } = this
    const names = (await resolver.namesBeside?.(found.name)) ?? []
    const hint = nearestHint(whatIsMissing(found, part).name, [...names, ...near])
    return new MillraceError(code, message, { location, hint })
  }
}

function whatIsMissing(
  { name, catalogExists, schemaExists }: FoundRelation,
  part: MissingPart,
): {
  readonly code: ErrorCode
  readonly name: string
  readonly message: string
} {
  const { catalog, schema } = name
  if (part === 'first' && !catalogExists) {
    return { code: 'CATALOG_NOT_FOUND', name: catalog, message: `Catalog '${catalog}' not found` }
  }
  if (part === 'first' && !schemaExists) {
    return { code: 'SCHEMA_NOT_FOUND', name: schema, message: `Schema '${schema}' does not exist` }
  }
  const message = `Table '${qualifiedText(name)}' does not exist`
  return { code: 'TABLE_NOT_FOUND', name: name.name, message }
}
