import { type ErrorCode, MillraceError } from '../../spi/index.js'
import type { MetadataResolver } from '../metadata.js'
import type { Table } from '../parser/ast/index.js'
import { type FoundRelation, qualifiedText } from './metadata-collection.js'
import { nearestHint } from './semantic-error.js'

/** A table, its schema or its catalog does not exist. Analysis never waits, so the hint comes later: {@link withHint}. */
export class RelationNotFound extends MillraceError {
  readonly found: FoundRelation
  /** Names of the statement itself that may have been meant. */
  readonly near: Iterable<string>

  constructor(node: Table, found: FoundRelation, near: Iterable<string>) {
    const { code, message } = whatIsMissing(found)
    super(code, message, { location: node.location })
    this.found = found
    this.near = near
  }

  /** The error with the name that was most likely meant, where there is one. */
  async withHint(resolver: MetadataResolver): Promise<MillraceError> {
    const { code, message, location, found, near } = this
    const names = (await resolver.namesBeside?.(found.name)) ?? []
    const hint = nearestHint(whatIsMissing(found).name, [...names, ...near])
    return new MillraceError(code, message, { location, hint })
  }
}

function whatIsMissing({ name, catalogExists, schemaExists }: FoundRelation): {
  readonly code: ErrorCode
  readonly name: string
  readonly message: string
} {
  const { catalog, schema } = name
  if (!catalogExists) {
    return { code: 'CATALOG_NOT_FOUND', name: catalog, message: `Catalog '${catalog}' not found` }
  }
  if (!schemaExists) {
    return { code: 'SCHEMA_NOT_FOUND', name: schema, message: `Schema '${schema}' does not exist` }
  }
  const message = `Table '${qualifiedText(name)}' does not exist`
  return { code: 'TABLE_NOT_FOUND', name: name.name, message }
}
