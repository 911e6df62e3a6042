/** The next message of the process that has started this one. */
export const nextMessage = () => new Promise((resolve) => process.once('message', resolve))
