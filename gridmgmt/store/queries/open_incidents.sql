-- Incidents not closed at a moment, the newest first, with the number of all of them on every row.
SELECT incident.id,
       incident.category,
       incident.text,
       last.step AS state,
       incident.occurred_at,
       incident.grid_code,
       ST_X(incident.geom) AS lon,
       ST_Y(incident.geom) AS lat,
       count(*) OVER () AS total
FROM incident
CROSS JOIN LATERAL (
    SELECT step
    FROM incident_step
    WHERE incident_id = incident.id AND at <= :at
    ORDER BY id DESC
    LIMIT 1
) AS last
WHERE last.step <> :closed
ORDER BY incident.occurred_at DESC, incident.id
LIMIT :recent
