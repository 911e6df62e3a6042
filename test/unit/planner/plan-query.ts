import { builtinRegistry } from '../../../src/expressions/functions/index.js'
import {
  analyzeAndPlan,
  type LogicalPlan,
  type PlanningOptions,
} from '../../../src/planner/logical-planner/logical-planner.js'
import type { ResolvedRelation } from '../../../src/planner/metadata.js'
import { parseStatement } from '../../../src/planner/parser/parser.js'
import { MillraceError } from '../../../src/spi/index.js'
import { checkPlan, planText } from './plan-text.js'
import { tpchMetadata, tpchSession } from './tpch-metadata.js'

const registry = builtinRegistry()

export const planningOptions = (
  views: readonly ResolvedRelation[] = [],
  more: Partial<PlanningOptions> = {},
): PlanningOptions => ({ metadata: tpchMetadata(views), session: tpchSession, registry, ...more })

/** Plans a statement over the TPC-H tables and checks what every plan must hold. */
export async function plan(
  sql: string,
  options: PlanningOptions = planningOptions(),
): Promise<LogicalPlan> {
  const logical = await analyzeAndPlan(parseStatement(sql), options)
  checkPlan(logical.root)
  return logical
}

export const planLines = async (sql: string, options?: PlanningOptions): Promise<string> =>
  planText((await plan(sql, options)).root)

/** `CODE line:column message` of the error a statement gives. */
export async function planError(sql: string, options?: PlanningOptions): Promise<string> {
  try {
    await plan(sql, options)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    const { code, location, message } = error
    return location === undefined
      ? `${code} ${message}`
      : `${code} ${location.line}:${location.column} ${message}`
  }
  throw new Error(`no error: ${sql}`)
}
