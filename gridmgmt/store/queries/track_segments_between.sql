-- The fixes of each segment of each patrol in walking order, as a multipoint whose measure is the time in s.
SELECT ST_AsBinary(
    ST_Collect(
        ST_Force3DM(geom, extract(epoch FROM recorded_at))
        ORDER BY recorded_at, seq
    )
)
FROM track_point
WHERE recorded_at >= :start AND recorded_at < :end
GROUP BY patrol_id, segment
ORDER BY patrol_id, segment
