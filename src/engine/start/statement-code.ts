/**
 * The code that statements need, in pieces that the event loop can take one at a time: each step loads what those before it have
 * not. A module is compiled and evaluated in one go, and a bundle has a file for what each step brings; more steps would make more
 * files, which cost each start a millisecond.
 */
export const STATEMENT_CODE: readonly (() => Promise<unknown>)[] = [
  () => import('../../planner/parser/parser.js'),
  () => import('../../expressions/functions/index.js'),
  () => import('../../operators/create-operator.js'),
  () => import('../../planner/optimizer/passes.js'),
]
