import type { FunctionDefinition } from '../../function-definition.js'
import { currentGroups } from './current-groups.js'
import { version } from './version.js'

export const SESSION_FUNCTIONS: readonly FunctionDefinition[] = [currentGroups, version]
