import { nearestName } from '../spi/config/config-value.js'
import { MillraceError, type SourceLocation } from '../spi/error.js'
import { type SqlType, typeName, typesEqual } from '../spi/type/type.js'
import type {
  AggregateOverload,
  FunctionDefinition,
  Overload,
  ScalarOverload,
  Signature,
  WindowOverload,
} from './function-definition.js'
import type { ResolvedFunction } from './ir.js'
import {
  type ArgumentType,
  type BoundSignature,
  bindSignature,
  canBind,
} from './signature-binder.js'
import { instantiate, parseTemplate } from './type-signature.js'

export type { ArgumentType, LambdaArgument } from './signature-binder.js'

/** An overload of a registered function, as `find` gives it. */
export type RegisteredOverload =
  | {
      readonly kind: 'scalar'
      readonly id: string
      readonly overload: ScalarOverload
      readonly definition: FunctionDefinition
    }
  | {
      readonly kind: 'aggregate'
      readonly id: string
      readonly overload: AggregateOverload
      readonly definition: FunctionDefinition
    }
  | {
      readonly kind: 'window'
      readonly id: string
      readonly overload: WindowOverload
      readonly definition: FunctionDefinition
    }

export interface FunctionRegistry {
  /** Adds a definition, or overloads to one of the same name and kind. */
  add(definition: FunctionDefinition): void
  /** Takes a definition out again. */
  remove(definition: FunctionDefinition): void
  has(name: string): boolean
  /** Tells which kinds of functions have this name. */
  kinds(name: string): ReadonlySet<FunctionDefinition['kind']>
  /** All definitions, sorted by name. */
  list(): readonly FunctionDefinition[]
  /**
   * Chooses the overload that takes these arguments: exactly; by its type variables; with the fewest coercions.
   * @throws FUNCTION_NOT_FOUND, AMBIGUOUS_FUNCTION_CALL; for operators TYPE_MISMATCH
   */
  resolve(
    name: string,
    argumentTypes: readonly ArgumentType[],
    location?: SourceLocation,
  ): ResolvedFunction
  /** The overload a resolved function names; in any thread, as long as it has the same definitions. */
  find(id: string): RegisteredOverload
  /** The intermediate type of a resolved aggregate. */
  intermediateType(resolved: ResolvedFunction): SqlType
}

interface Candidate {
  readonly registered: RegisteredOverload
  readonly bound: BoundSignature
}

const OPERATOR_SYMBOLS: Readonly<Record<string, string>> = {
  $add: '+',
  $subtract: '-',
  $multiply: '*',
  $divide: '/',
  $modulus: '%',
}

export function createRegistry(definitions: readonly FunctionDefinition[] = []): FunctionRegistry {
  const byName = new Map<string, RegisteredOverload[]>()
  const byId = new Map<string, RegisteredOverload>()
  const all = new Set<FunctionDefinition>()

  function add(definition: FunctionDefinition): void {
    all.add(definition)
    for (const name of [definition.name, ...(definition.aliases ?? [])]) {
      const overloads = byName.get(name) ?? []
      byName.set(name, overloads)
      for (const overload of definition.overloads) {
        const id = overloadId(name, overload)
        const registered = { kind: definition.kind, id, overload, definition } as RegisteredOverload
        overloads.push(registered)
        byId.set(id, registered)
      }
    }
  }
  function remove(definition: FunctionDefinition): void {
    all.delete(definition)
    for (const [name, overloads] of byName) {
      const kept = overloads.filter((registered) => registered.definition !== definition)
      if (kept.length === 0) byName.delete(name)
      else byName.set(name, kept)
    }
    for (const [id, registered] of byId) {
      if (registered.definition === definition) byId.delete(id)
    }
  }
  function find(id: string): RegisteredOverload {
    const registered = byId.get(id)
    if (registered === undefined) {
      throw new MillraceError('FUNCTION_IMPLEMENTATION_MISSING', `No function: ${id}`)
    }
    return registered
  }
  for (const definition of definitions) add(definition)
  return {
    add,
    remove,
    has: (name) => byName.has(name),
    kinds: (name) => new Set((byName.get(name) ?? []).map((registered) => registered.kind)),
    list: () => [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    resolve: (name, argumentTypes, location) =>
      resolve(name, byName.get(name) ?? [], argumentTypes, location, byName),
    find,
    intermediateType: (resolved) => intermediateType(find(resolved.id), resolved),
  }
}

const overloadId = (name: string, overload: Overload): string =>
  `${name}(${overload.args.join(',')}${overload.variableArity ? '...' : ''}):${overload.returns}`

function resolve(
  name: string,
  overloads: readonly RegisteredOverload[],
  argumentTypes: readonly ArgumentType[],
  location: SourceLocation | undefined,
  known: ReadonlyMap<string, unknown>,
): ResolvedFunction {
  const isGeneric = (registered: RegisteredOverload) =>
    (registered.overload.typeVariables?.length ?? 0) > 0
  const plain = overloads.filter((registered) => !isGeneric(registered))
  const generic = overloads.filter(isGeneric)
  const chosen =
    match(plain, argumentTypes, false) ??
    match(generic, argumentTypes, false) ??
    match(overloads, argumentTypes, true)
  if (chosen === undefined) throw notFound(name, overloads, argumentTypes, location, known)
  const { registered, bound } = chosen
  if (registered.kind === 'scalar') checkTypes(registered.overload, bound.argumentTypes, location)
  return {
    name,
    id: registered.id,
    argumentTypes: bound.argumentTypes,
    returnType: bound.returnType,
    kind: registered.kind,
    deterministic: registered.overload.deterministic ?? true,
  }
}

function checkTypes(
  overload: ScalarOverload,
  argumentTypes: readonly SqlType[],
  location: SourceLocation | undefined,
): void {
  try {
    overload.checkTypes?.(argumentTypes)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw new MillraceError(error.code, error.message, { location, cause: error })
  }
}

function match(
  overloads: readonly RegisteredOverload[],
  argumentTypes: readonly ArgumentType[],
  coercion: boolean,
): Candidate | undefined {
  let candidates: Candidate[] = []
  for (const registered of overloads) {
    const bound = bindSignature(registered.overload, argumentTypes, coercion)
    if (bound !== undefined) candidates.push({ registered, bound })
  }
  if (candidates.length > 1 && coercion) candidates = mostSpecific(candidates, argumentTypes)
  if (candidates.length <= 1) return candidates[0]
  const lines = candidates.map(
    ({ bound }) =>
      `\t * (${bound.argumentTypes.map(typeName).join(',')}):${typeName(bound.returnType)}\n`,
  )
  throw new MillraceError(
    'AMBIGUOUS_FUNCTION_CALL',
    `Could not choose a best candidate operator. Explicit type casts must be added.\nCandidates are:\n${lines.join('')}`,
  )
}

/**
 * Keeps the overloads that no other is more specific than: one whose arguments another also takes is more specific.
 * With untyped NULLs, those that coerce nothing else win; and where it makes no difference, any will do.
 * @source Trino FunctionBinder.selectMostSpecificFunctions
 */
function mostSpecific(
  candidates: readonly Candidate[],
  argumentTypes: readonly ArgumentType[],
): Candidate[] {
  const representatives: Candidate[] = []
  for (const candidate of candidates) {
    let found = false
    for (let i = 0; i < representatives.length && !found; i++) {
      if (isMoreSpecific(candidate, representatives[i]!)) {
        representatives[i] = candidate
        found = true
      } else found = isMoreSpecific(representatives[i]!, candidate)
    }
    if (!found) representatives.push(candidate)
  }
  if (representatives.length <= 1) return representatives
  const types = argumentTypes.filter((type): type is SqlType => type.kind !== 'lambda argument')
  if (types.length < argumentTypes.length) return representatives
  if (!types.some((type) => type.kind === 'unknown')) return representatives
  const unknownOnly = candidates.filter(({ bound }) =>
    types.every((type, i) => type.kind === 'unknown' || typesEqual(type, bound.argumentTypes[i]!)),
  )
  const kept = unknownOnly.length > 0 ? unknownOnly : representatives
  if (kept.length > 1 && allAreNull(kept)) {
    const key = (candidate: Candidate) => candidate.registered.id
    return [kept.reduce((best, next) => (key(next) > key(best) ? next : best))]
  }
  return kept
}

const isMoreSpecific = (left: Candidate, right: Candidate): boolean =>
  canBind(right.registered.overload, left.bound.argumentTypes)

/** Whichever is called, the result is NULL of the same type. */
function allAreNull(candidates: readonly Candidate[]): boolean {
  const { returnType } = candidates[0]!.bound
  return candidates.every(
    ({ registered, bound }) =>
      registered.kind === 'scalar' &&
      (registered.overload.nulls ?? 'propagate') === 'propagate' &&
      typesEqual(bound.returnType, returnType),
  )
}

const printArgument = (type: ArgumentType): string =>
  type.kind === 'lambda argument' ? '<function>' : displayName(type)

/** Types as messages about functions show them: no space after the commas of map and row. */
function displayName(type: SqlType): string {
  if (type.kind === 'row') {
    return `row(${type.fields.map((f) => (f.name === undefined ? '' : `"${f.name}" `) + displayName(f.type)).join(',')})`
  }
  if (type.kind === 'map') return `map(${displayName(type.key)},${displayName(type.value)})`
  if (type.kind === 'array') return `array(${displayName(type.element)})`
  return typeName(type).toLowerCase()
}

function nearestFunction(name: string, known: Iterable<string>): string | undefined {
  const nearest = nearestName(
    name,
    [...known].filter((candidate) => !candidate.startsWith('$')),
  )
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`
}

function notFound(
  name: string,
  overloads: readonly RegisteredOverload[],
  argumentTypes: readonly ArgumentType[],
  location: SourceLocation | undefined,
  known: ReadonlyMap<string, unknown>,
): MillraceError {
  const types = argumentTypes.map(printArgument)
  const symbol = OPERATOR_SYMBOLS[name]
  if (symbol !== undefined) {
    return new MillraceError(
      'TYPE_MISMATCH',
      `Cannot apply operator: ${types[0]} ${symbol} ${types[1]}`,
      { location },
    )
  }
  if (name === '$negation') {
    return new MillraceError('TYPE_MISMATCH', `Cannot negate ${types[0]}`, { location })
  }
  if (overloads.length === 0) {
    return new MillraceError('FUNCTION_NOT_FOUND', `Function '${name}' not registered`, {
      location,
      hint: nearestFunction(name, known.keys()),
    })
  }
  const expected = [...new Set(overloads.map(({ overload }) => printSignature(name, overload)))]
  return new MillraceError(
    'FUNCTION_NOT_FOUND',
    `Unexpected parameters (${types.join(', ')}) for function ${name}. Expected: ${expected.sort().join(', ')}`,
    { location },
  )
}

const printSignature = (name: string, { args, typeVariables = [] }: Signature): string =>
  `${name}(${args.join(', ')}) ${typeVariables.join(', ')}`.trimEnd()

function intermediateType(registered: RegisteredOverload, resolved: ResolvedFunction): SqlType {
  const { overload } = registered
  const lambdasAsTypes = resolved.argumentTypes
  const bound =
    registered.kind === 'aggregate' ? bindSignature(overload, lambdasAsTypes, false) : undefined
  const type =
    bound &&
    registered.kind === 'aggregate' &&
    instantiate(parseTemplate(registered.overload.intermediate), bound.bindings)
  if (!type) {
    throw new MillraceError('FUNCTION_IMPLEMENTATION_ERROR', `No intermediate type: ${resolved.id}`)
  }
  return type
}
