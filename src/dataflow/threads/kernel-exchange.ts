import { adoptModule, onCompiled } from '../../expressions/wasm/module-cache.js'

/**
 * Kernels by key. A WebAssembly.Module that is posted shares its code, optimised or not, with the thread it came from; what
 * a thread is spared is making the kernel's bytes, which takes far longer than compiling them.
 */
export type PostedKernels = readonly (readonly [key: string, module: WebAssembly.Module])[]

/**
 * Gathers what this thread compiles, and hands it over a turn of the event loop later: kernels of one query come in a few
 * messages.
 * @returns ends that
 */
export function postKernels(post: (kernels: PostedKernels) => void): () => void {
  let gathered: (readonly [string, WebAssembly.Module])[] = []
  return onCompiled((key, module) => {
    gathered.push([key, module])
    if (gathered.length > 1) return
    setImmediate(() => {
      const kernels = gathered
      gathered = []
      post(kernels)
    }).unref()
  })
}

export function adoptKernels(kernels: PostedKernels): void {
  for (const [key, module] of kernels) adoptModule(key, module)
}
