import type { FunctionRegistry } from '../../expressions/registry.js'
import type { Accessor, PlannerSession } from '../metadata.js'
import type { AccessUses } from './access-uses.js'
import type { Analysis, AnalysisWarning, ParameterValue } from './analysis.js'
import { analyzeExpression } from './expression-analyzer.js'
import type { CollectedMetadata } from './metadata-collection.js'
import { analyzeQuery } from './query-analyzer.js'

export interface AnalyzerOptions {
  readonly session: PlannerSession
  readonly registry: FunctionRegistry
  readonly metadata: CollectedMetadata
  readonly parameters: readonly ParameterValue[] | undefined
  readonly warn?: (warning: AnalysisWarning) => void
  /** Where what is done with tables and views is noted. */
  readonly uses?: AccessUses | undefined
  readonly accessor?: Accessor
}

/** The empty state that the analysis of one statement fills. */
export function newAnalysis({
  session,
  registry,
  metadata,
  parameters,
  warn = () => {},
  uses,
  accessor = {},
}: AnalyzerOptions): Analysis {
  let lastId = 0
  return {
    session,
    registry,
    metadata,
    parameters,
    parameterTypes: new Map(),
    calls: new Map(),
    outerColumns: [],
    usedTables: new Map(),
    ...(uses === undefined ? {} : { access: { uses, accessor } }),
    viewStack: [],
    filterStack: [],
    traits: { deterministic: true },
    warn,
    newId: (prefix) => `@${prefix}${++lastId}`,
    analyzeExpression,
    analyzeQuery(query, scope, place = {}) {
      return analyzeQuery(query, scope, this, place)
    },
  }
}
