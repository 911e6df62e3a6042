/** The text of a loop over $n elements, which steps $from and $to by so many bytes. */
export const loopOf = (body: string, from: number, to: number): string => `
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        ${body}
        (set $from (i32.add $from ${from}))
        (set $to (i32.add $to ${to}))
        (set $n (i32.sub $n 1))
        (br $next)))`
