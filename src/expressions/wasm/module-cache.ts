import { timedCompile } from '../compile-time.js'
import { ownedName } from '../kernel-owner.js'
import { type ModuleBuilder, moduleBytes } from './builder.js'
import { MEMORY_IMPORT } from './encoder.js'

/**
 * Kernels of this thread. A module is compiled once for a key that names everything its code depends on (and no
 * literals: those are parameters), instantiated once a memory, and its WebAssembly.Module can be posted to other
 * threads, which take it over with {@link adoptModule}.
 */

const MODULES_MAX = 4096
const modules = new Map<string, WebAssembly.Module>()
const listeners = new Set<CompiledListener>()
const instances = new WeakMap<WebAssembly.Memory, Map<string, WebAssembly.Instance>>()

type CompiledListener = (key: string, module: WebAssembly.Module) => void

/** Hears of each module that this thread compiles from now on, and not of those it adopts. @returns ends that */
export function onCompiled(listener: CompiledListener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The module of a key, compiled on first use. @throws WebAssembly.CompileError for a builder's mistake */
export function compileKernel(key: string, build: (m: ModuleBuilder) => void): WebAssembly.Module {
  let module = modules.get(key)
  if (module === undefined) {
    module = timedCompile(() => new WebAssembly.Module(moduleBytes(build, ownedName(key))))
    adoptModule(key, module)
    for (const listener of listeners) listener(key, module)
  }
  return module
}

/** Puts a module compiled elsewhere under its key, unless there is one; the oldest of {@link MODULES_MAX} leaves. */
export function adoptModule(key: string, module: WebAssembly.Module): void {
  if (modules.has(key)) return
  if (modules.size >= MODULES_MAX) {
    const oldest = modules.keys().next()
    if (!oldest.done) modules.delete(oldest.value)
  }
  modules.set(key, module)
}

/** What this thread has compiled or adopted, by key: to post to other threads. */
export function compiledModules(): ReadonlyMap<string, WebAssembly.Module> {
  return modules
}

/** Binds a module to the shared memory. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): WebAssembly.Instance {
  return new WebAssembly.Instance(module, {
    [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory },
  })
}

/**
 * The exported functions of a kernel over a memory, compiled and instantiated on first use in this thread. JS numbers
 * stand for i32 (addresses come back signed: `>>> 0`) and floats, bigints for i64 (slow: pass results through memory).
 *
 * ```ts
 * type Sum = { sum_masked(values: number, mask: number, count: number): number }
 * const { sum_masked } = kernel<Sum>(memory, 'sum_masked', build)
 * ```
 */
export function kernel<E extends Record<keyof E, (...args: never[]) => unknown>>(
  memory: WebAssembly.Memory,
  key: string,
  build: (m: ModuleBuilder) => void,
): E {
  let ofMemory = instances.get(memory)
  if (ofMemory === undefined) {
    ofMemory = new Map()
    instances.set(memory, ofMemory)
  }
  let instance = ofMemory.get(key)
  if (instance === undefined) {
    if (ofMemory.size >= MODULES_MAX) ofMemory.clear()
    instance = instantiate(compileKernel(key, build), memory)
    ofMemory.set(key, instance)
  }
  return instance.exports as E
}
