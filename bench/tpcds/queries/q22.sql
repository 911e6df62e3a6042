SELECT
  i_product_name
, i_brand
, i_class
, i_category
, avg(inv_quantity_on_hand) qoh
FROM
  inventory
, date_dim
, item
WHERE ((inv_date_sk = d_date_sk) AND (inv_item_sk = i_item_sk) AND (d_month_seq BETWEEN 1200 AND (1200 + 11)))
GROUP BY ROLLUP ((i_product_name), (i_brand), (i_class), (i_category))
ORDER BY qoh ASC NULLS FIRST, i_product_name ASC NULLS FIRST, i_brand ASC NULLS FIRST, i_class ASC NULLS FIRST, i_category ASC NULLS FIRST, 1 ASC, 2 ASC, 3 ASC, 4 ASC, 5 ASC
LIMIT 100
