/** The schema whose tables are paths: what `FROM 'path'` is turned into. Not listed. */
export const PATH_SCHEMA = '$path'
