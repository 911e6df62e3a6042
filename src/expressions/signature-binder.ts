import { isComparable, isOrderable } from '../spi/index.js'
import { type SqlType, typesEqual, UNKNOWN } from '../spi/type/type.js'
import { canCoerce, coerceTypeBase, commonSuperType } from './coercion.js'
import type { Signature } from './function-definition.js'
import {
  hasVariables,
  instantiate,
  parseTemplate,
  type TemplateArgument,
  type TypeTemplate,
  typeArguments,
  typeNumbers,
} from './type-signature.js'

/** A lambda whose types are not known before its parameters' are. */
export interface LambdaArgument {
  readonly kind: 'lambda argument'
  /** Analyzes the body with these parameter types and gives its type; throws what the analysis throws, as where they are too many or too few. */
  resolve(parameterTypes: readonly SqlType[]): SqlType
}
export type ArgumentType = SqlType | LambdaArgument

/** A signature with every variable replaced. Lambda arguments have their function types. */
export interface BoundSignature {
  readonly argumentTypes: readonly SqlType[]
  readonly returnType: SqlType
  readonly bindings: Bindings
}

interface Bindings {
  readonly types: Map<string, SqlType>
  readonly numbers: Map<string, number>
}

const isLambda = (type: ArgumentType): type is LambdaArgument => type.kind === 'lambda argument'

/** The templates of the arguments of a call with `count` arguments, or undefined if it can't have so many. */
export function argumentTemplates(signature: Signature, count: number): TypeTemplate[] | undefined {
  const declared = signature.args.map(parseTemplate)
  if (!signature.variableArity) return declared.length === count ? declared : undefined
  if (count < declared.length - 1) return undefined
  const fixed = declared.slice(0, -1)
  const repeated = declared.at(-1)!
  return [...fixed, ...Array.from({ length: count - fixed.length }, () => repeated)]
}

/**
 * Finds the types a signature's variables stand for so that it takes these arguments: exactly, or with implicit
 * coercions, when every variable becomes the common super type of what it meets.
 * @returns undefined where there are none.
 * @source Trino SignatureBinder
 */
export function bindSignature(
  signature: Signature,
  actual: readonly ArgumentType[],
  coercion: boolean,
): BoundSignature | undefined {
  const bound = bindArguments(signature, actual, coercion)
  const returnType = bound && instantiate(parseTemplate(signature.returns), bound.bindings)
  return returnType && { ...bound, returnType }
}

type BoundArguments = Omit<BoundSignature, 'returnType'>

/** Tells whether a signature takes these arguments, whatever comes of its return type. */
export const canBind = (signature: Signature, actual: readonly ArgumentType[]): boolean =>
  bindArguments(signature, actual, true) !== undefined

function bindArguments(
  signature: Signature,
  actual: readonly ArgumentType[],
  coercion: boolean,
): BoundArguments | undefined {
  const formal = argumentTemplates(signature, actual.length)
  if (formal === undefined) return undefined
  const bindings: Bindings = { types: new Map(), numbers: new Map() }
  for (let i = 0; i < formal.length; i++) {
    const type = actual[i]!
    if (isLambda(type)) {
      if (!isFunction(formal[i]!)) return undefined
    } else if (isFunction(formal[i]!) && type.kind !== 'function') return undefined
    else if (!unify(formal[i]!, type, bindings, coercion)) return undefined
  }
  if (actual.some(isLambda)) {
    // The analysis of a lambda may throw, so the arguments that are none come first.
    if (!formal.every((template, i) => mayTake(template, actual[i]!, coercion))) return undefined
    if (!bindLambdas(formal, actual, bindings, coercion)) return undefined
  }
  if (!meetsConstraints(signature, bindings)) return undefined
  return finish(signature, formal, actual, bindings, coercion)
}

/** False where a type without variables does not take the argument; those with variables are looked at when all are bound. */
function mayTake(formal: TypeTemplate, actual: ArgumentType, coercion: boolean): boolean {
  if (isLambda(actual) || formal.kind === 'variable' || hasVariables(formal)) return true
  const type = instantiate(formal, { types: new Map(), numbers: new Map() })
  return type !== undefined && takes(type, actual, coercion)
}

const takes = (type: SqlType, actual: SqlType, coercion: boolean): boolean =>
  typesEqual(actual, type) || (coercion && canCoerce(actual, type))

const isFunction = (formal: TypeTemplate): boolean =>
  formal.kind === 'type' && formal.base === 'function'

/** Lambda results may widen variables that lambda parameters use, so this goes on until nothing changes. */
function bindLambdas(
  formal: readonly TypeTemplate[],
  actual: readonly ArgumentType[],
  bindings: Bindings,
  coercion: boolean,
): boolean {
  for (let round = 0; round < 8; round++) {
    const before = new Map(bindings.types)
    let exact = true
    for (let i = 0; i < formal.length; i++) {
      const lambda = actual[i]!
      const template = formal[i]!
      if (!isLambda(lambda) || template.kind !== 'type') continue
      const types = template.args.map((argument) =>
        argument.kind === 'type' ? argument.type : undefined,
      )
      const parameterTypes: SqlType[] = []
      for (const parameter of types.slice(0, -1)) {
        const type = parameter && instantiate(parameter, bindings)
        if (type === undefined) return false
        parameterTypes.push(type)
      }
      const result = types.at(-1)!
      const returned = lambda.resolve(parameterTypes)
      if (!unify(result, returned, bindings, coercion)) return false
      exact &&= typesEqual(instantiate(result, bindings) ?? returned, returned)
    }
    const settled =
      before.size === bindings.types.size &&
      [...bindings.types].every(([name, type]) => typesEqual(type, before.get(name)!))
    // What a lambda gives is not coerced: it may only widen variables that its parameters then have.
    if (settled) return exact
  }
  return false
}

function unify(
  formal: TypeTemplate,
  actual: SqlType,
  bindings: Bindings,
  coercion: boolean,
): boolean {
  if (formal.kind === 'variable') return unifyVariable(formal.name, actual, bindings, coercion)
  if (!hasVariables(formal)) return true
  let type = actual
  if (type.kind !== formal.base) {
    if (!coercion) return false
    const coerced = coerceTypeBase(type, formal.base as SqlType['kind'])
    if (coerced === undefined) {
      if (type.kind !== 'unknown') return false
      return formal.args.every((argument) => unifyWithUnknown(argument, bindings))
    }
    type = coerced
  }
  if (formal.args.some((argument) => argument.kind === 'numberVariable')) {
    return unifyNumbers(formal, type, bindings, coercion)
  }
  const parts = typeArguments(type)
  if (parts.length !== formal.args.length) return false
  return formal.args.every(
    (argument, i) =>
      argument.kind !== 'type' || unify(argument.type, parts[i]!, bindings, coercion),
  )
}

const unifyWithUnknown = (argument: TemplateArgument, bindings: Bindings): boolean =>
  argument.kind !== 'type' || unify(argument.type, UNKNOWN, bindings, true)

function unifyVariable(
  name: string,
  actual: SqlType,
  bindings: Bindings,
  coercion: boolean,
): boolean {
  const bound = bindings.types.get(name)
  if (bound === undefined) {
    bindings.types.set(name, actual)
    return true
  }
  if (typesEqual(bound, actual)) return true
  const common = coercion ? commonSuperType(bound, actual) : undefined
  if (common === undefined) return false
  bindings.types.set(name, common)
  return true
}

function unifyNumbers(
  formal: TypeTemplate & { kind: 'type' },
  actual: SqlType,
  bindings: Bindings,
  coercion: boolean,
): boolean {
  const known = instantiate(formal, bindings)
  let type = actual
  if (known !== undefined && coercion) {
    const common = commonSuperType(known, actual)
    if (common === undefined) return false
    type = common
  }
  const numbers = typeNumbers(type)
  return formal.args.every((argument, i) => {
    const number = numbers[i]
    if (number === undefined) return false
    if (argument.kind !== 'numberVariable') return true
    const bound = bindings.numbers.get(argument.name)
    if (bound !== undefined && bound !== number && !coercion) return false
    bindings.numbers.set(argument.name, number)
    return true
  })
}

function meetsConstraints(signature: Signature, bindings: Bindings): boolean {
  for (const declaration of signature.typeVariables ?? []) {
    const [name, constraint] = declaration.split(':')
    const type = bindings.types.get(name!.toLowerCase())
    if (type === undefined) return false
    if (constraint === 'comparable' && !isComparable(type)) return false
    if (constraint === 'orderable' && !isOrderable(type)) return false
  }
  return true
}

function finish(
  signature: Signature,
  formal: readonly TypeTemplate[],
  actual: readonly ArgumentType[],
  bindings: Bindings,
  coercion: boolean,
): BoundArguments | undefined {
  if (signature.calculate !== undefined) {
    const numbers = signature.calculate(Object.fromEntries(bindings.numbers))
    for (const [name, number] of Object.entries(numbers)) bindings.numbers.set(name, number)
  }
  const argumentTypes: SqlType[] = []
  for (let i = 0; i < formal.length; i++) {
    const bound = instantiate(formal[i]!, bindings)
    if (bound === undefined) return undefined
    const type = actual[i]!
    if (!isLambda(type) && !takes(bound, type, coercion)) {
      return undefined
    }
    argumentTypes.push(bound)
  }
  return { argumentTypes, bindings }
}
