/**
 * What decides in $snappy and $snappy64 how an element is read without checks of its own: far from the ends of both buffers, which no element
 * without an explicit length can reach.
 *
 * Where the next element begins is known only once the one before it is read, so that time is that of this chain. A literal of up to
 * four bytes and the copy that follows it lie in one word, which is loaded once for both.
 *
 * Numbers compress to literals of a few bytes between short matches a value's length behind. A load that spans
 * what two stores have just written waits until both have left the store buffer, so short matches near by are loaded in
 * halves which one earlier store wrote. Those of texts lie further back.
 */
const snappyFast = (pairs: string): string => `
  (loop $fast
    (br_if $careful (i32.gt_u $from $fromFast))
    (br_if $careful (i32.gt_u $to $toFast))
    ${pairs}
    (set $word (i64.load $from))
    (set $tag (i32.and (i32.wrap_i64 $word) 255))
    (if (i32.eqz (i32.and $tag 3)) (then
      (if (i32.gt_u $tag 12) (then
        (set $length (i32.add (i32.shr_u $tag 2) 1))
        (br_if $careful (i32.gt_u $length 60))
        (v128.store $to (v128.load offset=1 $from))
        (if (i32.gt_u $length 16) (then
          (v128.store offset=16 $to (v128.load offset=17 $from))
          (v128.store offset=32 $to (v128.load offset=33 $from))
          (v128.store offset=48 $to (v128.load offset=49 $from))))
        (set $from (i32.add (i32.add $from 1) $length))
        (set $to (i32.add $to $length))
        (br $fast)))
      (set $length (i32.add (i32.shr_u $tag 2) 1))
      (i64.store $to (i64.shr_u $word (i64.const 8)))
      (set $from (i32.add (i32.add $from 1) $length))
      (set $to (i32.add $to $length))
      (set $word (i64.shr_u $word (i64.extend_i32_u (i32.add (i32.shl $tag 1) 16))))
      (br_if $fast (i32.eqz (i32.and (i32.wrap_i64 $word) 3)))))
    (set $extra (i32.and (i32.wrap_i64 $word) 3))
    (set $tag (i32.and (i32.wrap_i64 $word) 255))
    (br_if $careful (i32.eq $extra 3))
    ;; without branches, which of the two forms comes next can't be foretold
    (set $distance (i32.and (i32.wrap_i64 (i64.shr_u $word (i64.const 8))) 65535))
    (set $length (select
      (i32.add (i32.and (i32.shr_u $tag 2) 7) 4)
      (i32.add (i32.shr_u $tag 2) 1)
      (i32.eq $extra 1)))
    (set $distance (select
      (i32.or (i32.shl (i32.shr_u $tag 5) 8) (i32.and $distance 255))
      $distance
      (i32.eq $extra 1)))
    (set $from (i32.add (i32.add $from 1) $extra))
    (br_if $bad (i32.ge_u (i32.sub $distance 1) (i32.sub $to $start)))
    (if (i32.and (i32.ge_u $distance 32) (i32.le_u $length 16)) (then
      (v128.store $to (v128.load (i32.sub $to $distance)))
      (set $to (i32.add $to $length))
      (br $fast)))
    (if (i32.and (i32.le_u (i32.sub $length 4) 4) (i32.ge_u $distance $length)) (then
      (set $match (i32.sub $to $distance))
      (set $head (i32.load $match))
      (set $tail (i32.load (i32.sub (i32.add $match $length) 4)))
      (i32.store $to $head)
      (set $to (i32.add $to $length))
      (i32.store (i32.sub $to 4) $tail)
      (br $fast)))
    (if (i32.and (i32.ge_u $distance 8) (i32.le_u $length 16)) (then
      (set $match (i32.sub $to $distance))
      (i64.store $to (i64.load $match))
      (i64.store offset=8 $to (i64.load offset=8 $match)))
    (else (if (i32.ge_u $distance 16) (then
      (set $match (i32.sub $to $distance))
      (v128.store $to (v128.load $match))
      (v128.store offset=16 $to (v128.load offset=16 $match))
      (if (i32.gt_u $length 32) (then
        (v128.store offset=32 $to (v128.load offset=32 $match))
        (v128.store offset=48 $to (v128.load offset=48 $match)))))
    (else (if (i32.eq $distance 8) (then
      ;; a row of equal or evenly spaced numbers
      (set $pair (i64x2.splat (i64.load (i32.sub $to 8))))
      (v128.store $to $pair)
      (v128.store offset=16 $to $pair)
      (v128.store offset=32 $to $pair)
      (v128.store offset=48 $to $pair))
    (else
      (call $copy_match $to $distance $length)))))))
    (set $to (i32.add $to $length))
    (br $fast))
`

/** Compressed bytes of which is known at a time where pairs begin. */
const STEPS = 1024
/** Where {@link STEPS} and what a pair reads beyond them lie. */
export const SNAPPY_STEPS = { address: 64, byteLength: STEPS + 16 } as const

/**
 * Of 64-bit integers most are a pair: a literal of one to three low bytes, and a copy of the other bytes from a value before. For each byte of a stretch
 * of the block, 16 at a time, this finds how many bytes a pair takes if it begins there, 0 where none does. So to come from a pair to the next
 * one takes a look-up and an addition, a third of the time that it takes to read their tags.
 */
const SNAPPY_STEPS_OF = `
  (func $snappy_steps (param $from i32)
    (local $to $end i32) (local $tags $one $two $three $copies $long $short v128)
    (set $to ${SNAPPY_STEPS.address})
    (set $end ${SNAPPY_STEPS.address + STEPS})
    (loop $next
      (set $tags (v128.load $from))
      (set $one (i8x16.eq $tags (i8x16.splat 0)))
      (set $two (i8x16.eq $tags (i8x16.splat 4)))
      (set $three (i8x16.eq $tags (i8x16.splat 8)))
      (set $copies (v128.or
        (v128.and $one (v128.load offset=2 $from))
        (v128.or
          (v128.and $two (v128.load offset=3 $from))
          (v128.and $three (v128.load offset=4 $from)))))
      ;; the tag of a copy of the bytes that are left of eight: with a distance of 11 bits, which has three in the tag, or of 16
      (set $short (i8x16.eq
        (i8x16.add (v128.and $copies (i8x16.splat 31)) $tags) (i8x16.splat 13)))
      (set $long (i8x16.eq (i8x16.add $copies $tags) (i8x16.splat 26)))
      (v128.store $to (v128.and
        (v128.and (v128.or $one (v128.or $two $three)) (v128.or $short $long))
        (i8x16.add
          (i8x16.sub (i8x16.splat 4) $long)
          (v128.and (i16x8.shr_u $tags 2) (i8x16.splat 3)))))
      (set $from (i32.add $from 16))
      (set $to (i32.add $to 16))
      (br_if $next (i32.lt_u $to $end)))
    (v128.store $end (i32x4.splat 0)))
`

/** Pairs of {@link SNAPPY_STEPS_OF} from here on. */
const SNAPPY_PAIRS = `
    (if (i32.ge_u $from $known) (then
      (call $snappy_steps $from)
      (set $known (i32.add $from ${STEPS}))
      (set $steps (i32.sub ${SNAPPY_STEPS.address} $from))))
    (block $other
      (br_if $other (i32.lt_u (i32.sub $to $start) 8))
      (loop $pairs
        (set $step (i32.load8_u (i32.add $from $steps)))
        (if (i32.eqz $step) (then
          ;; between the pairs of sorted keys: the value before, repeated
          (set $tag (i32.load $from))
          (br_if $other (i32.ne (i32.and $tag 0xffff03) 0x802))
          (br_if $other (i32.or (i32.ge_u $from $known) (i32.gt_u $to $toFast)))
          (set $pair (i64x2.splat (i64.load (i32.sub $to 8))))
          (v128.store $to $pair)
          (v128.store offset=16 $to $pair)
          (v128.store offset=32 $to $pair)
          (v128.store offset=48 $to $pair)
          (set $to (i32.add $to (i32.add (i32.shr_u (i32.and $tag 255) 2) 1)))
          (set $from (i32.add $from 3))
          (br $pairs)))
        (set $tag (i32.load8_u $from))
        (set $word (i64.load offset=1 $from))
        ;; the last two bytes: the distance, or the tag and the low byte of one
        (set $distance (i32.load16_u (i32.sub (i32.add $from $step) 2)))
        (set $distance (select
          (i32.or (i32.shl (i32.and $distance 0xe0) 3) (i32.shr_u $distance 8))
          $distance
          (i32.eq (i32.add (i32.shr_u $tag 2) 4) $step)))
        ;; a nearer copy would repeat bytes of the literal
        (br_if $other (i32.gt_u (i32.sub $distance 8) (i32.sub (i32.sub $to $start) 8)))
        (i64.store $to (i64.xor $word (i64.and
          (i64.xor $word (i64.load (i32.sub $to $distance)))
          (i64.shl (i64.const -256) (i64.extend_i32_u (i32.shl $tag 1))))))
        (set $to (i32.add $to 8))
        (set $from (i32.add $from $step))
        (br $pairs)))
    (br_if $fast (i32.ge_u $from $known))
`

interface SnappyForm {
  readonly name: string
  readonly pairs: string
  /** What is read and written at once without a check, beyond one element. */
  readonly ahead: { readonly from: number; readonly to: number }
}

/** From after the length that a block begins with; 1 where the block is whole, 0 where it is not. */
const snappyOf = ({ name, pairs, ahead }: SnappyForm): string => `
  (func $${name} (param $from $fromEnd $to $toEnd i32) (result i32)
    (local $tag $length $distance $extra $start $fromFast $toFast $match $head $tail $known $steps $step i32)
    (local $word i64) (local $pair v128)
    (set $start $to)
    ;; an element has 61 bytes at most and gives 64, a short literal with the copy after it 68; what is read and written beyond them
    ;; stays within the slack
    (if (i32.gt_u (i32.sub $fromEnd $from) ${64 + ahead.from}) (then
      (set $fromFast (i32.sub $fromEnd ${64 + ahead.from}))))
    (if (i32.gt_u (i32.sub $toEnd $to) ${68 + ahead.to}) (then
      (set $toFast (i32.sub $toEnd ${68 + ahead.to}))))
    (block $bad
      (block $done
        (loop $next
          (block $careful
            ${snappyFast(pairs)})
          (br_if $done (i32.ge_u $from $fromEnd))
          (set $tag (i32.load8_u $from))
          (set $from (i32.add $from 1))
          (if (i32.eqz (i32.and $tag 3)) (then
            (set $length (i32.shr_u $tag 2))
            (if (i32.ge_u $length 60) (then
              (set $extra (i32.sub $length 59))
              (br_if $bad (i32.gt_u $extra (i32.sub $fromEnd $from)))
              (set $length (i32.wrap_i64 (i64.and (i64.load32_u $from)
                (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u (i32.shl $extra 3))) (i64.const 1)))))
              (set $from (i32.add $from $extra))))
            (br_if $bad (i32.ge_u $length (i32.sub $fromEnd $from)))
            (br_if $bad (i32.ge_u $length (i32.sub $toEnd $to)))
            (set $length (i32.add $length 1))
            (call $copy_literal $from $to $length)
            (set $from (i32.add $from $length))
            (set $to (i32.add $to $length))
            (br $next)))
          (if (i32.eq (i32.and $tag 3) 1) (then
            (set $length (i32.add (i32.and (i32.shr_u $tag 2) 7) 4))
            (set $distance (i32.or (i32.shl (i32.shr_u $tag 5) 8) (i32.load8_u $from)))
            (set $from (i32.add $from 1)))
          (else
            (set $length (i32.add (i32.shr_u $tag 2) 1))
            (if (i32.eq (i32.and $tag 3) 2) (then
              (set $distance (i32.load16_u $from))
              (set $from (i32.add $from 2)))
            (else
              (set $distance (i32.load $from))
              (set $from (i32.add $from 4))))))
          (br_if $bad (i32.gt_u $from $fromEnd))
          (br_if $bad (i32.gt_u $length (i32.sub $toEnd $to)))
          (br_if $bad (i32.ge_u (i32.sub $distance 1) (i32.sub $to $start)))
          (call $copy_match $to $distance $length)
          (set $to (i32.add $to $length))
          (br $next)))
      (return (i32.eq $to $toEnd)))
    0)
`

/** Calls $copy_match and $copy_literal of codec-kernels.ts. @source https://github.com/google/snappy/blob/main/format_description.txt */
export const SNAPPY =
  snappyOf({ name: 'snappy', pairs: '', ahead: { from: 0, to: 0 } }) +
  SNAPPY_STEPS_OF +
  snappyOf({
    name: 'snappy64',
    pairs: SNAPPY_PAIRS,
    // A pair takes four bytes at least and gives eight.
    ahead: { from: SNAPPY_STEPS.byteLength, to: 2 * SNAPPY_STEPS.byteLength },
  })
