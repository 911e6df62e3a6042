import type { MetadataResolver, ResolvedRelation, TableVersion } from '../../planner/metadata.js'

/** A question that planning asked about catalogs, and what the answer was. */
export interface MetadataAnswer {
  /** Asks again. */
  readonly ask: (resolver: MetadataResolver) => Promise<unknown>
  /** Of the answer; undefined where nothing tells whether a later one is the same. */
  readonly stamp: string | undefined
}

/** What tells that two relations are the same for a plan; undefined where nothing does. */
function relationStamp(relation: ResolvedRelation | undefined): string | undefined {
  if (relation === undefined) return 'none'
  const { version, name } = relation
  return version === undefined
    ? undefined
    : JSON.stringify([relation.kind, name.catalog, name.schema, name.name, version])
}

/**
 * A resolver that notes what it is asked. A plan made with it holds as long as every question has the same answer: which
 * tables and views there are, their versions, and the SQL functions of catalogs.
 */
export function recordMetadata(
  resolver: MetadataResolver,
  answers: MetadataAnswer[],
): MetadataResolver {
  const record = async <T>(
    ask: (resolver: MetadataResolver) => Promise<T>,
    stampOf: (answer: T) => string | undefined,
  ): Promise<T> => {
    const answer = await ask(resolver)
    answers.push({
      ask: async (later) => stampOf(await ask(later)),
      stamp: stampOf(answer),
    })
    return answer
  }
  const { namesBeside, getRegistered, getFileTable, getTableSecurity } = resolver
  const { getLanguageFunctions, getTableFunction } = resolver
  return {
    catalogExists: (catalog) => record((r) => r.catalogExists(catalog), String),
    schemaExists: (catalog, schema) => record((r) => r.schemaExists(catalog, schema), String),
    // What a version is, may depend on the time.
    getRelation: (name, version?: TableVersion) =>
      record(
        (r) => r.getRelation(name, version),
        version === undefined ? relationStamp : () => undefined,
      ),
    // For errors only, after which there is no plan to keep.
    ...(namesBeside === undefined ? {} : { namesBeside: (name) => namesBeside(name) }),
    ...(getRegistered === undefined
      ? {}
      : {
          getRegistered: (name) => record(async (r) => r.getRegistered?.(name), relationStamp),
        }),
    ...(getFileTable === undefined
      ? {}
      : { getFileTable: (path) => record(async (r) => r.getFileTable?.(path), relationStamp) }),
    ...(getLanguageFunctions === undefined
      ? {}
      : {
          getLanguageFunctions: (name, accessor) =>
            record(
              async (r) => (await r.getLanguageFunctions?.(name, accessor)) ?? [],
              JSON.stringify,
            ),
        }),
    ...(getTableSecurity === undefined
      ? {}
      : {
          getTableSecurity: (name, columns, accessor) =>
            record(
              async (r) => r.getTableSecurity?.(name, columns, accessor),
              (security) => JSON.stringify(security ?? null),
            ),
        }),
    ...(getTableFunction === undefined
      ? {}
      : {
          getTableFunction: (name, accessor) =>
            record(
              async (r) => r.getTableFunction?.(name, accessor),
              (found) => (found === undefined ? 'none' : undefined),
            ),
        }),
  }
}

/** Tells whether every question has the answer that it had. */
export async function answersHold(
  answers: readonly MetadataAnswer[],
  resolver: MetadataResolver,
): Promise<boolean> {
  for (const { ask, stamp } of answers) if ((await ask(resolver)) !== stamp) return false
  return true
}
