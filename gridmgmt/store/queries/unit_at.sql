-- The smallest unit of a place on a day: its grid, else its community, and so on; on a border the lower code.
SELECT code
FROM boundary
WHERE level IN ('grid', 'community', 'subdistrict', 'district')
  AND ST_Covers(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
  AND valid_from <= :day
  AND (valid_to IS NULL OR valid_to > :day)
ORDER BY length(code) DESC, code
LIMIT 1
