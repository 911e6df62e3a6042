import { expressionText } from '../../planner/analyzer/expression-text.js'
import type { Property } from '../../planner/parser/ast/index.js'
import { MillraceError, type Properties, type PropertyMetadata, typeName } from '../../spi/index.js'
import { decodeProperty, type PropertyErrorCode } from '../catalog/connector-session.js'
import { errorAt } from './names.js'
import type { StatementContext } from './statement.js'

/** What a WITH clause is about. */
export interface PropertyPlace {
  readonly catalog: string
  /** `schema`, `table`, `column`, … as messages say it. */
  readonly what: string
  readonly code: PropertyErrorCode
  readonly definitions: readonly PropertyMetadata[] | undefined
}

/**
 * The values of a WITH clause with the defaults of properties that it does not set.
 * @throws the place's code at the property
 * @source Trino AbstractPropertyManager
 */
export async function evaluateProperties(
  place: PropertyPlace,
  properties: readonly Property[],
  context: StatementContext,
): Promise<Properties> {
  const definitions = new Map((place.definitions ?? []).map((d) => [d.name, d]))
  const values: Record<string, unknown> = {}
  for (const [name, definition] of definitions) {
    if (definition.defaultValue !== undefined) values[name] = definition.defaultValue
  }
  for (const [name, value] of await evaluateStated(place, properties, context)) {
    if (value !== undefined) values[name] = value
  }
  return values
}

/** The stated properties only, by name; null for DEFAULT. */
export async function evaluateStated(
  place: PropertyPlace,
  properties: readonly Property[],
  context: StatementContext,
): Promise<Map<string, unknown>> {
  const definitions = new Map((place.definitions ?? []).map((d) => [d.name, d]))
  const values = new Map<string, unknown>()
  for (const property of properties) {
    const name = property.name.value.toLowerCase()
    const definition = definitions.get(name)
    if (definition === undefined) {
      throw errorAt(
        property,
        place.code,
        `Catalog '${place.catalog}' ${place.what} property '${name}' does not exist`,
      )
    }
    if (values.has(name)) {
      throw errorAt(property, 'DUPLICATE_PROPERTY', `Duplicate property: ${name}`)
    }
    values.set(name, await evaluateProperty(place, property, definition, context))
  }
  return values
}

async function evaluateProperty(
  place: PropertyPlace,
  property: Property,
  definition: PropertyMetadata,
  context: StatementContext,
): Promise<unknown> {
  const { value: expression } = property
  if (expression === undefined) return null
  const invalid = (why: string, cause: unknown) => errorAt(property, place.code, why, cause)
  let value: Awaited<ReturnType<typeof context.services.evaluate>>
  try {
    value = await context.services.evaluate(expression, context, definition.type)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.type !== 'USER_ERROR') throw error
    throw invalid(
      `Invalid value for catalog '${place.catalog}' ${place.what} property '${definition.name}': Cannot convert [${expressionText(expression)}] to ${typeName(definition.type)}`,
      error,
    )
  }
  if (value.value === null) {
    throw invalid(
      `Invalid null value for catalog '${place.catalog}' ${place.what} property '${definition.name}' from [${expressionText(expression)}]`,
      undefined,
    )
  }
  return decodeProperty(definition, value.value, place.code)
}
