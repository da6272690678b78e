-- Fixes in walking order.
SELECT patrol_id, segment, recorded_at, ST_X(geom) AS lon, ST_Y(geom) AS lat
FROM track_point
WHERE recorded_at >= :start AND recorded_at < :end
ORDER BY patrol_id, segment, recorded_at, seq
