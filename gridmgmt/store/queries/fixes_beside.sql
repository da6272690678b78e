-- The fixes of the worker's other patrols in a span of time, by whole second.
SELECT
    extract(epoch FROM date_trunc('second', point.recorded_at))::bigint AS second,
    ST_X(point.geom) AS lon,
    ST_Y(point.geom) AS lat
FROM track_point AS point
JOIN patrol ON patrol.id = point.patrol_id
WHERE patrol.worker_code = :worker_code
  AND patrol.id <> :patrol_id
  AND NOT point.twin
  AND point.recorded_at BETWEEN CAST(:first AS timestamptz) - interval '1 second'
                            AND CAST(:last AS timestamptz) + interval '1 second'
