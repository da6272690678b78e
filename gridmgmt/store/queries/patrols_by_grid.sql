SELECT patrol_grid.grid_code, count(*) AS patrols
FROM patrol_grid
JOIN patrol ON patrol.id = patrol_grid.patrol_id
WHERE patrol.started_at >= :start AND patrol.started_at < :end
GROUP BY patrol_grid.grid_code
