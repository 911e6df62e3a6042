import { MillraceError } from '../spi/error.js'
import { typeName } from '../spi/type/type.js'
import type { Value } from '../spi/type/value.js'
import type { ScalarOverload } from './function-definition.js'
import type { RowLookup } from './interpreter.js'
import type { Expression, ResolvedFunction, Routine, RoutineStatement } from './ir.js'
import type { SessionContext } from './session-context.js'

/** Makes an evaluator of an expression over symbols. */
export type CompileExpression = (
  expression: Expression,
  session: SessionContext,
) => (row: RowLookup) => Value

/** How a statement ended: it ran through, gave the result, or goes to a label's loop. */
type Outcome =
  | { readonly kind: 'next' }
  | { readonly kind: 'return'; readonly value: Value }
  | { readonly kind: 'leave' | 'iterate'; readonly label: string }
type Run = () => Outcome

const NEXT: Outcome = Object.freeze({ kind: 'next' })

/**
 * A routine as a scalar function: each call site compiles its expressions once and runs the statements for each row.
 * @source Trino io.trino.sql.routine.SqlRoutineCompiler
 */
export function routineOverload(
  fn: ResolvedFunction,
  routine: Routine,
  compileExpression: CompileExpression,
): ScalarOverload {
  return {
    args: fn.argumentTypes.map(typeName),
    returns: typeName(fn.returnType),
    nulls: routine.returnsNullOnNull ? 'propagate' : 'called',
    deterministic: fn.deterministic,
    bind: ({ session }) => bindRoutine(routine, session, (e) => compileExpression(e, session)),
  }
}

function bindRoutine(
  { parameters, body }: Routine,
  session: SessionContext,
  compileExpression: (expression: Expression) => (row: RowLookup) => Value,
): (...args: Value[]) => Value {
  const variables = new Map<string, Value>()
  const row: RowLookup = {
    channel: () => {
      throw new Error('internal error: a routine reads no channels')
    },
    symbol: (name) => {
      const value = variables.get(name)
      if (value === undefined) throw new Error(`internal error: unbound variable ${name}`)
      return value
    },
  }
  const run = compileStatement(body, {
    variables,
    session,
    value: (expression) => {
      const evaluate = compileExpression(expression)
      return () => evaluate(row)
    },
  })
  return (...args) => {
    parameters.forEach(({ name }, i) => {
      variables.set(name, args[i]!)
    })
    const outcome = run()
    if (outcome.kind !== 'return') throw new Error('internal error: a routine ends in RETURN')
    return outcome.value
  }
}

interface Scope {
  readonly variables: Map<string, Value>
  readonly session: SessionContext
  value(expression: Expression): () => Value
}

function compileStatement(statement: RoutineStatement, scope: Scope): Run {
  switch (statement.kind) {
    case 'return': {
      const value = scope.value(statement.value)
      return () => ({ kind: 'return', value: value() })
    }
    case 'set': {
      const { variable } = statement
      const value = scope.value(statement.value)
      return () => {
        scope.variables.set(variable, value())
        return NEXT
      }
    }
    case 'block':
      return compileBlock(statement, scope)
    case 'if': {
      const condition = scope.value(statement.condition)
      const onTrue = compileStatement(statement.onTrue, scope)
      const otherwise =
        statement.otherwise === undefined
          ? () => NEXT
          : compileStatement(statement.otherwise, scope)
      return () => (condition() === true ? onTrue() : otherwise())
    }
    case 'loop':
      return compileLoop(statement, scope)
    case 'leave':
    case 'iterate': {
      const outcome: Outcome = { kind: statement.kind, label: statement.label }
      return () => outcome
    }
  }
}

function compileBlock(block: RoutineStatement & { kind: 'block' }, scope: Scope): Run {
  const initials = block.variables.map(({ name, initial }) => ({
    name,
    value: scope.value(initial),
  }))
  const statements = block.statements.map((statement) => compileStatement(statement, scope))
  return () => {
    for (const { name, value } of initials) scope.variables.set(name, value())
    for (const statement of statements) {
      const outcome = statement()
      if (outcome.kind !== 'next') return outcome
    }
    return NEXT
  }
}

/** Rounds of a loop between two looks at whether it may go on: a power of two less one. */
const ROUNDS_MASK = 0x3ff

/** @throws MillraceError USER_CANCELED, EXCEEDED_TIME_LIMIT */
function checkInterruption({ isCancelled, deadlineMillis }: SessionContext): void {
  if (isCancelled?.() === true) throw new MillraceError('USER_CANCELED', 'Query was canceled')
  if (deadlineMillis !== undefined && Date.now() > deadlineMillis) {
    throw new MillraceError(
      'EXCEEDED_TIME_LIMIT',
      'Query exceeded the maximum run time limit in a loop of a routine',
    )
  }
}

function compileLoop(loop: RoutineStatement & { kind: 'loop' }, scope: Scope): Run {
  const { label } = loop
  const goesOn = loop.whileTrue === undefined ? () => true : scope.value(loop.whileTrue)
  const isDone = loop.untilTrue === undefined ? () => false : scope.value(loop.untilTrue)
  const body = compileStatement(loop.body, scope)
  let rounds = 0
  return () => {
    while (goesOn() === true) {
      rounds = (rounds + 1) & ROUNDS_MASK
      if (rounds === 0) checkInterruption(scope.session)
      const outcome = body()
      if (outcome.kind === 'return') return outcome
      if (outcome.kind === 'leave' || outcome.kind === 'iterate') {
        if (outcome.label !== label) return outcome
        if (outcome.kind === 'leave') return NEXT
      }
      if (isDone() === true) return NEXT
    }
    return NEXT
  }
}

const looping = new WeakMap<Routine, boolean>()

/** Whether a routine, or one that it calls, has a loop: it may then run for ever. */
function hasLoop(routine: Routine): boolean {
  let known = looping.get(routine)
  if (known === undefined) {
    known = holdsLoop(routine.body)
    looping.set(routine, known)
  }
  return known
}

/** Whether plain data (an expression, a plan) calls a routine with a loop. O(its objects) */
export function callsLoop(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return value.some(callsLoop)
  if ('routine' in value && 'argumentTypes' in value && value.routine !== undefined) {
    return hasLoop(value.routine as Routine)
  }
  return Object.values(value).some(callsLoop)
}

const holdsLoop = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return value.some(holdsLoop)
  return ('kind' in value && value.kind === 'loop') || Object.values(value).some(holdsLoop)
}
