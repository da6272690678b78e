-- How many fixes of each patrol lie in each grid of their date; a fix on a border counts for the lower code.
INSERT INTO patrol_grid (patrol_id, grid_code, points)
SELECT patrol_id, grid_code, count(*)
FROM (
    SELECT DISTINCT ON (point.patrol_id, point.recorded_at, point.seq) point.patrol_id, grid.code AS grid_code
    FROM track_point AS point
    JOIN boundary AS grid
      ON (grid.level = 'grid') IS TRUE  -- place first: the index on levels would be read whole for every fix
     AND ST_Covers(grid.geom, point.geom)
     AND grid.valid_from <= (point.recorded_at AT TIME ZONE :zone)::date
     AND (grid.valid_to IS NULL OR grid.valid_to > (point.recorded_at AT TIME ZONE :zone)::date)
    WHERE point.patrol_id = ANY (CAST(:patrol_ids AS uuid[]))
    ORDER BY point.patrol_id, point.recorded_at, point.seq, grid.code
) AS laid
GROUP BY patrol_id, grid_code
ON CONFLICT DO NOTHING
