/** Whether a stream is to get colours. @source https://no-color.org */
export const hasColor = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
