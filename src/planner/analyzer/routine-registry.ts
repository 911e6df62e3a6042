import { createHash } from 'node:crypto'
import { type ScalarOverload, scalarFunction } from '../../expressions/function-definition.js'
import type {
  Expression,
  ResolvedFunction,
  Routine,
  RoutineStatement,
} from '../../expressions/ir.js'
import { isDeterministic } from '../../expressions/ir-walk.js'
import {
  createRegistry,
  type FunctionRegistry,
  type RegisteredOverload,
} from '../../expressions/registry.js'
import { MillraceError, typeName } from '../../spi/index.js'
import type {
  ControlStatement,
  FunctionSpecification,
  NodeBase,
  RoutineCharacteristic,
} from '../parser/ast/index.js'
import type { Analysis } from './analysis.js'
import { analyzeRoutine, routineParameters } from './routine-analysis.js'
import { semanticError } from './semantic-error.js'
import { analyzeTypeAt } from './type-analysis.js'

/** The schema that functions of a query are in, as Trino names it. */
const QUERY_SCHEMA = 'system.$query'

/**
 * An analysis that knows the inline functions of a query besides those of the registry; they come first.
 * @throws MillraceError SYNTAX_ERROR for a qualified name; what their own analysis throws
 * @source Trino io.trino.metadata.LanguageFunctionManager
 */
export function withInlineFunctions(
  specifications: readonly FunctionSpecification[],
  analysis: Analysis,
): Analysis {
  if (specifications.length === 0) return analysis
  const functions = specifications.map((specification) => {
    const { parts } = specification.name
    if (parts.length > 1) {
      throw semanticError(
        'SYNTAX_ERROR',
        specification,
        `Inline function names cannot be qualified: ${parts.map((part) => part.value).join('.')}`,
      )
    }
    const security = specification.routineCharacteristics.find(
      (c) => c.kind === 'securityCharacteristic',
    )
    if (security !== undefined) {
      throw semanticError(
        'NOT_SUPPORTED',
        security,
        'Security mode not supported for inline functions',
      )
    }
    const name = parts[0]!.value.toLowerCase()
    return { name, fullName: `${QUERY_SCHEMA}.${name}`, specification }
  })
  return withRoutines(functions, analysis)
}

export interface NamedRoutine {
  /** What calls name it by, in lower case. */
  readonly name: string
  readonly fullName: string
  readonly specification: FunctionSpecification
}

/** What SHOW FUNCTIONS and the catalogs need of a function; analyzes it whole. */
export interface RoutineDescription {
  readonly argumentTypes: readonly string[]
  readonly returnType: string
  readonly deterministic: boolean
}

export function describeRoutine(
  specification: FunctionSpecification,
  analysis: Analysis,
): RoutineDescription {
  const overload = signatureOf(specification)
  const fullName = specification.name.parts.map((part) => part.value.toLowerCase()).join('.')
  const routine = { name: fullName, fullName, specification }
  const { deterministic } = analyzeBody({ routine, overload, isUnderWay: false }, analysis)
  return { argumentTypes: overload.args, returnType: overload.returns, deterministic }
}

interface RoutineState {
  readonly routine: NamedRoutine
  readonly overload: ScalarOverload
  resolved?: { readonly routine: Routine; readonly deterministic: boolean; readonly digest: string }
  isUnderWay: boolean
}

/** An analysis whose registry knows these functions too. */
export function withRoutines(routines: readonly NamedRoutine[], analysis: Analysis): Analysis {
  const own = createRegistry()
  const states = new Map<ScalarOverload, RoutineState>()
  for (const routine of routines) {
    const overload = signatureOf(routine.specification)
    const { location } = routine.specification
    const taken = [...states.values()].some(
      (s) => s.routine.name === routine.name && String(s.overload.args) === String(overload.args),
    )
    if (taken) {
      throw new MillraceError('ALREADY_EXISTS', 'Function already exists', { location })
    }
    states.set(overload, { routine, overload, isUnderWay: false })
    own.add(scalarFunction({ name: routine.name, description: '', overloads: [overload] }))
  }
  const inner: Analysis = { ...analysis, registry: layered(own, analysis.registry, complete) }
  function complete(resolved: ResolvedFunction): ResolvedFunction {
    const registered = own.find(resolved.id)
    const state = states.get(registered.overload as ScalarOverload)!
    state.resolved ??= analyzeBody(state, inner)
    const { routine, deterministic, digest } = state.resolved
    const { fullName } = state.routine
    const id = `${fullName}(${state.overload.args.join(',')}):${state.overload.returns}#${digest}`
    return { ...resolved, name: fullName, id, deterministic, routine }
  }
  for (const state of states.values()) state.resolved ??= analyzeBody(state, inner)
  return inner
}

function layered(
  own: FunctionRegistry,
  base: FunctionRegistry,
  complete: (resolved: ResolvedFunction) => ResolvedFunction,
): FunctionRegistry {
  return {
    ...base,
    has: (name) => own.has(name) || base.has(name),
    kinds: (name) => (own.has(name) ? own.kinds(name) : base.kinds(name)),
    resolve(name, argumentTypes, location) {
      if (!own.has(name)) return base.resolve(name, argumentTypes, location)
      return complete(own.resolve(name, argumentTypes, location))
    },
    find: (id): RegisteredOverload => base.find(id),
  }
}

/**
 * The signature of a routine.
 * @throws MillraceError for parameters without names, unknown types and clauses that are repeated
 */
export function signatureOf(specification: FunctionSpecification): ScalarOverload {
  checkLanguage(specification)
  const parameters = routineParameters(specification)
  checkCharacteristics(specification)
  return {
    args: parameters.map((p) => typeName(p.field.type)),
    returns: typeName(analyzeTypeAt(specification.returnType, specification.returns)),
    nulls: 'called',
  }
}

const CLAUSES: Readonly<Record<RoutineCharacteristic['kind'], string>> = {
  languageCharacteristic: 'language',
  deterministicCharacteristic: 'deterministic',
  nullInputCharacteristic: 'null-call',
  securityCharacteristic: 'security',
  commentCharacteristic: 'comment',
}

function checkCharacteristics(specification: FunctionSpecification): void {
  const seen = new Set<string>()
  for (const characteristic of specification.routineCharacteristics) {
    if (seen.has(characteristic.kind)) {
      throw semanticError(
        'SYNTAX_ERROR',
        characteristic,
        `Multiple ${CLAUSES[characteristic.kind]} clauses specified`,
      )
    }
    seen.add(characteristic.kind)
  }
}

/** What is written in SQL says so if anything, and has no properties. */
function checkLanguage(specification: FunctionSpecification): void {
  const { statement, properties, routineCharacteristics } = specification
  if (statement === undefined) return
  const language = routineCharacteristics.find((c) => c.kind === 'languageCharacteristic')
  if (language !== undefined && language.language.value.toLowerCase() !== 'sql') {
    throw semanticError(
      'SYNTAX_ERROR',
      statement,
      "Only functions using language 'SQL' may be defined using SQL",
    )
  }
  const [property] = properties
  if (property !== undefined) {
    throw semanticError(
      'INVALID_FUNCTION_PROPERTY',
      property,
      "Function language 'SQL' does not support properties",
    )
  }
}

/** @throws MillraceError NOT_SUPPORTED for other languages than SQL */
function bodyOf(specification: FunctionSpecification): ControlStatement {
  const language = specification.routineCharacteristics.find(
    (c) => c.kind === 'languageCharacteristic',
  )
  const name = language?.language.value
  if (specification.statement !== undefined && (name ?? 'sql').toLowerCase() === 'sql') {
    return specification.statement
  }
  const place: NodeBase = language ?? specification
  throw semanticError('NOT_SUPPORTED', place, `Unsupported function language: ${name ?? 'SQL'}`)
}

function analyzeBody(
  state: RoutineState,
  analysis: Analysis,
): NonNullable<RoutineState['resolved']> {
  const { specification, fullName } = state.routine
  if (state.isUnderWay) {
    throw semanticError(
      'NOT_SUPPORTED',
      specification,
      `Recursive language functions are not supported: ${fullName}(${state.overload.args.join(',')}):${state.overload.returns}`,
    )
  }
  state.isUnderWay = true
  let declared: boolean | undefined
  let returnsNullOnNull = false
  for (const characteristic of specification.routineCharacteristics) {
    if (characteristic.kind === 'deterministicCharacteristic') {
      declared = characteristic.deterministic
    } else if (characteristic.kind === 'nullInputCharacteristic') {
      returnsNullOnNull = !characteristic.calledOnNull
    }
  }
  const routine = analyzeRoutine(specification, bodyOf(specification), returnsNullOnNull, analysis)
  state.isUnderWay = false
  const deterministic = expressionsOf(routine.body).every(isDeterministic)
  if (declared !== undefined && declared !== deterministic) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      specification,
      deterministic
        ? 'Deterministic function declared NOT DETERMINISTIC'
        : 'Non-deterministic function declared DETERMINISTIC',
    )
  }
  const text = JSON.stringify(routine, (_, value) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return {
    routine,
    deterministic,
    digest: createHash('sha256').update(text).digest('hex').slice(0, 32),
  }
}

function expressionsOf(statement: RoutineStatement): readonly Expression[] {
  switch (statement.kind) {
    case 'return':
    case 'set':
      return [statement.value]
    case 'block':
      return [
        ...statement.variables.map((v) => v.initial),
        ...statement.statements.flatMap(expressionsOf),
      ]
    case 'if':
      return [
        statement.condition,
        ...expressionsOf(statement.onTrue),
        ...(statement.otherwise === undefined ? [] : expressionsOf(statement.otherwise)),
      ]
    case 'loop':
      return [
        ...(statement.whileTrue === undefined ? [] : [statement.whileTrue]),
        ...expressionsOf(statement.body),
        ...(statement.untilTrue === undefined ? [] : [statement.untilTrue]),
      ]
    case 'leave':
    case 'iterate':
      return []
  }
}
