-- Patrols that began in a span and left a fix in an area, and how many workers walked them.
SELECT count(*) AS patrols, count(DISTINCT worker_code) AS workers
FROM patrol
WHERE started_at >= :start AND started_at < :end
  AND (:everywhere OR EXISTS (
    SELECT FROM patrol_grid
    WHERE patrol_grid.patrol_id = patrol.id AND patrol_grid.grid_code LIKE ANY (CAST(:area AS text[]))))
