import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { EngineOptions } from '../engine/engine-options.js'
import { choiceConfig, MillraceError, parseConfig, stringConfig } from '../spi/index.js'

const GROUP_PROVIDER_PROPERTIES = {
  'group-provider.name': choiceConfig(['file'], {
    description: 'Where groups of users come from',
    default: 'file',
  }),
  'file.group-file': stringConfig({
    description: 'Lines of a group, a colon, and its users between commas',
    default: '',
  }),
}

/**
 * What `access-control.properties` and `group-provider.properties` say.
 * @param read the properties of a file of the configuration; undefined where it is not there
 * @throws CONFIGURATION_INVALID
 */
export function readSecurity(
  etcDir: string,
  read: (file: string) => Readonly<Record<string, string>> | undefined,
): Pick<EngineOptions, 'accessControl' | 'groups'> {
  const access = read('access-control.properties')
  const provider = read('group-provider.properties')
  return {
    ...(access === undefined ? {} : { accessControl: withFile(access, etcDir) }),
    ...(provider === undefined ? {} : { groups: readGroups(provider, etcDir) }),
  }
}

/** The rules' file by its full path. */
function withFile(
  properties: Readonly<Record<string, string>>,
  etcDir: string,
): Readonly<Record<string, string>> {
  const file = properties['security.config-file']
  return file === undefined || file === ''
    ? properties
    : { ...properties, 'security.config-file': located(file, etcDir) }
}

/** Paths are relative to the folder of the configuration, or as Trino's, which begin with `etc/`, to the one around it. */
function located(file: string, etcDir: string): string {
  const beside = resolve(etcDir, file)
  const above = resolve(dirname(resolve(etcDir)), file)
  return !existsSync(beside) && existsSync(above) ? above : beside
}

/** @source Trino FileGroupProvider */
function readGroups(
  properties: Readonly<Record<string, string>>,
  etcDir: string,
): Readonly<Record<string, readonly string[]>> {
  const file = parseConfig(GROUP_PROVIDER_PROPERTIES, properties)['file.group-file']
  if (file === '') throw invalid('group-provider.properties has no file.group-file')
  const path = located(file, etcDir)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalid(`Groups cannot be read: ${path}`, cause)
  }
  const groups: Record<string, readonly string[]> = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim()
    if (colon < 0 || name === '' || Object.hasOwn(groups, name)) {
      throw invalid(`Line ${index + 1} of ${path} is no new group with its users: ${line}`)
    }
    groups[name] = line
      .slice(colon + 1)
      .split(',')
      .map((user) => user.trim())
      .filter((user) => user !== '')
  }
  return groups
}

const invalid = (message: string, cause?: unknown): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', message, { cause })
