WITH
  results AS (
   SELECT
     sum(ss_net_profit) ss_net_profit
   , sum(ss_ext_sales_price) ss_ext_sales_price
   , ((sum(ss_net_profit) * DECIMAL '1.0000') / sum(ss_ext_sales_price)) gross_margin
   , i_category
   , i_class
   , 0 g_category
   , 0 g_class
   FROM
     store_sales
   , date_dim d1
   , item
   , store
   WHERE ((d1.d_year = 2001) AND (d1.d_date_sk = ss_sold_date_sk) AND (i_item_sk = ss_item_sk) AND (s_store_sk = ss_store_sk) AND (s_state = 'TN'))
   GROUP BY i_category, i_class
)
, results_rollup AS (
   SELECT
     gross_margin
   , i_category
   , i_class
   , 0 t_category
   , 0 t_class
   , 0 lochierarchy
   FROM
     results
UNION    SELECT
     ((sum(ss_net_profit) * DECIMAL '1.0000') / sum(ss_ext_sales_price)) gross_margin
   , i_category
   , null i_class
   , 0 t_category
   , 1 t_class
   , 1 lochierarchy
   FROM
     results
   GROUP BY i_category
UNION    SELECT
     ((sum(ss_net_profit) * DECIMAL '1.0000') / sum(ss_ext_sales_price)) gross_margin
   , null i_category
   , null i_class
   , 1 t_category
   , 1 t_class
   , 2 lochierarchy
   FROM
     results
)
SELECT
  gross_margin
, i_category
, i_class
, lochierarchy
, rank() OVER (PARTITION BY lochierarchy, (CASE WHEN (t_class = 0) THEN i_category END) ORDER BY gross_margin ASC) rank_within_parent
FROM
  results_rollup
ORDER BY lochierarchy DESC NULLS FIRST, (CASE WHEN (lochierarchy = 0) THEN i_category END) ASC NULLS FIRST, rank_within_parent ASC NULLS FIRST, 1 ASC, 2 ASC, 3 ASC, 4 ASC, 5 ASC
LIMIT 100
