import { readFileSync } from 'node:fs'
import {
  choiceConfig,
  durationConfig,
  MillraceError,
  parseConfig,
  stringConfig,
} from '../../spi/index.js'
import { type AccessRules, parseAccessRules } from './access-rules.js'
import { fileAccessControl } from './file-access-control.js'
import { READ_ONLY_ACCESS_CONTROL } from './read-only-access-control.js'
import type { SystemAccessControl } from './system-access-control.js'

/** What `access-control.properties` may say, and the engine's option `accessControl`. */
export const ACCESS_CONTROL_PROPERTIES = {
  'access-control.name': choiceConfig(['allow-all', 'read-only', 'file'], {
    description:
      'Who decides what users may do: nobody, a rule that nothing is changed, or the rules of a file',
    default: 'allow-all',
  }),
  'security.config-file': stringConfig({
    description: 'The file of rules, in JSON, of `file`',
    default: '',
  }),
  'security.json-pointer': stringConfig({
    description: 'Where in the file the rules are (RFC 6901)',
    default: '',
  }),
  'security.refresh-period': durationConfig({
    description: 'How often the file is read again; without, once',
    min: '1ms',
  }),
}

/**
 * Makes the access control of some properties; undefined where everybody may do everything.
 * @throws CONFIGURATION_INVALID
 */
export function createAccessControl(
  properties: Readonly<Record<string, string>>,
): SystemAccessControl | undefined {
  const config = parseConfig(ACCESS_CONTROL_PROPERTIES, properties)
  const name = config['access-control.name']
  const file = config['security.config-file']
  if (name !== 'file' && file !== '')
    throw invalid('security.config-file needs access-control.name=file')
  switch (name) {
    case 'allow-all':
      return undefined
    case 'read-only':
      return READ_ONLY_ACCESS_CONTROL
    case 'file':
      if (file === '') throw invalid('access-control.name=file needs security.config-file')
      return fileAccessControl(
        currentRules(
          () => readRules(file, config['security.json-pointer']),
          config['security.refresh-period'],
        ),
      )
  }
}

const invalid = (message: string, cause?: unknown): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', message, { cause })

/** The rules, read at once, and again when they are older than the period. */
function currentRules(
  read: () => AccessRules,
  refreshMillis: number | undefined,
): () => AccessRules {
  let rules = read()
  let readMillis = Date.now()
  if (refreshMillis === undefined) return () => rules
  return () => {
    const now = Date.now()
    if (now - readMillis >= refreshMillis) {
      rules = read()
      readMillis = now
    }
    return rules
  }
}

function readRules(file: string, pointer: string): AccessRules {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(`Access rules cannot be read: ${file}`, cause)
  }
  return parseAccessRules(at(json, pointer))
}

/** What a JSON pointer points to. */
function at(json: unknown, pointer: string): unknown {
  let value = json
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) {
      throw invalid(`Nothing is there in the access rules: ${pointer}`)
    }
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}
