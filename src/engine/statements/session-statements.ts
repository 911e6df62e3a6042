import { expressionText } from '../../planner/analyzer/expression-text.js'
import type { Expression, NodeBase, QualifiedName } from '../../planner/parser/ast/index.js'
import { formatIdentifier } from '../../planner/parser/format/name.js'
import {
  MillraceError,
  type SqlType,
  timeZoneId,
  timeZoneKey,
  timeZoneKeyOfOffset,
  typeName,
  type Value,
} from '../../spi/index.js'
import { decodeProperty } from '../catalog/connector-session.js'
import { schemaExists } from '../catalog/metadata.js'
import { propertyValueText } from '../session/property-text.js'
import {
  checkImpersonation,
  missingProperty,
  SYSTEM_PROPERTY_NAMES,
} from '../session/session-check.js'
import { findSystemProperty } from '../session/session-properties.js'
import type { SessionStatementKinds } from './kinds.js'
import { errorAt, sessionCatalog } from './names.js'
import { requireCatalog } from './show.js'
import type { StatementContext, StatementHandlers } from './statement.js'

/** A session property of the engine or of a catalog, as SET SESSION needs it. */
interface SettableProperty {
  readonly type: SqlType
  check(value: Value, text: string): void
}

/** @throws CATALOG_NOT_FOUND, INVALID_SESSION_PROPERTY at the node */
function findProperty(
  context: StatementContext,
  node: NodeBase,
  name: QualifiedName,
): { readonly name: string; readonly property: SettableProperty } {
  const parts = name.parts.map((part) => part.value.toLowerCase())
  const text = parts.join('.')
  const missing = (known: readonly string[]) => missingProperty(text, known, node.location)
  if (parts.length > 2) {
    throw errorAt(node, 'INVALID_SESSION_PROPERTY', `Invalid session property '${text}'`)
  }
  if (parts.length === 1) {
    const property = findSystemProperty(text)
    if (property === undefined) throw missing(SYSTEM_PROPERTY_NAMES)
    return {
      name: text,
      property: { type: property.type, check: (_, value) => property.check(value) },
    }
  }
  const [catalog, propertyName] = parts as [string, string]
  requireCatalog(context, node, catalog)
  const properties = context.catalogs.get(catalog).connector.getSessionProperties?.() ?? []
  const property = properties.find((candidate) => candidate.name === propertyName)
  if (property === undefined) {
    throw missing(properties.map((candidate) => `${catalog}.${candidate.name}`))
  }
  return {
    name: text,
    property: {
      type: property.type,
      check: (value) => {
        decodeProperty(property, value, 'INVALID_SESSION_PROPERTY')
      },
    },
  }
}

/** @source Trino SetSessionTask */
async function propertyText(
  context: StatementContext,
  name: string,
  property: SettableProperty,
  expression: Expression,
): Promise<string> {
  const unable = (why: string, cause?: unknown) =>
    new MillraceError(
      'INVALID_SESSION_PROPERTY',
      `Unable to set session property '${name}' to '${expressionText(expression)}': ${why}`,
      cause === undefined ? {} : { cause },
    )
  let value: Value
  try {
    value = (await context.services.evaluate(expression, context, property.type)).value
  } catch (error) {
    if (!(error instanceof MillraceError) || error.type !== 'USER_ERROR') throw error
    throw unable(error.message, error)
  }
  if (value === null) throw unable('Session property value must not be null')
  const text = propertyValueText(property.type, value)
  try {
    property.check(value, text)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.location !== undefined) throw error
    throw errorAt(expression, 'INVALID_SESSION_PROPERTY', error.message, error)
  }
  return text
}

/** @source Trino UseTask, SetSessionTask, ResetSessionTask, SetTimeZoneTask, SetPathTask */
export const sessionHandlers: StatementHandlers<SessionStatementKinds> = {
  async use(node, context) {
    const catalog = node.catalog?.value.toLowerCase() ?? sessionCatalog(context.session, node)
    context.catalogs.get(catalog)
    context.access?.checkCatalog(catalog)
    const schema = node.schema.value.toLowerCase()
    if (!(await schemaExists(context, catalog, schema))) {
      throw new MillraceError('NOT_FOUND', `Schema does not exist: ${catalog}.${schema}`)
    }
    return {
      kind: 'done',
      updateType: 'USE',
      changes: { ...(node.catalog === undefined ? {} : { catalog }), schema },
    }
  },

  async setSession(node, context) {
    const { name, property } = findProperty(context, node.value, node.name)
    await context.access?.checkSessionProperty(name)
    const text = await propertyText(context, name, property, node.value)
    return { kind: 'done', updateType: 'SET SESSION', changes: { setProperties: { [name]: text } } }
  },

  async resetSession(node, context) {
    const { name } = findProperty(context, node, node.name)
    await context.access?.checkSessionProperty(name)
    return { kind: 'done', updateType: 'RESET SESSION', changes: { resetProperties: [name] } }
  },

  async setTimeZone(node, context) {
    const updateType = 'SET TIME ZONE'
    if (node.timeZone === undefined) {
      return { kind: 'done', updateType, changes: { resetProperties: ['time_zone_id'] } }
    }
    const zone = await zoneOf(node.timeZone, context)
    return { kind: 'done', updateType, changes: { setProperties: { time_zone_id: zone } } }
  },

  async setPath(node, context) {
    const { clientCapabilities } = context.session
    if (!clientCapabilities.has('PATH')) {
      throw new MillraceError('NOT_SUPPORTED', 'SET PATH not supported by client')
    }
    const elements = node.pathSpecification.path
    for (const { catalog } of elements) {
      if (catalog === undefined) continue
      requireCatalog(context, node, catalog.value.toLowerCase())
    }
    const text = elements
      .map(({ catalog, schema }) => [catalog, schema].flatMap((part) => part ?? []))
      .map((parts) => parts.map(formatIdentifier).join('.'))
      .join(', ')
    const entries = elements.map(({ catalog, schema }) => ({
      ...(catalog === undefined ? {} : { catalog: catalog.value.toLowerCase() }),
      schema: schema.value.toLowerCase(),
    }))
    return { kind: 'done', updateType: 'SET PATH', changes: { path: { entries, text } } }
  },

  async setSessionAuthorization(node, context) {
    if (!context.session.clientCapabilities.has('SESSION_AUTHORIZATION')) {
      throw new MillraceError('NOT_SUPPORTED', 'SET SESSION AUTHORIZATION not supported by client')
    }
    refuseInTransaction(context, 'set')
    const target = node.user.value
    checkImpersonation(context.session, target, context.services.accessControl)
    return {
      kind: 'done',
      updateType: 'SET SESSION AUTHORIZATION',
      changes: { setAuthorizationUser: target },
    }
  },

  async resetSessionAuthorization(_, context) {
    refuseInTransaction(context, 'reset')
    return {
      kind: 'done',
      updateType: 'RESET SESSION AUTHORIZATION',
      changes: { resetAuthorizationUser: true },
    }
  },
}

/** @throws GENERIC_USER_ERROR: a transaction is that of one user */
function refuseInTransaction(context: StatementContext, verb: 'set' | 'reset'): void {
  if (context.session.transactionId !== undefined) {
    throw new MillraceError(
      'GENERIC_USER_ERROR',
      `Can't ${verb} authorization user in the middle of a transaction`,
    )
  }
}

async function zoneOf(expression: Expression, context: StatementContext): Promise<string> {
  const { type, value } = await context.services.evaluate(expression, context)
  if (type.kind === 'varchar' && typeof value === 'string') {
    const key = timeZoneKey(value)
    if (key === undefined) {
      throw new MillraceError('NOT_SUPPORTED', `Time zone not supported: ${value}`)
    }
    return timeZoneId(key)
  }
  if (type.kind === 'interval day to second' && typeof value === 'bigint') {
    const minutes = Number(value) / 60_000
    if (!Number.isInteger(minutes)) {
      throw new MillraceError(
        'INVALID_LITERAL',
        'Invalid time zone offset interval: interval contains seconds',
      )
    }
    if (Math.abs(minutes) > 840) {
      throw new MillraceError('INVALID_FUNCTION_ARGUMENT', `Invalid offset minutes ${minutes}`)
    }
    return timeZoneId(timeZoneKeyOfOffset(minutes))
  }
  throw new MillraceError(
    'TYPE_MISMATCH',
    `Expected expression of varchar or interval day-time type, but '${expressionText(expression)}' has ${typeName(type)} type`,
  )
}
