import type { ShellConnection } from './connection/connection.js'
import type { ShellOptions } from './options.js'

export async function runInteractive(_c: ShellConnection, _o: ShellOptions): Promise<void> {}
