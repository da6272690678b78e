-- Days since a patrol last left a fix in each grid of today; NULL where none has.
SELECT grid.code, :today - (max(patrol.ended_at) AT TIME ZONE :zone)::date AS days
FROM boundary AS grid
LEFT JOIN patrol_grid ON patrol_grid.grid_code = grid.code
LEFT JOIN patrol ON patrol.id = patrol_grid.patrol_id AND patrol.ended_at <= :end
WHERE grid.level = 'grid'
  AND grid.code LIKE ANY (CAST(:area AS text[]))
  AND grid.valid_from <= :today
  AND (grid.valid_to IS NULL OR grid.valid_to > :today)
GROUP BY grid.code
ORDER BY grid.code
