-- Where workers were last, since a moment: those who were then in a grid of today in an area.
SELECT latest.worker_code, worker.name, latest.patrol_id, latest.recorded_at, latest.accuracy_m,
       latest.battery_percent, st_asbinary(latest.geom) AS geometry
FROM latest_position AS latest
JOIN worker ON worker.code = latest.worker_code
WHERE latest.recorded_at >= :since
  AND (:everywhere OR EXISTS (
      SELECT FROM boundary AS grid
      WHERE grid.level = 'grid'
        AND ST_Covers(grid.geom, latest.geom)
        AND grid.code LIKE ANY (CAST(:area AS text[]))
        AND grid.valid_from <= :today
        AND (grid.valid_to IS NULL OR grid.valid_to > :today)))
ORDER BY latest.worker_code
