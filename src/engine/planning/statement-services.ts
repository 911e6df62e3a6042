import type { ThreadEnvironment } from '../../dataflow/thread-environment.js'
import { BUILTIN_FUNCTIONS } from '../../expressions/functions/index.js'
import { createRegistry } from '../../expressions/registry.js'
import { parseStatement } from '../../planner/parser/parser.js'
import { assert, type Page, readValue } from '../../spi/index.js'
import type { RegisteredSources } from '../catalog/registered-sources.js'
import { PlanRunner, type PlanRunnerOptions } from '../execution/plan-runner.js'
import type { EngineCore, EngineServices } from '../services.js'
import { handleStatement } from '../statements/handlers.js'
import { checkParameterCount } from '../statements/prepared-statements.js'
import { createThreadEnvironment } from '../threads/thread.js'
import { rememberingParser } from './parsed-statements.js'
import type { PlanCache } from './plan-cache.js'
import { createPlanServices } from './plan-services.js'

/** What a thread and a plan runner are made of, but for what only statements need. */
export type StatementParts = Omit<PlanRunnerOptions, 'thread'> &
  Pick<ThreadEnvironment, 'allocator' | 'turns'> & {
    readonly planCache: PlanCache
    readonly registered: RegisteredSources
  }

/**
 * What statements need of the engine, and what tasks run with in this thread: the language, the optimizer, the functions and the
 * operators. Most of the engine's code hangs on this module, so it is loaded when the first statement asks for it, or before that in
 * the background (`start/statement-code.ts`).
 */
export function createStatementServices(
  core: EngineCore,
  parts: StatementParts,
): { readonly services: EngineServices; readonly thread: ThreadEnvironment } {
  const functions = createRegistry(BUILTIN_FUNCTIONS)
  parts.ownFunctions.register(functions)
  const { catalogs, contexts } = parts
  const thread = createThreadEnvironment({
    threadName: 'main',
    allocator: parts.allocator,
    registry: functions,
    turns: parts.turns,
    connector: (catalog) => catalogs.get(catalog).connector,
    knownSession: (queryId, catalog) => contexts.find(queryId)?.connectorSession(catalog),
  })
  const services: EngineServices = {
    ...core,
    functions,
    parse: rememberingParser(parseStatement),
    handle(statement, context) {
      checkParameterCount(statement, context)
      return handleStatement(statement, context)
    },
    firstBigint,
    ...createPlanServices({
      functions,
      cache: parts.planCache,
      registered: parts.registered,
      runner: new PlanRunner({ ...parts, thread }),
    }),
  }
  return { services, thread }
}

function firstBigint(page: Page): bigint | undefined {
  const block = page.blocks[0]
  const value = block === undefined || page.rowCount === 0 ? undefined : readValue(block, 0)
  assert(typeof value === 'bigint' || value === null, 'a number of rows')
  return value ?? undefined
}
