/** A random source that gives the same numbers for the same seed. @source mulberry32, Tommy Ettinger */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }
  chance(probability: number): boolean {
    return this.next() < probability
  }
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
  /** Some of the items, at least `atLeast`, in a random order. */
  some<T>(items: readonly T[], atLeast = 0, atMost = items.length): T[] {
    const rest = [...items]
    const count = Math.min(rest.length, atLeast + this.below(atMost - atLeast + 1))
    return Array.from({ length: count }, () => rest.splice(this.below(rest.length), 1)[0] as T)
  }
}
