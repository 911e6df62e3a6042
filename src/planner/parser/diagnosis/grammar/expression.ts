/**
 * Expressions and types, in the notation of `query.ts`. A rule that begins with itself is an operator
 * whose alternatives bind the more tightly, the earlier they stand.
 *
 * @source the syntax of Trino 476 (SqlBase.g4, Apache-2.0)
 */
export const EXPRESSION_RULES = `
expression : boolean_expression ;
boolean_expression :
    value_expression predicate?
  | NOT boolean_expression
  | boolean_expression AND boolean_expression
  | boolean_expression OR boolean_expression ;
predicate :
    comparison_operator value_expression
  | comparison_operator comparison_quantifier '(' query ')'
  | NOT? BETWEEN value_expression AND value_expression
  | NOT? IN '(' expression ( ',' expression )* ')'
  | NOT? IN '(' query ')'
  | NOT? LIKE value_expression ( ESCAPE value_expression )?
  | IS NOT? NULL
  | IS NOT? DISTINCT FROM value_expression ;
value_expression :
    primary_expression
  | value_expression AT time_zone_specifier
  | ( MINUS | PLUS ) value_expression
  | value_expression ( ASTERISK | SLASH | PERCENT ) value_expression
  | value_expression ( PLUS | MINUS ) value_expression
  | value_expression CONCAT value_expression ;
primary_expression :
    NULL
  | interval
  | identifier string
  | DOUBLE PRECISION string
  | number
  | boolean_value
  | string
  | BINARY_LITERAL
  | QUESTION_MARK
  | POSITION '(' value_expression IN value_expression ')'
  | '(' expression ( ',' expression )+ ')'
  | ROW '(' expression ( ',' expression )* ')'
  | LISTAGG '(' set_quantifier? expression ( ',' string )?
    ( ON OVERFLOW list_agg_overflow_behavior )? ')'
    ( WITHIN GROUP '(' ORDER BY sort_item ( ',' sort_item )* ')' )
    filter? over?
  | processing_mode? qualified_name '(' ( identifier '.' )? ASTERISK ')' filter? over?
  | processing_mode? qualified_name '(' ( set_quantifier? expression ( ',' expression )* )?
    ( ORDER BY sort_item ( ',' sort_item )* )? ')' filter? ( null_treatment? over )?
  | identifier over
  | identifier '->' expression
  | '(' ( identifier ( ',' identifier )* )? ')' '->' expression
  | '(' query ')'
  | EXISTS '(' query ')'
  | CASE expression when_clause+ ( ELSE expression )? END
  | CASE when_clause+ ( ELSE expression )? END
  | CAST '(' expression AS type ')'
  | TRY_CAST '(' expression AS type ')'
  | ARRAY? '[' ( expression ( ',' expression )* )? ']'
  | primary_expression '[' value_expression ']'
  | identifier
  | primary_expression '.' identifier
  | CURRENT_DATE
  | CURRENT_TIME ( '(' INTEGER_VALUE ')' )?
  | CURRENT_TIMESTAMP ( '(' INTEGER_VALUE ')' )?
  | LOCALTIME ( '(' INTEGER_VALUE ')' )?
  | LOCALTIMESTAMP ( '(' INTEGER_VALUE ')' )?
  | CURRENT_USER
  | CURRENT_CATALOG
  | CURRENT_SCHEMA
  | CURRENT_PATH
  | TRIM '(' ( trims_specification? value_expression? FROM )? value_expression ')'
  | TRIM '(' value_expression ',' value_expression ')'
  | SUBSTRING '(' value_expression FROM value_expression ( FOR value_expression )? ')'
  | NORMALIZE '(' value_expression ( ',' normal_form )? ')'
  | EXTRACT '(' identifier FROM value_expression ')'
  | '(' expression ')'
  | GROUPING '(' ( qualified_name ( ',' qualified_name )* )? ')'
  | JSON_EXISTS '(' json_path_invocation ( json_exists_error_behavior ON ERROR )? ')'
  | JSON_VALUE '('
      json_path_invocation
      ( RETURNING type )?
      ( json_value_behavior ON EMPTY )?
      ( json_value_behavior ON ERROR )?
    ')'
  | JSON_QUERY '('
      json_path_invocation
      ( RETURNING type ( FORMAT json_representation )? )?
      ( json_query_wrapper_behavior WRAPPER )?
      ( ( KEEP | OMIT ) QUOTES ( ON SCALAR STRING )? )?
      ( json_query_behavior ON EMPTY )?
      ( json_query_behavior ON ERROR )?
    ')'
  | JSON_OBJECT '('
      ( json_object_member ( ',' json_object_member )*
        ( NULL ON NULL | ABSENT ON NULL )?
        ( WITH UNIQUE KEYS? | WITHOUT UNIQUE KEYS? )?
      )?
      ( RETURNING type ( FORMAT json_representation )? )?
    ')'
  | JSON_ARRAY '('
      ( json_value_expression ( ',' json_value_expression )*
        ( NULL ON NULL | ABSENT ON NULL )?
      )?
      ( RETURNING type ( FORMAT json_representation )? )?
    ')' ;
trims_specification : LEADING | TRAILING | BOTH ;
list_agg_overflow_behavior : ERROR | TRUNCATE string? listagg_count_indication ;
listagg_count_indication : WITH COUNT | WITHOUT COUNT ;
json_path_invocation :
  json_value_expression ',' string
  ( AS identifier )?
  ( PASSING json_argument ( ',' json_argument )* )? ;
json_value_expression : expression ( FORMAT json_representation )? ;
json_representation : JSON ( ENCODING ( UTF8 | UTF16 | UTF32 ) )? ;
json_argument : json_value_expression AS identifier ;
json_exists_error_behavior : TRUE | FALSE | UNKNOWN | ERROR ;
json_value_behavior : ERROR | NULL | DEFAULT expression ;
json_query_wrapper_behavior : WITHOUT ARRAY? | WITH ( CONDITIONAL | UNCONDITIONAL )? ARRAY? ;
json_query_behavior : ERROR | NULL | EMPTY ARRAY | EMPTY OBJECT ;
json_object_member :
    KEY? expression VALUE json_value_expression
  | expression ':' json_value_expression ;
processing_mode : RUNNING | FINAL ;
null_treatment : IGNORE NULLS | RESPECT NULLS ;
string : STRING_VALUE | UNICODE_STRING ( UESCAPE STRING_VALUE )? ;
time_zone_specifier : TIME ZONE interval | TIME ZONE string ;
comparison_operator : EQ | NEQ | LT | LTE | GT | GTE ;
comparison_quantifier : ALL | SOME | ANY ;
boolean_value : TRUE | FALSE ;
interval : INTERVAL ( PLUS | MINUS )? string interval_field ( TO interval_field )? ;
interval_field : YEAR | MONTH | DAY | HOUR | MINUTE | SECOND ;
normal_form : NFD | NFC | NFKD | NFKC ;
type :
    ROW '(' row_field ( ',' row_field )* ')'
  | INTERVAL interval_field ( TO interval_field )?
  | TIMESTAMP ( '(' type_parameter ')' )? ( WITHOUT TIME ZONE )?
  | TIMESTAMP ( '(' type_parameter ')' )? WITH TIME ZONE
  | TIME ( '(' type_parameter ')' )? ( WITHOUT TIME ZONE )?
  | TIME ( '(' type_parameter ')' )? WITH TIME ZONE
  | DOUBLE PRECISION
  | ARRAY '<' type '>'
  | MAP '<' type ',' type '>'
  | type ARRAY ( '[' INTEGER_VALUE ']' )?
  | identifier ( '(' type_parameter ( ',' type_parameter )* ')' )? ;
row_field : type | identifier type ;
type_parameter : INTEGER_VALUE | type ;
when_clause : WHEN expression THEN expression ;
filter : FILTER '(' WHERE boolean_expression ')' ;
over : OVER ( identifier | '(' window_specification ')' ) ;
window_frame :
  ( MEASURES measure_definition ( ',' measure_definition )* )?
  frame_extent
  ( AFTER MATCH skip_to )?
  ( INITIAL | SEEK )?
  ( PATTERN '(' row_pattern ')' )?
  ( SUBSET subset_definition ( ',' subset_definition )* )?
  ( DEFINE variable_definition ( ',' variable_definition )* )? ;
frame_extent :
    RANGE frame_bound
  | ROWS frame_bound
  | GROUPS frame_bound
  | RANGE BETWEEN frame_bound AND frame_bound
  | ROWS BETWEEN frame_bound AND frame_bound
  | GROUPS BETWEEN frame_bound AND frame_bound ;
frame_bound :
    UNBOUNDED PRECEDING
  | UNBOUNDED FOLLOWING
  | CURRENT ROW
  | expression ( PRECEDING | FOLLOWING ) ;
row_pattern :
    pattern_primary pattern_quantifier?
  | row_pattern row_pattern
  | row_pattern '|' row_pattern ;
pattern_primary :
    identifier
  | '(' ')'
  | PERMUTE '(' row_pattern ( ',' row_pattern )* ')'
  | '(' row_pattern ')'
  | '^'
  | '$'
  | '{-' row_pattern '-}' ;
pattern_quantifier :
    ASTERISK QUESTION_MARK?
  | PLUS QUESTION_MARK?
  | QUESTION_MARK QUESTION_MARK?
  | '{' INTEGER_VALUE '}' QUESTION_MARK?
  | '{' INTEGER_VALUE? ',' INTEGER_VALUE? '}' QUESTION_MARK? ;
qualified_name : identifier ( '.' identifier )* ;
identifier :
    IDENTIFIER
  | QUOTED_IDENTIFIER
  | non_reserved
  | BACKQUOTED_IDENTIFIER
  | DIGIT_IDENTIFIER ;
number : MINUS? DECIMAL_VALUE | MINUS? DOUBLE_VALUE | MINUS? INTEGER_VALUE ;
`
