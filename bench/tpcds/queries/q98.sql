SELECT
  i_item_id
, i_item_desc
, i_category
, i_class
, i_current_price
, sum(ss_ext_sales_price) itemrevenue
, ((sum(ss_ext_sales_price) * DECIMAL '100.0000') / sum(sum(ss_ext_sales_price)) OVER (PARTITION BY i_class)) revenueratio
FROM
  store_sales
, item
, date_dim
WHERE ((ss_item_sk = i_item_sk) AND (i_category IN ('Sports', 'Books', 'Home')) AND (ss_sold_date_sk = d_date_sk) AND (d_date BETWEEN CAST('1999-02-22' AS date) AND CAST('1999-03-24' AS date)))
GROUP BY i_item_id, i_item_desc, i_category, i_class, i_current_price
ORDER BY i_category ASC NULLS FIRST, i_class ASC NULLS FIRST, i_item_id ASC NULLS FIRST, i_item_desc ASC NULLS FIRST, revenueratio ASC NULLS FIRST, 1 ASC, 2 ASC, 3 ASC, 4 ASC, 5 ASC, 6 ASC, 7 ASC
