import {
  MillraceError,
  nearestName,
  permissionDenied,
  type SourceLocation,
} from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import { decodeProperty } from '../catalog/connector-session.js'
import type { SystemAccessControl } from '../security/system-access-control.js'
import { parsePropertyText } from './property-text.js'
import type { Session } from './session.js'
import { findSystemProperty, SYSTEM_PROPERTIES } from './session-properties.js'

/** Whose roles are the system's. */
const SYSTEM_CATALOG = 'system'

/** @param known names of the same catalog's properties, or of the engine's */
export function missingProperty(
  name: string,
  known: readonly string[],
  location?: SourceLocation,
): MillraceError {
  const nearest = nearestName(name, known)
  return new MillraceError(
    'INVALID_SESSION_PROPERTY',
    `Session property '${name}' does not exist`,
    { location, hint: nearest === undefined ? undefined : `Did you mean ${nearest}?` },
  )
}

export const SYSTEM_PROPERTY_NAMES = SYSTEM_PROPERTIES.map((property) => property.name)

/**
 * Whether a session may be, or become, that of a user. Without rules nobody may be another one.
 * @throws PERMISSION_DENIED
 * @source Trino DefaultSystemAccessControl
 */
export function checkImpersonation(
  { user, originalUser = user, groups = [] }: Session,
  target: string,
  accessControl: SystemAccessControl | undefined,
): void {
  if (target === originalUser) return
  if (accessControl === undefined) {
    throw permissionDenied(`User ${originalUser} cannot impersonate user ${target}`)
  }
  accessControl.checkCanImpersonateUser({ user: originalUser, groups }, target)
}

/**
 * Checks the properties that a session brings: each must exist and have a value of its type.
 * @throws INVALID_SESSION_PROPERTY, CATALOG_NOT_FOUND; PERMISSION_DENIED for a role of the system
 * @source Trino SessionPropertyManager.validateProperties
 */
export function checkSession(
  session: Session,
  catalogs: CatalogManager,
  accessControl: SystemAccessControl | undefined,
): void {
  checkImpersonation(session, session.user, accessControl)
  const systemRole = session.roles?.get(SYSTEM_CATALOG)
  if (systemRole?.type === 'ROLE') {
    // Roles of the whole system do not exist.
    throw new MillraceError(
      'PERMISSION_DENIED',
      `Access Denied: Cannot set role ${systemRole.role}`,
    )
  }
  for (const [name, text] of session.properties) {
    const property = findSystemProperty(name)
    if (property === undefined) throw missingProperty(name, SYSTEM_PROPERTY_NAMES)
    property.check(text)
  }
  for (const [catalog, properties] of session.catalogProperties) {
    const definitions = catalogs.get(catalog).connector.getSessionProperties?.() ?? []
    for (const [name, text] of properties) {
      const property = definitions.find((candidate) => candidate.name === name)
      if (property === undefined) {
        const known = definitions.map((definition) => `${catalog}.${definition.name}`)
        throw missingProperty(`${catalog}.${name}`, known)
      }
      decodeProperty(property, parsePropertyText(property.type, text), 'INVALID_SESSION_PROPERTY')
    }
  }
}
