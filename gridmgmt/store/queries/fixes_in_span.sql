-- The fixes of a patrol in a span of time, found by the primary key.
SELECT (extract(epoch FROM recorded_at) * 1000000)::bigint AS time_us, seq, ST_X(geom) AS lon, ST_Y(geom) AS lat
FROM track_point
WHERE patrol_id = :patrol_id
  AND recorded_at BETWEEN :first AND :last
