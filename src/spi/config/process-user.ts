/** The user of the operating system that the process runs as. */
export const processUser = (): string => process.env['USER'] ?? process.env['LOGNAME'] ?? 'millrace'
