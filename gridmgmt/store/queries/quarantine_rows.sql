-- What was set aside, the latest first: of workers who are responsible for a grid of an area today; all of it everywhere.
SELECT id, received_at, source, device, worker_code, patrol_id, reason, raw
FROM quarantine
WHERE (:everywhere OR EXISTS (
    SELECT FROM worker_grid AS task
    WHERE task.worker_code = quarantine.worker_code
      AND task.grid_code LIKE ANY (CAST(:area AS text[]))
      AND task.valid_from <= :today
      AND (task.valid_to IS NULL OR task.valid_to > :today)))
ORDER BY id DESC
LIMIT :rows
