-- Incidents received between two moments, with the main worker of their grid on the day they happened.
SELECT incident.id,
       incident.category,
       incident.severity,
       incident.grid_code,
       incident.worker_code,
       incident.source,
       incident.workflow_version,
       worker_grid.worker_code AS grid_worker
FROM incident
LEFT JOIN worker_grid
    ON worker_grid.grid_code = incident.grid_code
    AND worker_grid.main
    AND daterange(worker_grid.valid_from, worker_grid.valid_to) @> CAST(incident.occurred_at AT TIME ZONE :zone AS date)
WHERE incident.received_at >= :start
  AND incident.received_at < :end
  AND incident.deleted_at IS NULL
  AND (CAST(:everything AS boolean) OR incident.grid_code LIKE ANY (CAST(:area AS text[])))
ORDER BY incident.received_at, incident.id
