-- The grid of the place and date of each incident; on a border the lower code.
UPDATE incident
SET grid_code = (
    SELECT grid.code
    FROM boundary AS grid
    WHERE grid.level = 'grid'
      AND ST_Covers(grid.geom, incident.geom)
      AND grid.valid_from <= (incident.occurred_at AT TIME ZONE :zone)::date
      AND (grid.valid_to IS NULL OR grid.valid_to > (incident.occurred_at AT TIME ZONE :zone)::date)
    ORDER BY grid.code
    LIMIT 1
)
WHERE id = ANY (CAST(:incident_ids AS uuid[]))
