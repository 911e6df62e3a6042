/**
 * The code that statements need, in pieces that the event loop can take one at a time: each step loads what those before it have
 * not, a few hundred kilobytes at most. (A module is compiled and evaluated in one go.)
 */
export const STATEMENT_CODE: readonly (() => Promise<unknown>)[] = [
  () => import('../../planner/parser/parser.js'),
  () => import('../../expressions/interpreter.js'),
  () => import('../../expressions/compile.js'),
  () => import('../../expressions/functions/index.js'),
  () => import('../../operators/aggregation/aggregation.js'),
  () => import('../../operators/join/lookup-join.js'),
  () => import('../../operators/create-operator.js'),
  () => import('../../dataflow/query-execution.js'),
  () => import('../../planner/analyzer/query-analyzer.js'),
  () => import('../../planner/logical-planner/logical-planner.js'),
  () => import('../../planner/optimizer/passes.js'),
  () => import('../statements/handlers.js'),
]
