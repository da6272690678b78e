-- The grid of a place on a day; on a border the lower code.
SELECT code
FROM boundary
WHERE level = 'grid'
  AND ST_Covers(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
  AND valid_from <= :day
  AND (valid_to IS NULL OR valid_to > :day)
ORDER BY code
LIMIT 1
