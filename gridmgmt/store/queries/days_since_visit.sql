-- Days since a patrol last left a fix in each grid of today; NULL where none has.
SELECT grid.code, :today - (visit.last AT TIME ZONE :zone)::date AS days
FROM boundary AS grid
LEFT JOIN (
    SELECT patrol_grid.grid_code, max(patrol.ended_at) AS last
    FROM patrol_grid
    INNER JOIN patrol ON patrol.id = patrol_grid.patrol_id
    WHERE patrol.ended_at <= :end AND patrol_grid.grid_code LIKE ANY (CAST(:area AS text[]))
    GROUP BY patrol_grid.grid_code
) AS visit ON visit.grid_code = grid.code
WHERE grid.level = 'grid'
  AND grid.code LIKE ANY (CAST(:area AS text[]))
  AND grid.valid_from <= :today
  AND (grid.valid_to IS NULL OR grid.valid_to > :today)
ORDER BY grid.code
