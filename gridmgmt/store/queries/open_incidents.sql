-- Incidents not closed at a moment, the newest first, with the number of all of them on every row. What is closed since
-- before that moment was closed then: the log is read only of the others.
SELECT incident.id,
       incident.category,
       incident.text,
       last.state,
       incident.occurred_at,
       incident.grid_code,
       ST_X(incident.geom) AS lon,
       ST_Y(incident.geom) AS lat,
       count(*) OVER () AS total
FROM incident
INNER JOIN incident_now AS stands ON stands.incident_id = incident.id AND (stands.open OR stands.since > :at)
CROSS JOIN LATERAL (
    SELECT rule.to_state AS state
    FROM incident_step AS step
    INNER JOIN workflow_move AS rule ON rule.version = incident.workflow_version AND rule.move = step.move
    WHERE step.incident_id = incident.id AND step.at <= :at AND rule.to_state IS NOT NULL
    ORDER BY step.id DESC
    LIMIT 1
) AS last
INNER JOIN workflow_state AS known ON known.version = incident.workflow_version AND known.state = last.state
WHERE known.open
  AND incident.deleted_at IS NULL
  AND (:everywhere OR incident.grid_code LIKE ANY (CAST(:area AS text[])))
ORDER BY incident.occurred_at DESC, incident.id
LIMIT :recent
