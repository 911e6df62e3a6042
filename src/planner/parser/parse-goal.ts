/** What a whole text can be, by the name Trino gives it in errors. */
export type ParseGoal = 'statement' | 'expression' | 'type' | 'path specification' | 'row pattern'
