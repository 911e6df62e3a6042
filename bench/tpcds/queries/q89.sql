SELECT *
FROM
  (
   SELECT
     i_category
   , i_class
   , i_brand
   , s_store_name
   , s_company_name
   , d_moy
   , sum(ss_sales_price) sum_sales
   , avg(CAST(sum(ss_sales_price) AS DOUBLE)) OVER (PARTITION BY i_category, i_brand, s_store_name, s_company_name) avg_monthly_sales
   FROM
     item
   , store_sales
   , date_dim
   , store
   WHERE ((ss_item_sk = i_item_sk) AND (ss_sold_date_sk = d_date_sk) AND (ss_store_sk = s_store_sk) AND (d_year = 1999) AND (((i_category IN ('Books', 'Electronics', 'Sports')) AND (i_class IN ('computers', 'stereo', 'football'))) OR ((i_category IN ('Men', 'Jewelry', 'Women')) AND (i_class IN ('shirts', 'birdal', 'dresses')))))
   GROUP BY i_category, i_class, i_brand, s_store_name, s_company_name, d_moy
)  tmp1
WHERE ((CASE WHEN (avg_monthly_sales <> 0) THEN (abs((sum_sales - avg_monthly_sales)) / avg_monthly_sales) ELSE null END) > DECIMAL '0.1')
ORDER BY (sum_sales - avg_monthly_sales) ASC, s_store_name ASC, 1 ASC, 2 ASC, 3 ASC, 5 ASC, 6 ASC, 7 ASC, 8 ASC, 1 ASC, 2 ASC, 3 ASC, 4 ASC, 5 ASC, 6 ASC, 7 ASC, 8 ASC
LIMIT 100
